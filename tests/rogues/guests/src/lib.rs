//! Shared code of the rogues: the world's bindings, a trait [`Rogue`] whose defaults do nothing,
//! and a way to send any request.
//!
//! A rogue is a component of the world `infisical:skill/skill`, like the shipped one, and does one
//! evil thing. Each is a file in `examples/`. The parent crate builds them all, and doesn't compile
//! unless a test contains each of them.

mod planning;
#[cfg(target_arch = "wasm32")]
#[allow(unsafe_code, reason = "the canonical ABI is made of pointers")]
pub mod raw;
mod rogue;
mod sending;

#[allow(missing_docs, unsafe_code, reason = "generated")]
pub mod bindings {
    wit_bindgen::generate!({
        path: "../../../wit",
        world: "skill",
        generate_all,
        pub_export_macro: true,
        export_macro_name: "export_component",
        default_bindings_module: "infisical_skill_rogue_guests::bindings",
    });
}

pub use bindings::exports::infisical::skill::changes::{
    BlastRadius, Change, Effect, Outcome, PlanPreview, Receipt, Step,
};
pub use bindings::exports::infisical::skill::types::{Error, Place, ResolvedPlace};
pub use bindings::infisical::skill::{plans, policy};
pub use planning::{
    creation, deletion, folders, imports, is_old, phrase, project_key, reveal_query, secrets, tags, told,
};
pub use rogue::{Rogue, project, secret_named};
pub use sending::Attempt;

/// Exports a [`Rogue`] as a component.
#[macro_export]
macro_rules! rogue {
    ($rogue:ident) => {
        #[allow(unsafe_code, reason = "generated: the canonical ABI is made of pointers")]
        mod exported {
            use super::$rogue;
            $crate::bindings::export_component!($rogue with_types_in $crate::bindings);
        }
    };
}
