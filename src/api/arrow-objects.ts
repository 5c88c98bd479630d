// apache-arrow's Data, RecordBatch and Table, put together field by field. Their constructors look at every argument
// for what it might be, copy schemas by name and compare them batch by batch: for a result of 1,000 rows that costs
// more than its values. What comes here is right by construction, so the objects are made with the fields that the
// constructors would give them, over the same prototypes; tests/api/statement-arrow.test.ts compares them with
// constructed ones field by field, so an apache-arrow that changes its fields (the version is pinned) is noticed.
import type { Data, DataType, RecordBatch, Schema, Table, Vector } from 'apache-arrow'
import type { Arrow } from './arrow-module.ts'

/** Buffers of one column of one record batch, each of its Arrow type's own array. */
export interface ColumnChunk {
  readonly length: number
  readonly nullCount: number
  readonly nullBitmap: Uint8Array | undefined
  readonly data: ArrayBufferView
  readonly valueOffsets?: Int32Array
}

type Make<Arguments extends unknown[], T> = new (...given: Arguments) => T
type Fields = Record<string, unknown>

const NO_BYTES = new Uint8Array(0)

/** Makes objects of one copy of apache-arrow. */
export class ArrowObjects {
  readonly arrow: Arrow
  readonly #Column: Make<[DataType, number, ColumnChunk, Vector | undefined], Data>
  readonly #Struct: Make<[DataType, number, Data[]], Data>
  readonly #RecordBatch: Make<[Schema, Data], RecordBatch>
  readonly #Table: Make<[Schema, RecordBatch[], Uint32Array], Table>

  private constructor(arrow: Arrow) {
    this.arrow = arrow
    this.#Column = columnClass(arrow.Data.prototype)
    this.#Struct = structClass(arrow.Data.prototype)
    this.#RecordBatch = recordBatchClass(arrow.RecordBatch.prototype)
    this.#Table = tableClass(arrow.Table.prototype)
  }

  /** The one for a copy of the module. */
  static of(arrow: Arrow): ArrowObjects {
    if (last?.arrow !== arrow) last = new ArrowObjects(arrow)
    return last
  }

  /** A column; `stride` is strideOf(type). */
  column(type: DataType, stride: number, chunk: ColumnChunk, dictionary?: Vector): Data {
    return new this.#Column(type, stride, chunk, dictionary)
  }

  /** Columns of the schema, all of `length` rows; `struct` is the Struct type of its fields. */
  recordBatch(schema: Schema, struct: DataType, length: number, children: Data[]): RecordBatch {
    return new this.#RecordBatch(schema, new this.#Struct(struct, length, children))
  }

  /** A table of record batches that have exactly this schema. */
  table(schema: Schema, batches: RecordBatch[]): Table {
    const offsets = new Uint32Array(batches.length + 1)
    for (let i = 0; i < batches.length; i++) offsets[i + 1] = offsets[i]! + batches[i]!.data.length
    return new this.#Table(schema, batches, offsets)
  }

  /** Elements of the type's array per row. */
  strideOf(type: DataType): number {
    return this.arrow.makeData({ type, length: 0, nullCount: 0 } as Parameters<Arrow['makeData']>[0]).stride
  }
}

let last: ArrowObjects | null = null

// Functions with the prototype of a class make instances of that class. Fields in the order of its constructor.

function columnClass(prototype: Data): Make<[DataType, number, ColumnChunk, Vector | undefined], Data> {
  function Column(this: Fields, type: DataType, stride: number, chunk: ColumnChunk, dictionary: Vector | undefined) {
    this['type'] = type
    this['children'] = []
    this['dictionary'] = dictionary
    this['offset'] = 0
    this['length'] = chunk.length
    this['_nullCount'] = chunk.nullCount
    this['stride'] = stride
    if (chunk.valueOffsets !== undefined) this['valueOffsets'] = chunk.valueOffsets
    this['values'] = chunk.data
    this['nullBitmap'] = chunk.nullBitmap ?? NO_BYTES
    this['variadicBuffers'] = []
  }
  Column.prototype = prototype
  return Column as unknown as Make<[DataType, number, ColumnChunk, Vector | undefined], Data>
}

function structClass(prototype: Data): Make<[DataType, number, Data[]], Data> {
  function Columns(this: Fields, type: DataType, length: number, children: Data[]) {
    this['type'] = type
    this['children'] = children
    this['dictionary'] = undefined
    this['offset'] = 0
    this['length'] = length
    this['_nullCount'] = 0
    this['stride'] = 1
    this['nullBitmap'] = NO_BYTES
    this['variadicBuffers'] = []
  }
  Columns.prototype = prototype
  return Columns as unknown as Make<[DataType, number, Data[]], Data>
}

function recordBatchClass(prototype: RecordBatch): Make<[Schema, Data], RecordBatch> {
  function Batch(this: Fields, schema: Schema, data: Data) {
    this['schema'] = schema
    this['data'] = data
    this['_metadata'] = new Map<string, string>()
  }
  Batch.prototype = prototype
  return Batch as unknown as Make<[Schema, Data], RecordBatch>
}

function tableClass(prototype: Table): Make<[Schema, RecordBatch[], Uint32Array], Table> {
  function Batches(this: Fields, schema: Schema, batches: RecordBatch[], offsets: Uint32Array) {
    this['schema'] = schema
    this['batches'] = batches
    this['_offsets'] = offsets
  }
  Batches.prototype = prototype
  return Batches as unknown as Make<[Schema, RecordBatch[], Uint32Array], Table>
}
