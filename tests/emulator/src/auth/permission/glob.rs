//! The globs of permission conditions.

/// True if a text matches a glob. `**` as a whole segment matches any number of segments, including
/// none: `/app/**` matches `/app`. `*` and `?` match within a segment, and `{a,b}` matches either
/// alternative.
pub(crate) fn matches(pattern: &str, text: &str) -> bool {
    alternatives(pattern).iter().any(|pattern| {
        let pattern: Vec<&str> = pattern.split('/').collect();
        let text: Vec<&str> = text.split('/').collect();
        matches_segments(&pattern, &text)
    })
}

/// Expands braces: returns the pattern once for each combination of alternatives.
fn alternatives(pattern: &str) -> Vec<String> {
    let braces = pattern.split_once('{').and_then(|(before, rest)| {
        let (inside, after) = rest.split_once('}')?;
        inside.contains(',').then_some((before, inside, after))
    });
    match braces {
        None => vec![pattern.to_owned()],
        Some((before, inside, after)) => {
            inside.split(',').flat_map(|chosen| alternatives(&format!("{before}{chosen}{after}"))).collect()
        }
    }
}

fn matches_segments(pattern: &[&str], text: &[&str]) -> bool {
    match pattern.split_first() {
        None => text.is_empty(),
        Some((&"**", rest)) => {
            (0..=text.len()).any(|taken| text.get(taken..).is_some_and(|left| matches_segments(rest, left)))
        }
        Some((first, rest)) => text
            .split_first()
            .is_some_and(|(segment, left)| matches_one(first, segment) && matches_segments(rest, left)),
    }
}

/// Matches within one segment.
fn matches_one(pattern: &str, text: &str) -> bool {
    let mut pattern_rest = pattern.chars();
    match pattern_rest.next() {
        None => text.is_empty(),
        Some('*') => {
            let rest = pattern_rest.as_str();
            let ends = text.char_indices().map(|(index, _)| index).chain([text.len()]);
            ends.into_iter().any(|from| text.get(from..).is_some_and(|left| matches_one(rest, left)))
        }
        Some(letter) => {
            let mut text_rest = text.chars();
            text_rest.next().is_some_and(|found| letter == '?' || letter == found)
                && matches_one(pattern_rest.as_str(), text_rest.as_str())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn matches_as_recorded() {
        for (pattern, text, expected) in [
            ("/app/**", "/app", true),
            ("/app/**", "/app/db", true),
            ("/app/**", "/app/deep/er", true),
            ("/app/**", "/apple", false),
            ("/app/**", "/", false),
            ("/app/*", "/app/db", true),
            ("/app/*", "/app", false),
            ("/app/*", "/app/deep/er", false),
            ("/app", "/app", true),
            ("/app", "/app/db", false),
            ("/{copy,over}-*", "/copy-c-both", true),
            ("/{copy,over}-*", "/other", false),
            ("/**", "/", true),
            ("/**", "/a/b", true),
            ("DATA*", "DATABASE_URL", true),
            ("DATA*", "THE_DATA", false),
            ("?", "A", true),
            ("?", "AB", false),
            ("", "", true),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
        }
    }
}
