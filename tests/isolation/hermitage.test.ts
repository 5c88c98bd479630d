// The Hermitage scenarios (Martin Kleppmann, github.com/ept/hermitage) at every isolation level, with the outcome that
// PostgreSQL has: which anomalies a level permits, who waits, and who fails with 40001. One difference in when: a
// SERIALIZABLE transaction that cannot be serialized is told at COMMIT here, in PostgreSQL sometimes a statement
// earlier.
import { describe, test } from 'vitest'
import { open } from '../../src/index.ts'
import type { OpenOptions } from '../../src/index.ts'
import { runScript } from './script.ts'
import type { Step } from './script.ts'

const LEVELS = ['READ UNCOMMITTED', 'READ COMMITTED', 'REPEATABLE READ', 'SERIALIZABLE'] as const
type Level = (typeof LEVELS)[number]

const TINY: OpenOptions = { mergeEveryCommit: true, rowGroupRows: 64, deltaRows: 1, poolFrames: 8, checkpointEvery: 1 }
const ALL = 'SELECT * FROM test ORDER BY id'
const FAILED = '40001'

/** Steps of a scenario; `rc` tells the READ COMMITTED outcome from that of a kept snapshot. */
type Scenario = (level: { rc: boolean; serializable: boolean }) => Step[]

const SCENARIOS: Readonly<Record<string, Scenario>> = {
  'G0 write cycles': ({ rc }) => [
    [1, 'UPDATE test SET value = 11 WHERE id = 1', 1],
    [2, 'UPDATE test SET value = 12 WHERE id = 1', 'waits'],
    [1, 'UPDATE test SET value = 21 WHERE id = 2', 1],
    [1, 'COMMIT'],
    ...rc ? [
      [2, 'resumes', 1], [1, ALL, [[1, 11], [2, 21]]], [2, 'UPDATE test SET value = 22 WHERE id = 2', 1], [2, 'COMMIT'],
      [1, ALL, [[1, 12], [2, 22]]],
    ] as Step[] : [[2, 'resumes', FAILED], [2, 'ROLLBACK'], [1, ALL, [[1, 11], [2, 21]]]] as Step[],
  ],
  'G1a aborted reads': () => [
    [1, 'UPDATE test SET value = 101 WHERE id = 1', 1],
    [2, ALL, [[1, 10], [2, 20]]],
    [1, 'ROLLBACK'],
    [2, ALL, [[1, 10], [2, 20]]],
    [2, 'COMMIT'],
  ],
  'G1b intermediate reads': ({ rc }) => [
    [1, 'UPDATE test SET value = 101 WHERE id = 1', 1],
    [2, ALL, [[1, 10], [2, 20]]],
    [1, 'UPDATE test SET value = 11 WHERE id = 1', 1],
    [1, 'COMMIT'],
    [2, ALL, [[1, rc ? 11 : 10], [2, 20]]],
    [2, 'COMMIT'],
  ],
  'G1c circular information flow': ({ serializable }) => [
    [1, 'UPDATE test SET value = 11 WHERE id = 1', 1],
    [2, 'UPDATE test SET value = 22 WHERE id = 2', 1],
    [1, 'SELECT * FROM test WHERE id = 2', [[2, 20]]],
    [2, 'SELECT * FROM test WHERE id = 1', [[1, 10]]],
    [1, 'COMMIT'],
    [2, 'COMMIT', serializable ? FAILED : undefined],
    [1, ALL, [[1, 11], [2, serializable ? 20 : 22]]],
  ],
  'OTV observed transaction vanishes': ({ rc }) => [
    [1, 'UPDATE test SET value = 11 WHERE id = 1', 1],
    [1, 'UPDATE test SET value = 19 WHERE id = 2', 1],
    [2, 'UPDATE test SET value = 12 WHERE id = 1', 'waits'],
    [1, 'COMMIT'],
    [2, 'resumes', rc ? 1 : FAILED],
    [3, 'SELECT * FROM test WHERE id = 1', [[1, 11]]],
    ...rc ? [[2, 'UPDATE test SET value = 18 WHERE id = 2', 1]] as Step[] : [],
    [3, 'SELECT * FROM test WHERE id = 2', [[2, 19]]],
    [2, rc ? 'COMMIT' : 'ROLLBACK'],
    [3, 'SELECT * FROM test WHERE id = 2', [[2, rc ? 18 : 19]]],
    [3, 'SELECT * FROM test WHERE id = 1', [[1, rc ? 12 : 11]]],
    [3, 'COMMIT'],
  ],
  'PMP predicate-many-preceders, read': ({ rc }) => [
    [1, 'SELECT * FROM test WHERE value = 30', []],
    [2, 'INSERT INTO test VALUES (3, 30)', 1],
    [2, 'COMMIT'],
    [1, 'SELECT * FROM test WHERE value % 3 = 0', rc ? [[3, 30]] : []],
    [1, 'COMMIT'],
  ],
  'PMP predicate-many-preceders, write': ({ rc }) => [
    [1, 'UPDATE test SET value = value + 10', 2],
    [2, 'SELECT * FROM test WHERE value = 20', [[2, 20]]],
    [2, 'DELETE FROM test WHERE value = 20', 'waits'],
    [1, 'COMMIT'],
    ...rc ? [[2, 'resumes', 0], [2, 'SELECT * FROM test WHERE value = 20', [[1, 20]]], [2, 'COMMIT']] as Step[]
      : [[2, 'resumes', FAILED], [2, 'ROLLBACK']] as Step[],
    [1, ALL, [[1, 20], [2, 30]]],
  ],
  'P4 lost update': ({ rc }) => [
    [1, 'SELECT * FROM test WHERE id = 1', [[1, 10]]],
    [2, 'SELECT * FROM test WHERE id = 1', [[1, 10]]],
    [1, 'UPDATE test SET value = 11 WHERE id = 1', 1],
    [2, 'UPDATE test SET value = 12 WHERE id = 1', 'waits'],
    [1, 'COMMIT'],
    [2, 'resumes', rc ? 1 : FAILED],
    [2, rc ? 'COMMIT' : 'ROLLBACK'],
    [1, ALL, [[1, rc ? 12 : 11], [2, 20]]],
  ],
  'G-single read skew': ({ rc }) => [
    [1, 'SELECT * FROM test WHERE id = 1', [[1, 10]]],
    [2, 'SELECT * FROM test WHERE id = 1', [[1, 10]]],
    [2, 'SELECT * FROM test WHERE id = 2', [[2, 20]]],
    [2, 'UPDATE test SET value = 12 WHERE id = 1', 1],
    [2, 'UPDATE test SET value = 18 WHERE id = 2', 1],
    [2, 'COMMIT'],
    [1, 'SELECT * FROM test WHERE id = 2', [[2, rc ? 18 : 20]]],
    [1, 'COMMIT'],
  ],
  'G-single read skew by predicates': ({ rc }) => [
    [1, 'SELECT * FROM test WHERE value % 5 = 0 ORDER BY id', [[1, 10], [2, 20]]],
    [2, 'UPDATE test SET value = 12 WHERE value = 10', 1],
    [2, 'COMMIT'],
    [1, 'SELECT * FROM test WHERE value % 3 = 0', rc ? [[1, 12]] : []],
    [1, 'COMMIT'],
  ],
  'G-single read skew, then a write by a predicate': ({ rc }) => [
    [1, 'SELECT * FROM test WHERE id = 1', [[1, 10]]],
    [2, ALL, [[1, 10], [2, 20]]],
    [2, 'UPDATE test SET value = 12 WHERE id = 1', 1],
    [2, 'UPDATE test SET value = 18 WHERE id = 2', 1],
    [2, 'COMMIT'],
    [1, 'DELETE FROM test WHERE value = 20', rc ? 0 : FAILED],
    [1, 'ROLLBACK'],
  ],
  'G-single interleaved with an abort': () => [
    [1, 'SELECT * FROM test WHERE id = 1', [[1, 10]]],
    [2, ALL, [[1, 10], [2, 20]]],
    [2, 'UPDATE test SET value = 12 WHERE id = 1', 1],
    [1, 'DELETE FROM test WHERE value = 20', 1],
    [2, 'UPDATE test SET value = 18 WHERE id = 2', 'waits'],
    [1, 'ROLLBACK'],
    [2, 'resumes', 1],
    [2, 'COMMIT'],
    [1, ALL, [[1, 12], [2, 18]]],
  ],
  'G2-item write skew': ({ serializable }) => [
    [1, 'SELECT * FROM test WHERE id IN (1, 2) ORDER BY id', [[1, 10], [2, 20]]],
    [2, 'SELECT * FROM test WHERE id IN (1, 2) ORDER BY id', [[1, 10], [2, 20]]],
    [1, 'UPDATE test SET value = 11 WHERE id = 1', 1],
    [2, 'UPDATE test SET value = 21 WHERE id = 2', 1],
    [1, 'COMMIT'],
    [2, 'COMMIT', serializable ? FAILED : undefined],
    [1, ALL, [[1, 11], [2, serializable ? 20 : 21]]],
  ],
  'G2 anti-dependency cycles by predicates': ({ serializable }) => [
    [1, 'SELECT * FROM test WHERE value % 3 = 0', []],
    [2, 'SELECT * FROM test WHERE value % 3 = 0', []],
    [1, 'INSERT INTO test VALUES (3, 30)', 1],
    [2, 'INSERT INTO test VALUES (4, 42)', 1],
    [1, 'COMMIT'],
    [2, 'COMMIT', serializable ? FAILED : undefined],
    [1, 'SELECT * FROM test WHERE value % 3 = 0 ORDER BY id', serializable ? [[3, 30]] : [[3, 30], [4, 42]]],
  ],
  'G2 two anti-dependency edges (Fekete)': ({ rc, serializable }) => [
    [1, ALL, [[1, 10], [2, 20]]],
    [2, 'UPDATE test SET value = value + 5 WHERE id = 2', 1],
    [2, 'COMMIT'],
    [3, ALL, [[1, 10], [2, 25]]],
    [3, 'COMMIT'],
    [1, 'UPDATE test SET value = 0 WHERE id = 1', 1],
    [1, ALL, [[1, 0], [2, rc ? 25 : 20]]],
    [1, 'COMMIT', serializable ? FAILED : undefined],
    [2, ALL, [[1, serializable ? 10 : 0], [2, 25]]],
  ],
}

function begun(level: Level, steps: readonly Step[]): Step[] {
  const sessions = [...new Set(steps.map(([session]) => session))].sort()
  return [
    ...sessions.flatMap((session): Step[] => [
      [session, 'BEGIN'], [session, `SET TRANSACTION ISOLATION LEVEL ${level}`],
    ]),
    ...steps,
  ]
}

describe.each([['ordinary', {}], ['tiny thresholds', TINY]] as const)('%s', (_, options) => {
  describe.each(LEVELS)('%s', (level) => {
    test.each(Object.entries(SCENARIOS))('%s', async (_name, scenario) => {
      const db = await open(':memory:', options)
      db.exec('CREATE TABLE test (id INT PRIMARY KEY, value INT); INSERT INTO test VALUES (1, 10), (2, 20)')
      const steps = scenario({ rc: level.startsWith('READ'), serializable: level === 'SERIALIZABLE' })
      await runScript(db, begun(level, steps))
      db.close()
    })
  })
})
