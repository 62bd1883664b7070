//! Imports as they are, without what wit-bindgen makes of them: numbers, which the host has to check.

#[link(wasm_import_module = "infisical:skill/plans@0.1.0")]
unsafe extern "C" {
    /// `redeem`. Plan (pointer, length), phrase (is there one, pointer, length), where the answer goes.
    pub fn redeem(plan: u32, length: u32, is_some: u32, phrase: u32, phrase_length: u32, answer: *mut u8);

    /// `file`. Requests (pointer, length), payload (pointer, length), phrase (is there one, pointer, length), where the answer goes.
    pub fn file(
        requests: u32,
        count: u32,
        payload: u32,
        payload_length: u32,
        is_some: u32,
        phrase: u32,
        phrase_length: u32,
        answer: *mut u8,
    );
}

#[link(wasm_import_module = "wasi:http/types@0.2.12")]
unsafe extern "C" {
    /// Lets go of headers, by the number of their handle.
    #[link_name = "[resource-drop]fields"]
    pub fn drop_fields(handle: u32);
}
