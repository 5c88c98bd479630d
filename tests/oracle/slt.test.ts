// SQLite's public query tests (read from outside the repository, skipped when they are not there): thousands
// of generated queries over one table, and IN lists, over tables that are merged after every commit.
import { existsSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { Session } from './session.ts'
import { matchesSlt, readSlt, sltValues } from './slt.ts'
import type { SltRecord } from './slt.ts'

const FOLDER = new URL('../../../shared/slt/', import.meta.url)
/** Files whose records all run here. `differs` are lines where PostgreSQL, and so we, answer otherwise. */
const FILES: readonly { name: string; differs?: readonly number[] }[] = [
  { name: 'select1.test' }, { name: 'select2.test' }, { name: 'select3.test' },
  { name: 'random/groupby/slt_good_0.test' },
  // NULLIF(integer, numeric) is numeric in PostgreSQL, so the division does not truncate.
  { name: 'random/expr/slt_good_0.test', differs: [46600] },
]

function check(session: Session, record: SltRecord): string | null {
  const result = session.run(record.sql)
  if (record.kind === 'statement') return null
  const values = sltValues(record, result.types, result.rows)
  return matchesSlt(record, values) ? null
    : `line ${record.line}: ${record.sql}\n${values.join(' ')}\nexpected ${record.expected.join(' ')}`
}

for (const { name, differs = [] } of FILES) {
  const path = new URL(name, FOLDER)
  test.skipIf(!existsSync(path))(`sqllogictest ${name}`, async () => {
    const session = await Session.open({ rowGroupRows: 64, deltaRows: 16, mergeEveryCommit: true })
    const failures: string[] = []
    let run = 0
    for (const record of readSlt(readFileSync(path, 'utf8'))) {
      try {
        const failure = check(session, record)
        run++
        if (failure !== null && !differs.includes(record.line)) failures.push(failure)
      } catch (error) {
        if (!record.fails) failures.push(`line ${record.line}: ${record.sql}\n${String(error)}`)
      }
    }
    session.close()
    expect(failures.slice(0, 5)).toEqual([])
    expect(run).toBeGreaterThan(1000)
  }, 300_000)
}
