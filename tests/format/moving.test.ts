// "Moving and copying a database" in docs/FORMAT.md: file and folder belong together, and what does not
// belong together is refused.
import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { INTEGER } from '../../src/base/types.ts'
import { ColumnStage, appendColumns, openEngine, walFolder } from '../../storage/mod.ts'
import type { Engine } from '../../storage/mod.ts'
import { reading, scanRows } from '../storage/rows.ts'

const folder = mkdtempSync(join(tmpdir(), 'secantdb-moving-'))
afterAll(() => rmSync(folder, { recursive: true }))

const SCHEMA = { name: 't', columns: [{ name: 'k', type: INTEGER, nullable: false }], key: [0] }
const OPTIONS = { memoryBytes: 16 * 1024 * 1024, bulkRows: 2, deltaRows: 1_000_000 }
let count = 0

function freshPath(): string {
  return join(folder, `${++count}.sdb`)
}

async function using<T>(path: string, use: (engine: Engine) => T): Promise<T> {
  const engine = await openEngine(path, OPTIONS)
  try {
    return use(engine)
  } finally {
    engine.close()
  }
}

function put(engine: Engine, ...keys: number[]): void {
  const txn = engine.begin()
  if (!engine.catalog.has('t')) txn.createTable(SCHEMA)
  for (const key of keys) txn.put('t', [key])
  txn.commit()
}

function bulk(engine: Engine, ...keys: number[]): void {
  const stage = new ColumnStage(INTEGER, keys.length)
  for (const key of keys) stage.append(key)
  appendColumns(engine, 't', [stage], 'error', null)
}

function keys(engine: Engine): unknown[] {
  const rows = reading(engine, (txn) => scanRows(engine, txn.tables('t'), { order: 'ascending' }))
  return rows.map((row) => row[0])
}

/** Copies the file of one database and the folder of another. */
function combine(file: string, log: string): string {
  const path = freshPath()
  cpSync(file, path)
  cpSync(walFolder(log), walFolder(path), { recursive: true })
  return path
}

test('file and folder together, under another name, are the database', async () => {
  const path = freshPath()
  await using(path, (engine) => put(engine, 1, 2))
  expect(await using(combine(path, path), keys)).toEqual([1, 2])
})

test('without its folder a database that had commits is refused, also after a clean close', async () => {
  const path = freshPath()
  await using(path, (engine) => put(engine, 1))
  rmSync(walFolder(path), { recursive: true })
  await expect(using(path, keys)).rejects.toMatchObject({ code: 'XX001' })
  expect(existsSync(walFolder(path))).toBe(false)
})

test('a database that never had a commit opens without it', async () => {
  const path = freshPath()
  await using(path, () => {})
  rmSync(walFolder(path), { recursive: true })
  expect(await using(path, (engine) => engine.catalog.tables())).toEqual([])
})

test('the folder of another database is refused', async () => {
  const [one, other] = [freshPath(), freshPath()]
  await using(one, (engine) => put(engine, 1))
  await using(other, (engine) => put(engine, 1))
  await expect(using(combine(one, other), keys)).rejects.toMatchObject({ code: 'XX001' })
})

test('a later file with an earlier folder is refused', async () => {
  const path = freshPath()
  await using(path, (engine) => put(engine, 1))
  const earlier = combine(path, path)
  await using(path, (engine) => put(engine, 2))
  await expect(using(combine(path, earlier), keys)).rejects.toMatchObject({ code: 'XX001' })
})

test('an earlier file with a later folder: replayed, but not over a bulk append the log lacks', async () => {
  const path = freshPath()
  await using(path, (engine) => put(engine, 1))
  const earlier = combine(path, path)
  await using(path, (engine) => put(engine, 2))
  expect(await using(combine(earlier, path), keys)).toEqual([1, 2])
  await using(path, (engine) => {
    bulk(engine, 10, 11, 12)
    put(engine, 3)
  })
  await expect(using(combine(earlier, path), keys)).rejects.toMatchObject({ code: 'XX001' })
})
