//! Ids of plans and of requests to reveal a value.

use crate::base::random::fill_random;
use infisical_skill_policy::plan::PlanId;

/// Eighty random bits as sixteen unambiguous characters (Crockford's base 32), in four groups.
pub(super) fn new_id() -> Option<PlanId> {
    const DIGITS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
    let mut bytes = [0_u8; 16];
    fill_random(&mut bytes).ok()?;
    let mut text = String::new();
    for (at, byte) in bytes.iter().enumerate() {
        if at > 0 && at % 4 == 0 {
            text.push('-');
        }
        text.push(char::from(*DIGITS.get(usize::from(byte & 31))?));
    }
    PlanId::new(&text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plan_id_has_sixteen_characters_in_groups_of_four() {
        for _ in 0..50 {
            let id = new_id().unwrap();
            let groups: Vec<_> = id.as_str().split('-').collect();
            assert_eq!(groups.len(), 4, "{id:?}");
            let is_digit = |byte: u8| b"0123456789abcdefghjkmnpqrstvwxyz".contains(&byte);
            assert!(groups.iter().all(|group| group.len() == 4 && group.bytes().all(is_digit)), "{id:?}");
        }
        assert_ne!(new_id(), new_id());
    }
}
