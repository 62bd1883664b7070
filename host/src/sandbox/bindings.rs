//! Rust bindings of the WIT package, generated from the files in `wit/`.

#![cfg_attr(feature = "fuzzing", allow(missing_docs, reason = "the fuzz targets see these; wit/ documents them"))]

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
