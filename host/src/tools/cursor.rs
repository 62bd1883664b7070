//! Cursors, which mark where a page of a list ended. A cursor names the last item that was shown,
//! not its number. So an item that exists throughout is neither shown twice nor skipped, whatever
//! else is added or removed. A cursor authorizes nothing: each page is a new request by its caller.

use crate::model::error::{Error, Layer};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest::{Context, SHA256};

/// The version of the cursor's format.
const FORM: u8 = 1;
const QUERY: usize = 12;
const CHECK: usize = 8;

/// The maximum size of an item's key in a cursor, in bytes, because a model has to copy the cursor.
/// Items with the same truncated key are counted.
const MAX_KEY: usize = 1_200;

/// A fingerprint of a list's query. A cursor of another query is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Query([u8; QUERY]);

impl Query {
    /// Computes the fingerprint of a tool and of everything that determines its list.
    pub(super) fn new<'a>(parts: impl IntoIterator<Item = &'a str>) -> Self {
        let mut context = Context::new(&SHA256);
        for part in parts {
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part.as_bytes());
        }
        Self(first(context))
    }
}

/// The last item of a page: its key, possibly truncated, and how many items with that key were
/// shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct After {
    key: Vec<u8>,
    shown: usize,
}

impl After {
    /// Creates the cursor after the first `shown` items of a list with these sorted keys. Returns
    /// `None` for an empty page.
    pub(super) fn of(keys: &[Vec<u8>], shown: usize) -> Option<Self> {
        let last = keys.get(shown.checked_sub(1)?)?;
        let key = beginning(last).to_vec();
        let before = keys.get(..shown).unwrap_or_default();
        let shown = before.iter().rev().take_while(|other| beginning(other) == key).count();
        Some(Self { key, shown })
    }

    /// Returns the index at which a list with these sorted keys continues.
    pub(super) fn start(&self, keys: &[Vec<u8>]) -> usize {
        let first = keys.partition_point(|key| beginning(key) < self.key.as_slice());
        let end = keys.partition_point(|key| beginning(key) <= self.key.as_slice());
        (first + self.shown).min(end)
    }

    /// Encodes the cursor for its query.
    pub(super) fn write(&self, query: Query) -> String {
        let mut bytes = vec![FORM];
        bytes.extend_from_slice(&query.0);
        bytes.extend_from_slice(&u32::try_from(self.shown).unwrap_or(u32::MAX).to_be_bytes());
        bytes.extend_from_slice(&self.key);
        let check = check(&bytes);
        bytes.extend_from_slice(&check);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Decodes a cursor.
    ///
    /// # Errors
    /// A refusal, if this skill didn't write the cursor, or wrote it for another query.
    pub(super) fn read(cursor: &str, query: Query, tool: &str) -> Result<Self, Error> {
        let Some((of, after)) = parse(cursor) else {
            return Err(Error::refused(
                Layer::Input,
                format!("`cursor` isn't one that `{tool}` gave"),
                "pass `nextCursor` of its last answer unchanged, or leave `cursor` out to begin with the first page",
            ));
        };
        if of != query {
            return Err(Error::refused(
                Layer::Input,
                format!("`cursor` belongs to another list than the one that `{tool}` is asked for"),
                "pass the same arguments as for the page before, or leave `cursor` out to begin with the first page",
            ));
        }
        Ok(after)
    }
}

fn parse(cursor: &str) -> Option<(Query, After)> {
    let bytes = URL_SAFE_NO_PAD.decode(cursor.trim()).ok()?;
    let (body, given) = bytes.split_last_chunk::<CHECK>()?;
    let (form, rest) = body.split_first()?;
    let (query, rest) = rest.split_first_chunk::<QUERY>()?;
    let (shown, key) = rest.split_first_chunk::<4>()?;
    if *form != FORM || *given != check(body) || key.len() > MAX_KEY {
        return None;
    }
    let shown = usize::try_from(u32::from_be_bytes(*shown)).ok()?;
    Some((Query(*query), After { key: key.to_vec(), shown }))
}

fn beginning(key: &[u8]) -> &[u8] {
    key.get(..MAX_KEY).unwrap_or(key)
}

/// A checksum that detects a truncated or misspelt cursor. It doesn't prevent forging, which would
/// yield no more than a page.
fn check(bytes: &[u8]) -> [u8; CHECK] {
    let mut context = Context::new(&SHA256);
    context.update(b"cursor");
    context.update(bytes);
    first(context)
}

fn first<const N: usize>(context: Context) -> [u8; N] {
    let digest = context.finish();
    let mut bytes = [0; N];
    for (byte, of) in bytes.iter_mut().zip(digest.as_ref()) {
        *byte = *of;
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn keys(names: &[&str]) -> Vec<Vec<u8>> {
        names.iter().map(|name| name.as_bytes().to_vec()).collect()
    }

    #[test]
    fn a_cursor_says_where_it_goes_on_even_if_the_item_is_gone() {
        let after = After::of(&keys(&["a", "b", "d"]), 2).unwrap();
        for (now, at) in [
            (&["a", "b", "d"][..], 2),
            (&["b", "d"], 1),
            (&["a", "d"], 1),
            (&["a", "aa", "b", "c", "d"], 3),
            (&["a"], 1),
            (&[], 0),
            (&["e"], 0),
        ] {
            assert_eq!(after.start(&keys(now)), at, "{now:?}");
        }
        assert_eq!(After::of(&keys(&["a"]), 0), None);
    }

    #[test]
    fn counts_items_with_the_same_truncated_key() {
        let long = |end: &str| format!("{}{end}", "x".repeat(5_000)).into_bytes();
        let all = vec![b"a".to_vec(), long("1"), long("2"), long("3"), b"y".to_vec()];
        let starts: Vec<_> = (1..=5).map(|shown| After::of(&all, shown).unwrap().start(&all)).collect();
        assert_eq!(starts, [1, 2, 3, 4, 5]);
        let cursor = After::of(&all, 2).unwrap().write(Query::new(["q"]));
        assert!(cursor.len() < 2_000, "{}", cursor.len());
    }

    #[test]
    fn refuses_foreign_cursors_with_a_remedy() {
        let (query, other) = (Query::new(["list-secrets", "dev"]), Query::new(["list-secrets", "prod"]));
        let cursor = After { key: b"/\0NAME".to_vec(), shown: 1 }.write(query);
        let refused = |cursor: &str, query| After::read(cursor, query, "list-secrets").unwrap_err();
        assert!(After::read(&format!(" {cursor}\n"), query, "list-secrets").is_ok(), "blanks around it say nothing");
        for wrong in ["", "1", "abc=", "100", cursor.get(1..).unwrap(), &format!("{cursor}A"), &cursor.to_uppercase()] {
            let error = refused(wrong, query);
            assert_eq!(error.layer(), Some(Layer::Input));
            assert!(
                error.reason().contains("isn't one") && error.remedy().contains("`nextCursor`"),
                "{wrong}: {error}"
            );
        }
        let error = refused(&cursor, other);
        assert!(error.reason().contains("another list") && error.remedy().contains("same arguments"), "{error}");
        assert_ne!(Query::new(["a", "bc"]), Query::new(["ab", "c"]));
    }

    proptest! {
        #[test]
        fn a_cursor_is_read_as_it_was_written(key in proptest::collection::vec(any::<u8>(), 0..=MAX_KEY), shown in 0_u32..=u32::MAX) {
            let after = After { key, shown: shown as usize };
            let query = Query::new(["q"]);
            prop_assert_eq!(After::read(&after.write(query), query, "t").unwrap(), after);
        }

        #[test]
        fn no_text_is_read_into_a_panic(text in any::<String>()) {
            prop_assert!(After::read(&text, Query::new(["q"]), "t").is_err());
        }

        /// Pages of any size show each item exactly once.
        #[test]
        fn pages_have_each_item_once(names in proptest::collection::vec("[ab]{0,3}", 0..30), sizes in proptest::collection::vec(1_usize..7, 1..5)) {
            let mut all: Vec<Vec<u8>> = names.into_iter().map(String::into_bytes).collect();
            all.sort();
            let (mut at, mut sizes) = (0, sizes.into_iter().cycle());
            while at < all.len() {
                let shown = (at + sizes.next().unwrap()).min(all.len());
                prop_assert_eq!(After::of(&all, shown).unwrap().start(&all), shown);
                at = shown;
            }
        }

        /// Items that exist before and after a change are neither skipped nor shown twice.
        #[test]
        fn lasting_items_appear_once_when_the_list_changes(
            stays in proptest::collection::btree_set("[a-d]{1,3}", 1..20),
            gone in proptest::collection::btree_set("[a-d]{1,3}x", 0..10),
            come in proptest::collection::btree_set("[a-d]{1,3}y", 0..10),
            shown in 1_usize..30,
        ) {
            let list = |more: &std::collections::BTreeSet<String>| {
                let mut all: Vec<Vec<u8>> = stays.iter().chain(more).map(|name| name.clone().into_bytes()).collect();
                all.sort();
                all
            };
            let (before, after) = (list(&gone), list(&come));
            let shown = shown.min(before.len());
            let next = After::of(&before, shown).unwrap().start(&after);
            let mut seen: Vec<_> = before[..shown].iter().chain(&after[next..]).filter(|key| stays.contains(std::str::from_utf8(key).unwrap())).collect();
            let all = stays.len();
            seen.sort();
            prop_assert_eq!(seen.len(), all);
            seen.dedup();
            prop_assert_eq!(seen.len(), all);
        }
    }
}
