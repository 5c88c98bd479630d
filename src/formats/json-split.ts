// Cuts a stream of JSON bytes into top-level records without parsing them: the lines of a JSON lines file or
// the elements of one big array. A small state machine over bytes (depth, inside a string, after a backslash)
// survives window borders, so an array of any size is read with bounded memory.

import { CODE, DatabaseError } from '../base/errors.ts'

const QUOTE = 34
const BACKSLASH = 92

/** Finds record borders in consecutive windows of a file. */
export class JsonSplitter {
  /** Borders found by the last call: pairs of begin and end. */
  readonly borders: number[] = []
  private readonly isArray: boolean
  private opened = false
  private closed = false

  /** `isArray`: the file is one array; else every line is a record. */
  constructor(isArray: boolean) {
    this.isArray = isArray
  }

  /** Scans bytes[begin, end); returns where the first incomplete record starts. Throws 22P02. */
  scan(bytes: Buffer, begin: number, end: number, isLast: boolean): number {
    this.borders.length = 0
    return this.isArray ? this.scanArray(bytes, begin, end, isLast) : this.scanLines(bytes, begin, end, isLast)
  }

  private scanLines(bytes: Buffer, begin: number, end: number, isLast: boolean): number {
    let pos = begin
    while (pos < end) {
      let stop = bytes.indexOf(10, pos)
      if (stop < 0 || stop >= end) {
        if (!isLast) break
        stop = end
      }
      const first = skipBlanks(bytes, pos, stop)
      if (first < stop) this.borders.push(first, stop)
      pos = Math.min(stop + 1, end)
    }
    return pos
  }

  private scanArray(bytes: Buffer, begin: number, end: number, isLast: boolean): number {
    let pos = begin
    for (;;) {
      pos = skipBlanks(bytes, pos, end)
      if (pos >= end) break
      const c = bytes[pos]
      if (this.closed) throw new DatabaseError(CODE.INVALID_TEXT, 'text after the end of the JSON array')
      if (!this.opened || c === 44) {
        this.opened = true
        pos++
      } else if (c === 93) {
        this.closed = true
        pos++
      } else {
        const stop = endOfValue(bytes, pos, end)
        if (stop < 0) {
          if (isLast) throw new DatabaseError(CODE.INVALID_TEXT, 'the JSON array ends in the middle of an element')
          return pos
        }
        if (stop === pos) {
          const character = String.fromCharCode(c!)
          throw new DatabaseError(CODE.INVALID_TEXT, `unexpected "${character}" between the elements of the JSON array`)
        }
        this.borders.push(pos, stop)
        pos = stop
      }
    }
    if (isLast && !this.closed) throw new DatabaseError(CODE.INVALID_TEXT, 'the JSON array has no closing bracket')
    return pos
  }
}

function skipBlanks(bytes: Buffer, begin: number, end: number): number {
  let pos = begin
  while (pos < end && bytes[pos]! <= 32) pos++
  return pos
}

/** Position after the value that starts at `begin`, or -1 when it is not complete. */
function endOfValue(bytes: Buffer, begin: number, end: number): number {
  let depth = 0
  for (let pos = begin; pos < end; pos++) {
    const c = bytes[pos]!
    if (c === QUOTE) {
      pos++
      while (pos < end && bytes[pos] !== QUOTE) pos += bytes[pos] === BACKSLASH ? 2 : 1
      if (pos >= end) return -1
    } else if (c === 123 || c === 91) depth++
    else if (c === 125 || c === 93) {
      if (depth === 0) return pos
      if (--depth === 0) return pos + 1
    } else if (c === 44 && depth === 0) return pos
  }
  return -1
}
