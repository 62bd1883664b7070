//! Loops in its allocator, which runs while the host passes arguments, before any of its functions
//! is called.

use infisical_skill_rogue_guests::{Rogue, rogue};
use std::alloc::{GlobalAlloc, Layout};

struct Spinning;

#[allow(unsafe_code, reason = "an allocator's trait is unsafe")]
// SAFETY: it never returns an allocation.
unsafe impl GlobalAlloc for Spinning {
    unsafe fn alloc(&self, _layout: Layout) -> *mut u8 {
        loop {
            std::hint::black_box(());
        }
    }

    unsafe fn dealloc(&self, _pointer: *mut u8, _layout: Layout) {}
}

#[global_allocator]
static ALLOCATOR: Spinning = Spinning;

struct SpinsWhileItIsHandedArguments;

impl Rogue for SpinsWhileItIsHandedArguments {}

rogue!(SpinsWhileItIsHandedArguments);
