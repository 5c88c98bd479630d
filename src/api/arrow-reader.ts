// Results as apache-arrow record batches and tables, in ordinary ArrayBuffers that belong to the caller.
// One reader serves one result; it decides the schema, the gathering of values is arrow-gather.ts.
import type { Data, DataType, Field, RecordBatch, Schema, Table } from 'apache-arrow'
import { aliveRows } from '../../exec/vector/batch.ts'
import type { Batch, Vector } from '../../exec/mod.ts'
import { BATCH_ROWS } from '../../storage/mod.ts'
import type { LinearMemory } from '../../storage/mod.ts'
import { gatherColumn } from './arrow-gather.ts'
import { arrowModule } from './arrow-module.ts'
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

  constructor(columns: readonly ColumnSchema[], options: { dictionary?: boolean; reverse?: boolean }) {
    this.#columns = columns
    this.#types = columns.map(column => arrowTypeOf(this.#arrow, column))
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

  #rowsOf(memory: LinearMemory, batch: Batch): { rows: Int32Array; count: number } {
    if (batch.windowRows > rowList.length) rowList = new Int32Array(batch.windowRows)
    const count = aliveRows(memory, batch, rowList)
    if (this.#reverse) rowList.subarray(0, count).reverse()
    return { rows: rowList, count }
  }

  #data(type: DataType, chunk: ReturnType<typeof gatherColumn>): Data {
    return this.#arrow.makeData({ type, ...chunk } as Parameters<Arrow['makeData']>[0]) as Data
  }

  #recordBatch(schema: Schema, length: number, children: Data[]): RecordBatch {
    const arrow = this.#arrow
    const struct = arrow.makeData({ type: new arrow.Struct(schema.fields), length, nullCount: 0, children })
    const batch = new arrow.RecordBatch(schema, struct)
    // The constructor copies the schema by name, which gives columns of one name one type.
    const writable: { schema: Schema } = batch
    writable.schema = schema
    return batch
  }

  /** One batch as a record batch with plain text columns. */
  batch(memory: LinearMemory, batch: Batch): RecordBatch {
    const list = this.#rowsOf(memory, batch)
    const children = batch.columns.map((vector, c) => this.#data(this.#types[c]!, gatherColumn(memory, vector, list)))
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
        else plain[c]!.push(this.#data(this.#types[c]!, gatherColumn(memory, vector, list)))
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

/** Text whose values repeat within the first batch: then a dictionary is smaller and quicker than plain text. */
function isWellCoded(vector: Vector, rows: number): boolean {
  return vector.dictionary !== null && isText(vector.type) && vector.dictionary.count * 4 <= rows
}
