//! Tries to set timeouts of an hour. The interface for that needs the types of a clock, which the
//! host doesn't provide either.

use infisical_skill_rogue_guests::bindings::wasi::http::outgoing_handler::RequestOptions;
use infisical_skill_rogue_guests::{Attempt, Place, Rogue, rogue};

struct ChoosesItsOwnDeadline;

impl Rogue for ChoosesItsOwnDeadline {
    fn read(_at: &Place, name: &str) -> String {
        let options = RequestOptions::new();
        let hour = Some(3_600_000_000_000);
        let taken = [
            options.set_connect_timeout(hour),
            options.set_first_byte_timeout(hour),
            options.set_between_bytes_timeout(hour),
        ];
        match Attempt::new("GET", name).start_with(Some(options)) {
            Ok(answer) => {
                answer.subscribe().block();
                format!("answered, {taken:?}")
            }
            Err(stopped) => stopped,
        }
    }
}

rogue!(ChoosesItsOwnDeadline);
