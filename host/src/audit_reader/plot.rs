//! A bar chart of rows over time.

use super::history::{Row, RowOutcome};
use super::report::text;
use infisical_skill_audit::CallOutcome;
use std::fmt::Write;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

const BARS: usize = 48;
const WIDTH: usize = 1_100;
const HEIGHT: usize = 180;

/// The parts of a bar, from the bottom: the class in the page's style, and the name in the legend.
const PARTS: [(&str, &str); 5] = [
    ("done", "answered"),
    ("changed", "applied, or waiting for approval"),
    ("refused", "refused"),
    ("failed", "failed, partial or unknown"),
    ("other", "by people, and repairs"),
];

fn part(ended: RowOutcome) -> usize {
    match ended {
        RowOutcome::Call(CallOutcome::Done) => 0,
        RowOutcome::Call(CallOutcome::Applied | CallOutcome::WaitingForApproval) => 1,
        RowOutcome::Call(CallOutcome::Refused) => 2,
        RowOutcome::Call(CallOutcome::Failed | CallOutcome::Partial | CallOutcome::Unknown) | RowOutcome::NoEnd => 3,
        RowOutcome::Act | RowOutcome::Mended => 4,
    }
}

/// The chart as SVG. Empty if there are no rows.
pub(super) fn svg(rows: &[Row]) -> String {
    let timed: Vec<(u64, usize)> =
        rows.iter().filter_map(|row| Some((seconds(&row.record.time)?, part(row.result)))).collect();
    let first = timed.iter().map(|(at, _)| *at).min();
    let last = timed.iter().map(|(at, _)| *at).max();
    let (Some(first), Some(last)) = (first, last) else { return "<p>nothing</p>".to_owned() };
    // Each bar stands for the same time span, a whole number of seconds.
    let each = ((last - first) / BARS as u64 + 1).max(1);
    let mut bars = vec![[0_usize; PARTS.len()]; BARS];
    for (at, part) in &timed {
        let bar = usize::try_from((at - first) / each).unwrap_or(usize::MAX);
        if let Some(count) = bars.get_mut(bar).and_then(|bar| bar.get_mut(*part)) {
            *count += 1;
        }
    }
    let most = bars.iter().map(|bar| bar.iter().sum::<usize>()).max().unwrap_or(1).max(1);
    let mut out = format!(
        "<svg viewBox=\"0 0 {WIDTH} {}\" role=\"img\" aria-label=\"Calls over time\"><text x=\"0\" y=\"12\">{most}</text>",
        HEIGHT + 60
    );
    let step = WIDTH / BARS;
    for (at, bar) in bars.iter().enumerate() {
        let from = clock(first + at as u64 * each);
        let mut below = 0;
        for (count, (class, name)) in bar.iter().zip(PARTS) {
            let height = count * (HEIGHT - 20) / most;
            // A single row stays visible.
            let height = if *count > 0 { height.max(2) } else { 0 };
            if height > 0 {
                let _ = write!(
                    out,
                    "<rect class=\"{class}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{height}\"><title>{}: {count} {name}</title></rect>",
                    at * step,
                    HEIGHT.saturating_sub(below + height),
                    step - 3,
                    text(&from)
                );
            }
            below += height;
        }
    }
    let _ = write!(
        out,
        "<line x1=\"0\" y1=\"{HEIGHT}\" x2=\"{WIDTH}\" y2=\"{HEIGHT}\" stroke=\"currentColor\"/><text x=\"0\" y=\"{}\">{}</text><text x=\"{WIDTH}\" y=\"{}\" text-anchor=\"end\">{}</text>",
        HEIGHT + 18,
        text(&clock(first)),
        HEIGHT + 18,
        text(&clock(last))
    );
    for (at, (class, name)) in PARTS.into_iter().enumerate() {
        let x = at * WIDTH / PARTS.len();
        let _ = write!(
            out,
            "<rect class=\"{class}\" x=\"{x}\" y=\"{}\" width=\"12\" height=\"12\"/><text x=\"{}\" y=\"{}\">{name}</text>",
            HEIGHT + 36,
            x + 18,
            HEIGHT + 47
        );
    }
    out.push_str("</svg>");
    out
}

fn seconds(time: &str) -> Option<u64> {
    let time: SystemTime = humantime::parse_rfc3339(time).ok()?;
    time.duration_since(UNIX_EPOCH).ok().map(|since| since.as_secs())
}

fn clock(seconds: u64) -> String {
    humantime::format_rfc3339_seconds(UNIX_EPOCH + Duration::from_secs(seconds)).to_string()
}
