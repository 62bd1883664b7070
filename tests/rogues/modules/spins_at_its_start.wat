;; Spins as soon as it is instantiated, before anything is asked of it.
(memory (export "memory") 1)
(func $start (loop $again (br $again)))
(start $start)
(func $evil (result i32) unreachable)
