//! What a component may import: policy, plans, outbound HTTP, the streams that HTTP needs, and
//! randomness for generated values.

/// All accepted imports, without WASI's version.
const TAKEN: [&str; 8] = [
    "infisical:skill/plans@0.1.0",
    "infisical:skill/policy@0.1.0",
    "wasi:http/types@0.2.",
    "wasi:http/outgoing-handler@0.2.",
    "wasi:io/error@0.2.",
    "wasi:io/poll@0.2.",
    "wasi:io/streams@0.2.",
    "wasi:random/random@0.2.",
];

fn is_taken(import: &str) -> bool {
    TAKEN.iter().any(|taken| match import.strip_prefix(taken) {
        Some(patch) if taken.ends_with('.') => !patch.is_empty() && patch.bytes().all(|b| b.is_ascii_digit()),
        Some(rest) => rest.is_empty(),
        None => false,
    })
}

/// The first import that isn't accepted.
pub(super) fn first_refused<'a>(imports: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    imports.into_iter().find(|import| !is_taken(import))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::component::{WASM, exports, imports};

    #[test]
    fn refuses_other_imports_by_name() {
        for import in [
            "wasi:filesystem/types@0.2.12",
            "wasi:sockets/tcp@0.2.12",
            "wasi:cli/environment@0.2.12",
            "wasi:clocks/monotonic-clock@0.2.12",
            "wasi:random/insecure@0.2.12",
            "wasi:random/insecure-seed@0.2.12",
            "wasi:http/incoming-handler@0.2.12",
            "wasi:http/types@0.3.0",
            "wasi:http/types@0.2.",
            "wasi:http/types@0.2.x",
            "wasi:http/types",
            "infisical:skill/policy@0.1.00",
            "infisical:skill/policy",
            "evil:io/streams@0.2.1",
            "",
        ] {
            assert_eq!(first_refused(["wasi:io/poll@0.2.12", import]), Some(import));
        }
        assert_eq!(first_refused(TAKEN.map(|taken| taken.trim_end_matches('.')).iter().take(1).copied()), None);
        assert_eq!(first_refused(["wasi:http/types@0.2.0", "wasi:io/streams@0.2.12"]), None);
    }

    #[test]
    fn embedded_component_imports_only_what_is_accepted() {
        let mut imports = imports().unwrap();
        imports.sort();
        assert_eq!(
            imports,
            [
                "infisical:skill/plans@0.1.0",
                "infisical:skill/policy@0.1.0",
                "wasi:http/outgoing-handler@0.2.12",
                "wasi:http/types@0.2.12",
                "wasi:io/error@0.2.12",
                "wasi:io/poll@0.2.12",
                "wasi:io/streams@0.2.12",
                "wasi:random/random@0.2.12",
            ]
        );
        let mut exports = exports().unwrap();
        exports.retain(|export| !export.ends_with("/types@0.1.0"));
        assert_eq!(
            exports,
            ["infisical:skill/reads@0.1.0", "infisical:skill/reveal@0.1.0", "infisical:skill/changes@0.1.0"]
        );
    }

    #[test]
    fn the_component_is_small() {
        assert!(WASM.len() < 400_000, "{} bytes", WASM.len());
    }
}
