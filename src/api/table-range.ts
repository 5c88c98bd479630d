// table.range(): rows of a key interval in key order, straight from the table's cursor, as objects or Arrow.
// A range is lazy: nothing is read until it is iterated or turned into Arrow.
import type { Table } from 'apache-arrow'
import { ArrowReader } from './arrow-reader.ts'
import { CODE, DatabaseError } from '../base/errors.ts'
import type { ColumnSchema, Scalar, TableSchema } from '../base/types.ts'
import { ColumnValues } from './column-values.ts'
import { checkNames } from './options.ts'
import { Result } from './result.ts'
import { converterFor, rowBuilder } from './row-shape.ts'
import type { RowObject } from './row-shape.ts'
import type { Session } from './session.ts'
import { keyPrefix } from './table-key.ts'
import type { BatchSource, ExecutionContext } from '../../exec/mod.ts'
import { countAlive, aliveRows } from '../../exec/vector/batch.ts'
import type { Batch } from '../../exec/vector/batch.ts'
import { typeColumns } from '../../exec/vector/vector.ts'
import type { KeyRange, TableCursor } from '../../storage/mod.ts'

/** An interval of keys. Composite keys take arrays, and a prefix of the key columns is enough. */
export interface RangeOptions {
  readonly gt?: unknown
  readonly gte?: unknown
  readonly lt?: unknown
  readonly lte?: unknown
  /** At most this many rows. */
  readonly limit?: number
  /** Descending key order. */
  readonly reverse?: boolean
}

const NAMES: readonly (keyof RangeOptions)[] = ['gt', 'gte', 'lt', 'lte', 'limit', 'reverse']

/** Rows of a key interval. Every iteration is a new read at the snapshot of its start. */
export class TableRange implements Iterable<RowObject> {
  readonly #session: Session
  readonly #schema: TableSchema
  readonly #range: KeyRange
  readonly #limit: number
  readonly #reverse: boolean

  constructor(session: Session, schema: TableSchema, options: RangeOptions) {
    checkNames(options, NAMES, 'range')
    const { limit = Infinity, reverse = false } = options
    if (limit !== Infinity && !(Number.isInteger(limit) && limit >= 0)) {
      throw new DatabaseError(
        CODE.INVALID_PARAMETER, `limit of a range must be a whole number from 0, not ${String(limit)}`
      )
    }
    this.#session = session
    this.#schema = schema
    this.#range = keyRange(schema, options)
    this.#limit = limit
    this.#reverse = reverse
  }

  /** Rows as objects, in bounded memory. Ending the loop early releases the snapshot. */
  *[Symbol.iterator](): IterableIterator<RowObject> {
    const columns = visibleColumns(this.#schema)
    const build = rowBuilder(columns.map(c => this.#schema.columns[c]!.name))
    const result = this.#start(columns)
    const values = new ColumnValues(result.memory, columns.map(c => converterFor(this.#schema.columns[c]!.type, {})))
    try {
      for (let batch = result.next(); batch !== null; batch = result.next()) {
        const read = values.read(batch)
        const { count } = values
        if (this.#reverse) for (let i = count - 1; i >= 0; i--) yield build(read, i)
        else for (let i = 0; i < count; i++) yield build(read, i)
      }
    } finally {
      result.finish()
    }
  }

  /** All rows at once. */
  all(): RowObject[] {
    return [...this]
  }

  /** All rows as an apache-arrow Table. */
  arrow(options: { dictionary?: boolean } = {}): Table {
    const { ordinals, columns } = visible(this.#schema)
    const reader = new ArrowReader(columns, { ...options, reverse: this.#reverse })
    const result = this.#start(ordinals)
    try {
      return reader.table(result)
    } finally {
      result.finish()
    }
  }

  #start(columns: readonly number[]): Result {
    return startRange(this.#session, this.#schema, columns, this.#range, this.#limit, this.#reverse)
  }
}

/** Starts reading a key interval; rows inside a batch ascend also when `reverse`. The caller finishes the result. */
export function startRange(
  session: Session, schema: TableSchema, columns: readonly number[], range: KeyRange, limit: number, reverse: boolean,
): Result {
  return Result.start(
    session, session.startRead(), [], context => new RangeSource(context, schema, columns, range, limit, reverse)
  )
}

interface VisibleColumns { readonly ordinals: readonly number[]; readonly columns: readonly ColumnSchema[] }
const known = new WeakMap<TableSchema, VisibleColumns>()

function visible(schema: TableSchema): VisibleColumns {
  let found = known.get(schema)
  if (found === undefined) {
    const ordinals = schema.columns.flatMap((column, i) => column.hidden === true ? [] : [i])
    known.set(schema, found = { ordinals, columns: ordinals.map(c => schema.columns[c]!) })
  }
  return found
}

/** Ordinals of the columns that users see; one list per schema. */
export function visibleColumns(schema: TableSchema): readonly number[] {
  return visible(schema).ordinals
}

function keyRange(schema: TableSchema, options: RangeOptions): KeyRange {
  const bound = (inclusive: 'gte' | 'lte', exclusive: 'gt' | 'lt'): { key: Scalar[] | null; inclusive: boolean } => {
    if (options[inclusive] !== undefined && options[exclusive] !== undefined) {
      throw new DatabaseError(CODE.INVALID_PARAMETER, `a range has either ${exclusive} or ${inclusive}, not both`)
    }
    const value = options[inclusive] ?? options[exclusive]
    return { key: value === undefined ? null : keyPrefix(schema, value), inclusive: options[exclusive] === undefined }
  }
  const lower = bound('gte', 'gt')
  const upper = bound('lte', 'lt')
  return { lower: lower.key, lowerInclusive: lower.inclusive, upper: upper.key, upperInclusive: upper.inclusive }
}

/** A cursor over the interval, cut to the limit. */
class RangeSource implements BatchSource {
  readonly #context: ExecutionContext
  readonly #cursor: TableCursor
  readonly #schema: TableSchema
  readonly #columns: readonly number[]
  readonly #reverse: boolean
  #left: number

  constructor(
    context: ExecutionContext, schema: TableSchema, columns: readonly number[], range: KeyRange, limit: number,
    reverse: boolean,
  ) {
    this.#context = context
    this.#schema = schema
    this.#columns = columns
    this.#left = limit
    this.#reverse = reverse
    this.#cursor = context.tables(schema.name).scan(
      { columns, range, order: reverse ? 'descending' : 'ascending', arena: context.arena }
    )
  }

  next(): Batch | null {
    if (this.#left <= 0) return null
    const scanned = this.#cursor.next()
    if (scanned === null) return null
    const { windowRows, begin, end, alivePtr } = scanned
    const columns = typeColumns(scanned.columns, this.#columns.map(c => this.#schema.columns[c]!.type))
    const batch: Batch = { windowRows, begin, end, alivePtr, columns }
    const count = countAlive(this.#context.memory, batch)
    if (count > this.#left) this.#cut(batch, count)
    this.#left -= count
    return batch
  }

  #cut(batch: Batch, count: number): void {
    const rows = new Int32Array(count)
    aliveRows(this.#context.memory, batch, rows)
    if (this.#reverse) batch.begin = rows[count - this.#left]!
    else batch.end = rows[this.#left - 1]! + 1
  }

  close(): void {
    this.#cursor.close()
  }
}
