;; Has a second memory with addresses of 64 bits.
(memory (export "memory") 1)
(memory $wide i64 1)
(func $evil (result i32) unreachable)
