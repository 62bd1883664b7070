;; Declares a larger initial memory than the limit: 128 MiB.
(memory (export "memory") 2048)
(func $evil (result i32) unreachable)
