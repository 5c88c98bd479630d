// What table.append() takes (typed arrays, plain arrays, an Arrow table) to storage's staged columns. Typed
// arrays of a fitting type are used as they are; everything else is converted value by value, and an error
// names the column and the row.
import type { Table as ArrowTable } from 'apache-arrow'
import { CODE, DatabaseError } from '../base/errors.ts'
import { castScalar } from '../base/scalar-cast.ts'
import { fromJs } from '../base/scalar-js.ts'
import type { ColumnSchema, Scalar, SqlType, TableSchema } from '../base/types.ts'
import { physicalOf, sameType } from '../base/types.ts'
import { arrowColumn, sqlTypeOfArrow } from '../formats/arrow-values.ts'
import { storedScalar } from './fit-row.ts'
import { arrowModule } from './arrow-module.ts'
import { didYouMean } from '../sql/nearest-name.ts'
import { ColumnStage } from '../../storage/mod.ts'
import type { StagedColumn } from '../../storage/mod.ts'

/** Number arrays that append takes without converting every value. */
export type TypedArray =
  | Int8Array | Uint8Array | Int16Array | Uint16Array | Int32Array | Uint32Array | Float32Array | Float64Array
  | BigInt64Array | BigUint64Array

/** Columns by name. Plain arrays may hold null. */
export type AppendColumns = Readonly<Record<string, TypedArray | readonly unknown[]>>

/** The value of a column that the data does not have. */
export type DefaultOf = (column: ColumnSchema) => Scalar

/** One staged column per visible column of the table. Throws 42703, 22023 and what conversion throws. */
export function stageColumns(
  schema: TableSchema, data: AppendColumns | ArrowTable, defaultOf: DefaultOf,
): StagedColumn[] {
  if (typeof data !== 'object' || data === null) {
    throw invalid(`append takes columns or an Arrow table, not ${String(data)}`)
  }
  const visible = schema.columns.filter(column => column.hidden !== true)
  const table = isArrowTable(data)
  const names = table ? data.schema.fields.map(field => field.name) : Object.keys(data)
  checkColumns(schema, visible, names)
  const count = table ? data.numRows : (data[names[0] ?? ''] ?? []).length
  return visible.map(column => {
    if (!names.includes(column.name)) return repeated(column, defaultOf(column), count)
    if (table) return stageArrow(column, data)
    const values = data[column.name]!
    if (values.length !== count) {
      throw invalid(`column "${column.name}" has ${values.length} values, but column "${names[0]}" has ${count}`)
    }
    return stageValues(column, values)
  })
}

function invalid(message: string): DatabaseError {
  return new DatabaseError(CODE.INVALID_PARAMETER, message)
}

function isArrowTable(data: AppendColumns | ArrowTable): data is ArrowTable {
  const table = data as Partial<ArrowTable>
  return Array.isArray(table.batches) && typeof table.numRows === 'number' && Array.isArray(table.schema?.fields)
}

function checkColumns(schema: TableSchema, visible: readonly ColumnSchema[], names: readonly string[]): void {
  const known = visible.map(column => column.name)
  for (const name of names) {
    if (known.includes(name)) continue
    const hint = didYouMean(name, known)
    throw new DatabaseError(
      CODE.UNDEFINED_COLUMN, `column "${name}" of table "${schema.name}" does not exist`,
      hint === undefined ? {} : { hint }
    )
  }
  if (new Set(names).size !== names.length) throw invalid('a column is given twice')
}

function repeated(column: ColumnSchema, value: Scalar, count: number): StagedColumn {
  const stage = new ColumnStage(column.type, Math.max(1, count))
  for (let i = 0; i < count; i++) stage.append(storedScalar(column.type, value))
  return stage
}

function stageValues(column: ColumnSchema, values: TypedArray | readonly unknown[]): StagedColumn {
  if (!Array.isArray(values) && !ArrayBuffer.isView(values)) throw invalid(`column "${column.name}" must be an array`)
  const typed = Array.isArray(values) ? null : stageTyped(column.type, values as TypedArray)
  if (typed !== null) return typed
  return staged(column, values as readonly unknown[], value => fromJs(column.type, value))
}

function staged<T>(column: ColumnSchema, values: ArrayLike<T>, convert: (value: T, i: number) => Scalar): StagedColumn {
  const stage = new ColumnStage(column.type, Math.max(1, values.length))
  for (let i = 0; i < values.length; i++) {
    try {
      stage.append(storedScalar(column.type, convert(values[i]!, i)))
    } catch (error) {
      if (!(error instanceof DatabaseError)) throw error
      throw new DatabaseError(error.code, `column "${column.name}", row ${i}: ${error.message}`, { cause: error })
    }
  }
  return stage
}

const RANGES: Readonly<Record<string, readonly [number, number]>> = {
  smallint: [-32768, 32767], integer: [-2147483648, 2147483647], bigint: [-(2 ** 53) + 1, 2 ** 53 - 1],
}

/** A typed array as it is when every value is a Scalar of the type, else null. */
function stageTyped(type: SqlType, values: TypedArray): StagedColumn | null {
  const range = RANGES[type.kind]
  if (values instanceof BigUint64Array) return null
  const column = (kept: TypedArray): StagedColumn => (
    { type, values: kept as Float64Array, nulls: null, count: values.length }
  )
  if (values instanceof BigInt64Array) return type.kind === 'bigint' ? column(values) : null
  if (range !== undefined) return fits(values, range, type.kind) ? column(values) : null
  if (type.kind === 'double' || (type.kind === 'real' && values instanceof Float32Array)) {
    return values instanceof Float32Array || values instanceof Float64Array
      ? column(withoutMinusZero(values))
      : column(values)
  }
  return null
}

function fits(
  values: Exclude<TypedArray, BigInt64Array | BigUint64Array>, [min, max]: readonly [number, number], kind: string,
): boolean {
  if (values instanceof Int32Array || values instanceof Int16Array || values instanceof Int8Array) {
    if (kind !== 'smallint' || !(values instanceof Int32Array)) return true
  }
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!
    if (!(value >= min && value <= max) || Math.floor(value) !== value || (value === 0 && 1 / value < 0)) return false
  }
  return true
}

function withoutMinusZero<T extends Float32Array | Float64Array>(values: T): T {
  for (let i = 0; i < values.length; i++) {
    if (values[i] !== 0 || 1 / values[i]! > 0) continue
    const copy = values.slice() as T
    for (let j = i; j < copy.length; j++) copy[j] = copy[j]! + 0
    return copy
  }
  return values
}

/** A column of an Arrow table, chunk by chunk, cast to the column's type where it differs. */
function stageArrow(column: ColumnSchema, table: ArrowTable): StagedColumn {
  const arrow = arrowModule()
  const vector = table.getChild(column.name)!
  const from = sqlTypeOfArrow(arrow, vector.type)
  const chunks = vector.data.map(data => arrowColumn(arrow, new arrow.Vector([data])))
  const only = chunks.length === 1 && !Array.isArray(chunks[0])
    ? stageTyped(column.type, chunks[0] as TypedArray)
    : null
  if (only !== null && physicalOf(from) === physicalOf(column.type) && from.kind !== 'decimal') return only
  const stage = new ColumnStage(column.type, Math.max(1, vector.length))
  const same = sameType(from, column.type)
  const isUuid = column.type.kind === 'uuid' && from.kind === 'bytea'
  for (const chunk of chunks) {
    const part = staged<number | bigint | string | Uint8Array | null>(column, chunk as ArrayLike<Scalar>, value =>
      value === null ? null : same ? value : isUuid ? fromJs(column.type, value) : castScalar(from, column.type, value))
    stage.appendSpan(part, 0, part.count)
  }
  return stage
}
