// CSV reader: finds delimiter, header and types from a sample, then streams the file through a window of one
// MiB, one batch per window. Empty unquoted fields are NULL, empty quoted fields are empty text. Types come
// from the spelling (infer.ts); a value that does not fit later is an error with its line, never a NULL.

import { isUtf8 } from 'node:buffer'
import { CODE, DatabaseError } from '../base/errors.ts'
import type { ColumnSchema } from '../base/types.ts'
import { ByteWindow, type ByteSource } from './byte-source.ts'
import { CsvBlock } from './csv-scan.ts'
import { asciiText, csvColumn, encodingError } from './csv-values.ts'
import type { Source, SourceBatch, SourceOptions } from './format.ts'
import { classify, mergeClasses, typeOfClass, uniqueNames, type ValueClass } from './infer.ts'

const WINDOW_BYTES = 1 << 20
/** Files up to this size are looked at whole before types are chosen. */
const SAMPLE_BYTES = 16 << 20

/** Opens a CSV file. Throws 22P02 for ragged or unterminated records, 22021 for bytes that are not UTF-8. */
export async function openCsv(file: ByteSource, options: SourceOptions): Promise<Source> {
  const head = await file.slice(0, 64 << 10)
  const bom = head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf ? 3 : 0
  if ((head[0] === 0xff && head[1] === 0xfe) || (head[0] === 0xfe && head[1] === 0xff)) throw encodingError(file.path,
    1)
  const delimiter = (options.delimiter ?? findDelimiter(Buffer.from(head).toString('latin1', bom))).charCodeAt(0)
  const layout = { bom, delimiter, limit: options.sampleAll ? file.size : SAMPLE_BYTES }
  if (options.columns !== undefined) return openDeclared(file, { ...layout, limit: file.size }, options)
  const sample = await sampleFile(file, layout, options.header)
  const columns = sample.names.map((name, i): ColumnSchema =>
    ({ name, type: typeOfClass(sample.classes[i]!), nullable: true }))
  const rowsEstimate = sample.bytes >= file.size ? sample.rows : Math.round(sample.rows * (file.size / sample.bytes))
  return {
    format: 'csv', columns, rowsEstimate, bytesTotal: file.size,
    batches: () => readBatches(file, layout, sample.hasHeader, columns),
    close: () => file.close(),
  }
}

// The first record is a header when the caller says so, else when it holds the names of the columns.
async function openDeclared(file: ByteSource, layout: Layout, options: SourceOptions): Promise<Source> {
  const columns = options.columns!
  let hasHeader = options.header ?? false
  for await (const [block] of scanBlocks(file, layout, file.size)) {
    if (options.header === undefined && block.width === columns.length) {
      hasHeader = columns.every(({ name }, i) => block.text(0, i).toLowerCase() === name.toLowerCase())
    }
    if (block.width === columns.length) break
    throw new DatabaseError(CODE.INVALID_TEXT,
      `line ${block.lines[0]} has ${block.width} ${block.width === 1 ? 'field' : 'fields'}, expected ${columns.length}`,
      { line: block.lines[0] })
  }
  return {
    format: 'csv', columns, rowsEstimate: 0, bytesTotal: file.size,
    batches: () => readBatches(file, layout, hasHeader, columns),
    close: () => file.close(),
  }
}

interface Layout { readonly bom: number; readonly delimiter: number; readonly limit: number }

/** The most frequent of `,` `;` tab and `|` outside quotes in the first line that has any. */
function findDelimiter(text: string): string {
  const line = text.replace(/"(?:[^"]|"")*"/g, '').split(/\r\n|\n|\r/).find((one) => one !== '') ?? ''
  let best = ','
  let most = 0
  for (const candidate of [',', '\t', ';', '|']) {
    const count = line.split(candidate).length - 1
    if (count > most) [best, most] = [candidate, count]
  }
  return best
}

/** Scans a file block by block. The same block object is reused for every step. */
async function* scanBlocks(file: ByteSource, layout: Layout, limit: number): AsyncGenerator<[CsvBlock, number]> {
  const window = new ByteWindow(file, WINDOW_BYTES, limit)
  const block = new CsvBlock(0)
  let line = 1
  await window.advance(0)
  let begin = layout.bom
  for (;;) {
    const isLast = window.atEnd && window.offset + window.end >= file.size
    const end = window.end
    if (begin < end) {
      const consumed = block.scan(window.bytes, begin, end,
        { delimiter: layout.delimiter, isLast, maxRows: 2 ** 30, line })
      if (!isUtf8(window.bytes.subarray(begin, consumed))) throw encodingError(file.path, line)
      line = block.nextLine
      if (block.rowCount > 0) yield [block, window.offset + consumed]
      if (window.atEnd) return
      await window.advance(consumed === begin ? 0 : consumed)
      begin = consumed === begin ? begin : 0
    } else {
      if (window.atEnd) return
      await window.advance(begin)
      begin = 0
    }
  }
}

interface Sample { names: string[]; hasHeader: boolean; classes: ValueClass[]; rows: number; bytes: number }

async function sampleFile(file: ByteSource, layout: Layout, header: boolean | undefined): Promise<Sample> {
  let first: string[] | null = null
  let firstClasses: ValueClass[] = []
  let classes: ValueClass[] = []
  let rows = 0
  let bytes = 0
  for await (const [block, done] of scanBlocks(file, layout, layout.limit)) {
    let row = 0
    if (first === null) {
      first = Array.from({ length: block.width }, (_, i) => block.text(0, i))
      firstClasses = first.map((text, i) => (block.isNull(0, i) ? 'none' : classify(text)))
      classes = first.map(() => 'none')
      row = 1
    }
    for (; row < block.rowCount; row++) {
      for (let i = 0; i < block.width; i++) {
        if (classes[i] === 'text' || block.isNull(row, i)) continue
        const text = block.text(row, i)
        // A quoted empty field says nothing: files that quote everything write NULL that way.
        if (text !== '') classes[i] = mergeClasses(classes[i]!, classify(text))
      }
    }
    rows += block.rowCount
    bytes = done
  }
  if (first === null) throw new DatabaseError(CODE.INVALID_TEXT, `"${file.path}" has no records`, { file: file.path })
  const hasHeader = header ?? looksLikeHeader(firstClasses, classes)
  if (hasHeader) return { names: uniqueNames(first), hasHeader, classes, rows: rows - 1, bytes }
  classes = classes.map((one, i) => mergeClasses(one, firstClasses[i]!))
  return { names: uniqueNames(first.map(() => '')), hasHeader, classes, rows, bytes }
}

/**
 * A header is a first record of names: none of them a number or a date, or at least one that is text over a column
 * that is not (so that `name,2020,2021` over numbers is one).
 */
function looksLikeHeader(first: readonly ValueClass[], body: readonly ValueClass[]): boolean {
  const isName = (one: ValueClass): boolean => one === 'text' || one === 'boolean'
  if (!first.some(isName)) return false
  return first.every((one) => isName(one) || one === 'none')
    || first.some((one, i) => one === 'text' && body[i] !== 'text' && body[i] !== 'none')
}

async function* readBatches(
  file: ByteSource, layout: Layout, hasHeader: boolean, columns: readonly ColumnSchema[],
): AsyncGenerator<SourceBatch> {
  let skip = hasHeader
  for await (const [block, bytesDone] of scanBlocks(file, layout, file.size)) {
    if (skip) {
      dropFirst(block)
      skip = false
    }
    if (block.rowCount === 0) continue
    const last = block.rowCount * block.width - 1
    const ascii = asciiText(block.bytes, block.starts[0]!, block.ends[last]!)
    yield { rowCount: block.rowCount, columns: columns.map((column, i) => csvColumn(block, i, column, ascii)),
      bytesDone, lines: block.lines.slice(0, block.rowCount) }
  }
}

/** Removes the header record from a block. */
function dropFirst(block: CsvBlock): void {
  block.starts.copyWithin(0, block.width)
  block.ends.copyWithin(0, block.width)
  block.flags.copyWithin(0, block.width)
  block.lines.copyWithin(0, 1)
  block.rowCount--
}
