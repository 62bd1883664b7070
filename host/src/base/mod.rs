//! What everything else uses: the time, randomness, and hexadecimal.

pub(crate) mod hex;
pub(crate) mod random;
#[cfg(all(test, unix))]
pub(crate) mod test_clock;
pub(crate) mod time;
