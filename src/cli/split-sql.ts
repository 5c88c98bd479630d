// Cuts a script into single statements, so that each can be run and printed on its own. A statement is handed on
// behind blanks of the same shape as the text before it: positions, lines and columns in its errors are then
// those of the whole script.

import { DatabaseError } from '../base/errors.ts'
import { tokenize } from '../sql/tokenizer.ts'

/** Beyond this many characters only the line breaks before a statement are kept, not the columns. */
const PADDING_MAX = 20_000

/** The statements of a script in order, each with its padding. Throws 42601 for text that never ends. */
export function splitSql(script: string): string[] {
  const statements: string[] = []
  let start = -1
  for (const token of tokenize(script)) {
    if (token.kind === 'symbol' && script[token.start] === ';') {
      if (start >= 0) statements.push(padding(script, start) + script.slice(start, token.start))
      start = -1
    } else if (start < 0) start = token.start
  }
  if (start >= 0) statements.push(padding(script, start) + script.slice(start))
  return statements
}

function padding(script: string, start: number): string {
  const before = script.slice(0, start)
  return before.replace(start > PADDING_MAX ? /[^\n]+/g : /[^\n]/g, start > PADDING_MAX ? '' : ' ')
}

/** True when the text ends with a semicolon outside quotes and comments, so that a shell may run it. */
export function isComplete(text: string): boolean {
  try {
    const last = tokenize(text).at(-1)
    return last === undefined || (last.kind === 'symbol' && text[last.start] === ';')
  } catch (error) {
    // An open quote or comment: the statement goes on on the next line.
    if (error instanceof DatabaseError) return false
    throw error
  }
}
