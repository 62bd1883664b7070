;; Has a second memory, with 64-bit addresses.
(memory (export "memory") 1)
(memory $wide i64 1)
(func $evil (result i32) unreachable)
