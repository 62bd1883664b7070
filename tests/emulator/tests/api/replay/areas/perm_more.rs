//! The current server, continued: the smallest identities for each job, and the permission audit.

use crate::replay::area::{Area, nothing};
use crate::replay::recording::Recorded;
use crate::replay::stage::{SetUp, Stage};

/// Sections 28 to 33, 36 and 37.
pub(crate) const AREA: Area = Area {
    name: "perm-more",
    covers: |recorded| matches!(recorded.section, 28..=33 | 36 | 37),
    before,
    after: nothing,
    not_replayed: &[],
};

/// What there is before the first exchange.
pub(crate) fn begin(stage: &mut Stage) -> SetUp {
    stage.has_addresses = true;
    stage.names.set("$PROJECT_SLUG", "agent-vault");
    let admin = stage.emulator.admin();
    stage.names.set("$ADMIN_IDENTITY_ID", &admin.identity_id);
    stage.log_in("$ADMIN_TOKEN", &admin);
    Ok(())
}

fn before(_: &mut Stage, _: &Recorded) -> SetUp {
    Ok(())
}
