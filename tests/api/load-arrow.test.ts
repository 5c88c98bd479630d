// loadArrow(): results are made of the classes of the program's own `import 'apache-arrow'`.
// (This file imports it late, so that open() finds nothing to adopt.)
import { expect, test } from 'vitest'
import { loadArrow } from '../../src/index.ts'
import { memoryDb } from './shop.ts'

test('a table goes through the writer of the same module', async () => {
  const db = await memoryDb()
  const arrow = await loadArrow()
  const own = await import('apache-arrow')
  expect(arrow.Table).toBe(own.Table)
  const table = db.prepare("SELECT 1 AS a, 'x' AS b").arrow()
  expect(own.tableFromIPC(own.tableToIPC(table)).toArray().map(row => row?.toJSON())).toEqual([{ a: 1, b: 'x' }])
})
