//! What `wit-bindgen` generates from `wit/`. The core uses the types. Only the component uses the
//! functions.

#![allow(missing_docs, reason = "generated: docs come from `wit/`")]

macro_rules! generate {
    ($($world:tt)*) => {
        wit_bindgen::generate!({
            path: "../wit",
            $($world)*
            generate_all,
            additional_derives: [PartialEq, Eq],
            // It contains a resource.
            additional_derives_ignore: ["stream-error"],
            // These hold values or comments, so their `Debug` must not be the generated one.
            with: {
                "infisical:skill/reveal@0.1.0/revealed-secret": crate::types::RevealedSecret,
                "infisical:skill/changes@0.1.0/value": crate::types::Value,
                "infisical:skill/changes@0.1.0/secret-creation": crate::types::SecretCreation,
                "infisical:skill/changes@0.1.0/secret-update": crate::types::SecretUpdate,
            },
            additional_type_attributes: {
                "infisical:skill/types@0.1.0/place": [#[derive(Default)]],
                "infisical:skill/reads@0.1.0/secret-filter": [#[derive(Default)]],
                "infisical:skill/reads@0.1.0/audit-log-filter": [#[derive(Default)]],
                "infisical:skill/changes@0.1.0/recipe": [#[derive(Default)]],
                "infisical:skill/changes@0.1.0/target": [#[derive(Default)]],
                "infisical:skill/changes@0.1.0/folder-rename": [#[derive(Default)]],
            },
        });
    };
}

#[cfg(all(target_arch = "wasm32", feature = "component"))]
generate!(world: "infisical:skill/skill",);

// A library needs only the types. wit-bindgen writes the world into the module, so this world
// exports nothing.
#[cfg(not(all(target_arch = "wasm32", feature = "component")))]
generate! {
    world: "infisical:core/types",
    inline: r"
        package infisical:core;

        world types {
            import infisical:skill/policy@0.1.0;
            import infisical:skill/plans@0.1.0;
            import infisical:skill/reads@0.1.0;
            import infisical:skill/reveal@0.1.0;
            import infisical:skill/changes@0.1.0;
        }
    ",
}

#[cfg(all(target_arch = "wasm32", feature = "component"))]
pub(crate) use exports::infisical::skill::{changes, reads, reveal, types};
#[cfg(not(all(target_arch = "wasm32", feature = "component")))]
pub(crate) use infisical::skill::{changes, reads, types};
pub(crate) use infisical::skill::{plans, policy};
