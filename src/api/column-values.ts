// Columns of a batch as JavaScript arrays, column by column: the layout is decided once per column and batch,
// then a plain loop runs over the rows that belong to the batch.
import type { Scalar } from '../base/types.ts'
import { isText } from '../base/types.ts'
import { aliveRows } from '../../exec/vector/batch.ts'
import type { Batch } from '../../exec/vector/batch.ts'
import { dictionaryText, readCode, readScalar } from '../../exec/vector/reader.ts'
import type { Vector } from '../../exec/vector/vector.ts'
import { BATCH_ROWS, LAYOUT } from '../../storage/mod.ts'
import type { Convert, LinearMemory } from '../../storage/mod.ts'

/** Row numbers of the batch at hand: filled and used within one call, so all readers share it. */
let rowNumbers = new Int32Array(BATCH_ROWS)

/** Reads batches into arrays of values; one per result. */
export class ColumnValues {
  readonly #memory: LinearMemory
  readonly #converts: readonly Convert[]
  /** Rows of the batch last read. */
  count = 0

  constructor(memory: LinearMemory, converts: readonly Convert[]) {
    this.#memory = memory
    this.#converts = converts
  }

  /** The batch's values by column, for its rows in order. */
  read(batch: Batch): unknown[][] {
    if (batch.windowRows > rowNumbers.length) rowNumbers = new Int32Array(batch.windowRows)
    this.count = aliveRows(this.#memory, batch, rowNumbers)
    return batch.columns.map((vector, c) => this.#column(vector, this.#converts[c]!))
  }

  #column(vector: Vector, convert: Convert): unknown[] {
    const values = this.#scalars(vector)
    if (convert !== null) for (let i = 0; i < values.length; i++) values[i] = convert(values[i] as Scalar)
    return values
  }

  #scalars(vector: Vector): unknown[] {
    const { count } = this
    const memory = this.#memory
    const rows = rowNumbers
    const values = new Array<unknown>(count)
    const { layout, valuesPtr, base, dictionary } = vector
    if (vector.validityPtr === 0 && dictionary !== null && isText(vector.type)) {
      for (let i = 0; i < count; i++) values[i] = dictionaryText(memory, dictionary, readCode(memory, vector, rows[i]!))
    } else if (vector.validityPtr === 0 && dictionary === null
      && typeof base === 'number' && Number.isSafeInteger(base + 2 ** 32)) {
      switch (layout) {
        case LAYOUT.U8:
          for (let i = 0; i < count; i++) values[i] = base + memory.u8[valuesPtr + rows[i]!]!
          return values
        case LAYOUT.U16:
          for (let i = 0; i < count; i++) values[i] = base + memory.u16[(valuesPtr >>> 1) + rows[i]!]!
          return values
        case LAYOUT.U32:
          for (let i = 0; i < count; i++) values[i] = base + memory.u32[(valuesPtr >>> 2) + rows[i]!]!
          return values
        case LAYOUT.F64:
          for (let i = 0; i < count; i++) values[i] = memory.f64[valuesPtr / 8 + rows[i]!]!
          return values
        default:
      }
      for (let i = 0; i < count; i++) values[i] = readScalar(memory, vector, rows[i]!)
    } else for (let i = 0; i < count; i++) values[i] = readScalar(memory, vector, rows[i]!)
    return values
  }
}
