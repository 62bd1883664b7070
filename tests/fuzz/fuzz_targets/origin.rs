//! Whatever an operator writes: an origin in canonical form, or a refusal.

#![no_main]

use infisical_skill_policy::Origin;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(origin) = Origin::parse(text, true) {
        let canonical = origin.to_string();
        assert_eq!(Origin::parse(&canonical, true), Ok(origin.clone()));
        assert!(origin.is(origin.scheme().as_str(), &origin.authority()));
        assert!(
            canonical.is_ascii()
                && !canonical.contains(['@', '?', '#', '\\', ' ', '%'])
                && !canonical.ends_with(['/', '.'])
        );
    }
});
