// The gate of a top-N sort: drops rows whose first sort key is already worse than the worst row kept, with
// one comparison per row. Rows that tie in the first key pass; the later sort decides about them.
//
// Numbers are compared as doubles: rounding is monotonic, so a row is dropped only when it is surely worse.
import { compareScalars, compareFloats } from '../../src/base/scalar-compare.ts'
import { physicalOf } from '../../src/base/types.ts'
import type { Scalar } from '../../src/base/types.ts'
import { LAYOUT } from '../../storage/column-buffers.ts'
import type { Dictionary } from '../../storage/column-buffers.ts'
import type { LinearMemory } from '../../storage/memory/linear-memory.ts'
import type { Batch } from '../vector/batch.ts'
import { isNull, readCode, readScalar } from '../vector/reader.ts'
import type { Vector } from '../vector/vector.ts'
import { CHUNK_ROWS, CHUNK_SHIFT } from './column-store.ts'
import type { ColumnStore } from './column-store.ts'
import type { ColumnSortKey } from './sort.ts'

const [UNKNOWN, PASSES, FAILS] = [0, 1, 2]

/** Filters rows by the worst first sort key that is still wanted. */
export class TopGate {
  readonly #memory: LinearMemory
  readonly #key: ColumnSortKey
  #worst: Scalar | undefined
  /** Verdict per code of the dictionary with id `#verdictsOf`. */
  #verdicts = new Uint8Array(0)
  #verdictsOf = NaN

  constructor(memory: LinearMemory, key: ColumnSortKey) {
    this.#memory = memory
    this.#key = key
  }

  /** Takes the first sort key of a stored row as the worst that may still pass. */
  setWorst(store: ColumnStore, row: number): void {
    const vector = store.chunk(row >>> CHUNK_SHIFT).columns[this.#key.column]!
    this.#worst = readScalar(this.#memory, vector, row & (CHUNK_ROWS - 1))
    this.#verdictsOf = NaN
  }

  /** Whether the value of a coded row may pass: compared once per dictionary entry. */
  #codePasses(vector: Vector, dictionary: Dictionary, row: number): boolean {
    if (this.#verdictsOf !== dictionary.id || this.#verdicts.length < dictionary.count) {
      this.#verdictsOf = dictionary.id
      this.#verdicts = new Uint8Array(dictionary.count)
    }
    const code = readCode(this.#memory, vector, row)
    if (this.#verdicts[code] === UNKNOWN) {
      const order = compareScalars(vector.type, readScalar(this.#memory, vector, row), this.#worst!)
      this.#verdicts[code] = (this.#key.descending ? -order : order) <= 0 ? PASSES : FAILS
    }
    return this.#verdicts[code] === PASSES
  }

  /** Compacts rows[0..count) to those that may belong to the result; returns how many. */
  filter(batch: Batch, rows: Int32Array, count: number): number {
    const worst = this.#worst
    if (worst === undefined) return count
    const vector = batch.columns[this.#key.column]!
    const { nullsFirst, descending } = this.#key
    if (worst === null && !nullsFirst) return count
    const sign = descending ? -1 : 1
    const physical = physicalOf(vector.type)
    const isNumber = vector.dictionary === null && (physical === 'int' || physical === 'float')
    if (isNumber && worst !== null && vector.validityPtr === 0) {
      return filterNumbers(this.#memory, vector, { limit: Number(worst), descending }, rows, count)
    }
    const limit = isNumber ? Number(worst) : 0
    let kept = 0
    for (let i = 0; i < count; i++) {
      const row = rows[i]!
      let passes: boolean
      if (isNull(this.#memory, vector, row)) passes = nullsFirst
      else if (worst === null) passes = false
      else if (vector.dictionary !== null) passes = this.#codePasses(vector, vector.dictionary, row)
      else if (isNumber) passes = sign * compareFloats(numberAt(this.#memory, vector, row), limit) <= 0
      else passes = sign * compareScalars(vector.type, readScalar(this.#memory, vector, row), worst) <= 0
      if (passes) rows[kept++] = row
    }
    return kept
  }
}

/** The filter for numbers without NULLs: one comparison per row, in code space where there is a base. */
function filterNumbers(
  memory: LinearMemory, vector: Vector, gate: { limit: number; descending: boolean }, rows: Int32Array, count: number,
): number {
  const { layout, valuesPtr, base } = vector
  const { descending } = gate
  const limit = gate.limit - Number(base)
  let kept = 0
  const isNarrow = layout === LAYOUT.U8 || layout === LAYOUT.U16 || layout === LAYOUT.U32
  if (isNarrow && Number.isFinite(limit) && typeof base === 'number') {
    const codes = layout === LAYOUT.U8 ? memory.u8 : layout === LAYOUT.U16 ? memory.u16 : memory.u32
    const at = layout === LAYOUT.U8 ? valuesPtr : layout === LAYOUT.U16 ? valuesPtr >>> 1 : valuesPtr >>> 2
    for (let i = 0; i < count; i++) {
      const row = rows[i]!
      const code = codes[at + row]!
      if (descending ? code >= limit : code <= limit) rows[kept++] = row
    }
    return kept
  }
  const sign = descending ? -1 : 1
  for (let i = 0; i < count; i++) {
    const row = rows[i]!
    if (sign * compareFloats(numberAt(memory, vector, row), gate.limit) <= 0) rows[kept++] = row
  }
  return kept
}

/** A number of a vector as a double, rounded when it is a large int64. */
function numberAt(memory: LinearMemory, vector: Vector, row: number): number {
  const { layout, valuesPtr, base } = vector
  switch (layout) {
    case LAYOUT.U8: return memory.u8[valuesPtr + row]! + Number(base)
    case LAYOUT.U16: return memory.u16[(valuesPtr >>> 1) + row]! + Number(base)
    case LAYOUT.U32: return memory.u32[(valuesPtr >>> 2) + row]! + Number(base)
    case LAYOUT.F32: return memory.f32[(valuesPtr >>> 2) + row]!
    case LAYOUT.F64: return memory.f64[(valuesPtr >>> 3) + row]!
    default: {
      const at = (valuesPtr >>> 2) + row * 2
      return memory.i32[at + 1]! * 0x1_0000_0000 + memory.u32[at]!
    }
  }
}
