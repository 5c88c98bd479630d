// The types that docs/SQL.md promises for expressions over decimals are the types that statements have.
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { typeName } from '../../src/index.ts'
import { memoryDb } from './shop.ts'

test('the table of result types is true', async () => {
  const text = readFileSync(new URL('../../docs/SQL.md', import.meta.url), 'utf8')
  const table = text.slice(text.indexOf('| expression | type |'), text.indexOf('## Differences to PostgreSQL'))
  const rows = [
    ...table.matchAll(/^\| `([^`]+)` \| ([^|]+) \|$/gm),
  ].map(match => [match[1]!, match[2]!.trim()] as const)
  expect(rows.length).toBeGreaterThan(15)
  const db = await memoryDb(
    'CREATE TABLE t (a DECIMAL(12,2), b DECIMAL(10,4), i INTEGER, l BIGINT, f DOUBLE PRECISION)'
  )
  const found = rows.map(([sql]) => [sql, typeName(db.prepare(`SELECT ${sql} FROM t`).columns[0]!.type)])
  expect(found).toEqual(rows)
})
