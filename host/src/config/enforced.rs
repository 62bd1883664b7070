//! Determines whether the configuration is enforced against the agent's own user.

use crate::model::enforcement::Enforcement;
use infisical_skill_owners::{PathFindings, Weakness, me};
use std::path::Path;

/// Determines whether the set-up is enforced or advisory.
///
/// `file` holds the findings about the path to the configuration file, if there is one. `says_user`
/// tells whether that file sets `run_as`, so that the skill has its own user. `others` holds the
/// findings about credentials and state. Their files belong to root or to the user who runs this,
/// or aren't used.
pub(super) fn assess(file: Option<&PathFindings>, says_user: bool, others: &[PathFindings]) -> Enforcement {
    let mut because = Vec::new();
    match file {
        None => because.push("there is no configuration file, so the user who starts it decides everything".to_owned()),
        Some(PathFindings { own: Some(_), .. }) if me() == 0 => {
            because.push("it runs as root, who can change everything: run it as its own user".to_owned());
        }
        Some(PathFindings { own: Some(own), .. }) => because.push(format!(
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
            "a group can write to {path}, as on a volume with an `fsGroup`: its members can rename the state directory and begin with an empty one"
        ),
        Weakness::ReadOnlyMount => format!(
            "others could change {path}, and it is protected only because it is mounted read-only here: anyone who mounts it for writing can change it"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::enforcement::Level;

    #[test]
    fn enforces_only_a_root_owned_file_that_sets_run_as() {
        let (roots, own) = (PathFindings::default(), PathFindings { own: Some("/home/me".into()), weaker: Vec::new() });
        for (file, says_user, level, says) in [
            (None, false, Level::Advisory, "no configuration file"),
            (Some(&own), true, Level::Advisory, if me() == 0 { "root" } else { "/home/me" }),
            (Some(&own), false, Level::Advisory, ""),
            (Some(&roots), false, Level::Advisory, "run_as"),
            (Some(&roots), true, Level::Enforced, ""),
        ] {
            let found = assess(file, says_user, std::slice::from_ref(&own));
            assert_eq!((found.level, found.is_enforced()), (level, level == Level::Enforced), "{found:?}");
            assert!(found.because.join(" ").contains(says), "{found:?}");
        }
    }

    #[test]
    fn reports_each_condition_once() {
        let volume = PathFindings {
            own: None,
            weaker: vec![("/v".into(), Weakness::SharedVolume), ("/s".into(), Weakness::ReadOnlyMount)],
        };
        let found = assess(Some(&PathFindings::default()), true, &[volume.clone(), volume]);
        assert_eq!(found.conditions.len(), 2, "{found:?}");
        assert!(found.is_enforced());
    }
}
