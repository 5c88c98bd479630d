// Results as apache-arrow record batches and tables, in ordinary ArrayBuffers that belong to the caller.
// One reader serves one result; it decides the schema, the gathering of values is arrow-gather.ts.
import type { Data, DataType, Field, RecordBatch, Schema, Struct, Table } from 'apache-arrow'
import { aliveRows } from '../../exec/vector/batch.ts'
import type { Batch, Vector } from '../../exec/mod.ts'
import { BATCH_ROWS } from '../../storage/mod.ts'
import type { LinearMemory } from '../../storage/mod.ts'
import { gatherColumn } from './arrow-gather.ts'
import type { RowList } from './arrow-gather.ts'
import { arrowData, arrowModule } from './arrow-module.ts'
import type { Arrow } from './arrow-module.ts'
import type { ColumnSchema } from '../base/types.ts'
import { isText } from '../base/types.ts'
import { DictionaryColumn } from './dictionary-column.ts'
import { arrowTypeOf } from '../formats/arrow-sink.ts'
import type { Result } from './result.ts'

/** Row numbers of the batch at hand: filled and used within one call, so all readers share it. */
let rowList = new Int32Array(BATCH_ROWS)

/** Turns the batches of one result into Arrow. */
export class ArrowReader {
  readonly #arrow: Arrow = arrowModule()
  readonly #columns: readonly ColumnSchema[]
  readonly #types: readonly DataType[]
  readonly #dictionary: boolean
  /** Rows of every batch are taken last to first. */
  readonly #reverse: boolean
  #schema: Schema | null = null
  #nothing: Schema<Record<never, never>> | null = null
  #noRows: Data<Struct<Record<never, never>>> | null = null

  constructor(columns: readonly ColumnSchema[], options: { dictionary?: boolean; reverse?: boolean }) {
    this.#columns = columns
    this.#types = columns.map(column => typeOf(this.#arrow, column))
    this.#dictionary = options.dictionary ?? true
    this.#reverse = options.reverse ?? false
  }

  #schemaOf(types: readonly DataType[]): Schema {
    const arrow = this.#arrow
    return new arrow.Schema(
      this.#columns.map(({ name, nullable }, i): Field => new arrow.Field(name, types[i]!, nullable))
    )
  }

  /** A table without rows. */
  empty(): Table {
    return this.#table(this.#schemaOf(this.#types), [])
  }

  #table(schema: Schema, batches: RecordBatch[]): Table {
    return new this.#arrow.Table(schema, batches)
  }

  #rowsOf(memory: LinearMemory, batch: Batch): RowList {
    if (batch.windowRows > rowList.length) rowList = new Int32Array(batch.windowRows)
    const count = aliveRows(memory, batch, rowList)
    if (this.#reverse) rowList.subarray(0, count).reverse()
    return { rows: rowList, count, isRun: !this.#reverse && count === batch.end - batch.begin }
  }

  #recordBatch(schema: Schema, length: number, children: Data[]): RecordBatch {
    const arrow = this.#arrow
    this.#nothing ??= new arrow.Schema([])
    this.#noRows ??= arrow.makeData({ type: new arrow.Struct([]), length: 0, nullCount: 0, children: [] })
    const batch = new arrow.RecordBatch(this.#nothing, this.#noRows)
    // Given the real schema the constructor would copy it by name, which gives columns of one name one type, and
    // look through every column for a length that differs. Both are known here.
    const writable: { schema: Schema; data: Data } = batch
    writable.schema = schema
    writable.data = arrowData(arrow, new arrow.Struct(schema.fields), { length, nullCount: 0, children })
    return batch
  }

  /** One batch as a record batch with plain text columns. */
  batch(memory: LinearMemory, batch: Batch): RecordBatch {
    const list = this.#rowsOf(memory, batch)
    const children = batch.columns.map((vector, c) =>
      arrowData(this.#arrow, this.#types[c]!, gatherColumn(memory, vector, list)))
    this.#schema ??= this.#schemaOf(this.#types)
    return this.#recordBatch(this.#schema, list.count, children)
  }

  /** The whole result. A text column that repeats its values in the first batch becomes a Dictionary. */
  table(result: Result): Table {
    const { memory } = result
    const lengths: number[] = []
    let coded: (DictionaryColumn | null)[] | null = null
    const plain: Data[][] = this.#columns.map(() => [])
    for (let batch = result.next(); batch !== null; batch = result.next()) {
      const list = this.#rowsOf(memory, batch)
      if (list.count === 0) continue
      coded ??= batch.columns.map(vector =>
        this.#dictionary && isWellCoded(vector, list.count) ? new DictionaryColumn() : null)
      for (let c = 0; c < batch.columns.length; c++) {
        const vector = batch.columns[c]!
        const dictionary = coded[c]!
        if (dictionary !== null) dictionary.add(memory, vector, list)
        else plain[c]!.push(arrowData(this.#arrow, this.#types[c]!, gatherColumn(memory, vector, list)))
      }
      lengths.push(list.count)
    }
    const finished = (coded ?? []).map(column => column === null ? null : column.finish(this.#arrow))
    const schema = this.#schemaOf(this.#types.map((type, c) => finished[c]?.type ?? type))
    const batches = lengths.map((length, b) =>
      this.#recordBatch(schema, length, plain.map((column, c) => (finished[c]?.data ?? column)[b]!)))
    return this.#table(schema, batches)
  }
}

const types = new WeakMap<ColumnSchema, { readonly arrow: Arrow; readonly type: DataType }>()

// A column's type does not change, but the program may load another copy of apache-arrow.
function typeOf(arrow: Arrow, column: ColumnSchema): DataType {
  const known = types.get(column)
  if (known !== undefined && known.arrow === arrow) return known.type
  const type = arrowTypeOf(arrow, column)
  types.set(column, { arrow, type })
  return type
}

/** Text whose values repeat within the first batch: then a dictionary is smaller and quicker than plain text. */
function isWellCoded(vector: Vector, rows: number): boolean {
  return vector.dictionary !== null && isText(vector.type) && vector.dictionary.count * 4 <= rows
}
