// VACUUM: rows stay, runs and dead rows go, the file gives back what a deleted table or deleted rows held.
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { open } from '../../src/index.ts'

const ROWS = 30_000

test('space comes back, rows stay, also after reopening', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'vacuum-'))
  const path = join(folder, 'v.sdb')
  try {
    const db = await open(path, { memory: '32MB' })
    for (const name of ['kept', 'gone']) {
      db.exec(`CREATE TABLE ${name} (id INTEGER PRIMARY KEY, name TEXT NOT NULL)`)
      const id = Int32Array.from({ length: ROWS }, (_, i) => i)
      db.table(name).append({ id, name: Array.from(id, (i) => `${name} ${i * 7919} ${'x'.repeat(40)}`) })
    }
    db.exec('DROP TABLE gone')
    db.exec('DELETE FROM kept WHERE id >= 20000')
    db.exec("UPDATE kept SET name = 'new' WHERE id < 100")
    const before = statSync(path).size
    const rows = db.prepare('VACUUM').all() as { name: string; value: string }[]
    const figures = Object.fromEntries(rows.map((row) => [row.name, Number(row.value)]))
    expect(figures['bytes_after']).toBe(statSync(path).size)
    expect(figures['bytes_after']).toBeLessThan(before / 2)
    const { tables } = db.stats()
    expect(tables.map(({ deltaEntries, runs, deadRows }) => [deltaEntries, runs, deadRows])).toEqual([[0, 0, 0]])
    expect(() => db.transaction(() => db.exec('VACUUM'))).toThrow(/transaction block/)
    expect(() => db.exec('VACUUM nowhere')).toThrow(/nowhere/)
    const check = (one: typeof db): void => {
      expect(one.prepare('SELECT count(*) AS n FROM kept').get()).toEqual({ n: 20_000 })
      expect(one.table('kept').get(99)).toEqual({ id: 99, name: 'new' })
      expect(one.table('kept').get(20_000)).toBeUndefined()
      expect(one.verify().problems).toEqual([])
    }
    check(db)
    db.exec("INSERT INTO kept VALUES (20000, 'again'); VACUUM kept; DELETE FROM kept WHERE id = 20000")
    db.close()
    const again = await open(path)
    check(again)
    again.close()
    expect(existsSync(path)).toBe(true)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
