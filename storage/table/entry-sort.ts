// The entries of a delta by key, sorted in bounded steps: pieces first, then passes that merge two of them. Rows often
// arrive in key order, so what is in order already is not touched: a piece, two pieces, or everything.
//
//   numbers    the keys alone are sorted, natively and without a comparison function, and looked up again at the end
//   others     entry numbers are sorted by comparing their keys
import type { Delta } from '../delta/delta.ts'
import type { TableStore } from './table-store.ts'

/** Keys sorted in one step. */
const PIECE = 2048
/** Keys merged or looked up in one step. */
const STEP = 8192

/** The delta's entries by ascending key. */
export function* sortEntries(table: TableStore): Generator<void, Int32Array> {
  const { delta, order } = table
  const entries = Int32Array.from({ length: delta.entryCount }, (_, entry) => entry)
  const compare = (a: number, b: number): number => order.compare(delta.keyOf(a), delta.keyOf(b))
  if (yield* isAscending(entries, compare)) return entries
  const keys = numberKeys(delta)
  if (keys === null) return yield* sortPieces(entries, new Int32Array(entries.length), compare, compare)
  const sorted = yield* sortPieces(keys, new Float64Array(keys.length), undefined, compareNumbers)
  for (let i = 0; i < sorted.length; i++) {
    entries[i] = delta.find(sorted[i]!)
    if (i % STEP === STEP - 1) yield
  }
  return entries
}

function* isAscending(entries: Int32Array, compare: (a: number, b: number) => number): Generator<void, boolean> {
  for (let i = 1; i < entries.length; i++) {
    if (compare(entries[i - 1]!, entries[i]!) > 0) return false
    if (i % STEP === STEP - 1) yield
  }
  return true
}

// All keys, when they are numbers: no bigint, and no NaN, which compares with nothing.
function numberKeys(delta: Delta): Float64Array | null {
  const keys = new Float64Array(delta.entryCount)
  for (let entry = 0; entry < keys.length; entry++) {
    const key = delta.keyOf(entry)
    if (typeof key !== 'number' || key !== key) return null
    keys[entry] = key
  }
  return keys
}

function compareNumbers(a: number, b: number): number {
  return a - b
}

// `sorting` is how pieces are sorted (undefined = natively, as numbers), `compare` how they are merged.
function* sortPieces<A extends Int32Array | Float64Array>(
  values: A, spare: A, sorting: ((a: number, b: number) => number) | undefined,
  compare: (a: number, b: number) => number,
): Generator<void, A> {
  const count = values.length
  for (let begin = 0; begin < count; begin += PIECE) {
    values.subarray(begin, begin + PIECE).sort(sorting)
    yield
  }
  let from = values
  let to = spare
  for (let width = PIECE; width < count; width *= 2) {
    for (let begin = 0; begin < count; begin += 2 * width) {
      const middle = Math.min(count, begin + width)
      yield* mergePieces(from, to, { begin, middle, end: Math.min(count, begin + 2 * width) }, compare)
    }
    [from, to] = [to, from]
  }
  return from
}

function* mergePieces<A extends Int32Array | Float64Array>(
  from: A, to: A, { begin, middle, end }: { begin: number; middle: number; end: number },
  compare: (a: number, b: number) => number,
): Generator<void> {
  if (middle === end || compare(from[middle - 1]!, from[middle]!) <= 0) {
    to.set(from.subarray(begin, end), begin)
    return
  }
  let i = begin
  let j = middle
  for (let k = begin; k < end; k++) {
    const takeFirst = j === end || (i < middle && compare(from[i]!, from[j]!) < 0)
    to[k] = takeFirst ? from[i++]! : from[j++]!
    if (k % STEP === STEP - 1) yield
  }
}
