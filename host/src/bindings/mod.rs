//! Rust bindings of the WIT package, generated from the files in `wit/`, and conversions between
//! them and the host's own types. The component isn't trusted, so its text is escaped and
//! truncated.

#![cfg_attr(feature = "fuzzing", allow(missing_docs, reason = "the fuzz targets see these; wit/ documents them"))]

mod audit_logs;
mod changes;
mod error;
mod plans;
mod policy;
mod reads;

pub(crate) use policy::policy;

wasmtime::component::bindgen!({
    path: "../wit",
    world: "infisical:skill/skill",
    imports: {
        "infisical:skill/policy.find-api-version": async | trappable,
        "infisical:skill/plans.file": async | trappable,
        default: trappable,
    },
    exports: { default: async },
    with: {
        "wasi:http": wasmtime_wasi_http::p2::bindings::http,
        "wasi:io": wasmtime_wasi_io::bindings::wasi::io,
    },
});
