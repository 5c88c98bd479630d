// Text with the layout that COPY names: PostgreSQL's text format (tabs between fields, NULL is \N, a backslash
// escapes), and CSV with another quote, escape or NULL than the reader of csv-source.ts knows. It reads character by
// character, which is slower than that one; the types are given, and nothing is guessed but whether a header stands
// above CSV.
//
//   text   a\tb\n      \N NULL   \t \n \r \b \f \v \\ \xhh   \. ends the data
//   csv    a,"b"\n     an unquoted field that is the NULL text is NULL; within quotes, escape + quote is a quote
import { CODE, DatabaseError } from '../base/errors.ts'
import { parseScalar } from '../base/scalar-parse.ts'
import type { ColumnSchema, Scalar } from '../base/types.ts'
import { ByteSource } from './byte-source.ts'
import type { ByteSink, Sink, Source, SourceBatch } from './format.ts'
import { plainText } from './text-sinks.ts'

const READ_BYTES = 1 << 20
const BATCH_ROWS = 8192

/** How fields are told apart. `quote` is null in the text format. */
export interface TextLayout {
  readonly delimiter: string
  readonly nullText: string
  readonly quote: string | null
  readonly escape: string
  /** undefined: when the first record holds the names of the columns. */
  readonly header: boolean | undefined
}

interface TextRecord { readonly line: number; readonly fields: (string | null)[] }

/** Opens a file of text with columns of the types given. Throws 22P02 and 22P04 as its rows are read. */
export async function openCopyText(
  path: string, columns: readonly ColumnSchema[], layout: TextLayout,
): Promise<Source> {
  const file = await ByteSource.open(path)
  return {
    format: 'csv', columns, rowsEstimate: 0, bytesTotal: file.size,
    batches: () => readBatches(file, columns, layout),
    close: () => file.close(),
  }
}

async function* readBatches(
  file: ByteSource, columns: readonly ColumnSchema[], layout: TextLayout,
): AsyncGenerator<SourceBatch> {
  const parser = new RecordParser(layout)
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let isFirst = true
  for (let at = 0; at < file.size && !parser.isDone; at += READ_BYTES) {
    const isLast = at + READ_BYTES >= file.size
    const bytes = await file.slice(at, at + READ_BYTES)
    let records: TextRecord[]
    try {
      records = parser.add(decoder.decode(bytes, { stream: !isLast }), isLast)
    } catch (cause) {
      if (!(cause instanceof TypeError)) throw cause
      throw new DatabaseError(CODE.INVALID_ENCODING, `not UTF-8 text behind line ${parser.line}`, { cause })
    }
    if (isFirst && records.length > 0) {
      isFirst = false
      if (layout.header ?? isHeader(records[0]!.fields, columns)) records.shift()
    }
    for (let row = 0; row < records.length; row += BATCH_ROWS) {
      yield batchOf(records.slice(row, row + BATCH_ROWS), columns, Math.min(at + READ_BYTES, file.size))
    }
  }
}

function isHeader(fields: readonly (string | null)[], columns: readonly ColumnSchema[]): boolean {
  return fields.length === columns.length
    && columns.every(({ name }, i) => fields[i]?.toLowerCase() === name.toLowerCase())
}

function batchOf(records: readonly TextRecord[], columns: readonly ColumnSchema[], bytesDone: number): SourceBatch {
  const data = columns.map((): Scalar[] => [])
  for (const { line, fields } of records) {
    if (fields.length !== columns.length) {
      throw new DatabaseError(CODE.INVALID_TEXT,
        `line ${line} has ${fields.length} ${fields.length === 1 ? 'field' : 'fields'}, expected ${columns.length}`,
        { line })
    }
    for (let i = 0; i < columns.length; i++) data[i]!.push(scalarOf(fields[i]!, columns[i]!, line))
  }
  return { rowCount: records.length, columns: data, bytesDone, lines: Int32Array.from(records, one => one.line) }
}

function scalarOf(text: string | null, column: ColumnSchema, line: number): Scalar {
  if (text === null) return null
  try {
    return parseScalar(column.type, text)
  } catch (cause) {
    if (!(cause instanceof DatabaseError)) throw cause
    throw new DatabaseError(cause.code, `line ${line}, column "${column.name}": ${cause.message}`, { line, cause })
  }
}

const ESCAPES: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r', b: '\b', f: '\f', v: '\v' }

/** Cuts text that comes piece by piece into records. What is incomplete waits for the next piece. */
class RecordParser {
  line = 1
  isDone = false
  readonly #layout: TextLayout
  #rest = ''

  constructor(layout: TextLayout) {
    this.#layout = layout
  }

  add(piece: string, isLast: boolean): TextRecord[] {
    const text = this.#rest + piece
    const records: TextRecord[] = []
    let at = this.line === 1 && text.charCodeAt(0) === 0xfeff ? 1 : 0
    while (at < text.length && !this.isDone) {
      const end = this.#endOf(text, at, isLast)
      if (end < 0) break
      const isCrlf = text[end - 1] === '\r' && end > at
      const record = text.slice(at, isCrlf ? end - 1 : end)
      if (this.#layout.quote === null && record === '\\.') this.isDone = true
      else records.push({ line: this.line, fields: this.#fields(record) })
      for (let i = text.indexOf('\n', at); i >= 0 && i <= end; i = text.indexOf('\n', i + 1)) this.line++
      at = end + 1
    }
    this.#rest = text.slice(at)
    return records
  }

  // Where the record's line feed stands, or its end; -1 when that has not come yet.
  #endOf(text: string, begin: number, isLast: boolean): number {
    const { quote, escape } = this.#layout
    let isQuoted = false
    for (let at = begin; at < text.length; at++) {
      const char = text[at]
      if (quote === null ? char === '\\' : isQuoted && char === escape && escape !== quote) at++
      else if (char === quote) isQuoted = !isQuoted
      else if (char === '\n' && !isQuoted) return at
    }
    if (!isLast) return -1
    if (!isQuoted) return text.length
    throw new DatabaseError(CODE.INVALID_TEXT, `line ${this.line}: quoted field has no closing quote`,
      { line: this.line })
  }

  #fields(record: string): (string | null)[] {
    const { quote, delimiter, nullText } = this.#layout
    if (quote !== null) return this.#csvFields(record, quote)
    const fields: (string | null)[] = []
    let begin = 0
    for (let at = 0; at <= record.length; at++) {
      if (record[at] === '\\') at++
      else if (at === record.length || record[at] === delimiter) {
        const raw = record.slice(begin, at)
        fields.push(raw === nullText ? null : unescape(raw))
        begin = at + 1
      }
    }
    return fields
  }

  #csvFields(record: string, quote: string): (string | null)[] {
    const { delimiter, nullText, escape } = this.#layout
    const fields: (string | null)[] = []
    let text = ''
    let wasQuoted = false
    let isQuoted = false
    for (let at = 0; at <= record.length; at++) {
      const char = record[at]
      if (isQuoted && char === escape && (record[at + 1] === quote || record[at + 1] === escape)) text += record[++at]
      else if (char === quote) {
        isQuoted = !isQuoted
        wasQuoted = true
      } else if (char === undefined || (char === delimiter && !isQuoted)) {
        fields.push(!wasQuoted && text === nullText ? null : text)
        text = ''
        wasQuoted = false
      } else text += char
    }
    return fields
  }
}

function unescape(text: string): string {
  if (!text.includes('\\')) return text
  const escape = /\\(?:x([0-9a-fA-F]{1,2})|([0-7]{1,3})|([^]))/g
  return text.replace(escape, (_all, hex?: string, octal?: string, one?: string) =>
    hex !== undefined ? String.fromCharCode(parseInt(hex, 16))
      : octal !== undefined ? String.fromCharCode(parseInt(octal, 8)) : ESCAPES[one!] ?? one!)
}

/** Writes rows in a layout; `header` undefined writes none. */
export function copyTextSink(out: ByteSink, columns: readonly ColumnSchema[], layout: TextLayout): Sink {
  const { delimiter, nullText } = layout
  const write = layout.quote === null ? textWriter(delimiter) : csvWriter(layout, layout.quote)
  let header = layout.header === true ? columns.map(({ name }) => write(name)).join(delimiter) + '\n' : ''
  const begin = (): string => {
    const text = header
    header = ''
    return text
  }
  return {
    async write(rows) {
      let text = begin()
      for (const row of rows) {
        for (let i = 0; i < columns.length; i++) {
          if (i > 0) text += delimiter
          const value = row[i]
          text += value === null || value === undefined ? nullText : write(plainText(value, columns[i]!))
        }
        text += '\n'
      }
      await out.write(text)
    },
    async close() {
      await out.write(begin())
      await out.close()
    },
  }
}

function textWriter(delimiter: string): (text: string) => string {
  const names: Readonly<Record<string, string>> = {
    '\t': '\\t', '\n': '\\n', '\r': '\\r', '\b': '\\b', '\f': '\\f', '\v': '\\v',
  }
  return text => text.replace(/[\\\t\n\r\b\f\v]/g, one => names[one] ?? '\\\\')
    .replaceAll(delimiter === '\t' ? '\t' : delimiter, '\\' + delimiter)
}

function csvWriter(layout: TextLayout, quote: string): (text: string) => string {
  const { delimiter, nullText, escape } = layout
  return text => {
    const isPlain = text !== '' && text !== nullText && !/[\r\n]|^\s|\s$/.test(text) && text !== '\\.'
      && !text.includes(delimiter) && !text.includes(quote)
    if (isPlain) return text
    const doubled = escape === quote ? text : text.replaceAll(escape, escape + escape)
    return quote + doubled.replaceAll(quote, escape + quote) + quote
  }
}
