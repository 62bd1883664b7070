//! See `infisical_skill_fuzz_targets::render`.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| infisical_skill_fuzz_targets::render::target(bytes));
