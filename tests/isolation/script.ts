// Scripted sessions: steps that run one after the other, each in its session, with what must come of them. A step may
// wait for a lock; a later step says what it resumed with.
import { expect } from 'vitest'
import { DatabaseError } from '../../src/index.ts'
import type { Connection, Database, ExecuteResult } from '../../src/index.ts'

/** Rows as arrays, a number of changed rows, an error code, or 'waits'. Absent: anything but an error or a wait. */
export type Outcome = readonly (readonly unknown[])[] | number | string | undefined

/** Session (1, 2, …), statement, outcome. The statement 'resumes' is the one that waits in that session. */
export type Step = readonly [session: number, sql: string, outcome?: Outcome]

/** Lets every statement that can go on, go on. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 30; i++) await null
}

/** Runs the steps; every session begins outside of a transaction. */
export async function runScript(db: Database, steps: readonly Step[]): Promise<void> {
  const sessions = new Map<number, Connection>()
  const waiting = new Map<number, Promise<unknown>>()
  for (const [number, sql, outcome] of steps) {
    const session = sessions.get(number) ?? db.connect()
    sessions.set(number, session)
    const label = `${number}: ${sql}`
    if (sql === 'resumes') {
      const result = waiting.get(number)
      expect(result, label).toBeDefined()
      waiting.delete(number)
      check(label, await result, outcome)
      continue
    }
    expect(waiting.has(number), `${label} while an earlier statement waits`).toBe(false)
    let result: unknown = 'waits'
    const promise = outcomeOf(session.execute(sql))
    void promise.then((value) => { result = value })
    await settle()
    if (result === 'waits') waiting.set(number, promise)
    check(label, result, outcome)
  }
  expect([...waiting.keys()], 'sessions that still wait').toEqual([])
  for (const session of sessions.values()) session.close()
}

async function outcomeOf(result: Promise<ExecuteResult>): Promise<ExecuteResult | string> {
  try {
    return await result
  } catch (error) {
    if (error instanceof DatabaseError) return error.code
    throw error
  }
}

function check(label: string, result: unknown, outcome: Outcome): void {
  if (typeof result === 'string') {
    expect([label, result]).toEqual([label, outcome ?? 'no error'])
    return
  }
  const { rows, changes } = result as ExecuteResult
  if (outcome === undefined) return
  if (typeof outcome === 'number') expect([label, changes]).toEqual([label, outcome])
  else expect([label, rows.map((row) => Object.values(row))]).toEqual([label, outcome])
}
