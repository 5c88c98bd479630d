// From the batches of a file reader to what `table.append` takes: the JavaScript values of the public API, column
// by column. Numbers pass through as they are; dates and decimals become text, through a cache because files
// repeat them, so that nothing is rounded on the way.

import { formatDate, formatTime } from '../base/datetime.ts'
import { formatDecimal } from '../base/decimal.ts'
import { decodeInterval, formatInterval } from '../base/interval.ts'
import type { ColumnSchema, Scalar } from '../base/types.ts'
import type { ColumnData } from './format.ts'

/** One column as append takes it. */
export type AppendColumn = Int32Array | Float64Array | BigInt64Array | unknown[]

const CACHE_MAX = 100_000

/** The columns of a batch by name. */
export function appendColumns(
  columns: readonly ColumnSchema[], data: readonly ColumnData[],
): Record<string, AppendColumn> {
  return Object.fromEntries(columns.map((column, i) => [column.name, appendColumn(column, data[i]!)]))
}

function appendColumn({ type }: ColumnSchema, data: ColumnData): AppendColumn {
  switch (type.kind) {
    case 'boolean': return mapped(data, (value) => value !== 0)
    case 'date': return mapped(data, cached((value) => formatDate(value as number)))
    case 'time': return mapped(data, (value) => formatTime(value as number))
    case 'timestamp': case 'timestamptz': return mapped(data, (value) => BigInt(value as number | bigint))
    case 'decimal': {
      const scale = type.scale ?? 0
      return mapped(data, cached((value) => formatDecimal(value as number | bigint, scale)))
    }
    case 'interval': return mapped(data, (value) => formatInterval(decodeInterval(value as Uint8Array)))
    default: return data
  }
}

function mapped(data: ColumnData, convert: (value: NonNullable<Scalar>) => unknown): unknown[] {
  const out = new Array<unknown>(data.length)
  for (let i = 0; i < out.length; i++) {
    const value = data[i]!
    out[i] = value === null ? null : convert(value)
  }
  return out
}

function cached(convert: (value: NonNullable<Scalar>) => string): (value: NonNullable<Scalar>) => string {
  const known = new Map<NonNullable<Scalar>, string>()
  return (value) => {
    let text = known.get(value)
    if (text === undefined) {
      text = convert(value)
      if (known.size < CACHE_MAX) known.set(value, text)
    }
    return text
  }
}
