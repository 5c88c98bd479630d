// JSON values are kept as the text the user wrote (PostgreSQL's `json`, not `jsonb`): validated once on the
// way in, never re-formatted, so number spelling, key order and duplicates survive.

import { CODE, DatabaseError } from './errors.ts'
import { checkWellFormed } from './utf8.ts'

/** Returns its argument; throws 22P02 when it is not one JSON value, 22021 on lone surrogates. */
export function checkJson(text: string): string {
  try {
    JSON.parse(text)
  } catch (cause) {
    const shown = text.length > 60 ? text.slice(0, 60) + '…' : text
    throw new DatabaseError(CODE.INVALID_TEXT, `invalid input syntax for type json: "${shown}"`, {
      cause, detail: cause instanceof Error ? cause.message : undefined,
    })
  }
  return checkWellFormed(text)
}

/** A plain JavaScript value as JSON text. Throws 22P02 for what JSON cannot say (undefined, bigint, cycles). */
export function jsonFromValue(value: unknown): string {
  let text: string | undefined
  try {
    text = JSON.stringify(value)
  } catch (cause) {
    throw new DatabaseError(CODE.INVALID_TEXT, `value has no JSON form: ${String(cause)}`, { cause })
  }
  if (text === undefined) throw new DatabaseError(CODE.INVALID_TEXT, `value has no JSON form: ${String(value)}`)
  return text
}
