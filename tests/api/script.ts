// Statements with their outcomes, one after the other on one database: rows, the number of changed rows, or the
// SQLSTATE of the error. `@name sql` runs in another session, made when it is first named.
import { expect } from 'vitest'
import type { Database } from '../../src/index.ts'
import { codeOf } from './errors.ts'

/** Pairs of a statement and its outcome. */
export type Script = readonly (readonly [string, unknown[][] | number | string])[]

/** Runs the script; a statement with another outcome fails the test and is named. */
export function runScript(db: Database, script: Script): void {
  const sessions = new Map<string, ReturnType<Database['connect']>>()
  for (const [text, outcome] of script) {
    const [, name, own] = /^(?:@(\w+) )?([\s\S]*)$/.exec(text)!
    if (name !== undefined && !sessions.has(name)) sessions.set(name, db.connect())
    const session = name === undefined ? db : sessions.get(name)!
    if (typeof outcome === 'string') expect(codeOf(() => session.prepare(own!).raw()), text).toBe(outcome)
    else if (typeof outcome === 'number') expect(session.prepare(own!).run().changes, text).toBe(outcome)
    else expect(session.prepare(own!).raw(), text).toEqual(outcome)
  }
}
