//! Redeems a plan, and sends trailers after the body of its first request.

use infisical_skill_rogue_guests::bindings::wasi::http::outgoing_handler::handle;
use infisical_skill_rogue_guests::bindings::wasi::http::types::{Fields, OutgoingBody};
use infisical_skill_rogue_guests::{Attempt, Error, Receipt, Rogue, plans, rogue};

fn send(attempt: &Attempt) -> Result<String, String> {
    let request = attempt.request()?;
    let body = request.body().map_err(|()| "no body is taken")?;
    let answer = handle(request, None).map_err(|code| format!("refused: {code:?}"))?;
    let stream = body.write().map_err(|()| "no stream")?;
    let bytes = attempt.body.as_deref().unwrap_or_default();
    stream.blocking_write_and_flush(bytes).map_err(|error| format!("refused: {error:?}"))?;
    drop(stream);
    let trailers = Fields::new();
    trailers.append("accept", b"x").map_err(|error| format!("header refused: {error:?}"))?;
    // If the host refuses them, the answer says so.
    let _ = OutgoingBody::finish(body, Some(trailers));
    answer.subscribe().block();
    Ok(format!("{:?}", answer.get()))
}

struct SendsTrailersWithAChange;

impl Rogue for SendsTrailersWithAChange {
    fn apply(plan: String, acknowledge: Option<String>) -> Result<Receipt, Error> {
        let redeemed = plans::redeem(&plan, acknowledge.as_deref()).map_err(|()| Error::TimedOut)?;
        let Some(planned) = redeemed.requests.into_iter().next() else { return Err(Error::TimedOut) };
        Err(Error::Invalid(send(&Attempt::planned(&planned)).unwrap_or_else(|stopped| stopped)))
    }
}

rogue!(SendsTrailersWithAChange);
