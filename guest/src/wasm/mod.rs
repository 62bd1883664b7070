//! The component: connects the core to its exports and imports. Only this module calls WIT and WASI.

mod exports;
mod http;
mod plans;

use exports::Component;

#[expect(unsafe_code, reason = "generated: the canonical ABI is made of pointers")]
mod export {
    use super::Component;

    crate::bindings::export!(Component with_types_in crate::bindings);
}

/// An instance runs one call in one thread, so a small allocator is enough.
#[global_allocator]
static ALLOCATOR: rlsf::SmallGlobalTlsf = rlsf::SmallGlobalTlsf::new();
