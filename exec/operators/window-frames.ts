// Frames: for each place the rows [lo, hi) of its partition that a call sees, less what EXCLUDE takes out.
// lo and hi never decrease within a partition, because offsets are the same for all rows.
import { CODE, DatabaseError } from '../../src/base/errors.ts'
import type { Scalar } from '../../src/base/types.ts'
import type { FrameBound, WindowFrame } from '../plan/logical.ts'
import type { Run } from '../run.ts'
import { rangeBound } from './window-range.ts'
import type { RangeKey } from './window-range.ts'
import type { Runs, WindowRows } from './window-rows.ts'

/** Offsets beyond this reach past every partition. */
const OFFSET_MAX = 2 ** 32

/** The frames of one call. */
export class Frames {
  readonly lo: Int32Array
  readonly hi: Int32Array
  readonly exclude: WindowFrame['exclude']
  readonly #peers: Runs

  constructor(lo: Int32Array, hi: Int32Array, exclude: WindowFrame['exclude'], peers: Runs) {
    this.lo = lo
    this.hi = hi
    this.exclude = exclude
    this.#peers = peers
  }

  /** Writes the parts of the frame of place `i` as pairs begin, end into `out` and returns how many there are. */
  parts(i: number, out: Int32Array): number {
    const lo = this.lo[i]!
    const hi = this.hi[i]!
    if (this.exclude === 'none') return addPart(out, 0, lo, hi)
    const from = this.exclude === 'current' ? i : this.#peers.start[i]!
    const to = this.exclude === 'current' ? i + 1 : this.#peers.end[i]!
    let count = addPart(out, 0, lo, Math.min(hi, from))
    if (this.exclude === 'ties' && lo <= i && i < hi) count = addPart(out, count, i, i + 1)
    return addPart(out, count, Math.max(lo, to), hi)
  }
}

function addPart(out: Int32Array, count: number, begin: number, end: number): number {
  if (end <= begin) return count
  out[count * 2] = begin
  out[count * 2 + 1] = end
  return count + 1
}

/** What frames are made from. */
export interface FrameSource {
  readonly rows: WindowRows
  readonly partitions: Runs
  readonly peers: Runs
  /** The ORDER BY column of a RANGE with offsets. */
  readonly rangeKey: () => RangeKey
}

/** The frames of a clause. Throws 22004 for an offset that is NULL, 22013 for a negative one. */
export function makeFrames(frame: WindowFrame, source: FrameSource, run: Run): Frames {
  const lo = startPlaces(frame, source, offsetOf(frame.start, 'starting', run))
  const hi = endPlaces(frame, source, offsetOf(frame.end, 'ending', run))
  for (let i = 0; i < lo.length; i++) if (hi[i]! < lo[i]!) hi[i] = lo[i]!
  return new Frames(lo, hi, frame.exclude, source.peers)
}

function offsetOf(bound: FrameBound, word: 'starting' | 'ending', run: Run): Scalar {
  const { offset } = bound
  if (offset === null) return 0
  const value = run.evaluate(offset)
  const { position } = offset
  if (value === null) {
    throw new DatabaseError(CODE.NULL_NOT_ALLOWED, `frame ${word} offset must not be null`, { position })
  }
  if (typeof value === 'number' || typeof value === 'bigint') {
    if (!(value >= 0)) {
      throw new DatabaseError(CODE.FRAME_OFFSET, `frame ${word} offset must not be negative`, { position })
    }
  }
  return value
}

function clampedOffset(offset: Scalar, side: FrameBound['side']): number {
  const distance = Math.min(Number(offset), OFFSET_MAX)
  return side === 'preceding' ? -distance : distance
}

function startPlaces({ mode, start }: WindowFrame, source: FrameSource, offset: Scalar): Int32Array {
  const { partitions, peers, rows } = source
  const { count } = rows
  if (start.kind === 'unbounded') return partitions.start.slice()
  if (mode === 'range') {
    return start.kind === 'current' ? peers.start.slice() : rangeBound(source, start, offset, 'start')
  }
  const places = new Int32Array(count)
  const shift = start.kind === 'current' ? 0 : clampedOffset(offset, start.side)
  if (mode === 'groups') return groupPlaces(source, shift, 'start')
  for (let i = 0; i < count; i++) {
    places[i] = Math.min(Math.max(i + shift, partitions.start[i]!), partitions.end[i]!)
  }
  return places
}

function endPlaces({ mode, end }: WindowFrame, source: FrameSource, offset: Scalar): Int32Array {
  const { partitions, peers, rows } = source
  const { count } = rows
  if (end.kind === 'unbounded') return partitions.end.slice()
  if (mode === 'range') {
    return end.kind === 'current' ? peers.end.slice() : rangeBound(source, end, offset, 'end')
  }
  const places = new Int32Array(count)
  const shift = end.kind === 'current' ? 0 : clampedOffset(offset, end.side)
  if (mode === 'groups') return groupPlaces(source, shift, 'end')
  for (let i = 0; i < count; i++) {
    places[i] = Math.min(Math.max(i + shift + 1, partitions.start[i]!), partitions.end[i]!)
  }
  return places
}

/** Where the group of peers `shift` groups away begins or ends, clamped to the partition. */
function groupPlaces({ rows, partitions, peers }: FrameSource, shift: number, edge: 'start' | 'end'): Int32Array {
  const { count } = rows
  const groupOf = new Int32Array(count)
  const begins: number[] = []
  for (let i = 0; i < count; i++) {
    if (peers.start[i] === i) begins.push(i)
    groupOf[i] = begins.length - 1
  }
  begins.push(count)
  const places = new Int32Array(count)
  for (let i = 0; i < count; i++) {
    const first = groupOf[partitions.start[i]!]!
    const last = groupOf[partitions.end[i]! - 1]!
    const group = groupOf[i]! + shift + (edge === 'end' ? 1 : 0)
    places[i] = group <= first ? partitions.start[i]! : group > last ? partitions.end[i]! : begins[group]!
  }
  return places
}
