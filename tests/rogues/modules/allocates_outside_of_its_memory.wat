;; Returns an address outside of its memory as the place for arguments.
(memory (export "memory") 1)
(func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const -4096))
(func $evil (result i32) unreachable)
