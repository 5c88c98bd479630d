// Rows of a bulk append: staged columns in key order without duplicate keys, searchable by key. Sorting is
// skipped where a pass over the key column shows that it is in order, the common case of a bulk load.
import { CODE, DatabaseError } from '../../src/base/errors.ts'
import type { Scalar, TableSchema } from '../../src/base/types.ts'
import { failNotUnique } from './index-schema.ts'
import type { KeyOrder, KeyValue } from './key.ts'
import type { RowGroup } from '../row-group/row-group.ts'
import { ColumnStage, loadSafeDoubles, stagedScalar } from '../row-group/staged-column.ts'
import type { StagedColumn } from '../row-group/staged-column.ts'

/** Sorted incoming rows. */
export class IncomingRows {
  readonly columns: readonly StagedColumn[]
  readonly count: number
  /** A single row may be written already, as a group of its own (long-row.ts). */
  readonly written: RowGroup | null
  private readonly order: KeyOrder

  constructor(columns: readonly StagedColumn[], order: KeyOrder, written: RowGroup | null = null) {
    this.written = written
    this.columns = columns
    this.count = columns[0]!.count
    this.order = order
  }

  valuesAt(row: number): Scalar[] {
    return this.order.columns.map((c) => stagedScalar(this.columns[c]!, row))
  }

  keyAt(row: number): KeyValue {
    return this.order.fromValues(this.valuesAt(row))
  }

  /** The rows that pass, in the same order. */
  keep(passes: (row: number) => boolean): IncomingRows {
    const rows: number[] = []
    for (let i = 0; i < this.count; i++) if (passes(i)) rows.push(i)
    if (rows.length === this.count) return this
    return new IncomingRows(this.columns.map((column) => permute(column, Uint32Array.from(rows))), this.order)
  }

  /** First row whose key is >= key. */
  position(key: KeyValue): number {
    let lo = 0
    let hi = this.count
    while (lo < hi) {
      const mid = (lo + hi) >>> 1
      if (this.order.compare(this.keyAt(mid), key) < 0) lo = mid + 1
      else hi = mid
    }
    return lo
  }
}

/**
 * Brings columns into key order and rejects or resolves duplicate keys among them: 'error' throws 23505,
 * 'skip' keeps the first of equals, 'replace' the last. NULL keys are 23502.
 */
export function sortIncoming(
  columns: readonly StagedColumn[], schema: TableSchema, order: KeyOrder, onConflict: 'error' | 'skip' | 'replace',
): IncomingRows {
  order.columns.forEach((c, i) => {
    if (!order.nullable[i]!) checkKeyColumn(columns[c]!, schema, c)
  })
  const isPlain = order.mode === 'number' && isStrictlyAscending(columns[order.columns[0]!]!)
  if (isPlain) return new IncomingRows(columns, order)
  const rows = new IncomingRows(columns, order)
  const keys: KeyValue[] = new Array(rows.count)
  for (let i = 0; i < rows.count; i++) keys[i] = rows.keyAt(i)
  const permutation = Uint32Array.from({ length: rows.count }, (_, i) => i)
  if (!isSorted(keys, order)) sortByKey(permutation, keys, order)
  const kept = dropDuplicates(permutation, keys, onConflict, order,
    (row) => failDuplicate(schema, rows.valuesAt(row), keys[row]!))
  return new IncomingRows(columns.map((column) => permute(column, kept)), order)
}

function checkKeyColumn(column: StagedColumn, schema: TableSchema, c: number): void {
  const at = column.nulls?.indexOf(1) ?? -1
  if (at < 0) return
  const name = schema.columns[c]!.name
  throw new DatabaseError(CODE.NOT_NULL, `null value in key column "${name}" of table "${schema.name}" (row ${at})`)
}

// The common bulk load: numbers already in order. No Scalars, no BigInts.
function isStrictlyAscending(column: StagedColumn): boolean {
  const { values, count } = column
  if (Array.isArray(values)) return false
  if (values instanceof BigInt64Array) {
    const part = new Float64Array(65536)
    let last = -Infinity
    for (let begin = 0; begin < count; begin += part.length) {
      const rows = Math.min(part.length, count - begin)
      if (!loadSafeDoubles(values, begin, rows, part)) return false
      if (!(part[0]! > last) || !isAscendingSpan(part, rows)) return false
      last = part[rows - 1]!
    }
    return true
  }
  if (values instanceof Int32Array) return isAscendingInts(values, count)
  return isAscendingSpan(values as Float64Array, count)
}

function isAscendingSpan(values: Float64Array, count: number): boolean {
  if (count > 0 && values[0] !== values[0]) return false
  for (let i = 1; i < count; i++) if (!(values[i]! > values[i - 1]!)) return false
  return true
}

function isAscendingInts(values: Int32Array, count: number): boolean {
  for (let i = 1; i < count; i++) if (values[i]! <= values[i - 1]!) return false
  return true
}

function isSorted(keys: readonly KeyValue[], order: KeyOrder): boolean {
  for (let i = 1; i < keys.length; i++) if (order.compare(keys[i - 1]!, keys[i]!) > 0) return false
  return true
}

// Ties keep their input order (row numbers decide), so 'first' and 'last' of equals mean something.
function sortByKey(permutation: Uint32Array, keys: readonly KeyValue[], order: KeyOrder): void {
  permutation.sort((a, b) => order.compare(keys[a]!, keys[b]!) || a - b)
}

function dropDuplicates(
  permutation: Uint32Array, keys: readonly KeyValue[], onConflict: 'error' | 'skip' | 'replace', order: KeyOrder,
  fail: (row: number) => never,
): Uint32Array {
  let count = 0
  for (let i = 0; i < permutation.length; i++) {
    const isDuplicate = count > 0 && order.compare(keys[permutation[count - 1]!]!, keys[permutation[i]!]!) === 0
    if (!isDuplicate) permutation[count++] = permutation[i]!
    else if (onConflict === 'replace') permutation[count - 1] = permutation[i]!
    else if (onConflict === 'error') fail(permutation[i]!)
  }
  return permutation.subarray(0, count)
}

function failDuplicate(schema: TableSchema, values: readonly Scalar[], key: KeyValue): never {
  if (schema.index !== undefined) failNotUnique(schema, values)
  throw new DatabaseError(CODE.UNIQUE, `duplicate key in the rows appended to table "${schema.name}": ${String(key)}`)
}

function permute(column: StagedColumn, rows: Uint32Array): StagedColumn {
  const { values, nulls } = column
  const count = rows.length
  let newNulls: Uint8Array | null = null
  if (nulls !== null) {
    newNulls = new Uint8Array(count)
    for (let i = 0; i < count; i++) newNulls[i] = nulls[rows[i]!]!
  }
  if (values instanceof BigInt64Array) {
    const out = new BigInt64Array(count)
    for (let i = 0; i < count; i++) out[i] = values[rows[i]!]!
    return { type: column.type, values: out, nulls: newNulls, count }
  }
  if (Array.isArray(values)) {
    const stage = new ColumnStage(column.type, Math.max(1, count))
    for (let i = 0; i < count; i++) stage.append(nulls?.[rows[i]!] === 1 ? null : values[rows[i]!]!)
    return stage
  }
  const out = new Float64Array(count)
  for (let i = 0; i < count; i++) out[i] = values[rows[i]!]!
  return { type: column.type, values: out, nulls: newNulls, count }
}
