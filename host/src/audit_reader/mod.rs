//! Reads the audit trail for people.
//!
//! - `history`: the trail as text. `report`: the trail as an HTML page. `plot`: the diagram in that
//!   page.

pub mod history;
mod plot;
pub mod report;
