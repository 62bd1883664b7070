;; Loops endlessly when it is instantiated, before its first call.
(memory (export "memory") 1)
(func $start (loop $again (br $again)))
(start $start)
(func $evil (result i32) unreachable)
