// docs/TRANSACTIONS.md draws the states that the code runs on, and claims what the Hermitage tests check.
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { SESSION_TRANSITIONS, STATEMENT_TRANSITIONS, next } from '../../src/api/session-states.ts'
import { open } from '../../src/index.ts'
import { INTERVALS_MAX, POINTS_MAX } from '../../storage/txn/read-set.ts'

const text = readFileSync(new URL('../../docs/TRANSACTIONS.md', import.meta.url), 'utf8')

/** Arrows of the Mermaid diagram below a heading, without those from and to [*]. */
function arrowsBelow(heading: string): string[] {
  const section = text.slice(text.indexOf(`## ${heading}\n`))
  const diagram = /```mermaid\nstateDiagram-v2\n([^]*?)```/.exec(section)![1]!
  return diagram.trim().split('\n').map((line) => line.trim()).filter((line) => !line.includes('[*]'))
}

test.each([['Waiting', STATEMENT_TRANSITIONS], ['States of a session', SESSION_TRANSITIONS]] as const)(
  'the diagram of "%s" shows every transition and no other', (heading, transitions) => {
    const arrows = transitions.map(({ from, event, to }) => `${from} --> ${to}: ${event}`)
    expect(arrowsBelow(heading)).toEqual(expect.arrayContaining(arrows))
    expect(arrowsBelow(heading).length).toBe(arrows.length)
    expect(new Set(arrows).size).toBe(arrows.length)
  })

test('an event leads to one state, or cannot happen', () => {
  for (const { from, event, to } of SESSION_TRANSITIONS) expect(next(SESSION_TRANSITIONS, from, event)).toBe(to)
  expect(next(SESSION_TRANSITIONS, 'idle', 'COMMIT')).toBeNull()
  expect(next(STATEMENT_TRANSITIONS, 'done', 'released')).toBeNull()
})

test('limits and figures are those of the code', async () => {
  const numbers = (words: string): string => new RegExp(`([\\d,]+) ${words}`).exec(text)![1]!.replace(',', '')
  expect([Number(numbers('keys or')), Number(numbers('intervals'))]).toEqual([POINTS_MAX, INTERVALS_MAX])
  const db = await open(':memory:')
  const { transactions } = db.stats()
  const table = text.slice(text.indexOf('| `stats().transactions`'))
  const named = [...table.matchAll(/^\| (`.*?) \|/gm)].flatMap((row) => [...row[1]!.matchAll(/`(\w+)`/g)])
    .map((match) => match[1]!)
  expect(named.length).toBeGreaterThan(8)
  for (const name of named) expect(transactions).toHaveProperty(name)
  db.close()
})
