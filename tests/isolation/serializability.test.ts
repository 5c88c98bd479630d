// SERIALIZABLE is serializable: random histories, each compared with every serial order of its committed transactions.
// The same histories at the weaker levels must sometimes have no such order, or this test could not fail.
import { describe, expect, test } from 'vitest'
import { Random } from '../../src/base/random.ts'
import { open } from '../../src/index.ts'
import type { OpenOptions } from '../../src/index.ts'
import { isSerializable, runHistory } from './history.ts'

const TINY: OpenOptions = { mergeEveryCommit: true, rowGroupRows: 64, deltaRows: 1, poolFrames: 8, checkpointEvery: 1 }

async function count(
  level: string, options: OpenOptions, histories: number, seed: number, more = '',
): Promise<{ broken: number; committed: number; refused: number; example: string }> {
  const db = await open(':memory:', options)
  db.exec(`CREATE TABLE t (id INTEGER PRIMARY KEY, v INTEGER); ${more}`)
  const random = new Random(seed)
  const counts = { broken: 0, committed: 0, refused: 0, example: '' }
  for (let i = 0; i < histories; i++) {
    const history = runHistory(db, random, level, 2 + random.below(4))
    counts.committed += history.done.length
    counts.refused += history.refused
    if (isSerializable(history)) continue
    counts.broken++
    const steps = history.done.map((done) => done.operations.map((one, k) => `${one.name} -> ${done.seen[k]!}`))
    counts.example ||= JSON.stringify({ before: history.before, after: history.after, steps }, null, 1)
  }
  expect(db.stats().transactions).toMatchObject({ recentCommits: 0, locksHeld: 0 })
  db.close()
  return counts
}

describe.each([['ordinary', {}, 1500], ['tiny thresholds', TINY, 400]] as const)('%s', (_, options, histories) => {
  test.each([1, 2])('SERIALIZABLE, seed %i: every history has a serial order', async (seed) => {
    const { broken, committed, refused, example } = await count('SERIALIZABLE', options, histories, seed)
    expect(broken, example).toBe(0)
    expect(committed).toBeGreaterThan(refused)
  })

  test('SERIALIZABLE with a secondary index', async () => {
    const { broken, example } = await count('SERIALIZABLE', options, histories, 3, 'CREATE INDEX t_v ON t (v)')
    expect(broken, example).toBe(0)
  })

  test.each(['REPEATABLE READ', 'READ COMMITTED'])('%s: some have none', async (level) => {
    const { broken } = await count(level, options, histories, 1)
    expect(broken).toBeGreaterThan(0)
  })
})
