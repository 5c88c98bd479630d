// table.index(): the figures of the learned index.
import { expect, test } from 'vitest'
import { memoryDb, numbersDb } from './shop.ts'

test('figures of a fitted table', async () => {
  const db = await numbersDb(5000, { merged: true })
  db.checkpoint()
  db.exec('PRAGMA integrity_check')
  const index = db.table('numbers').index()
  expect(index.kind).toBe('learned')
  expect(index.segments).toBeGreaterThan(0)
  expect(index.maxError).toBeLessThanOrEqual(index.epsilon)
  expect(index.groups.reduce((sum, group) => sum + group.rows, 0)).toBe(index.keys)
  expect(index.groups[0]!.lines[0]).toHaveProperty('slope')
})

test('an empty table', async () => {
  const db = await memoryDb('CREATE TABLE t (id INT PRIMARY KEY)')
  expect(db.table('t').index()).toMatchObject({ keys: 0, segments: 0, groups: [] })
})
