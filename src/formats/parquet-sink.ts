// Parquet writer over hyparquet-writer (loaded on first use): Snappy pages, statistics, row groups of 131,072
// rows, each flushed when it is full. Decimals, dates and microsecond timestamps are written as their exact
// scaled integers with logical types, so other readers see the declared SQL types.

import type { SchemaElement } from 'hyparquet'
import { decodeInterval, formatInterval } from '../base/interval.ts'
import { fromJs } from '../base/scalar-js.ts'
import type { ColumnSchema, Scalar } from '../base/types.ts'
import type { ByteSink, Sink } from './format.ts'

const GROUP_ROWS = 131_072

/** Writes a Parquet file; the bytes of each row group go out when it is complete. */
export async function parquetSink(out: ByteSink, columns: readonly ColumnSchema[]): Promise<Sink> {
  const { ByteWriter, ParquetWriter } = await import('hyparquet-writer')
  const schema: SchemaElement[] = [{ name: 'root', num_children: columns.length }, ...columns.map(schemaElement)]
  const bytes = new ByteWriter()
  const writer = new ParquetWriter({ writer: bytes, schema, createdBy: 'secantdb' })
  const drain = async (): Promise<void> => {
    await out.write(bytes.getBytes().slice())
    // The writer keeps counting file offsets in `offset`; only its buffer position starts over.
    bytes.index = 0
  }
  let pending: (readonly unknown[])[] = []
  const flush = async (): Promise<void> => {
    const columnData = columns.map((column, i) =>
      ({
        name: column.name, data: columnValues(column, pending.map((row) => fromJs(column.type, row[i]))),
        statistics: column.type.kind !== 'json' && column.type.kind !== 'jsonb',
      }))
    pending = []
    await writer.write({ columnData, rowGroupSize: GROUP_ROWS })
    await drain()
  }
  return {
    async write(rows) {
      for (const row of rows) {
        pending.push(row)
        if (pending.length === GROUP_ROWS) await flush()
      }
    },
    async close() {
      if (pending.length > 0) await flush()
      // Only the footer calls them JSON: while values are written the label would make the writer re-format them.
      columns.forEach(({ type }, i) => { if (/^jsonb?$/.test(type.kind)) schema[i + 1]!.converted_type = 'JSON' })
      await writer.finish()
      await drain()
      await out.close()
    },
  }
}

/** Parquet type of a column. */
function schemaElement({ name, type }: ColumnSchema): SchemaElement {
  const base = { name, repetition_type: 'OPTIONAL' as const }
  switch (type.kind) {
    case 'boolean': return { ...base, type: 'BOOLEAN' }
    case 'smallint': return { ...base, type: 'INT32', converted_type: 'INT_16' }
    case 'integer': return { ...base, type: 'INT32' }
    case 'bigint': return { ...base, type: 'INT64' }
    case 'real': return { ...base, type: 'FLOAT' }
    case 'double': return { ...base, type: 'DOUBLE' }
    case 'decimal': {
      const precision = type.precision ?? 18
      const decimal = { ...base, converted_type: 'DECIMAL' as const, precision, scale: type.scale ?? 0 }
      if (precision <= 9) return { ...decimal, type: 'INT32' }
      return precision <= 18 ? { ...decimal, type: 'INT64' }
        : { ...decimal, type: 'FIXED_LEN_BYTE_ARRAY', type_length: 16 }
    }
    case 'date': return { ...base, type: 'INT32', converted_type: 'DATE' }
    case 'time': return { ...base, type: 'INT64',
      logical_type: { type: 'TIME', isAdjustedToUTC: false, unit: 'MICROS' } }
    case 'timestamp': case 'timestamptz': return {
      ...base, type: 'INT64',
      logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: type.kind === 'timestamptz', unit: 'MICROS' },
    }
    case 'uuid': return { ...base, type: 'FIXED_LEN_BYTE_ARRAY', type_length: 16, logical_type: { type: 'UUID' } }
    case 'bytea': case 'json': case 'jsonb': return { ...base, type: 'BYTE_ARRAY' }
    default: return { ...base, type: 'BYTE_ARRAY', converted_type: 'UTF8' }
  }
}

/** Scalars as the values the writer stores as they are. */
function columnValues({ type }: ColumnSchema, values: readonly Scalar[]): unknown[] {
  const map = (convert: (value: NonNullable<Scalar>) => unknown): unknown[] =>
    values.map((value) => (value === null ? null : convert(value)))
  switch (type.kind) {
    case 'boolean': return map((value) => value !== 0)
    case 'bigint': case 'decimal': case 'time': case 'timestamp': case 'timestamptz':
      return map((value) => BigInt(value as number | bigint))
    case 'json': case 'jsonb': return map((value) => Buffer.from(value as string))
    case 'interval': return map((value) => formatInterval(decodeInterval(value as Uint8Array)))
    default: return values as unknown[]
  }
}
