// Finds the fields of CSV records in raw bytes, without decoding or copying them: RFC 4180 with any one-byte
// delimiter, LF, CRLF or CR line ends, quoted fields with doubled quotes and line breaks inside.
//
// A scanned block is three flat arrays, one entry per field in record order:
//   starts[i], ends[i]   byte range of the field's text, without its quotes
//   flags[i]             PLAIN, QUOTED, or ESCAPED (quoted, with "" inside that still need undoubling)

import { CODE, DatabaseError } from '../base/errors.ts'

const PLAIN = 0
const QUOTED = 1
export const ESCAPED = 2

const QUOTE = 34
const LF = 10
const CR = 13

/** Fields of the records found by one scan. */
export class CsvBlock {
  rowCount = 0
  /** Fields per record. */
  width: number
  bytes: Buffer = Buffer.alloc(0)
  starts = new Int32Array(1024)
  ends = new Int32Array(1024)
  flags = new Uint8Array(1024)
  /** Line of the file on which each record starts, 1-based. */
  lines = new Int32Array(256)

  /** `width` 0 takes the number of fields from the first record. */
  constructor(width: number) {
    this.width = width
  }

  /** Makes room for one more record of at least `fields` fields. */
  private reserve(field: number, row: number): void {
    if (field >= this.starts.length) {
      this.starts = grown(this.starts, Int32Array)
      this.ends = grown(this.ends, Int32Array)
      this.flags = grown(this.flags, Uint8Array)
    }
    if (row >= this.lines.length) this.lines = grown(this.lines, Int32Array)
  }

  /** Text of a field, undoubled. */
  text(row: number, column: number): string {
    const i = row * this.width + column
    const text = this.bytes.toString('utf8', this.starts[i]!, this.ends[i]!)
    return this.flags[i] === ESCAPED ? text.replaceAll('""', '"') : text
  }

  /** True for an empty field without quotes. */
  isNull(row: number, column: number): boolean {
    const i = row * this.width + column
    return this.starts[i] === this.ends[i] && this.flags[i] === PLAIN
  }

  /**
   * Scans whole records of bytes[begin, end). Returns where the first incomplete record starts; with `isLast`
   * the last record needs no line end. `line` is the line of `begin`; the line after it is in `nextLine`.
   */
  scan(bytes: Buffer, begin: number, end: number, options: ScanOptions): number {
    const { delimiter, isLast, maxRows } = options
    this.bytes = bytes
    this.rowCount = 0
    this.nextLine = options.line
    let pos = begin
    let field = 0
    while (pos < end && this.rowCount < maxRows) {
      const recordField = field
      const line = this.nextLine
      let at = pos
      for (;;) {
        this.reserve(field, this.rowCount)
        at = this.scanField(field, at, end, options)
        if (at < 0) return this.rewind(line, pos)
        field++
        const c = at < end ? bytes[at] : LF
        at++
        if (c === delimiter) {
          if (at >= end && !isLast) return this.rewind(line, pos)
          continue
        }
        if (c === CR) {
          if (at < end ? bytes[at] === LF : !isLast) at++
          if (at > end) return this.rewind(line, pos)
        }
        break
      }
      this.nextLine++
      pos = Math.min(at, end)
      field = this.endRecord(recordField, field, line)
    }
    return pos
  }

  /** Line of the byte after the last scanned record. */
  nextLine = 1

  private rewind(line: number, pos: number): number {
    this.nextLine = line
    return pos
  }

  /** Counts a record; blank lines between records of several fields are dropped. */
  private endRecord(first: number, end: number, line: number): number {
    const count = end - first
    const isBlank = count === 1 && this.flags[first] === PLAIN && this.starts[first] === this.ends[first]
    if (isBlank && this.width !== 1) return first
    if (this.width === 0) this.width = count
    if (count !== this.width) {
      throw new DatabaseError(CODE.INVALID_TEXT,
        `line ${line} has ${count} ${count === 1 ? 'field' : 'fields'}, expected ${this.width}`, {
          line, detail: this.bytes.toString('utf8', this.starts[first]!, Math.min(this.ends[end - 1]!,
            this.starts[first]! + 120)),
        })
    }
    this.lines[this.rowCount++] = line
    return end
  }

  /** Records one field; returns the position of the delimiter or line end after it, or -1 when incomplete. */
  private scanField(field: number, begin: number, end: number, options: ScanOptions): number {
    const { delimiter, isLast } = options
    const bytes = this.bytes
    if (bytes[begin] === QUOTE && begin < end) return this.scanQuoted(field, begin, end, options)
    let pos = begin
    while (pos < end) {
      const c = bytes[pos]!
      if (c === delimiter || c === LF || c === CR) break
      pos++
    }
    if (pos >= end && !isLast) return -1
    this.starts[field] = begin
    this.ends[field] = pos
    this.flags[field] = PLAIN
    return pos
  }

  private scanQuoted(field: number, begin: number, end: number, options: ScanOptions): number {
    const bytes = this.bytes
    const line = this.nextLine
    let flag = QUOTED
    let pos = begin + 1
    for (;;) {
      pos = bytes.indexOf(QUOTE, pos)
      if (pos < 0 || pos >= end) {
        if (!options.isLast) return -1
        throw new DatabaseError(CODE.INVALID_TEXT, `line ${line}: quoted field has no closing quote`, { line })
      }
      if (pos + 1 >= end && !options.isLast) return -1
      if (bytes[pos + 1] !== QUOTE || pos + 1 >= end) break
      flag = ESCAPED
      pos += 2
    }
    this.starts[field] = begin + 1
    this.ends[field] = pos
    this.flags[field] = flag
    for (let at = bytes.indexOf(LF, begin); at >= 0 && at < pos; at = bytes.indexOf(LF, at + 1)) this.nextLine++
    const next = bytes[pos + 1]
    if (pos + 1 < end && next !== options.delimiter && next !== LF && next !== CR) {
      throw new DatabaseError(CODE.INVALID_TEXT,
        `line ${this.nextLine}: "${String.fromCharCode(next!)}" after the closing quote of a field`, { line })
    }
    return pos + 1
  }
}

/** Where and how to scan. */
export interface ScanOptions {
  /** Byte of the delimiter. */
  readonly delimiter: number
  readonly isLast: boolean
  readonly maxRows: number
  readonly line: number
}

function grown<T extends Int32Array | Uint8Array>(array: T, make: new (length: number) => T): T {
  const bigger = new make(array.length * 2)
  bigger.set(array)
  return bigger
}
