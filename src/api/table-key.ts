// Primary keys as users write them (a value, or an array for composite keys) to the executor's Scalars.
// A key with a NULL part is no error when looking up: it finds nothing, as `=` would.
import { CODE, DatabaseError } from '../base/errors.ts'
import { fromJs } from '../base/scalar-js.ts'
import { storedKey } from './fit-row.ts'
import type { Scalar, TableSchema } from '../base/types.ts'

/** Values of the key columns in key order; null when one of them is NULL, which no row has. */
export function keyScalars(schema: TableSchema, key: unknown): Scalar[] | null {
  const parts = keyParts(schema, key)
  if (parts.length !== schema.key.length) {
    throw new DatabaseError(CODE.INVALID_PARAMETER,
      `a key of table "${schema.name}" has ${schema.key.length} columns, but ${parts.length} values were given`)
  }
  const scalars = convert(schema, parts)
  return scalars.includes(null) ? null : scalars
}

/** A prefix of the key columns, for ranges. */
export function keyPrefix(schema: TableSchema, key: unknown): Scalar[] {
  const parts = keyParts(schema, key)
  if (parts.length === 0 || parts.length > schema.key.length) {
    throw new DatabaseError(CODE.INVALID_PARAMETER,
      `a bound of table "${schema.name}" has 1 to ${schema.key.length} values, not ${parts.length}`)
  }
  const scalars = convert(schema, parts)
  if (scalars.includes(null)) throw new DatabaseError(CODE.INVALID_PARAMETER, 'a bound of a range must not be null')
  return scalars
}

function keyParts(schema: TableSchema, key: unknown): readonly unknown[] {
  if (Array.isArray(key)) return key
  if (schema.key.length === 1) return [key]
  const names = schema.key.map(i => schema.columns[i]!.name).join(', ')
  throw new DatabaseError(CODE.INVALID_PARAMETER, `a key of table "${schema.name}" is an array of (${names})`)
}

function convert(schema: TableSchema, parts: readonly unknown[]): Scalar[] {
  return storedKey(schema, parts.map((part, i) => fromJs(schema.columns[schema.key[i]!]!.type, part))).slice()
}
