//! Generates values that nobody sees.

use crate::guard::generator::Generator;
use crate::guard::values::is_mask;
use crate::ports::HostPort;

/// Generates a value in which every character of the alphabet is equally likely. Returns `None` if
/// the host gives too little randomness, or if the value would be a mask.
pub(super) fn generate(generator: &Generator, host: &impl HostPort) -> Option<String> {
    /// Guarantees that the loop ends. With working randomness, 64 rounds are always enough.
    const ROUNDS: usize = 64;
    let Generator { length, alphabet } = generator;
    // Bytes from here on are rejected, so that every character is equally likely.
    let fair = 256 - 256 % alphabet.len().max(1);
    let mut value = String::with_capacity(*length);
    for _ in 0..ROUNDS {
        let missing = length - value.len();
        if missing == 0 {
            break;
        }
        let bytes = host.random_bytes(missing * 2);
        let usable = bytes.iter().map(|byte| usize::from(*byte)).filter(|byte| *byte < fair).take(missing);
        value.extend(usable.filter_map(|byte| alphabet.get(byte % alphabet.len()).copied().map(char::from)));
    }
    (value.len() == *length && !is_mask(&value)).then_some(value)
}

#[cfg(test)]
#[path = "generate_tests.rs"]
mod tests;
