;; Answers with a pointer to where its memory isn't.
(memory (export "memory") 1)
(func $evil (result i32) (i32.const -64))
