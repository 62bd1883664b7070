//! Finds the places where time runs backwards in a log.

use std::fmt;

/// Ignore smaller steps back. A writer reads the time before it waits for its turn.
const TOLERANCE: i64 = 60_000;

/// A day, in milliseconds.
const DAY: i64 = 24 * 60 * 60 * 1000;

/// A record whose time is earlier than that of a record before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClockStep {
    /// The number of the record.
    pub record: u64,
    /// Its time.
    pub time: String,
    /// The time of the earlier record.
    pub before: String,
    /// How many milliseconds the step is.
    pub millis: u64,
}

impl ClockStep {
    /// Whether the step is more than a day. Then the clock was probably ahead before.
    #[must_use]
    pub fn is_more_than_a_day(&self) -> bool {
        i64::try_from(self.millis).is_ok_and(|millis| millis > DAY)
    }
}

impl fmt::Display for ClockStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let before = self.record.saturating_sub(1);
        let seconds = self.millis / 1000;
        let (days, hours, minutes) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60);
        write!(
            f,
            "time runs backwards from record {before} ({}) to record {} ({}), by ",
            self.before, self.record, self.time
        )?;
        match days {
            0 => write!(f, "{hours} h {minutes} min"),
            _ => write!(f, "{days} d {hours} h"),
        }
    }
}

/// Goes through the times of a log.
#[derive(Debug, Default)]
pub(crate) struct Clock {
    last: Option<(i64, String)>,
    steps: Vec<ClockStep>,
}

impl Clock {
    pub(crate) fn pass(&mut self, record: u64, time: &str) {
        let Some(at) = millis(time) else { return };
        if let Some((last, before)) = &self.last
            && *last - at > TOLERANCE
        {
            let millis = last.abs_diff(at);
            self.steps.push(ClockStep { record, time: time.to_owned(), before: before.clone(), millis });
        }
        self.last = Some((at, time.to_owned()));
    }

    pub(crate) fn into_steps(self) -> Vec<ClockStep> {
        self.steps
    }
}

/// Converts a record's time (`2026-11-23T13:38:55.919Z`) to milliseconds since 1970.
fn millis(time: &str) -> Option<i64> {
    let bytes = time.as_bytes();
    let marks = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':'), (19, b'.'), (23, b'Z')];
    if bytes.len() != 24 || marks.iter().any(|(at, mark)| bytes.get(*at) != Some(mark)) {
        return None;
    }
    let number = |from: usize, to: usize| {
        let digits = time.get(from..to).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))?;
        digits.parse::<i64>().ok()
    };
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second, milli) = (number(11, 13)?, number(14, 16)?, number(17, 19)?, number(20, 23)?);
    if !(1..=12).contains(&month) {
        return None;
    }
    // Years begin in March, so that the leap day is the last day of a year.
    let year = if month <= 2 { year - 1 } else { year };
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let days = year * 365 + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + day_of_year - 719_468;
    Some((((days * 24 + hour) * 60 + minute) * 60 + second) * 1000 + milli)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_counted_from_1970() {
        for (time, at) in [
            ("1970-01-01T00:00:00.000Z", 0),
            ("1970-01-01T00:00:01.001Z", 1001),
            ("2000-02-29T12:00:00.000Z", 951_825_600_000),
            ("2026-11-23T13:38:55.919Z", 1_795_441_135_919),
            ("9999-12-31T23:59:59.999Z", 253_402_300_799_999),
        ] {
            assert_eq!(millis(time), Some(at), "{time}");
        }
        for not in [
            "",
            "t",
            "2026-11-23T13:38:55Z",
            "2026-13-23T13:38:55.919Z",
            "2026-11-23 13:38:55.919Z",
            "2026-11-+3T13:38:55.919Z",
        ] {
            assert_eq!(millis(not), None, "{not}");
        }
    }

    #[test]
    fn reports_only_backward_steps_of_over_a_minute() {
        let steps = |times: &[&str]| {
            let mut clock = Clock::default();
            for (record, time) in (1..).zip(times) {
                clock.pass(record, time);
            }
            clock.into_steps().into_iter().map(|step| (step.record, step.is_more_than_a_day())).collect::<Vec<_>>()
        };
        assert_eq!(steps(&["2026-11-23T13:00:00.000Z", "2026-11-23T12:59:00.000Z", "2036-11-23T12:59:00.000Z"]), []);
        assert_eq!(steps(&["2026-11-23T13:00:00.000Z", "2026-11-23T12:58:59.999Z"]), [(2, false)]);
        assert_eq!(steps(&["2026-11-23T13:00:00.000Z", "t", "2026-11-22T12:00:00.000Z"]), [(3, true)]);
        // Ten years ahead and back, and then a day back.
        let all = [
            "2026-11-23T13:00:00.000Z",
            "2036-11-23T13:00:00.000Z",
            "2026-11-23T13:01:00.000Z",
            "2026-11-22T13:00:00.000Z",
        ];
        assert_eq!(steps(&all), [(3, true), (4, true)]);
    }
}
