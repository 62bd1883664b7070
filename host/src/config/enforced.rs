//! Whether what is configured holds against the agent's own user.

use crate::enforcement::Enforcement;
use infisical_skill_owners::{Found, Weakness, me};
use std::path::Path;

/// `file`: what was found about the way to the configuration file, if there is one, which says
/// (`says_user`) that the skill runs as a user of its own. `others`: about credentials and state,
/// which belong to root or to the user who runs this, or aren't used.
pub(super) fn judge(file: Option<&Found>, says_user: bool, others: &[Found]) -> Enforcement {
    let mut because = Vec::new();
    match file {
        None => because.push("there is no configuration file: whoever starts it decides everything".to_owned()),
        Some(Found { own: Some(_), .. }) if me() == 0 => {
            because.push("it runs as root, who can change everything: run it as a user of its own".to_owned());
        }
        Some(Found { own: Some(own), .. }) => because.push(format!(
            "the user who runs it, uid {}, can change the configuration: {} is that user's own",
            me(),
            own.display()
        )),
        Some(_) if !says_user => because.push(
            "the configuration file doesn't say that agents run as another user than the skill: see `run_as`"
                .to_owned(),
        ),
        Some(_) => {}
    }
    let weaker = file.into_iter().chain(others).flat_map(|found| &found.weaker);
    let mut conditions: Vec<String> = weaker.map(|(path, weakness)| condition(path, *weakness)).collect();
    conditions.sort();
    conditions.dedup();
    Enforcement::new(because).with_conditions(conditions)
}

fn condition(path: &Path, weakness: Weakness) -> String {
    let path = path.display();
    match weakness {
        Weakness::SharedVolume => format!(
            "a group may write to {path}, as to a volume with an `fsGroup`: who is in it can rename the state directory, and begin with an empty one"
        ),
        Weakness::ReadOnlyMount => format!(
            "{path} is open to others and holds only because it is mounted read-only here: who has it mounted for writing can change it"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::enforcement::Level;

    #[test]
    fn a_file_of_roots_that_names_the_user_is_enforced_and_nothing_else_is() {
        let (roots, own) = (Found::default(), Found { own: Some("/home/me".into()), weaker: Vec::new() });
        for (file, says_user, level, says) in [
            (None, false, Level::Advisory, "no configuration file"),
            (Some(&own), true, Level::Advisory, if me() == 0 { "root" } else { "/home/me" }),
            (Some(&own), false, Level::Advisory, ""),
            (Some(&roots), false, Level::Advisory, "run_as"),
            (Some(&roots), true, Level::Enforced, ""),
        ] {
            let found = judge(file, says_user, std::slice::from_ref(&own));
            assert_eq!((found.level, found.is_enforced()), (level, level == Level::Enforced), "{found:?}");
            assert!(found.because.join(" ").contains(says), "{found:?}");
        }
    }

    #[test]
    fn what_holds_under_a_condition_is_told_once() {
        let volume = Found {
            own: None,
            weaker: vec![("/v".into(), Weakness::SharedVolume), ("/s".into(), Weakness::ReadOnlyMount)],
        };
        let found = judge(Some(&Found::default()), true, &[volume.clone(), volume]);
        assert_eq!(found.conditions.len(), 2, "{found:?}");
        assert!(found.is_enforced());
    }
}
