//! The component: the core between its exports and its imports. Only here are WIT and WASI known.

mod convert;
mod exports;
mod http;

#[expect(unsafe_code, clippy::allow_attributes, clippy::allow_attributes_without_reason, reason = "generated")]
mod bindings {
    wit_bindgen::generate!({ path: "../wit", world: "skill", generate_all });

    use super::exports::Component;
    export!(Component with_types_in self);
}
