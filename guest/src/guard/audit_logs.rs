//! Validates queries of Infisical's audit log.

use super::arguments::words;
use super::grammar::{ProjectRef, Word};
use super::places;
use super::refusals::{input, malformed};
use crate::error::Error;
use crate::types::{AuditLogFilter, Policy};

/// A validated query. The caller still checks that the project is in scope.
pub(crate) struct Wanted<'a> {
    pub(crate) project: ProjectRef,
    pub(crate) events: Vec<Word>,
    /// A time in the form that requests use: `2026-11-23T07:00:00.000Z`.
    pub(crate) since: &'a str,
    pub(crate) until: Option<&'a str>,
    pub(crate) offset: u32,
    pub(crate) limit: u32,
}

pub(crate) fn wanted<'a>(filter: &'a AuditLogFilter, policy: &Policy) -> Result<Wanted<'a>, Error> {
    const EVENTS: &str = "Name at most 20 kinds of events, as Infisical does.";
    const MAX_LIMIT: u32 = 200;
    const MAX_OFFSET: u32 = 1_000_000;
    let project = places::project(&filter.project, policy)?;
    let events = words("The kind of event", &filter.events, EVENTS)?;
    for time in [Some(&filter.since), filter.until.as_ref()].into_iter().flatten() {
        if !is_moment(time) {
            return Err(malformed("The time", time, "isn't one", "Times look like 2026-11-23T07:00:00.000Z."));
        }
    }
    if !(1..=MAX_LIMIT).contains(&filter.limit) || filter.offset > MAX_OFFSET {
        return Err(input("The page is out of range.", "Ask for 1 to 200 entries at an offset of at most 1,000,000."));
    }
    let AuditLogFilter { since, until, offset, limit, .. } = filter;
    Ok(Wanted { project, events, since, until: until.as_deref(), offset: *offset, limit: *limit })
}

fn is_moment(text: &str) -> bool {
    const FORM: &[u8] = b"0000-00-00T00:00:00.000Z";
    let fits = |(byte, form): (u8, &u8)| if *form == b'0' { byte.is_ascii_digit() } else { byte == *form };
    text.len() == FORM.len() && text.bytes().zip(FORM).all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{Layer, Refusal};
    use crate::testing::{PROJECT, operator};
    use crate::types::ApiVersion::V4;

    fn filter() -> AuditLogFilter {
        AuditLogFilter {
            project: Some(PROJECT.to_owned()),
            since: "2026-11-23T00:00:00.000Z".to_owned(),
            limit: 50,
            ..AuditLogFilter::default()
        }
    }

    #[test]
    fn refuses_invalid_times_pages_and_events() {
        let operator = operator(V4);
        assert!(wanted(&filter(), &operator.policy).is_ok());
        for last in [AuditLogFilter { offset: 1_000_000, ..filter() }, AuditLogFilter { limit: 200, ..filter() }] {
            assert!(wanted(&last, &operator.policy).is_ok(), "{last:?}");
        }
        let time = |text: &str| AuditLogFilter { since: text.to_owned(), ..filter() };
        let until = |text: &str| AuditLogFilter { until: Some(text.to_owned()), ..filter() };
        let events = |events: &[&str]| AuditLogFilter {
            events: events.iter().copied().map(str::to_owned).collect(),
            ..filter()
        };
        for filter in [
            time(""),
            time("2026-11-23"),
            time("2026-11-23T00:00:00Z"),
            time("2026-11-23T00:00:00.000z"),
            time("2026-11-23T00:00:00.000Z "),
            until("é026-11-23T00:00:00.000Z"),
            events(&[""]),
            events(&["a,b"]),
            events(&["x"; 21]),
            AuditLogFilter { limit: 0, ..filter() },
            AuditLogFilter { limit: 201, ..filter() },
            AuditLogFilter { offset: 1_000_001, ..filter() },
            AuditLogFilter { project: Some("a/b".to_owned()), ..filter() },
        ] {
            let refused = wanted(&filter, &operator.policy).err();
            assert!(matches!(refused, Some(Error::Refused(Refusal { layer: Layer::Input, .. }))), "{filter:?}");
        }
    }
}
