//! Renders what depends on a change. It says *none* only if it was searched for, and *not looked
//! for* otherwise.

use super::shown;
use crate::model::dependents::{Dependents, Finding, Gap, SearchStatus};
use std::fmt::Write;

/// Renders what depends on a plan's changes. Changes with the same dependents are rendered once.
pub(super) fn dependents(all: &[Dependents]) -> String {
    let mut out = if all.is_empty() { String::new() } else { "What depends on it:\n".to_owned() };
    let told: Vec<(u32, Vec<String>)> = all.iter().map(|one| (one.change, lines(one))).collect();
    let mut rest = told.as_slice();
    while let Some(((first, lines), after)) = rest.split_first() {
        let alike = after.iter().take_while(|(_, other)| other == lines).count();
        let last = after.get(alike.wrapping_sub(1)).map_or(*first, |(number, _)| *number);
        let numbers = if last == *first { first.to_string() } else { format!("{first} to {last}") };
        let _ = writeln!(out, "  {numbers}.");
        for line in lines {
            let _ = writeln!(out, "     {}", shown(line));
        }
        rest = after.get(alike..).unwrap_or_default();
    }
    out
}

/// Renders the lines of one change.
#[must_use]
pub fn lines(one: &Dependents) -> Vec<String> {
    let imports = one.imports.as_ref().map(imports);
    let references = one.references.as_ref().map(references);
    let hides = one.hides.as_ref().map(hides);
    [imports, references, hides].into_iter().flatten().collect()
}

/// Renders all dependents in one table cell.
#[must_use]
pub fn brief(all: &[Dependents]) -> String {
    type Part = fn(&Dependents) -> Option<&Finding>;
    let parts: [(&str, Part); 3] = [
        ("imports", |one| one.imports.as_ref()),
        ("references", |one| one.references.as_ref()),
        ("hides", |one| one.hides.as_ref()),
    ];
    let cells: Vec<String> = parts
        .into_iter()
        .filter_map(|(name, part)| {
            let findings: Vec<&Finding> = all.iter().filter_map(part).collect();
            let found: Vec<u32> = findings.iter().filter_map(|finding| finding.count).collect();
            let is_complete = findings.iter().all(|finding| finding.status == SearchStatus::Complete);
            let is_first = |(at, finding): &(usize, &&Finding)| {
                findings.iter().take(*at).all(|earlier| earlier.places != finding.places)
            };
            // Changes in one folder have the same dependents, so count them once.
            let sum: u32 = if name == "references" {
                found.iter().sum()
            } else {
                findings.iter().enumerate().filter(is_first).filter_map(|(_, finding)| finding.count).sum()
            };
            let told = match (findings.is_empty(), found.is_empty(), is_complete, sum) {
                (true, ..) => return None,
                (_, true, ..) => "not looked for".to_owned(),
                (_, _, true, 0) => "none".to_owned(),
                (_, _, true, sum) => sum.to_string(),
                (_, _, false, sum) => format!("at least {sum}"),
            };
            Some(format!("{name}: {told}"))
        })
        .collect();
    if cells.is_empty() { "-".to_owned() } else { cells.join(", ") }
}

fn imports(finding: &Finding) -> String {
    let found = |count| format!("{} it", if count == 1 { "folder shows" } else { "folders show" });
    format!("Imports: {}", told(finding, found))
}

fn references(finding: &Finding) -> String {
    let found = |count| format!("other {} to it", if count == 1 { "secret refers" } else { "secrets refer" });
    format!("References: {}", told(finding, found))
}

fn hides(finding: &Finding) -> String {
    if finding.status == SearchStatus::Complete && finding.searched.is_empty() {
        return "Hides: nothing, this folder imports none".to_owned();
    }
    let found = |count| format!("imported {} of this name", if count == 1 { "secret" } else { "secrets" });
    format!("Hides: {}", told(finding, found))
}

fn told(finding: &Finding, found: impl Fn(u32) -> String) -> String {
    let Finding { status, count, places, searched, gaps, reason } = finding;
    let Some(count) = count.filter(|_| *status != SearchStatus::NotLookedFor) else {
        return format!("not looked for: {}", reason.as_deref().unwrap_or("the host doesn't say why"));
    };
    let mut out = String::new();
    if count == 0 && searched.is_empty() {
        out.push_str("none found");
    } else if count == 0 {
        let _ = write!(out, "none in {}", searched.join(", "));
    } else {
        let at_least = if *status == SearchStatus::Complete { "" } else { "at least " };
        let _ = write!(out, "{at_least}{count} {}", found(count));
        if !places.is_empty() {
            let _ = write!(out, ": {}", places.join(", "));
        }
        if !searched.is_empty() {
            let _ = write!(out, "; searched: {}", searched.join(", "));
        }
    }
    if !gaps.is_empty() {
        let gap = |Gap { place, reason }: &Gap| format!("{place} ({reason})");
        let _ = write!(out, "; not searched, or not wholly: {}", gaps.iter().map(gap).collect::<Vec<_>>().join(", "));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(texts: &[&str]) -> Vec<String> {
        texts.iter().copied().map(str::to_owned).collect()
    }

    fn gap(place: &str, reason: &str) -> Gap {
        Gap { place: place.to_owned(), reason: reason.to_owned() }
    }

    fn of(change: u32, imports: Finding) -> Dependents {
        Dependents { change, imports: Some(imports), references: None, hides: None }
    }

    #[test]
    fn says_none_only_of_searched_places() {
        let all = texts(&["dev", "prod"]);
        let part = || vec![gap("prod", "3 of 10 folders"), gap("qa", "outside of the scopes")];
        for (finding, line) in [
            (Finding::found(0, vec![], all.clone(), vec![]), "none in dev, prod"),
            (
                Finding::found(0, vec![], texts(&["dev"]), part()),
                "none in dev; not searched, or not wholly: prod (3 of 10 folders), qa (outside of the scopes)",
            ),
            (
                Finding::found(0, vec![], vec![], part()),
                "none found; not searched, or not wholly: prod (3 of 10 folders), qa (outside of the scopes)",
            ),
            (Finding::not_looked_for("values stay hidden"), "not looked for: values stay hidden"),
            (
                Finding::found(1, texts(&["prod:/app"]), all.clone(), vec![]),
                "1 folder shows it: prod:/app; searched: dev, prod",
            ),
            (
                Finding::found(2, texts(&["prod:/app", "prod:/b"]), texts(&["dev"]), vec![gap("prod", "x")]),
                "at least 2 folders show it: prod:/app, prod:/b; searched: dev; not searched, or not wholly: prod (x)",
            ),
        ] {
            assert_eq!(lines(&of(1, finding)), [format!("Imports: {line}")]);
        }
    }

    #[test]
    fn each_kind_of_dependent_has_its_line() {
        let one = Dependents {
            change: 1,
            imports: Some(Finding::found(0, vec![], texts(&["dev"]), vec![])),
            references: Some(Finding::found(2, vec![], texts(&["dev"]), vec![])),
            hides: Some(Finding::found(1, texts(&["staging:/app"]), texts(&["staging:/app"]), vec![])),
        };
        let expected = [
            "Imports: none in dev",
            "References: 2 other secrets refer to it; searched: dev",
            "Hides: 1 imported secret of this name: staging:/app; searched: staging:/app",
        ];
        assert_eq!(lines(&one), expected);
        let nothing = Dependents {
            hides: Some(Finding::found(0, vec![], vec![], vec![])),
            imports: None,
            references: None,
            change: 1,
        };
        assert_eq!(lines(&nothing), ["Hides: nothing, this folder imports none"]);
    }

    #[test]
    fn brief_form_never_says_none_of_unsearched_places() {
        let with =
            |imports: Finding, references: Finding| Dependents { references: Some(references), ..of(1, imports) };
        let found =
            |count: usize, gaps: Vec<Gap>| Finding::found(count, vec!["x".to_owned(); count], texts(&["dev"]), gaps);
        let hidden = || Finding::not_looked_for("x");
        for (all, told) in [
            (vec![], "-"),
            (vec![with(found(0, vec![]), hidden())], "imports: none, references: not looked for"),
            (vec![with(found(0, vec![gap("prod", "x")]), hidden())], "imports: at least 0, references: not looked for"),
            (vec![with(found(2, vec![]), found(1, vec![])); 2], "imports: 2, references: 2"),
            (
                vec![with(found(2, vec![]), found(1, vec![])), with(hidden(), hidden())],
                "imports: at least 2, references: at least 1",
            ),
        ] {
            assert_eq!(brief(&all), told);
        }
    }

    #[test]
    fn groups_changes_with_the_same_dependents() {
        let none = || Finding::not_looked_for("x");
        let some = Finding::found(0, vec![], texts(&["dev"]), vec![]);
        let all = [of(1, none()), of(2, none()), of(3, some), of(5, none())];
        let expected = "What depends on it:\n  1 to 2.\n     Imports: not looked for: x\n  3.\n     Imports: none in dev\n  5.\n     Imports: not looked for: x\n";
        assert_eq!(dependents(&all), expected);
        assert_eq!(dependents(&[]), "");
    }
}
