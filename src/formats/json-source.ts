// JSON reader: JSON lines, or one array of objects, however messy. Columns are the union of the keys in order of
// appearance; a missing key is NULL; a key with mixed types becomes the narrowest type that holds them all, in
// the end text; nested values are kept as JSON text. Integers beyond 2^53 keep every digit.

import { isUtf8 } from 'node:buffer'
import { CODE, DatabaseError } from '../base/errors.ts'
import { fromJs } from '../base/scalar-js.ts'
import { parseScalar } from '../base/scalar-parse.ts'
import type { ColumnSchema, Scalar, SqlType } from '../base/types.ts'
import { ByteWindow, type ByteSource } from './byte-source.ts'
import type { ColumnData, Source, SourceBatch, SourceOptions } from './format.ts'
import { classify, mergeClasses, typeOfClass, uniqueNames, type ValueClass } from './infer.ts'
import { JsonSplitter } from './json-split.ts'

const WINDOW_BYTES = 1 << 20
const SAMPLE_BYTES = 16 << 20

type JsonRecord = Record<string, unknown>

/** Opens JSON lines or a JSON array of objects. Throws 22P02 with the line or record number. */
export async function openJson(file: ByteSource, format: 'json' | 'jsonl', options: SourceOptions): Promise<Source> {
  if (options.columns !== undefined) {
    const { columns } = options
    const names = columns.map(({ name }) => name)
    return {
      format, columns, rowsEstimate: 0, bytesTotal: file.size,
      batches: () => readBatches(file, format, names, columns, true),
      close: () => file.close(),
    }
  }
  const limit = options.sampleAll ? file.size : Math.min(SAMPLE_BYTES, file.size)
  const classes = new Map<string, ValueClass>()
  let rows = 0
  let bytes = 0
  for await (const [records, done] of readRecords(file, format, limit)) {
    for (const record of records) {
      for (const key in record) classes.set(key, mergeClasses(classes.get(key) ?? 'none', classOf(record[key])))
    }
    rows += records.length
    bytes = done
  }
  if (classes.size === 0) {
    throw new DatabaseError(CODE.INVALID_TEXT, `"${file.path}" has no JSON objects`, { file: file.path })
  }
  const keys = [...classes.keys()]
  const names = uniqueNames(keys)
  const columns = keys.map((key, i): ColumnSchema =>
    ({ name: names[i]!, type: typeOfClass(classes.get(key)!), nullable: true }))
  const rowsEstimate = bytes >= file.size ? rows : Math.round(rows * (file.size / Math.max(1, bytes)))
  return {
    format, columns, rowsEstimate, bytesTotal: file.size,
    batches: () => readBatches(file, format, keys, columns),
    close: () => file.close(),
  }
}

/** Class of a parsed value: strings by their spelling, so that dates become dates. */
function classOf(value: unknown): ValueClass {
  switch (typeof value) {
    case 'boolean': return 'boolean'
    case 'number': return Number.isSafeInteger(value) ? 'integer' : 'double'
    case 'bigint': return classify(String(value))
    case 'string': return stringClass(value)
    default: return value === null || value === undefined ? 'none' : 'json'
  }
}

/** Quoted numbers and booleans stay text: the writer of the file chose to quote them. */
function stringClass(value: string): ValueClass {
  const found = classify(value)
  return found === 'date' || found === 'timestamp' || found === 'timestamptz' || found === 'uuid' ? found : 'text'
}

/** Parses a file window by window. */
async function* readRecords(
  file: ByteSource, format: 'json' | 'jsonl', limit: number, isExact = false,
): AsyncGenerator<[JsonRecord[], number]> {
  const window = new ByteWindow(file, WINDOW_BYTES, limit)
  await window.advance(0)
  let begin = window.bytes[0] === 0xef && window.bytes[1] === 0xbb ? 3 : 0
  const splitter = new JsonSplitter(format === 'json')
  let first = 1
  for (;;) {
    const isLast = window.atEnd && limit >= file.size
    const consumed = splitter.scan(window.bytes, begin, window.end, isLast)
    if (!isUtf8(window.bytes.subarray(begin, consumed))) {
      throw new DatabaseError(CODE.INVALID_ENCODING, `"${file.path}" is not UTF-8 text near record ${first}`,
        { file: file.path })
    }
    const records: JsonRecord[] = []
    for (let i = 0; i < splitter.borders.length; i += 2) {
      const text = window.bytes.toString('utf8', splitter.borders[i]!, splitter.borders[i + 1]!)
      records.push(parseRecord(text, first + records.length, file.path, isExact))
    }
    first += records.length
    if (records.length > 0) yield [records, window.offset + consumed]
    if (window.atEnd) return
    await window.advance(consumed === begin ? 0 : consumed)
    if (consumed !== begin) begin = 0
  }
}

const LONG_DIGITS = /\d{16}/
/** Digits that a double may not hold. */
const LONG_NUMBER = /[\d.]{16}/

function parseRecord(text: string, number: number, path: string, isExact: boolean): JsonRecord {
  let value: unknown
  try {
    if (isExact && LONG_NUMBER.test(text)) value = parseExact(text, true)
    else value = LONG_DIGITS.test(text) ? parseExact(text) : JSON.parse(text)
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause)
    throw new DatabaseError(CODE.INVALID_TEXT, `"${path}" is not valid JSON in record ${number}: ${detail}`,
      { file: path, line: number, cause })
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonRecord
  throw new DatabaseError(CODE.INVALID_TEXT,
    `"${path}" record ${number} is not a JSON object: ${text.trim().slice(0, 60)}`, { file: path, line: number })
}

/** Marks integers too long for a double while parsing, then turns the marks into bigints. */
function parseExact(text: string, withFractions = false): unknown {
  const long = withFractions ? /^-?[\d.]{16,}$/ : /^-?\d{16,}$/
  const marked = text.replace(/"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g, (token) =>
    (token[0] !== '"' && long.test(token) ? `"\\u0000${token}"` : token))
  return JSON.parse(marked, (_key, value: unknown) => {
    if (typeof value !== 'string' || value.charCodeAt(0) !== 0 || !/^-?[\d.]+$/.test(value.slice(1))) return value
    if (value.includes('.')) return value.slice(1)
    const exact = BigInt(value.slice(1))
    return Number.isSafeInteger(Number(exact)) ? Number(exact) : exact
  })
}

async function* readBatches(
  file: ByteSource, format: 'json' | 'jsonl', keys: readonly string[], columns: readonly ColumnSchema[],
  isExact = false,
): AsyncGenerator<SourceBatch> {
  const known = new Set(keys)
  let first = 1
  for await (const [records, bytesDone] of readRecords(file, format, file.size, isExact)) {
    const rowCount = records.length
    records.forEach((record, row) => {
      for (const key in record) {
        if (!known.has(key)) throw lateKey(key, first + row, file.path)
      }
    })
    const out = columns.map((column, i): ColumnData => {
      const key = keys[i]!
      const data: Scalar[] = new Array<Scalar>(rowCount)
      for (let row = 0; row < rowCount; row++) data[row] = scalarOf(records[row]![key], column, first + row)
      return data
    })
    first += rowCount
    yield { rowCount, columns: out, bytesDone }
  }
}

function lateKey(key: string, record: number, path: string): DatabaseError {
  return new DatabaseError(CODE.INVALID_TEXT, `"${path}" record ${record} has the new key "${key}"`, {
    file: path, line: record, hint: 'Columns are chosen from the start of the file; look at all of it first.',
  })
}

function scalarOf(value: unknown, column: ColumnSchema, record: number): Scalar {
  if (value === null || value === undefined) return null
  try {
    return toScalar(column.type, value)
  } catch (cause) {
    if (!(cause instanceof DatabaseError)) throw cause
    throw new DatabaseError(cause.code, `record ${record}, key "${column.name}": ${cause.message}`,
      { line: record, cause })
  }
}

function toScalar(type: SqlType, value: unknown): Scalar {
  switch (type.kind) {
    case 'text': return parseScalar(type, typeof value === 'string' ? value : toJsonText(value))
    case 'json': return toJsonText(value)
    case 'jsonb': return parseScalar(type, toJsonText(value))
    default: return typeof value === 'string' ? parseScalar(type, value) : fromJs(type, value)
  }
}

/** JSON text of a value, with bigints as plain digits. */
function toJsonText(value: unknown): string {
  if (typeof value === 'bigint') return String(value)
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(toJsonText).join(',')}]`
  return `{${Object.entries(value).map(([key, one]) => `${JSON.stringify(key)}:${toJsonText(one)}`).join(',')}}`
}
