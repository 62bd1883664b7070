//! Raw imports without wit-bindgen: they take numbers, which the host must check.

#[link(wasm_import_module = "infisical:skill/plans@0.1.0")]
unsafe extern "C" {
    /// `redeem`. The parameters are the plan (pointer, length), the phrase (is present, pointer,
    /// length), and the address for the answer.
    pub fn redeem(plan: u32, length: u32, is_some: u32, phrase: u32, phrase_length: u32, answer: *mut u8);

    /// `file`. The parameters are the requests (pointer, length), the payload (pointer, length),
    /// the phrase (is present, pointer, length), and the address for the answer.
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
    /// Drops headers, by the number of their handle.
    #[link_name = "[resource-drop]fields"]
    pub fn drop_fields(handle: u32);
}
