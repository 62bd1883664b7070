;; Answers with a pointer outside of its memory.
(memory (export "memory") 1)
(func $evil (result i32) (i32.const -64))
