// table.index(): the figures of the learned index.
import { expect, test } from 'vitest'
import { heavyTailKeys } from '../../datasets/distributions.ts'
import { open } from '../../src/index.ts'
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

test('keys that no line fits: a sampled array, and the plan says so', async () => {
  const db = await open(':memory:', { memory: '64MB', rowGroupRows: 65_536 })
  db.exec('CREATE TABLE t (id DOUBLE PRECISION PRIMARY KEY)')
  const keys = [...new Set(heavyTailKeys(30_000, 7))].sort((a, b) => a - b)
  const loader = db.table('t').loader()
  loader.add({ id: Float64Array.from(keys) })
  loader.finish()
  for (let i = 0; i < keys.length; i += 997) expect(db.table('t').get(keys[i])).toEqual({ id: keys[i] })
  const index = db.table('t').index()
  expect(['sampled', 'mixed']).toContain(index.kind)
  expect(index.advice).toMatch(/sampled/)
  const plan = db.prepare(`EXPLAIN SELECT * FROM t WHERE id = ${keys[5]}`).raw().join('\n')
  expect(plan).toMatch(/no line fits the keys of \d+ of \d+ row groups: sampled array/)
  await db.close()
})
