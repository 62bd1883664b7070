//! The emulator's clock: the machine's time plus what a test has advanced.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Milliseconds since 1970.
pub(crate) type Millis = u64;

/// A day.
pub(crate) const DAY: Millis = 86_400_000;

/// A clock that can be advanced, and stopped.
#[derive(Debug, Default)]
pub(crate) struct Clock {
    offset: Duration,
    /// The machine's time when the clock was stopped.
    stopped: Option<Duration>,
}

impl Clock {
    /// The emulator's current time.
    pub(crate) fn now(&self) -> Millis {
        to_millis(self.stopped.unwrap_or_else(machine_time).saturating_add(self.offset))
    }

    /// Restarts the clock.
    pub(crate) fn go_on(&mut self) {
        self.stopped = None;
    }

    /// Stops the clock. From then on it only moves when it is advanced.
    pub(crate) fn stop(&mut self) {
        self.stopped = Some(self.stopped.unwrap_or_else(machine_time));
    }

    /// Stops the clock at the beginning of the current second.
    pub(crate) fn stop_at_a_second(&mut self) {
        self.stopped = Some(Duration::from_secs(self.stopped.unwrap_or_else(machine_time).as_secs()));
    }

    /// Advances the clock at once.
    pub(crate) fn advance(&mut self, by: Duration) {
        self.offset = self.offset.saturating_add(by);
    }
}

fn machine_time() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// A duration in whole milliseconds.
pub(crate) fn to_millis(duration: Duration) -> Millis {
    Millis::try_from(duration.as_millis()).unwrap_or(Millis::MAX)
}

/// `2026-11-23T01:52:03.486Z`, as the server writes a time.
pub(crate) fn iso(at: Millis) -> String {
    let (days, within) = (at / DAY, at % DAY);
    let (year, month, day) = civil(days);
    format!(
        "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}.{:03}Z",
        within / 3_600_000,
        within / 60_000 % 60,
        within / 1000 % 60,
        within % 1000
    )
}

/// `Mon, 23 Nov 2026 01:52:03 GMT`, the format of a `Date` header.
pub(crate) fn http_date(at: Millis) -> String {
    const WEEKDAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let name = |names: &[&'static str], index: u64| {
        usize::try_from(index).ok().and_then(|index| names.get(index).copied()).unwrap_or_default()
    };
    let (days, within) = (at / DAY, at % DAY);
    let (year, month, day) = civil(days);
    format!(
        "{}, {day:02} {} {year:04} {:02}:{:02}:{:02} GMT",
        name(&WEEKDAYS, days % 7),
        name(&MONTHS, month - 1),
        within / 3_600_000,
        within / 60_000 % 60,
        within / 1000 % 60
    )
}

/// Parses an ISO time in UTC (`2026-11-23T01:52:03Z`, with any fraction). A time before 1970
/// becomes 1970.
pub(crate) fn from_iso(text: &str) -> Option<Millis> {
    let (date, time) = text.strip_suffix('Z')?.split_once('T')?;
    let (time, fraction) = time.split_once('.').unwrap_or((time, "0"));
    let [year, month, day] = numbers(date, '-', [4, 2, 2])?;
    let [hour, minute, second] = numbers(time, ':', [2, 2, 2])?;
    let is_fraction = !fraction.is_empty() && fraction.bytes().all(|byte| byte.is_ascii_digit());
    if !is_fraction || !(1..=12).contains(&month) || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    if year < 1970 {
        return Some(0);
    }
    let days = days_of(year, month, day);
    if civil(days) != (year, month, day) {
        return None;
    }
    let millis: Millis = format!("{fraction:0<3}").get(..3)?.parse().ok()?;
    Some(days * DAY + hour * 3_600_000 + minute * 60_000 + second * 1000 + millis)
}

fn numbers(text: &str, separator: char, widths: [usize; 3]) -> Option<[u64; 3]> {
    let mut parts = text.split(separator);
    let mut read = [0; 3];
    for (number, width) in read.iter_mut().zip(widths) {
        let part = parts.next()?;
        if part.len() != width || !part.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        *number = part.parse().ok()?;
    }
    parts.next().is_none().then_some(read)
}

/// The last midnight, in UTC.
pub(crate) fn midnight(at: Millis) -> Millis {
    at - at % DAY
}

/// Adds this many months. As in JavaScript, a day that the month doesn't have continues into the
/// next month.
pub(crate) fn months_later(at: Millis, months: u64) -> Millis {
    let (year, month, day) = civil(at / DAY);
    let month = month - 1 + months;
    (days_of(year + month / 12, month % 12 + 1, 1) + day - 1) * DAY + at % DAY
}

/// The inverse of `civil`, for dates from 1970 on.
fn days_of(year: u64, month: u64, day: u64) -> u64 {
    let year = year - u64::from(month <= 2);
    let year_of_era = year % 400;
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day.saturating_sub(1);
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    (year / 400 * 146_097 + day_of_era).saturating_sub(719_468)
}

/// Days since 1970 as a date (Howard Hinnant's `civil_from_days`, for days that are not negative).
fn civil(days: u64) -> (u64, u64, u64) {
    let shifted = days + 719_468;
    let era = shifted / 146_097;
    let day_of_era = shifted % 146_097;
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    (year_of_era + era * 400 + u64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::{from_iso, http_date, iso, months_later};

    #[test]
    fn times_are_written_as_the_server_writes_them() {
        for (at, written) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_399_999, "2000-02-28T23:59:59.999Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (1_795_398_723_486, "2026-11-23T01:52:03.486Z"),
        ] {
            assert_eq!(iso(at), written);
            assert_eq!(from_iso(written), Some(at));
        }
    }

    #[test]
    fn times_are_read_in_utc_only() {
        for (text, at) in [
            ("1970-01-01T00:00:01Z", Some(1000)),
            ("1970-01-01T00:00:00.5Z", Some(500)),
            ("1970-01-01T00:00:00.123456789Z", Some(123)),
            ("1969-12-31T23:59:59Z", Some(0)),
            ("2026-02-29T00:00:00Z", None),
            ("2026-13-01T00:00:00Z", None),
            ("2026-00-10T00:00:00Z", None),
            ("2026-01-00T00:00:00Z", None),
            ("2026-01-01T24:00:00Z", None),
            ("2026-01-01T00:00:00+00:00", None),
            ("2026-01-01T00:00:00", None),
            ("2026-01-01T00:00:00.Z", None),
            ("2026-01-01", None),
            ("+026-01-01T00:00:00Z", None),
            ("", None),
        ] {
            assert_eq!(from_iso(text), at, "{text}");
        }
    }

    #[test]
    fn dates_of_headers_have_the_day_of_the_week() {
        assert_eq!(http_date(0), "Thu, 01 Jan 1970 00:00:00 GMT");
        assert_eq!(http_date(784_111_777_000), "Sun, 06 Nov 1994 08:49:37 GMT");
    }

    #[test]
    fn months_are_added_as_javascript_adds_them() {
        for (from, to) in [
            ("2026-11-23T01:52:03Z", "2027-02-23T01:52:03.000Z"),
            ("2026-01-31T00:00:00Z", "2026-05-01T00:00:00.000Z"),
            ("2027-11-30T00:00:00Z", "2028-03-01T00:00:00.000Z"),
        ] {
            assert_eq!(iso(months_later(from_iso(from).unwrap(), 3)), to);
        }
    }
}
