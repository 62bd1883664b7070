//! Smaller versions of standard library functions. The standard library's are compiled for each
//! type and optimised for speed. The component must stay small, and its lists are short.

/// Sorts in place (heap sort).
pub(crate) fn sort<T>(items: &mut [T], is_less: fn(&T, &T) -> bool) {
    for root in (0..items.len() / 2).rev() {
        sift_down(items, root, items.len(), is_less);
    }
    for end in (1..items.len()).rev() {
        items.swap(0, end);
        sift_down(items, 0, end, is_less);
    }
}

/// Moves the item at `root` down to its place in the heap that ends before `end`.
fn sift_down<T>(items: &mut [T], mut root: usize, end: usize, is_less: fn(&T, &T) -> bool) {
    loop {
        let child = 2 * root + 1;
        let mut largest = root;
        for candidate in [child, child + 1] {
            if let (true, Some(known), Some(other)) = (candidate < end, items.get(largest), items.get(candidate))
                && is_less(known, other)
            {
                largest = candidate;
            }
        }
        if largest == root {
            return;
        }
        items.swap(root, largest);
        root = largest;
    }
}

/// Whether `text` contains `part`.
pub(crate) fn contains(text: &str, part: &str) -> bool {
    part.is_empty() || text.as_bytes().windows(part.len()).any(|window| window == part.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_sorted_is_in_order(mut items in prop::collection::vec(any::<u8>(), 0..70)) {
            let mut expected = items.clone();
            expected.sort_unstable();
            sort(&mut items, |a, b| a < b);
            prop_assert_eq!(items, expected);
        }

        #[test]
        fn a_part_is_found_where_std_finds_it(text in "[abé]{0,8}", part in "[abé]{0,3}") {
            prop_assert_eq!(contains(&text, &part), text.contains(&part));
        }
    }
}
