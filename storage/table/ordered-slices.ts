// Slices in key order: base, sealed runs and delta interleaved. Each of them is a source in key order; the source with
// the next key gives rows up to the next key of any other. Made as the cursor asks for them: a scan that stops
// after ten rows has planned no more.
//
//   base     [ 0 ........ 17 )[ 17 ......... 40 )            ascending: takes 0-17 of the base, 5 of run 1,
//   run 1              ^ 5                                    17-40 of the base, …
//   delta                              ^ 9
//
// An updated row is in two sources, dead in all but one; which one comes first does not matter.
import type { DeltaView } from '../delta/delta-image-cache.ts'
import type { KeyValue } from './key.ts'
import { edgeRow, imageRange, pushImage } from './scan-plan.ts'
import type { KeyInterval, Slice } from './scan-plan.ts'
import type { TableStore } from './table-store.ts'

/** One sorted list of rows, read from its low or its high end. */
interface Source {
  /** Key of the next row, null at the end. */
  key: KeyValue | null
  /** Gives the rows before `stop` in reading order, at least one; all when it is null. */
  take(stop: KeyValue | null, out: Slice[]): void
}

// Slices of row groups that do not overlap.
class GroupSource implements Source {
  private readonly table: TableStore
  private readonly slices: readonly Slice[]
  private readonly isForward: boolean
  private at: number
  private begin = 0
  private end = 0
  key: KeyValue | null = null

  constructor(table: TableStore, slices: readonly Slice[], isForward: boolean) {
    this.table = table
    this.slices = slices
    this.isForward = isForward
    this.at = isForward ? -1 : slices.length
    this.enter()
  }

  private enter(): void {
    this.at += this.isForward ? 1 : -1
    const slice = this.slices[this.at]
    if (slice !== undefined) {
      this.begin = slice.begin
      this.end = slice.end
    }
    this.readKey()
  }

  private readKey(): void {
    const group = this.slices[this.at]?.group ?? null
    if (group === null) this.key = null
    else this.key = this.table.search.keyAt(group, this.table.metaOf(group), this.isForward ? this.begin : this.end - 1)
  }

  take(stop: KeyValue | null, out: Slice[]): void {
    const slice = this.slices[this.at]!
    const { begin, end } = this
    if (this.isForward) {
      const to = stop === null ? end : edgeRow(this.table, slice.group!, { key: stop, after: false })
      // Always forward, even over keys that a damaged file does not have in order.
      this.begin = Math.min(end, Math.max(begin + 1, to))
      out.push({ ...slice, begin, end: this.begin })
    } else {
      const to = stop === null ? begin : edgeRow(this.table, slice.group!, { key: stop, after: true })
      this.end = Math.max(begin, Math.min(end - 1, to))
      out.push({ ...slice, begin: this.end, end })
    }
    if (this.begin < this.end) this.readKey()
    else this.enter()
  }
}

// Live rows of a delta image.
class ImageSource implements Source {
  private readonly table: TableStore
  private readonly view: DeltaView
  private readonly isForward: boolean
  private begin: number
  private end: number
  key: KeyValue | null = null

  constructor(table: TableStore, view: DeltaView, interval: KeyInterval, isForward: boolean) {
    this.table = table
    this.view = view
    this.isForward = isForward;
    [this.begin, this.end] = imageRange(table, view.image, interval)
    this.readKey()
  }

  private isDead(row: number): boolean {
    const { dead } = this.view
    return dead !== null && ((dead[row >> 3]! >> (row & 7)) & 1) === 1
  }

  private readKey(): void {
    if (this.isForward) while (this.begin < this.end && this.isDead(this.begin)) this.begin++
    else while (this.begin < this.end && this.isDead(this.end - 1)) this.end--
    const { keys } = this.view.image
    this.key = this.begin < this.end ? keys[this.isForward ? this.begin : this.end - 1]! : null
  }

  take(stop: KeyValue | null, out: Slice[]): void {
    const { keys } = this.view.image
    const { order } = this.table
    const begins = this.begin
    const ends = this.end
    if (this.isForward) {
      do this.begin++
      while (this.begin < ends && !this.isDead(this.begin)
        && (stop === null || order.compare(keys[this.begin]!, stop) < 0))
      pushImage(out, this.view, begins, this.begin)
    } else {
      do this.end--
      while (this.end > begins && !this.isDead(this.end - 1)
        && (stop === null || order.compare(keys[this.end - 1]!, stop) > 0))
      const parts: Slice[] = []
      pushImage(parts, this.view, this.end, ends)
      out.push(...parts.reverse())
    }
    this.readKey()
  }
}

/** All slices of an interval by ascending or descending key. `stored`: those of the base, then of each run. */
export function* orderedSlices(
  table: TableStore, stored: readonly Slice[][], views: readonly DeltaView[], interval: KeyInterval,
  isForward: boolean,
): Generator<Slice, void> {
  const all: Source[] = [
    ...stored.map((slices) => new GroupSource(table, slices, isForward)),
    ...views.map((view) => new ImageSource(table, view, interval, isForward)),
  ]
  const sources = all.filter((source) => source.key !== null)
  const out: Slice[] = []
  while (sources.length > 0) {
    let first = sources[0]!
    let next: KeyValue | null = null
    for (let i = 1; i < sources.length; i++) {
      const source = sources[i]!
      const order = table.order.compare(source.key!, first.key!)
      if (isForward ? order < 0 : order > 0) {
        next = first.key
        first = source
      } else if (next === null || (table.order.compare(source.key!, next) < 0) === isForward) next = source.key
    }
    first.take(next, out)
    if (first.key === null) sources.splice(sources.indexOf(first), 1)
    yield* out
    out.length = 0
  }
}
