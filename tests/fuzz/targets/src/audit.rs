//! A trail's file that may hold anything: reading it never panics, what counts as good is a chain, and what is cut off is never more than what follows the
//! good part.

use infisical_skill_audit::{Defect, scan};

/// Holds the invariant above for one input.
pub fn target(bytes: &[u8]) {
    let found = scan(bytes, None);
    assert!(found.good <= bytes.len());
    assert_eq!(found.defect.is_none(), found.good == bytes.len());
    let good = &bytes[..found.good];
    assert!(good.is_empty() || good.ends_with(b"\n"));
    // The good part by itself is good, and goes as far.
    let again = scan(good, None);
    assert_eq!((again.records, again.head, again.defect), (found.records, found.head, None));
    // Whatever is lost of its end, what is left is a good part and something torn.
    if let Some(cut) = found.good.checked_sub(1) {
        let torn = scan(&bytes[..cut], None);
        assert_eq!(torn.defect, Some(Defect::Torn));
        assert_eq!(torn.records + 1, found.records);
    }
}
