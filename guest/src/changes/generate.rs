//! Values that nobody sees.

use crate::guard::generator::Generator;
use crate::guard::values::is_mask;
use crate::ports::HostPort;

/// Makes up a value: each character is as likely as any other. None if there isn't enough randomness.
pub(super) fn generate(generator: &Generator, host: &impl HostPort) -> Option<String> {
    /// The chance that one isn't enough is nil; that there is an end at all is what matters.
    const ROUNDS: usize = 64;
    let Generator { length, alphabet } = generator;
    // Of the 256 bytes, only so many that every character has as many of them.
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
