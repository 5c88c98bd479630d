// Arrow IPC writer. Rows are turned into column buffers here (fixed-width values into typed arrays, text into
// offsets and bytes), because apache-arrow's own builders are several times slower; apache-arrow then frames
// them as record batches of up to 65,536 rows. Files get the file format, streams the stream format.

import type { DataType, RecordBatch, Schema } from 'apache-arrow'
import { fromJs } from '../base/scalar-js.ts'
import { decodeInterval } from '../base/interval.ts'
import type { ColumnSchema, Scalar } from '../base/types.ts'
import { loadArrow } from './arrow-source.ts'
import type { Arrow } from './arrow-values.ts'
import type { ByteSink, Sink } from './format.ts'

const BATCH_ROWS = 65_536

/** Writes record batches of the public Arrow types of the columns. */
export async function arrowSink(
  out: ByteSink, columns: readonly ColumnSchema[], kind: 'file' | 'stream',
): Promise<Sink> {
  const arrow = await loadArrow()
  const types = columns.map((column) => arrowTypeOf(arrow, column))
  const schema = new arrow.Schema(columns.map((column, i) => new arrow.Field(column.name, types[i]!, true)))
  const writer = kind === 'file' ? new arrow.RecordBatchFileWriter() : new arrow.RecordBatchStreamWriter()
  writer.reset(undefined, schema)
  // The writer queues its bytes; the pump moves them on while later batches are being built.
  const pump = (async (): Promise<void> => {
    for await (const chunk of writer) await out.write(chunk)
  })()
  // An error of the pump surfaces in close(), which awaits it; this only keeps it from being "unhandled".
  pump.catch(() => undefined)
  return arrowRows(arrow, columns, types, schema, {
    write: async (batch) => {
      writer.write(batch)
      await new Promise((resume) => { setImmediate(resume) })
    },
    close: async () => {
      writer.finish()
      await pump
      await out.close()
    },
  })
}

interface BatchSink { write(batch: RecordBatch): Promise<void>; close(): Promise<void> }

/** Gathers rows into batches. */
function arrowRows(
  arrow: Arrow, columns: readonly ColumnSchema[], types: readonly DataType[], schema: Schema, out: BatchSink,
): Sink {
  let pending: (readonly unknown[])[] = []
  const flush = async (): Promise<void> => {
    const rowCount = pending.length
    const children = columns.map((column, i) =>
      arrowData(arrow, column, types[i]!, pending.map((row) => fromJs(column.type, row[i]))))
    const struct = arrow.makeData({ type: new arrow.Struct(schema.fields), length: rowCount, nullCount: 0, children })
    await out.write(new arrow.RecordBatch(schema, struct))
    pending = []
  }
  return {
    async write(rows) {
      for (const row of rows) {
        pending.push(row)
        if (pending.length === BATCH_ROWS) await flush()
      }
    },
    async close() {
      if (pending.length > 0) await flush()
      await out.close()
    },
  }
}

/** Arrow type of a column, as in the public API. */
export function arrowTypeOf(arrow: Arrow, { type }: ColumnSchema): DataType {
  switch (type.kind) {
    case 'boolean': return new arrow.Bool()
    case 'smallint': return new arrow.Int16()
    case 'integer': return new arrow.Int32()
    case 'bigint': return new arrow.Int64()
    case 'real': return new arrow.Float32()
    case 'double': return new arrow.Float64()
    case 'decimal': return new arrow.Decimal(type.scale ?? 0, type.precision ?? 18, 128)
    case 'date': return new arrow.DateDay()
    case 'time': return new arrow.TimeMicrosecond()
    case 'timestamp': return new arrow.TimestampMicrosecond()
    case 'timestamptz': return new arrow.TimestampMicrosecond('UTC')
    case 'interval': return new arrow.IntervalMonthDayNano()
    case 'uuid': return new arrow.FixedSizeBinary(16)
    case 'bytea': return new arrow.Binary()
    default: return new arrow.Utf8()
  }
}

/** Column buffers of one batch. */
function arrowData(arrow: Arrow, column: ColumnSchema, type: DataType, values: readonly Scalar[]) {
  const length = values.length
  let nullCount = 0
  const validity = new Uint8Array(Math.ceil(length / 64) * 8)
  for (let i = 0; i < length; i++) {
    if (values[i] === null) nullCount++
    else validity[i >> 3]! |= 1 << (i & 7)
  }
  const nullBitmap = nullCount > 0 ? validity : undefined
  const isBytes = ['text', 'json', 'jsonb', 'array', 'bytea', 'null'].includes(column.type.kind)
  const buffers = isBytes ? variableBuffers(values) : { data: fixedBuffer(column, values) }
  return arrow.makeData({ type, length, nullCount, nullBitmap, ...buffers } as Parameters<Arrow['makeData']>[0])
}

function variableBuffers(values: readonly Scalar[]): { valueOffsets: Int32Array; data: Uint8Array } {
  const valueOffsets = new Int32Array(values.length + 1)
  const parts = values.map((value) => (value instanceof Uint8Array ? value : Buffer.from((value ?? '') as string)))
  parts.forEach((part, i) => { valueOffsets[i + 1] = valueOffsets[i]! + part.length })
  return { valueOffsets, data: Buffer.concat(parts) }
}

function fixedBuffer({ type }: ColumnSchema, values: readonly Scalar[]): ArrayBufferView {
  const length = values.length
  const numbers = values as readonly (number | bigint | null)[]
  switch (type.kind) {
    case 'boolean': {
      const bits = new Uint8Array(Math.ceil(length / 8))
      values.forEach((value, i) => { if (value) bits[i >> 3]! |= 1 << (i & 7) })
      return bits
    }
    case 'smallint': return Int16Array.from(numbers, (value) => Number(value ?? 0))
    case 'integer': case 'date': return Int32Array.from(numbers, (value) => Number(value ?? 0))
    case 'real': return Float32Array.from(numbers, (value) => Number(value ?? 0))
    case 'double': return Float64Array.from(numbers, (value) => Number(value ?? 0))
    case 'decimal': return decimalWords(numbers)
    case 'uuid': return joinBytes(values, 16)
    case 'interval': return intervalWords(values)
    default: return BigInt64Array.from(numbers, (value) => BigInt(value ?? 0))
  }
}

function decimalWords(values: readonly (number | bigint | null)[]): Uint32Array {
  const words = new BigInt64Array(values.length * 2)
  values.forEach((value, i) => {
    const exact = BigInt(value ?? 0)
    words[2 * i] = BigInt.asIntN(64, exact)
    words[2 * i + 1] = exact >> 64n
  })
  return new Uint32Array(words.buffer)
}

function joinBytes(values: readonly Scalar[], width: number): Uint8Array {
  const bytes = new Uint8Array(values.length * width)
  values.forEach((value, i) => { if (value instanceof Uint8Array) bytes.set(value, i * width) })
  return bytes
}

/** Months i32, days i32, nanoseconds i64. */
function intervalWords(values: readonly Scalar[]): Int32Array {
  const words = new Int32Array(values.length * 4)
  const view = new DataView(words.buffer)
  values.forEach((value, i) => {
    if (!(value instanceof Uint8Array)) return
    const { months, days, micros } = decodeInterval(value)
    view.setInt32(i * 16, months, true)
    view.setInt32(i * 16 + 4, days, true)
    view.setBigInt64(i * 16 + 8, BigInt(micros) * 1000n, true)
  })
  return words
}
