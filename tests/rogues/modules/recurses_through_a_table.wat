;; Calls itself through a table, endlessly.
(memory (export "memory") 1)
(type $evil (func (result i32)))
(table funcref (elem $evil))
(func $evil (type $evil) (call_indirect (type $evil) (i32.const 0)))
