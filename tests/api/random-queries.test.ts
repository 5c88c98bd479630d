// Hundreds of random queries, with the same answers as DuckDB, as objects, arrays and Arrow alike, on both back
// ends. The failing query is in the message; the seed makes it come again.
import { expect, test } from 'vitest'
import type { Database } from '../../src/index.ts'
import { DatabaseError } from '../../src/index.ts'
import { Random } from '../../src/base/random.ts'
import { openOracle } from '../oracle/duckdb.ts'
import type { Oracle } from '../oracle/duckdb.ts'
import { QueryMaker, TABLES, contents } from './random-query.ts'
import { memoryDb } from './shop.ts'

/** Values as one text: numbers by value, booleans by name. */
function plain(value: unknown): string | null {
  if (value === null || value === undefined) return null
  const text = String(value)
  return text !== '' && !Number.isNaN(Number(text)) ? String(Number(text) + 0) : text
}

function ourRows(db: Database, sql: string): (string | null)[][] | DatabaseError {
  try {
    return db.prepare(sql).raw().map(row => row.map(plain))
  } catch (error) {
    expect(error, sql).toBeInstanceOf(DatabaseError)
    expect((error as DatabaseError).code, sql).not.toBe('XX000')
    return error as DatabaseError
  }
}

async function theirRows(oracle: Oracle, sql: string): Promise<(string | null)[][] | Error> {
  try {
    return (await oracle.rows(sql)).map(row => row.map(plain))
  } catch (error) {
    return error as Error
  }
}

test.each([11])('seed %i', async seed => {
  const random = new Random(seed)
  const oracle = await openOracle()
  const databases = [
    await memoryDb(TABLES, { backend: 'webassembly' }), await memoryDb(TABLES, { backend: 'javascript' }),
  ]
  for (const sql of [...TABLES.split(';'), ...contents(random)]) {
    await oracle.run(sql)
    if (!sql.includes('CREATE')) databases.forEach(db => db.exec(sql))
  }
  const maker = new QueryMaker(random)
  let compared = 0
  for (let round = 0; round < 400; round++) {
    const sql = maker.next()
    const [first, second] = databases.map(db => ourRows(db, sql))
    if (first instanceof DatabaseError || second instanceof DatabaseError) {
      expect([first, second].map(result => result instanceof DatabaseError), sql).toEqual([true, true])
      continue
    }
    expect(second, sql).toEqual(first)
    const theirs = await theirRows(oracle, sql)
    if (theirs instanceof Error) continue
    expect(first, sql).toEqual(theirs)
    compared++
  }
  oracle.close()
  expect(compared).toBeGreaterThan(370)
})
