// How long one value and one row may be. A row that is not streamed (long-row.ts) is one log record and is written and
// read whole; text is a JavaScript string, of which V8 takes no more than half a gibibyte of units.
import { CODE, DatabaseError } from '../../src/base/errors.ts'
import { isText, physicalOf } from '../../src/base/types.ts'
import type { ColumnSchema, Row, TableSchema } from '../../src/base/types.ts'
import { utf8Length } from '../../src/base/utf8.ts'

/** Bytes of one value, and of all values of a row. */
export interface ValueLimits {
  readonly textBytes: number
  readonly binaryBytes: number
  readonly rowBytes: number
}

/** TEXT to 256 MiB, BYTEA to 1 GiB; a row has room for one such value and short ones beside it. */
export const VALUE_LIMITS: ValueLimits = { textBytes: 2 ** 28, binaryBytes: 2 ** 30, rowBytes: 2 ** 30 + 2 ** 19 }

/** Values below this many units cannot break a limit together with those of 1,600 columns. */
const SMALL = 2 ** 12

/** Throws 54000 that names the column for a value, and the table for a row, that is too long. */
export function checkLengths(schema: TableSchema, row: Row, limits: ValueLimits): void {
  let total = 0
  for (let c = 0; c < row.length; c++) {
    const value = row[c]
    if (typeof value === 'string' || value instanceof Uint8Array) total += value.length
  }
  if (total < Math.min(SMALL, limits.textBytes / 4)) return
  let bytes = 0
  for (let c = 0; c < row.length; c++) {
    const value = row[c]
    if (typeof value !== 'string' && !(value instanceof Uint8Array)) continue
    bytes += checkLength(schema.columns[c]!, value, limits)
  }
  if (bytes > limits.rowBytes) {
    const text = `row of table "${schema.name}" is too long: ${bytes} bytes, at most ${limits.rowBytes}`
    throw new DatabaseError(CODE.PROGRAM_LIMIT, text)
  }
}

// Bytes of a value, at least: text that is far from the limit is counted in its UTF-16 units.
function checkLength({ name, type }: ColumnSchema, value: string | Uint8Array, limits: ValueLimits): number {
  const limit = isText(type) ? limits.textBytes : limits.binaryBytes
  const length = typeof value === 'string' && value.length * 3 > limit ? utf8Length(value) : value.length
  if (length <= limit) return length
  const text = `value of column "${name}" is too long: ${length} bytes, ${type.kind} has at most ${limit}`
  throw new DatabaseError(CODE.PROGRAM_LIMIT, text)
}

/** As {@link checkLengths} for the values of whole columns. */
export function checkColumnLengths(
  schema: TableSchema, columns: readonly { readonly values: ArrayLike<unknown> }[], limits: ValueLimits,
): void {
  schema.columns.forEach((column, c) => {
    if (physicalOf(column.type) !== 'bytes') return
    const values = columns[c]!.values as ArrayLike<string | Uint8Array | null>
    for (let i = 0; i < values.length; i++) {
      const value = values[i]
      if (value != null && value.length * 3 > limits.textBytes) checkLength(column, value, limits)
    }
  })
}
