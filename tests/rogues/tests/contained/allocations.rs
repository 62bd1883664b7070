//! The largest piece of memory that this thread asked for at once. A component's own memory isn't among them: that is mapped. What else the process does meanwhile isn't
//! either, so that a bound can be a tight one.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

thread_local! {
    static LARGEST: Cell<usize> = const { Cell::new(0) };
}

/// The largest since this was asked last.
pub(crate) fn largest() -> usize {
    LARGEST.take()
}

fn note(size: usize) {
    // A thread that ends has none left.
    let _ = LARGEST.try_with(|largest| largest.set(largest.get().max(size)));
}

struct Noting;

#[global_allocator]
static ALLOCATOR: Noting = Noting;

#[allow(unsafe_code, reason = "an allocator's trait is unsafe")]
// SAFETY: all of it is the system's.
unsafe impl GlobalAlloc for Noting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        note(layout.size());
        // SAFETY: as the caller promised.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        note(layout.size());
        // SAFETY: as the caller promised.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        note(size);
        // SAFETY: as the caller promised.
        unsafe { System.realloc(pointer, layout, size) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as the caller promised.
        unsafe { System.dealloc(pointer, layout) }
    }
}
