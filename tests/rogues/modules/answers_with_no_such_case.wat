;; Answers with an error case that doesn't exist.
(memory (export "memory") 1)
(data (i32.const 1024) "\01\00\00\00\63\63\63\63\63\63\63\63\63\63\63\63\63\63\63\63\63\63\63\63\63\63\63\63")
(func $evil (result i32) (i32.const 1024))
