;; Wants more memory to begin with than it may ever have: 128 MiB.
(memory (export "memory") 2048)
(func $evil (result i32) unreachable)
