;; Content-defined chunking with a gear hash: finds the end of the next chunk. The module owns its memory, exports it and lets it
;; grow; the first 1,024 bytes hold the gear table of the repository. Its plain twin is gear-twin.ts: same cuts, byte for byte.
(module
  (memory (export "memory") 1)

  ;; Length of the chunk that begins at $start, of $length bytes that are there.
  ;; $rare is the mask until $average bytes, $usual from there to $max.
  (func (export "cut")
    (param $start i32) (param $length i32) (param $min i32) (param $average i32) (param $max i32)
    (param $rare i32) (param $usual i32)
    (result i32)
    (local $at i32) (local $end i32) (local $hash i32)

    (if (i32.le_u (local.get $length) (local.get $min))
      (then (return (local.get $length))))
    (if (i32.gt_u (local.get $length) (local.get $max))
      (then (local.set $length (local.get $max))))

    ;; No cut before $min, so hashing begins one window of 32 bytes before it.
    (local.set $end (i32.add (local.get $start) (local.get $min)))
    (local.set $at (i32.sub (local.get $end) (i32.const 32)))
    (loop $warm
      (local.set $hash
        (i32.add
          (i32.shl (local.get $hash) (i32.const 1))
          (i32.load (i32.shl (i32.load8_u (local.get $at)) (i32.const 2)))))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (br_if $warm (i32.lt_u (local.get $at) (local.get $end))))

    (local.set $end
      (i32.add
        (local.get $start)
        (select (local.get $average) (local.get $length) (i32.lt_u (local.get $average) (local.get $length)))))
    (block $reached
      (loop $before
        (br_if $reached (i32.ge_u (local.get $at) (local.get $end)))
        (local.set $hash
          (i32.add
            (i32.shl (local.get $hash) (i32.const 1))
            (i32.load (i32.shl (i32.load8_u (local.get $at)) (i32.const 2)))))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br_if $before (i32.and (local.get $hash) (local.get $rare)))
        (return (i32.sub (local.get $at) (local.get $start)))))

    (local.set $end (i32.add (local.get $start) (local.get $length)))
    (block $reached
      (loop $after
        (br_if $reached (i32.ge_u (local.get $at) (local.get $end)))
        (local.set $hash
          (i32.add
            (i32.shl (local.get $hash) (i32.const 1))
            (i32.load (i32.shl (i32.load8_u (local.get $at)) (i32.const 2)))))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br_if $after (i32.and (local.get $hash) (local.get $usual)))
        (return (i32.sub (local.get $at) (local.get $start)))))

    (local.get $length)))
