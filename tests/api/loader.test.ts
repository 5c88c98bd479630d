import { afterEach, beforeEach, expect, test } from 'vitest'
import { open } from '../../src/index.ts'
import type { Database } from '../../src/index.ts'

let db: Database

beforeEach(async () => {
  db = await open(':memory:', { memory: '64MB' })
  db.exec("CREATE TABLE city (id INTEGER PRIMARY KEY, name TEXT, size INTEGER DEFAULT 7)")
})

afterEach(() => db.close())

test('pieces in any order become one sorted table at finish', () => {
  const loader = db.table('city').loader()
  for (let piece = 9; piece >= 0; piece--) {
    const ids = Int32Array.from({ length: 1000 }, (_, i) => (999 - i) * 10 + piece)
    loader.add({ id: ids, name: Array.from(ids, (id) => `city ${id}`) })
  }
  expect(db.table('city').get(5)).toBeUndefined()
  expect(loader.finish()).toBe(10_000)
  expect(db.table('city').get(5)).toEqual({ id: 5, name: 'city 5', size: 7 })
  expect(
    db.prepare('SELECT count(*) AS n, min(id) AS lo, max(id) AS hi FROM city').get()
  ).toEqual({ n: 10_000, lo: 0, hi: 9999 })
})

test('abort, bad values and duplicates leave the table as it was', () => {
  db.exec("INSERT INTO city VALUES (1, 'one', 1)")
  const aborted = db.table('city').loader()
  aborted.add({ id: [2, 3] })
  aborted.abort()
  expect(() => aborted.finish()).toThrow(expect.objectContaining({ code: '55000' }))
  expect(() => db.table('city').loader().add({ id: [null] })).toThrow(expect.objectContaining({ code: '23502' }))
  const duplicate = db.table('city').loader()
  duplicate.add({ id: [5, 1] })
  expect(() => duplicate.finish()).toThrow(expect.objectContaining({ code: '23505' }))
  expect(db.prepare('SELECT id FROM city').all()).toEqual([{ id: 1 }])
})

test('replace and skip decide who wins', () => {
  db.exec("INSERT INTO city VALUES (1, 'old', 1)")
  for (const [onConflict, name] of [['skip', 'old'], ['replace', 'new']] as const) {
    const loader = db.table('city').loader({ onConflict })
    loader.add({ id: [1, 2], name: ['new', 'new'] })
    loader.finish()
    expect(db.table('city').get(1)?.name).toBe(name)
  }
})

test('not inside a transaction, and not with a misspelt option', () => {
  db.transaction(() => {
    expect(() => db.table('city').loader()).toThrow(expect.objectContaining({ code: '25001' }))
  })
  expect(
    () => db.table('city').loader({ onconflict: 'skip' } as object)
  ).toThrow(expect.objectContaining({ code: '22023' }))
})
