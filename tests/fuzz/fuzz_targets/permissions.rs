//! See `infisical_skill_fuzz_targets::permissions`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| infisical_skill_fuzz_targets::permissions::target(bytes));
