//! The current server: set-up, logins, tokens, audit logs, what takes a person's token, the ordinary expiry.

use crate::replay::area::{Area, nothing};
use crate::replay::recording::Recorded;
use crate::replay::stage::{SetUp, Stage};

/// Sections 1 to 4, 19, 22, 26 and 27.
pub(crate) const AREA: Area = Area {
    name: "auth",
    covers: |recorded| matches!(recorded.section, 1..=4 | 19 | 22 | 26 | 27),
    before,
    after: nothing,
    not_replayed: &[],
};

/// What there is before the first exchange.
pub(crate) fn begin(stage: &mut Stage) -> SetUp {
    stage.has_addresses = true;
    stage.names.set("$PROJECT_SLUG", "agent-vault");
    stage.name_standard_identities();
    let outsider = stage.emulator.outsider();
    stage.names.set("$OUTSIDER_CLIENT_ID", &outsider.client_id);
    stage.names.set("$OUTSIDER_CLIENT_SECRET", &outsider.client_secret);
    stage.names.set("$OUTSIDER_IDENTITY_ID", &outsider.identity_id);
    stage.log_in("$OUTSIDER_TOKEN", &outsider);
    Ok(())
}

fn before(_: &mut Stage, _: &Recorded) -> SetUp {
    Ok(())
}
