;; Grows a table as far as it can.
(memory (export "memory") 1)
(table $hoard 1 funcref)
(func $evil (result i32)
  (loop $more
    (drop (table.grow $hoard (ref.null func) (i32.const 1000)))
    (br $more))
  unreachable)
