//! Validates recipes for generated values. Refuses recipes whose values could be guessed.

use super::refusals::input;
use crate::error::Error;
use crate::types::Recipe;

const LETTERS_AND_DIGITS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// A validated recipe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Generator {
    pub(crate) length: usize,
    /// 10 to 94 different printable ASCII characters.
    pub(crate) alphabet: Vec<u8>,
}

/// Validates a recipe.
pub(crate) fn check(recipe: &Recipe) -> Result<Generator, Error> {
    const ALPHABET: &str = "Pass 10 or more different printable ASCII characters without blanks, or none for letters \
         and digits.";
    if !(8..=1024).contains(&recipe.length) {
        return Err(input(
            "The length of the value to generate isn't 8 to 1024.",
            "Pass another `length`, such as 32.",
        ));
    }
    let alphabet = recipe.alphabet.as_deref().unwrap_or(LETTERS_AND_DIGITS);
    let wrong = |wrong: &str| Err(input(["The alphabet of the value to generate ", wrong].concat(), ALPHABET));
    if !alphabet.bytes().all(|byte| byte.is_ascii_graphic()) {
        return wrong("has characters other than printable ASCII, or blanks.");
    }
    // Checked before the search for duplicates, which takes quadratic time.
    if alphabet.len() > 94 {
        return wrong("has a character twice.");
    }
    if alphabet.bytes().enumerate().any(|(at, byte)| alphabet.bytes().take(at).any(|other| other == byte)) {
        return wrong("has a character twice.");
    }
    if alphabet.len() < 10 {
        return wrong("has fewer than 10 characters.");
    }
    if alphabet.contains('$') && alphabet.contains('{') {
        return wrong("has both `$` and `{`, which together would begin a reference to another secret.");
    }
    if !is_strong(alphabet.len(), recipe.length) {
        return Err(input(
            "The value to generate could be guessed: fewer than 2^64 have this length and alphabet.",
            "Pass a greater `length` or a larger alphabet.",
        ));
    }
    Ok(Generator { length: recipe.length as usize, alphabet: alphabet.as_bytes().to_vec() })
}

/// Whether there are at least 2^64 such values, which is when their number overflows 64 bits.
fn is_strong(alphabet: usize, length: u32) -> bool {
    (0..length).try_fold(1_u64, |count, _| count.checked_mul(alphabet as u64)).is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(length: u32, alphabet: &str) -> Result<Generator, Error> {
        check(&Recipe { length, alphabet: Some(alphabet.to_owned()) })
    }

    #[test]
    fn a_recipe_is_taken_only_if_its_values_cant_be_guessed() {
        let graphic: String = (0x21..=0x7e_u8).map(char::from).filter(|c| *c != '{').collect();
        for (length, alphabet, taken) in [
            (20, "0123456789", true),
            (19, "0123456789", false),
            (16, "0123456789abcdef", true),
            (15, "0123456789abcdef", false),
            (11, LETTERS_AND_DIGITS, true),
            (10, LETTERS_AND_DIGITS, false),
            (10, &graphic, true),
            (9, &graphic, false),
            (8, &graphic, false),
            (1024, &graphic, true),
            (1024, "0123456789", true),
        ] {
            assert_eq!(checked(length, alphabet).is_ok(), taken, "{length} {alphabet}");
        }
    }

    #[test]
    fn without_an_alphabet_letters_and_digits_are_taken() {
        let generator = check(&Recipe { length: 32, alphabet: None }).unwrap();
        assert_eq!((generator.length, generator.alphabet.len()), (32, 62));
    }

    #[test]
    fn limits_length_and_alphabet_of_recipes() {
        for length in [0, 7, 1025, u32::MAX] {
            assert!(checked(length, LETTERS_AND_DIGITS).is_err(), "{length}");
        }
        for alphabet in
            ["", "abc", "012345678", "01234567890", "0123456789 ", "0123456789\n", "0123456789é", "${23456789"]
        {
            let Err(Error::Refused(refusal)) = checked(64, alphabet) else { panic!("{alphabet}") };
            assert!(!refusal.remedy.is_empty());
        }
        assert!(checked(64, &"0123456789".repeat(1000)).is_err());
        assert!(checked(64, "$123456789").is_ok() && checked(64, "{123456789").is_ok());
    }
}
