// SQLite's public query tests (read from outside the repository, skipped when they are not there): thousands
// of generated queries over one table, and IN lists, over tables that are merged after every commit.
import { existsSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { CODE, DatabaseError } from '../../src/base/errors.ts'
import { Session } from './session.ts'
import { matchesSlt, readSlt, sltValues } from './slt.ts'
import type { SltRecord } from './slt.ts'

const FOLDER = new URL('../../../shared/slt/', import.meta.url)
/**
 * Files, and the share of their records that must run here: the rest is SQLite's own dialect, or correlated
 * subqueries. `differs` are lines where PostgreSQL, and so we, answer otherwise.
 */
const FILES: readonly { name: string; share: number; differs?: readonly number[] }[] = [
  { name: 'select1.test', share: 0.55 }, { name: 'select2.test', share: 0.55 }, { name: 'select3.test', share: 0.5 },
  { name: 'random/groupby/slt_good_0.test', share: 0.3 },
  // NULLIF(integer, numeric) is numeric in PostgreSQL, so the division does not truncate.
  { name: 'random/expr/slt_good_0.test', share: 0.3, differs: [46600] },
]

/** True for errors that say "not this dialect" rather than "wrong". */
function isForeign(error: unknown): boolean {
  const foreign: readonly string[] = [
    CODE.SYNTAX, CODE.UNSUPPORTED, CODE.UNDEFINED_FUNCTION, CODE.DATATYPE_MISMATCH, CODE.GROUPING,
  ]
  return error instanceof DatabaseError && foreign.includes(error.code)
}

function check(session: Session, record: SltRecord): string | null {
  const result = session.run(record.sql)
  if (record.kind === 'statement') return null
  const values = sltValues(record, result.types, result.rows)
  return matchesSlt(record, values) ? null
    : `line ${record.line}: ${record.sql}\n${values.join(' ')}\nexpected ${record.expected.join(' ')}`
}

for (const { name, share, differs = [] } of FILES) {
  const path = new URL(name, FOLDER)
  test.skipIf(!existsSync(path))(`sqllogictest ${name}`, async () => {
    const session = await Session.open({ rowGroupRows: 64, deltaRows: 16, mergeEveryCommit: true })
    const failures: string[] = []
    let run = 0
    let foreign = 0
    for (const record of readSlt(readFileSync(path, 'utf8'))) {
      try {
        const failure = check(session, record)
        run++
        if (failure !== null && !differs.includes(record.line)) failures.push(failure)
      } catch (error) {
        if (isForeign(error)) foreign++
        else if (!record.fails) failures.push(`line ${record.line}: ${record.sql}\n${String(error)}`)
      }
    }
    session.close()
    expect(failures.slice(0, 5)).toEqual([])
    expect(run / (run + foreign)).toBeGreaterThan(share)
  }, 300_000)
}
