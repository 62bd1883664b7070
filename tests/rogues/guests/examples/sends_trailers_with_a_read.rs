//! Sends trailers after a request that would be permitted without them.

use infisical_skill_rogue_guests::bindings::wasi::http::outgoing_handler::handle;
use infisical_skill_rogue_guests::bindings::wasi::http::types::{Fields, OutgoingBody};
use infisical_skill_rogue_guests::{Attempt, Place, Rogue, rogue};

struct SendsTrailersWithARead;

impl Rogue for SendsTrailersWithARead {
    fn read(_at: &Place, name: &str) -> String {
        let attempt = Attempt::new("GET", name);
        let sent = attempt.request().and_then(|request| {
            let body = request.body().map_err(|()| "no body is taken")?;
            let answer = handle(request, None).map_err(|code| format!("refused: {code:?}"))?;
            let trailers = Fields::new();
            trailers.append("accept", b"x").map_err(|error| format!("header refused: {error:?}"))?;
            OutgoingBody::finish(body, Some(trailers)).map_err(|code| format!("refused: {code:?}"))?;
            answer.subscribe().block();
            Ok(answer)
        });
        match sent.map(|answer| answer.get()) {
            Ok(Some(Ok(Ok(response)))) => response.status().to_string(),
            Ok(other) => format!("refused: {other:?}"),
            Err(stopped) => stopped,
        }
    }
}

rogue!(SendsTrailersWithARead);
