// Random schedules through session.execute(): sessions that lock, change and wait for each other's rows, at every
// level. None hangs, money is neither made nor lost, and every refusal is one that a level may answer with.
import { describe, expect, test } from 'vitest'
import { Random } from '../../src/base/random.ts'
import { DatabaseError, open } from '../../src/index.ts'
import type { Connection, Database } from '../../src/index.ts'

const ACCOUNTS = 6
const RETRY = ['40001', '40P01']

/** Moves an amount between two accounts in a transaction, again and again until it commits. */
async function transfer(session: Connection, random: Random, level: string): Promise<string[]> {
  const refusals: string[] = []
  const [from, to] = [random.below(ACCOUNTS), random.below(ACCOUNTS)]
  for (;;) {
    try {
      await session.execute(`BEGIN ISOLATION LEVEL ${level}`)
      const lock = random.chance(0.5) ? ' FOR UPDATE' : ''
      const { rows } = await session.execute(`SELECT v FROM account WHERE id = $1${lock}`, [from])
      if (random.chance(0.1)) await session.execute('SELECT * FROM account FOR SHARE SKIP LOCKED')
      if (random.chance(0.2)) await session.execute('UPDATE account SET v = v + 0 WHERE id >= $1', [from])
      await session.execute('UPDATE account SET v = v - 1 WHERE id = $1', [from])
      await session.execute('UPDATE account SET v = v + 1 WHERE id = $1', [to])
      if (random.chance(0.1)) await session.execute('SELECT 1/0')
      await session.execute('COMMIT')
      expect(rows.length).toBe(1)
      return refusals
    } catch (error) {
      if (!(error instanceof DatabaseError)) throw error
      refusals.push(error.code)
      if (session.inTransaction) await session.execute('ROLLBACK')
      if (error.code === '22012') return refusals
      expect(RETRY).toContain(error.code)
    }
  }
}

async function total(db: Database): Promise<unknown> {
  return (await db.execute('SELECT count(*)::int AS n, sum(v)::int AS sum FROM account')).rows[0]
}

describe.each(['READ COMMITTED', 'REPEATABLE READ', 'SERIALIZABLE'])('%s', (level) => {
  test('transfers between few accounts from many sessions', async () => {
    const db = await open(':memory:', { deltaRows: 64, rowGroupRows: 64 })
    db.exec('CREATE TABLE account (id INTEGER PRIMARY KEY, v INTEGER)')
    for (let id = 0; id < ACCOUNTS; id++) db.table('account').put({ id, v: 100 })
    const random = new Random(7)
    const refusals = new Set<string>()
    for (let round = 0; round < 25; round++) {
      const sessions = Array.from({ length: 2 + random.below(5) }, () => db.connect())
      const work = sessions.map(async (session) => {
        session.exec('PRAGMA busy_timeout = 100000')
        for (let i = 0; i < 4; i++) for (const code of await transfer(session, random, level)) refusals.add(code)
      })
      await Promise.all(work)
      for (const session of sessions) session.close()
      expect(await total(db)).toEqual({ n: ACCOUNTS, sum: 100 * ACCOUNTS })
      expect(db.stats().transactions).toMatchObject({ waiting: 0, locksHeld: 0, lockTimeouts: 0, recentCommits: 0 })
    }
    expect(db.stats().transactions.waits).toBeGreaterThan(50)
    expect(refusals.has('40P01')).toBe(true)
    expect(refusals.has('40001')).toBe(level !== 'READ COMMITTED')
    db.close()
  })
})
