//! The component: the core between its exports and its imports. Only here are WIT and WASI known.

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

/// One instance, one call, one thread: nothing that the standard allocator has beyond this is used.
#[global_allocator]
static ALLOCATOR: rlsf::SmallGlobalTlsf = rlsf::SmallGlobalTlsf::new();
