//! See `infisical_skill_fuzz_targets::audit`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| infisical_skill_fuzz_targets::audit::target(bytes));
