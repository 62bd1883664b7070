//! Sharing a value by link: `/api/v1/shared-secrets`. Every identity may do it, whatever its roles.

use serde_json::{Value, json};

use crate::call::Call;
use crate::check::Checker;
use crate::failure::Failure;
use crate::json::set;
use crate::world::World;
use crate::world::clock::{DAY, Millis, iso};
use crate::world::share::Share;

/// The maximum lifetime of a shared value.
const LONGEST: Millis = 30 * DAY;

fn share_json(world: &World, share: &Share) -> Value {
    let created = iso(share.created);
    json!({
        "id": share.id, "expiresAt": iso(share.expires), "userId": null, "orgId": world.org_id, "createdAt": created,
        "updatedAt": created, "expiresAfterViews": share.max_views, "accessType": share.access_type,
        "name": share.name, "lastViewedAt": null, "type": "share", "authorizedEmails": null,
        "identityId": share.identity_id, "allowExternalEmails": false,
    })
}

/// `30s`, `10m`, `1h`, `7d`, `2w`.
fn duration(text: &str) -> Option<Millis> {
    let unit = text.find(|letter: char| !letter.is_ascii_digit())?;
    let (number, unit) = text.split_at(unit);
    let unit = match unit {
        "s" => 1000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => DAY,
        "w" => 7 * DAY,
        _ => return None,
    };
    number.parse::<Millis>().ok()?.checked_mul(unit)
}

/// `POST`: shares a value that anybody with the link can read. The link itself isn't stored.
pub(crate) fn create(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let mut check = Checker::body(call)?;
    let value = check.string("secretValue");
    let expires_in = check.string_or("expiresIn", "30d");
    let max_views = check.number("maxViews");
    let access_type = check.choice("accessType", &["organization", "anyone"]);
    let name = check.optional_string("name");
    check.finish()?;
    let length = duration(&expires_in).filter(|length| *length > 0 && *length <= LONGEST);
    let length = length.ok_or_else(|| Failure::bad_request("Invalid expiration date"))?;
    let now = world.now();
    let share = Share {
        id: world.ids.url_safe(43),
        value,
        name,
        max_views,
        access_type,
        identity_id: call.caller()?.identity_id.clone(),
        created: now,
        expires: now.saturating_add(length),
    };
    let mut shown = share_json(world, &share);
    set(&mut shown, "sharedSecretLink", format!("{}/shared/secret/{}", world.origin, share.id));
    world.shares.push(share);
    Ok(shown)
}

/// `GET`: the values that the caller shares, newest first.
pub(crate) fn list(world: &mut World, call: &Call) -> Result<Value, Failure> {
    let mut check = Checker::query(call);
    let (offset, limit) = (check.query_number("offset").unwrap_or(0), check.query_number("limit").unwrap_or(25));
    check.finish()?;
    let (caller, now) = (call.caller()?, world.now());
    let own = world.shares.iter().rev().filter(|it| it.identity_id == caller.identity_id && now < it.expires);
    let own: Vec<Value> = own.map(|share| share_json(world, share)).collect();
    let count = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    let total = own.len();
    let page: Vec<Value> = own.into_iter().skip(count(offset)).take(count(limit)).collect();
    Ok(json!({"secrets": page, "totalCount": total}))
}
