;; Answers with an error, then loops endlessly in its cleanup function (`post-return`).
(memory (export "memory") 1)
;; The error `server-failed(7)`.
(data (i32.const 1024) "\01\00\00\00\0a\00\00\00\07\00\00\00\00\00\00\00")
(func $evil (result i32) (i32.const 1024))
(func (export "cabi_post_infisical:skill/reads@0.1.0#get-secret") (param i32) (loop $again (br $again)))
