// Results as apache-arrow record batches and tables, in ordinary ArrayBuffers that belong to the caller.
// A layout is what all results of one list of columns share, a reader serves one result; the gathering of values is
// arrow-gather.ts. Fields and schemas are made for every result: users put metadata into them.
import type { Data, DataType, Field, RecordBatch, Schema, Table } from 'apache-arrow'
import { aliveRows } from '../../exec/vector/batch.ts'
import type { Batch, Vector } from '../../exec/mod.ts'
import { BATCH_ROWS } from '../../storage/mod.ts'
import { ColumnGatherer } from './arrow-gather.ts'
import type { RowList } from './arrow-gather.ts'
import { arrowModule } from './arrow-module.ts'
import { ArrowObjects } from './arrow-objects.ts'
import type { ColumnSchema } from '../base/types.ts'
import { isText } from '../base/types.ts'
import { DictionaryColumn } from './dictionary-column.ts'
import { arrowTypeOf } from '../formats/arrow-sink.ts'
import type { Result } from './result.ts'

/** Row numbers of the batch at hand: filled and used within one call, so all readers share it. */
let rowList = new Int32Array(BATCH_ROWS)

/** What results with the same columns have in common. */
interface ArrowLayout {
  readonly objects: ArrowObjects
  readonly types: readonly DataType[]
  readonly strides: readonly number[]
}

const layouts = new WeakMap<readonly ColumnSchema[], ArrowLayout>()

// The columns of a statement do not change, but the program may load another copy of apache-arrow.
function layoutOf(columns: readonly ColumnSchema[]): ArrowLayout {
  const objects = ArrowObjects.of(arrowModule())
  let layout = layouts.get(columns)
  if (layout?.objects !== objects) {
    const types = columns.map(column => arrowTypeOf(objects.arrow, column))
    layout = { objects, types, strides: types.map(type => objects.strideOf(type)) }
    layouts.set(columns, layout)
  }
  return layout
}

/** Turns the batches of one result into Arrow. Give the same array of columns each time: layouts are kept by it. */
export class ArrowReader {
  readonly #layout: ArrowLayout
  readonly #columns: readonly ColumnSchema[]
  readonly #dictionary: boolean
  /** Rows of every batch are taken last to first. */
  readonly #reverse: boolean
  #gatherer: ColumnGatherer | null = null
  #schema: Schema | null = null
  #struct: DataType | null = null

  constructor(columns: readonly ColumnSchema[], options: { dictionary?: boolean; reverse?: boolean }) {
    this.#layout = layoutOf(columns)
    this.#columns = columns
    this.#dictionary = options.dictionary ?? true
    this.#reverse = options.reverse ?? false
  }

  #schemaOf(types: readonly DataType[]): Schema {
    const { arrow } = this.#layout.objects
    const fields = new Array<Field>(types.length)
    for (let i = 0; i < fields.length; i++) {
      const { name, nullable } = this.#columns[i]!
      fields[i] = new arrow.Field(name, types[i]!, nullable)
    }
    this.#struct = new arrow.Struct(fields)
    return new arrow.Schema(fields)
  }

  /** A table without rows. */
  empty(): Table {
    return this.#layout.objects.table(this.#schemaOf(this.#layout.types), [])
  }

  #rowsOf(result: Result, batch: Batch): RowList {
    const { begin, end, alivePtr } = batch
    if (alivePtr === 0 && !this.#reverse) return { rows: rowList, count: end - begin, first: begin }
    if (batch.windowRows > rowList.length) rowList = new Int32Array(batch.windowRows)
    const count = aliveRows(result.memory, batch, rowList)
    const isRun = count === end - begin && !this.#reverse
    if (this.#reverse) rowList.subarray(0, count).reverse()
    return { rows: rowList, count, first: isRun ? begin : -1 }
  }

  #gathererOf(result: Result): ColumnGatherer {
    return this.#gatherer ??= new ColumnGatherer(result.memory, result.arena)
  }

  /** One batch as a record batch with plain text columns. */
  batch(result: Result, batch: Batch): RecordBatch {
    const { objects, types, strides } = this.#layout
    const list = this.#rowsOf(result, batch)
    const gatherer = this.#gathererOf(result)
    const children = batch.columns.map((vector, c) =>
      objects.column(types[c]!, strides[c]!, gatherer.column(vector, list)))
    this.#schema ??= this.#schemaOf(types)
    return objects.recordBatch(this.#schema, this.#struct!, list.count, children)
  }

  /** The whole result. A text column that repeats its values in the first batch becomes a Dictionary. */
  table(result: Result): Table {
    const { objects, types, strides } = this.#layout
    const gatherer = this.#gathererOf(result)
    const lengths: number[] = []
    let coded: readonly (DictionaryColumn | null)[] | null = null
    const chunks: Data[][] = []
    for (let batch = result.next(); batch !== null; batch = result.next()) {
      const list = this.#rowsOf(result, batch)
      if (list.count === 0) continue
      coded ??= this.#codedColumns(result, batch, list.count)
      const plain = new Array<Data>(types.length)
      for (let c = 0; c < types.length; c++) {
        const vector = batch.columns[c]!
        const dictionary = coded[c]!
        if (dictionary !== null) dictionary.add(vector, list)
        else plain[c] = objects.column(types[c]!, strides[c]!, gatherer.column(vector, list))
      }
      lengths.push(list.count)
      chunks.push(plain)
    }
    return this.#tableOf(lengths, chunks, coded ?? [])
  }

  #tableOf(
    lengths: readonly number[], chunks: readonly Data[][], coded: readonly (DictionaryColumn | null)[],
  ): Table {
    const { objects } = this.#layout
    const types = this.#layout.types.slice()
    for (let c = 0; c < coded.length; c++) {
      const finished = coded[c]?.finish(objects)
      if (finished === undefined) continue
      types[c] = finished.type
      for (let b = 0; b < chunks.length; b++) chunks[b]![c] = finished.data[b]!
    }
    const schema = this.#schemaOf(types)
    const batches = new Array<RecordBatch>(chunks.length)
    for (let b = 0; b < batches.length; b++) {
      batches[b] = objects.recordBatch(schema, this.#struct!, lengths[b]!, chunks[b]!)
    }
    return objects.table(schema, batches)
  }

  #codedColumns(result: Result, { columns }: Batch, rows: number): (DictionaryColumn | null)[] {
    const gatherer = this.#gathererOf(result)
    return columns.map(vector =>
      this.#dictionary && isWellCoded(vector, rows) ? new DictionaryColumn(result.memory, gatherer) : null)
  }
}

/** Text whose values repeat within the first batch: then a dictionary is smaller and quicker than plain text. */
function isWellCoded(vector: Vector, rows: number): boolean {
  return vector.dictionary !== null && isText(vector.type) && vector.dictionary.count * 4 <= rows
}
