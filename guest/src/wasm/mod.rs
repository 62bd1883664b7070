//! The component: connects the core to its exports and imports. Only this module uses WIT and WASI.

mod convert;
mod convert_changes;
mod exports;
mod http;

#[expect(unsafe_code, reason = "generated: the canonical ABI is made of pointers")]
mod bindings {
    wit_bindgen::generate!({ path: "../wit", world: "skill", generate_all });

    use super::exports::Component;
    export!(Component with_types_in self);
}

/// An instance runs one call in one thread, so a small allocator is enough.
#[global_allocator]
static ALLOCATOR: rlsf::SmallGlobalTlsf = rlsf::SmallGlobalTlsf::new();
