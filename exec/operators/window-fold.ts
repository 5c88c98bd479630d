// Aggregates over frames. A fold holds the state of one frame and moves it to the next: rows are added while the
// frame only grows, a frame that begins past the last one starts anew, and any other frame is put together from
// ranges by merge(), which folds answer from prefix sums or a tree in O(1) or O(log n) where they can.
import type { Run } from '../run.ts'
import type { Frames } from './window-frames.ts'

/** Frames up to this many rows are added row by row, which beats asking a tree. */
const SHORT = 16
/** Rows added between two looks at cancellation. */
const CHECK_WORK = 65_536

/** The state of an aggregate over one frame. Places are those of window-rows.ts. */
export abstract class Fold<T> {
  /** The state of no rows. */
  abstract reset(): void
  /** Adds the rows [from, to) one by one. */
  abstract add(from: number, to: number): void
  /** Adds the rows [from, to) in whatever way is cheapest. */
  merge(from: number, to: number): void {
    this.add(from, to)
  }
  /** The aggregate of what was added. */
  abstract value(): T
}

/** Takes the values of all places in order. */
export interface Sink<T> {
  append(value: T): void
}

/** Appends the fold's value of every frame to `sink`. */
export function foldFrames<T>(fold: Fold<T>, frames: Frames, sink: Sink<T>, run: Run): void {
  if (frames.exclude !== 'none') return foldParts(fold, frames, sink, run)
  const { lo, hi } = frames
  let from = 0
  let to = -1
  let value: T | null = null
  let work = 0
  for (let i = 0; i < lo.length; i++) {
    const begin = lo[i]!
    const end = hi[i]!
    if (work > CHECK_WORK) {
      run.check()
      work = 0
    }
    if (begin !== from || end !== to) {
      if (begin === from && end >= to && to >= 0) {
        work += end - to
        fold.add(to, end)
      } else {
        work += end - begin
        fold.reset()
        if (begin >= to || end - begin <= SHORT) fold.add(begin, end)
        else fold.merge(begin, end)
      }
      from = begin
      to = end
      value = fold.value()
    }
    sink.append(value as T)
  }
}

function foldParts<T>(fold: Fold<T>, frames: Frames, sink: Sink<T>, run: Run): void {
  const parts = new Int32Array(6)
  const { length } = frames.lo
  let work = 0
  for (let i = 0; i < length; i++) {
    if (work > CHECK_WORK) {
      run.check()
      work = 0
    }
    fold.reset()
    const count = frames.parts(i, parts)
    for (let p = 0; p < count; p++) {
      const begin = parts[p * 2]!
      const end = parts[p * 2 + 1]!
      work += end - begin
      if (end - begin <= SHORT) fold.add(begin, end)
      else fold.merge(begin, end)
    }
    sink.append(fold.value())
  }
}
