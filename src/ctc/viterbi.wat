;; One frame of the search in viterbi.ts, two pairs at a time. The compiled form is viterbi-wasm.ts: npm run build:wasm.
(module
  (import "search" "memory" (memory 1))

  ;; Takes pairs [low, high] over one frame, in place and descending, so that pair i - 1 is of the frame before. Where their
  ;; number is odd the pair below low is taken along: there are no paths in it, and none get into it.
  (func (export "advance")
    (param $gap i32)      ;; f64 by pair: score of the best path that ends in its gap
    (param $token i32)    ;; f64 by pair: the same for its token
    (param $skip i32)     ;; f64 by pair: 0 where its token may follow the one before without a gap, else -infinity
    (param $letters i32)  ;; i32 by pair: where in the scores that of its token is, bytes
    (param $gaps i32)     ;; i32 by pair: the same for its gap
    (param $scores i32)   ;; f64: log-probabilities of this frame
    (param $choices i32)  ;; byte by pair: how it was entered
    (param $low i32)
    (param $high i32)
    (local $i i32)        ;; the lower one of the two pairs
    (local $at i32)       ;; where they are among the scores, bytes
    (local $entry i32)    ;; where they are in the tables, bytes
    (local $inGap v128)
    (local $inToken v128)
    (local $before v128)
    (local $fromGap v128)
    (local $fromToken v128)
    (local $gapFromToken v128)

    (local.set $i (i32.sub (local.get $high) (i32.const 1)))
    (loop $pairs
      (local.set $at (i32.shl (local.get $i) (i32.const 3)))
      (local.set $entry (i32.shl (local.get $i) (i32.const 2)))
      (local.set $inGap (v128.load (i32.add (local.get $gap) (local.get $at))))
      (local.set $inToken (v128.load (i32.add (local.get $token) (local.get $at))))
      (local.set $before (v128.load (i32.sub (i32.add (local.get $token) (local.get $at)) (i32.const 8))))
      (local.set $gapFromToken (f64x2.gt (local.get $before) (local.get $inGap)))

      ;; the gap: from the token before, or on in the gap
      (v128.store (i32.add (local.get $gap) (local.get $at))
        (f64x2.add
          (v128.bitselect (local.get $before) (local.get $inGap) (local.get $gapFromToken))
          (v128.load64_lane 1
            (i32.add (local.get $scores) (i32.load offset=4 (i32.add (local.get $gaps) (local.get $entry))))
            (v128.load64_zero
              (i32.add (local.get $scores) (i32.load (i32.add (local.get $gaps) (local.get $entry))))))))

      ;; the token: on in it, from the gap, or from the token before
      (local.set $fromGap (f64x2.gt (local.get $inGap) (local.get $inToken)))
      (local.set $inToken (v128.bitselect (local.get $inGap) (local.get $inToken) (local.get $fromGap)))
      (local.set $before
        (f64x2.add (local.get $before) (v128.load (i32.add (local.get $skip) (local.get $at)))))
      (local.set $fromToken (f64x2.gt (local.get $before) (local.get $inToken)))
      (v128.store (i32.add (local.get $token) (local.get $at))
        (f64x2.add
          (v128.bitselect (local.get $before) (local.get $inToken) (local.get $fromToken))
          (v128.load64_lane 1
            (i32.add (local.get $scores) (i32.load offset=4 (i32.add (local.get $letters) (local.get $entry))))
            (v128.load64_zero
              (i32.add (local.get $scores) (i32.load (i32.add (local.get $letters) (local.get $entry))))))))

      ;; bit 0: gap from token; bit 1: token from gap; bit 2: token from token
      (v128.store16_lane 0
        (i32.add (local.get $choices) (local.get $i))
        (i8x16.shuffle 0 8 0 8 0 8 0 8 0 8 0 8 0 8 0 8
          (v128.or
            (v128.and (local.get $gapFromToken) (v128.const i64x2 1 1))
            (v128.or
              (v128.andnot (v128.and (local.get $fromGap) (v128.const i64x2 2 2)) (local.get $fromToken))
              (v128.and (local.get $fromToken) (v128.const i64x2 4 4))))
          (v128.const i64x2 0 0)))

      (local.set $i (i32.sub (local.get $i) (i32.const 2)))
      (br_if $pairs (i32.ge_s (i32.add (local.get $i) (i32.const 1)) (local.get $low))))
  )
)
