//! References in written values. A current server requires `describeSecret` on every secret that
//! they refer to.

use crate::auth::permission::Action;
use crate::call::Call;
use crate::failure::Failure;
use crate::world::World;
use crate::world::project::Project;

use super::access::Access;
use super::place::Place;
use super::shape::View;

/// The references in a value: names and dots between `${` and `}`. Content with blanks or a nested
/// reference isn't a reference.
pub(crate) fn in_value(value: &str) -> Vec<&str> {
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || "-_.@".contains(letter);
    let after = value.split("${").skip(1);
    let names = after.filter_map(|rest| rest.split_once('}').map(|(name, _)| name));
    names.filter(|name| !name.is_empty() && name.chars().all(is_part)).collect()
}

/// The stored secret that a reference refers to.
fn target<'w>(world: &'w World, project: &'w Project, place: &Place, reference: &str) -> Option<View<'w>> {
    let mut segments: Vec<&str> = reference.split('.').collect();
    let mut project = project;
    if let Some(slug) = segments.first().and_then(|first| first.strip_prefix('@')) {
        project = world.projects.iter().find(|project| project.slug == slug)?;
        segments.remove(0);
    }
    let key = segments.pop()?;
    let (environment, path) = match segments.split_first() {
        None => (place.environment.as_str(), place.path.clone()),
        Some((environment, folders)) => (*environment, format!("/{}", folders.join("/"))),
    };
    let folder = project.folder_at(environment, &path).ok()??;
    let secret = project.secret(&folder.id, key)?;
    Some(View::now(project, project.environment_of(folder), secret))
}

/// Fails unless the caller may describe every existing secret that the value refers to.
pub(crate) fn check(
    world: &World,
    call: &Call,
    project: &Project,
    place: &Place,
    value: Option<&str>,
) -> Result<(), Failure> {
    if !call.is_v4() {
        return Ok(());
    }
    for reference in in_value(value.unwrap_or_default()) {
        if let Some(view) = target(world, project, place, reference) {
            Access::of(world, call, view.project)?.check(Action::DescribeSecret, &view)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::in_value;

    #[test]
    fn references_have_no_blanks_and_nothing_nested() {
        for (value, expected) in [
            ("${A}", vec!["A"]),
            ("x-${dev.app.db.D}-${E}", vec!["dev.app.db.D", "E"]),
            ("${@other.dev.A}", vec!["@other.dev.A"]),
            ("${ prod.app.P }", vec![]),
            ("${prod.app.${X}}", vec!["X"]),
            ("pa$$w{o}rd$1", vec![]),
            ("${}", vec![]),
            ("${A", vec![]),
        ] {
            assert_eq!(in_value(value), expected, "{value}");
        }
    }
}
