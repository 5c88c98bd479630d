// From a character position in SQL text to line, column and a caret picture, as psql shows it:
//
//   syntax error at or near "FORM"
//   LINE 2:   FORM t
//             ^
//
// Positions inside the SQL front end are 1-based characters (code points) of the text the user gave.
import { CODE, DatabaseError } from '../base/errors.ts'

/** Longest part of a line shown on each side of the caret. */
const CONTEXT = 60

/** Index into a JavaScript string of the 1-based character `position`. */
function indexOfPosition(text: string, position: number): number {
  let index = 0
  for (let character = 1; character < position && index < text.length; character++) {
    index += text.codePointAt(index)! > 0xffff ? 2 : 1
  }
  return index
}

/** 1-based character position of a JavaScript string index. Cost: one pass over the text before it. */
export function positionOfIndex(text: string, index: number): number {
  let position = 1
  for (let i = 0; i < index && i < text.length; position++) i += text.codePointAt(i)! > 0xffff ? 2 : 1
  return position
}

/**
 * Adds line, column and a caret picture to an error that has a position in `text` and none yet.
 * Any other value is returned as it is, so a catch block can pass whatever it caught; but a stack that overflowed
 * (a thousand views or common tables inside each other) is 54001, as in PostgreSQL.
 */
export function decorateError(error: unknown, text: string): unknown {
  if (error instanceof RangeError && /call stack/i.test(error.message)) {
    const hint = 'The statement nests too deeply.'
    return new DatabaseError(CODE.TOO_COMPLEX, 'stack depth limit exceeded', { hint })
  }
  if (!(error instanceof DatabaseError) || error.position === undefined || error.line !== undefined) return error
  const index = indexOfPosition(text, error.position)
  const lineStart = text.lastIndexOf('\n', index - 1) + 1
  const lineEnd = text.indexOf('\n', index)
  const line = text.slice(lineStart, lineEnd < 0 ? text.length : lineEnd).replace(/\r$/, '')
  error.line = text.slice(0, lineStart).split('\n').length
  error.column = Array.from(text.slice(lineStart, index)).length + 1
  error.message = `${error.message}\n${caretPicture(line, error.column, error.line)}`
  return error
}

function caretPicture(line: string, column: number, lineNumber: number): string {
  const characters = Array.from(line.replace(/\t/g, ' '))
  const from = Math.max(0, column - 1 - CONTEXT)
  const shown = characters.slice(from, column - 1 + CONTEXT)
  const before = from > 0 ? '…' : ''
  const after = column - 1 + CONTEXT < characters.length ? '…' : ''
  const head = `LINE ${lineNumber}: ${before}`
  return `${head}${shown.join('')}${after}\n${' '.repeat(head.length + column - 1 - from)}^`
}
