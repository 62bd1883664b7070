//! Whatever a component asks for: a request that is spelled as we would spell it, or a refusal.

#![no_main]

use infisical_skill_policy::{Generation, route};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|request: &str| {
    for generation in [Generation::V3, Generation::V4] {
        if let Ok(operation) = route::read(generation, "GET", request) {
            assert_eq!(operation.path_and_query(generation), request);
            assert!(
                !request.contains("%2F..%2F")
                    && !request.contains("%2F..&")
                    && !request.contains("/../")
                    && !request.contains("//")
            );
            assert!(request.is_ascii() && request.starts_with("/api/v"));
        }
    }
});
