//! The machine's random number generator.

use ring::rand::{SecureRandom, SystemRandom};
use std::fmt;

/// The machine's random number generator fails, so no secret can be generated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NoRandomness;

impl fmt::Display for NoRandomness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("this machine's random number generator fails")
    }
}

/// Fills a buffer with random bytes from the machine.
pub(crate) fn fill_random(buffer: &mut [u8]) -> Result<(), NoRandomness> {
    SystemRandom::new().fill(buffer).map_err(|_| NoRandomness)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_randomness_is_reported() {
        assert!(NoRandomness.to_string().contains("random number generator"));
    }
}
