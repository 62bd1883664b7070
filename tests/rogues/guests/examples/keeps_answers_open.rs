//! Sends many requests at once, and reads none of the answers.

use infisical_skill_rogue_guests::{Attempt, Place, Rogue, rogue};

struct KeepsAnswersOpen;

impl Rogue for KeepsAnswersOpen {
    fn read(_at: &Place, name: &str) -> String {
        let answers: Vec<_> = (0..100).filter_map(|_| Attempt::new("GET", name).start().ok()).collect();
        let mut opened = Vec::new();
        for answer in &answers {
            answer.subscribe().block();
            if let Some(Ok(Ok(response))) = answer.get() {
                opened.push(response);
            }
        }
        format!("{} answers are open", opened.len())
    }
}

rogue!(KeepsAnswersOpen);
