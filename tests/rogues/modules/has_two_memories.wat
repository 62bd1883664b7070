;; Has a second memory, which a limit on one memory wouldn't count.
(memory (export "memory") 1)
(memory $second 1)
(func $evil (result i32) unreachable)
