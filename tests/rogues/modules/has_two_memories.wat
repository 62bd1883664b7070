;; Has a second memory, which nobody counts.
(memory (export "memory") 1)
(memory $second 1)
(func $evil (result i32) unreachable)
