//! Measures the largest single allocation of this thread. A component's own memory isn't counted,
//! because it is mapped. Other threads aren't counted either, so that a bound can be tight.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

thread_local! {
    static LARGEST: Cell<usize> = const { Cell::new(0) };
}

/// The largest allocation since the last call.
pub(crate) fn largest() -> usize {
    LARGEST.take()
}

fn note(size: usize) {
    // A thread that is ending has lost its thread-local data.
    let _ = LARGEST.try_with(|largest| largest.set(largest.get().max(size)));
}

struct Noting;

#[global_allocator]
static ALLOCATOR: Noting = Noting;

#[allow(unsafe_code, reason = "an allocator's trait is unsafe")]
// SAFETY: every method forwards to the system's allocator.
unsafe impl GlobalAlloc for Noting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        note(layout.size());
        // SAFETY: the caller's guarantees are passed on unchanged.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        note(layout.size());
        // SAFETY: the caller's guarantees are passed on unchanged.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        note(size);
        // SAFETY: the caller's guarantees are passed on unchanged.
        unsafe { System.realloc(pointer, layout, size) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's guarantees are passed on unchanged.
        unsafe { System.dealloc(pointer, layout) }
    }
}
