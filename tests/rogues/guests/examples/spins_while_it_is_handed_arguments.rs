//! Spins in its allocator, which runs while the host hands arguments over: before any function of it is called.

use infisical_skill_rogue_guests::{Rogue, rogue};
use std::alloc::{GlobalAlloc, Layout};

struct Spinning;

#[allow(unsafe_code, reason = "an allocator's trait is unsafe")]
// SAFETY: it never gives anything out.
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
