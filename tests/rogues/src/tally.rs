//! Counts the outcomes of the trials.

use crate::trial::{Boundary, Containment};
use infisical_emulator::ApiVersion;
use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Mutex, PoisonError};

/// The outcome of a trial.
#[derive(Debug, Clone)]
pub struct Finding {
    /// The rogue's name.
    pub rogue: &'static str,
    /// The boundary that it tried to cross.
    pub boundary: Boundary,
    /// The server's API version, if there was a server.
    pub api_version: Option<ApiVersion>,
    /// How it was contained.
    pub containments: BTreeSet<Containment>,
    /// How many of its attempts were contained.
    pub attempts: usize,
    /// Why it doesn't count as contained, if it doesn't.
    pub escape: Option<&'static str>,
}

static FINDINGS: Mutex<Vec<Finding>> = Mutex::new(Vec::new());

pub(crate) fn note(finding: Finding) {
    FINDINGS.lock().unwrap_or_else(PoisonError::into_inner).push(finding);
}

/// The outcomes of all rogues.
#[derive(Debug)]
pub struct Tally {
    rows: Vec<Row>,
    is_whole: bool,
}

#[derive(Debug)]
struct Row {
    rogue: &'static str,
    boundaries: BTreeSet<Boundary>,
    /// Whether the rogue was tried with the old and with the current API version.
    api_versions: [bool; 2],
    containments: BTreeSet<Containment>,
    attempts: usize,
    is_tried: bool,
    escape: Option<String>,
}

impl Tally {
    /// Counts all trials of this process so far. `is_whole` says that every test ran, so that every
    /// rogue must have been tried.
    #[must_use]
    pub fn of_this_process(rogues: &[&'static str], is_whole: bool) -> Self {
        Self::new(rogues, &FINDINGS.lock().unwrap_or_else(PoisonError::into_inner), is_whole)
    }

    /// Counts these findings.
    #[must_use]
    pub fn new(rogues: &[&'static str], findings: &[Finding], is_whole: bool) -> Self {
        let mut rows: Vec<_> = rogues.iter().map(|rogue| Row::new(rogue, findings, is_whole)).collect();
        rows.sort_by_key(|row| row.rogue);
        Self { rows, is_whole }
    }

    /// How many attempts were contained.
    #[must_use]
    pub fn attempts(&self) -> usize {
        self.rows.iter().map(|row| row.attempts).sum()
    }

    /// How many rogues were tried.
    #[must_use]
    pub fn tried(&self) -> usize {
        self.rows.iter().filter(|row| row.is_tried).count()
    }

    /// How many rogues were contained in each of their trials.
    #[must_use]
    pub fn contained(&self) -> usize {
        self.rows.iter().filter(|row| row.is_tried && row.escape.is_none()).count()
    }

    /// Whether every rogue was contained. If only some tests ran, this covers the rogues that they
    /// tried.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.contained() == if self.is_whole { self.rows.len() } else { self.tried() }
    }
}

impl Row {
    fn new(rogue: &'static str, findings: &[Finding], is_whole: bool) -> Self {
        let mut row = Self {
            rogue,
            boundaries: BTreeSet::new(),
            api_versions: [false; 2],
            containments: BTreeSet::new(),
            attempts: 0,
            is_tried: false,
            escape: None,
        };
        for finding in findings.iter().filter(|finding| finding.rogue == rogue) {
            row.is_tried = true;
            row.boundaries.insert(finding.boundary);
            row.containments.extend(&finding.containments);
            row.attempts += finding.attempts;
            let [old, current] = &mut row.api_versions;
            match finding.api_version {
                Some(ApiVersion::V3) => *old = true,
                Some(ApiVersion::V4) => *current = true,
                None => {}
            }
            if let Some(escape) = finding.escape {
                row.escape.get_or_insert_with(|| format!("{escape} ({})", finding.boundary.as_str()));
            }
        }
        if is_whole && row.boundaries.iter().any(|it| it.depends_on_api_version()) && row.api_versions != [true; 2] {
            row.escape.get_or_insert_with(|| "it wasn't tried against an old and a current server".to_owned());
        }
        row
    }
}

/// A line for each rogue that was or should have been tried, and the two numbers.
impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = |rogue: &str| rogue.replace('_', " ");
        let width = self.rows.iter().map(|row| row.rogue.len()).max().unwrap_or_default();
        for row in self.rows.iter().filter(|row| row.is_tried || self.is_whole) {
            let rogue = words(row.rogue);
            if !row.is_tried {
                writeln!(f, "{rogue:width$}  NOT TRIED")?;
                continue;
            }
            let boundaries: Vec<_> = row.boundaries.iter().map(|it| it.as_str()).collect();
            let servers = match row.api_versions {
                [true, true] => "v3 v4",
                [true, false] => "v3",
                [false, true] => "v4",
                [false, false] => "-",
            };
            let how: Vec<_> = row.containments.iter().map(|it| it.as_str()).collect();
            let how = row.escape.as_ref().map_or(how.join(", "), |escape| format!("NOT CONTAINED: {escape}"));
            writeln!(f, "{rogue:width$}  {:14} {servers:5} {:>4} x  {how}", boundaries.join(", "), row.attempts)?;
        }
        writeln!(f, "\n{} rogues tried, {} contained", self.tried(), self.contained())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Rogue;
    use ApiVersion::{V3, V4};

    fn finding(rogue: &'static str, boundary: Boundary, api_version: ApiVersion) -> Finding {
        let containments = BTreeSet::from([Containment::Gate]);
        Finding { rogue, boundary, api_version: Some(api_version), containments, attempts: 1, escape: None }
    }

    fn is_good(findings: &[Finding], is_whole: bool) -> bool {
        Tally::new(&["a", "b"], findings, is_whole).is_good()
    }

    #[test]
    fn all_is_well_if_every_rogue_was_tried_and_contained() {
        let findings = [finding("a", Boundary::Time, V4), finding("b", Boundary::Time, V4)];
        assert!(is_good(&findings, true));
        let tally = Tally::new(&["a", "b"], &findings, true).to_string();
        assert!(tally.ends_with("\n2 rogues tried, 2 contained\n"), "{tally}");
    }

    #[test]
    fn a_rogue_that_nobody_tried_is_not_contained() {
        let findings = [finding("a", Boundary::Time, V4)];
        assert!(!is_good(&findings, true));
        assert!(is_good(&findings, false), "unless only some of the tests were asked for");
        let tally = Tally::new(&["a", "b"], &findings, true).to_string();
        assert!(tally.contains("b  NOT TRIED\n") && tally.ends_with("\n1 rogues tried, 1 contained\n"), "{tally}");
    }

    #[test]
    fn a_rogue_that_got_through_once_is_not_contained() {
        let escaped = Finding { escape: Some("it got out"), ..finding("b", Boundary::Time, V4) };
        let findings = [finding("a", Boundary::Time, V4), escaped, finding("b", Boundary::Time, V4)];
        assert!(!is_good(&findings, true) && !is_good(&findings, false));
        let tally = Tally::new(&["a", "b"], &findings, true).to_string();
        assert!(tally.contains("NOT CONTAINED: it got out (time)\n"), "{tally}");
        assert!(tally.ends_with("\n2 rogues tried, 1 contained\n"), "{tally}");
    }

    #[test]
    fn rogue_is_tried_against_both_versions_where_it_matters() {
        let other = finding("b", Boundary::Time, V4);
        let one = [finding("a", Boundary::Network, V4), other.clone()];
        assert!(!is_good(&one, true));
        assert!(is_good(&[finding("a", Boundary::Network, V4), finding("a", Boundary::Network, V3), other], true));
    }

    #[test]
    fn a_trial_that_shows_nothing_or_whose_test_fails_is_an_escape() {
        static ROGUE: Rogue = Rogue::new("tried in this test", b"");
        let escapes = || {
            let findings = FINDINGS.lock().unwrap_or_else(PoisonError::into_inner);
            let of_it = findings.iter().filter(|finding| finding.rogue == ROGUE.name());
            of_it.map(|finding| finding.escape).collect::<Vec<_>>()
        };
        drop(ROGUE.tries(Boundary::Time, None));
        assert_eq!(escapes(), [Some("nothing shows how it was contained")]);
        ROGUE.tries(Boundary::Time, None).holds(Containment::Deadline, true, "");
        assert_eq!(escapes().last(), Some(&None));
        let failed = std::panic::catch_unwind(|| {
            let trial = ROGUE.tries(Boundary::Time, None);
            trial.holds(Containment::Deadline, true, "");
            trial.holds(Containment::Deadline, false, "it ran on");
        });
        assert!(failed.is_err());
        assert_eq!(escapes().last(), Some(&Some("one of its tests failed")));
    }
}
