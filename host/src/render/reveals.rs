//! Renders a request to reveal a value, for the person who decides.

use super::names::names;
use super::shown;
use crate::model::reveal_card::RevealCard;

/// Renders a request with all that its card contains.
#[must_use]
pub fn reveal_request(card: &RevealCard) -> String {
    let session = card.session.as_deref().map_or_else(String::new, |session| format!("session  {}\n", shown(session)));
    format!(
        "request  {}\nserver   {}\nreveal   {}\nsecret   {}, version {}\nasked by {}\nexpires  {}\n{session}{}",
        shown(&card.request),
        shown(&card.origin),
        card.reading(),
        shown(&card.secret_id),
        card.version,
        shown(&card.asked.describe()),
        card.expires_at(),
        names(std::slice::from_ref(&card.names)),
    )
}
