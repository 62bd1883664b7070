use super::*;
use crate::guard::generator::check;
use crate::testing::{Operator, operator};
use crate::types::{ApiVersion, Recipe};

fn generator(length: u32, alphabet: Option<&str>) -> Generator {
    check(&Recipe { length, alphabet: alphabet.map(str::to_owned) }).unwrap()
}

fn source() -> Operator {
    operator(ApiVersion::V4)
}

#[test]
fn a_value_has_the_length_and_the_alphabet_that_were_asked_for() {
    for (length, alphabet) in [(20, Some("0123456789")), (1024, None), (32, Some("abcdefghijklm!#%")), (11, None)] {
        let generator = generator(length, alphabet);
        let value = generate(&generator, &&source()).unwrap();
        assert_eq!(value.len(), generator.length);
        assert!(value.bytes().all(|byte| generator.alphabet.contains(&byte)), "{alphabet:?}");
    }
}

/// A remainder without rejection would favour the first characters of an alphabet of 62.
#[test]
fn every_character_is_as_likely_as_any_other() {
    const ROUNDS: usize = 300;
    let generator = generator(1024, None);
    let operator = source();
    let mut counts = [0_u32; 256];
    for _ in 0..ROUNDS {
        for byte in generate(&generator, &&operator).unwrap().bytes() {
            counts[usize::from(byte)] += 1;
        }
    }
    let expected = f64::from(u32::try_from(ROUNDS * 1024).unwrap()) / 62.0;
    let deviation = |byte: &u8| (f64::from(counts[usize::from(*byte)]) - expected).powi(2) / expected;
    let chi_squared: f64 = generator.alphabet.iter().map(deviation).sum();
    // With 61 degrees of freedom, chance exceeds 120 once in 100,000 runs. The source is
    // deterministic.
    assert!(chi_squared < 120.0, "{chi_squared}");
}

/// Gives this many bytes in total, and then no more.
struct LimitedRandomness(std::cell::Cell<usize>);

impl HostPort for LimitedRandomness {
    fn random_bytes(&self, count: usize) -> Vec<u8> {
        let given = count.min(self.0.get());
        self.0.set(self.0.get() - given);
        vec![0; given]
    }
    fn policy(&self) -> crate::Policy {
        unreachable!("generate reads no policy")
    }
    fn find_api_version(&self) -> Option<ApiVersion> {
        None
    }
    fn file(&self, _: &crate::Draft) -> Option<crate::Filed> {
        None
    }
    fn redeem(&self, _: &str, _: Option<&str>) -> Option<crate::Redeemed> {
        None
    }
}

#[test]
fn generates_nothing_without_enough_randomness() {
    let generator = generator(32, None);
    for bytes in [0, 1, 31] {
        assert_eq!(generate(&generator, &LimitedRandomness(bytes.into())), None, "{bytes}");
    }
    assert!(generate(&generator, &LimitedRandomness(32.into())).is_some_and(|value| value.len() == 32));
}

#[test]
fn two_values_are_different() {
    let (generator, operator) = (generator(32, None), source());
    assert_ne!(generate(&generator, &&operator), generate(&generator, &&operator));
}
