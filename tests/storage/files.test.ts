// Real files: what cannot be opened says why, and a second writer is refused, from this process and another.
import { spawnSync } from 'node:child_process'
import {
  chmodSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { afterAll, expect, test } from 'vitest'
import { CODE, DatabaseError } from '../../src/base/errors.ts'
import { BIGINT } from '../../src/base/types.ts'
import { openEngine } from '../../storage/mod.ts'

const folder = mkdtempSync(join(tmpdir(), 'secantdb-files-'))
const built = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'dist', 'storage', 'mod.js')
const SMALL = { memoryBytes: 4 << 20 }
afterAll(() => rmSync(folder, { recursive: true, force: true }))

async function codeOf(path: string, readOnly = false): Promise<string | null> {
  try {
    (await openEngine(path, { ...SMALL, readOnly })).close()
    return null
  } catch (error) {
    if (!(error instanceof DatabaseError)) throw error
    expect(error.message).toContain(path)
    return error.code
  }
}

async function make(path: string): Promise<void> {
  const engine = await openEngine(path, SMALL)
  const txn = engine.begin()
  txn.createTable({ name: 't', key: [0], columns: [{ name: 'id', type: BIGINT, nullable: false }] })
  txn.insert('t', [1])
  txn.commit()
  engine.close()
}

test('a directory, a missing file, a foreign file', async () => {
  const directory = join(folder, 'directory')
  mkdirSync(directory)
  expect(await codeOf(directory)).toBe(CODE.WRONG_OBJECT)
  expect(await codeOf(join(folder, 'absent.sdb'), true)).toBe(CODE.UNDEFINED_FILE)
  const foreign = join(folder, 'foreign.sdb')
  writeFileSync(foreign, 'SQLite format 3\0 and so on')
  expect(await codeOf(foreign)).toBe(CODE.WRONG_OBJECT)
  expect(existsSync(`${foreign}-wal`)).toBe(false)
})

test('a file cut to nothing is not taken for a new database', async () => {
  const path = join(folder, 'emptied.sdb')
  await make(path)
  ;(await openEngine(path, SMALL)).close()
  truncateSync(path, 0)
  expect(await codeOf(path)).toBe(CODE.CORRUPT)
})

test('a read-only file can be read', async () => {
  const path = join(folder, 'locked.sdb')
  await make(path)
  chmodSync(path, 0o444)
  if (process.getuid?.() !== 0) expect(await codeOf(path)).toBe(CODE.READ_ONLY)
  expect(await codeOf(path, true)).toBe(null)
})

test('a second writer is refused, a reader is not', async () => {
  const path = join(folder, 'shared.sdb')
  await make(path)
  const engine = await openEngine(path, SMALL)
  expect(await codeOf(path)).toBe(CODE.IN_USE)
  expect(await codeOf(path, true)).toBe(null)
  if (existsSync(built)) {
    const script = `const { openEngine } = await import(${JSON.stringify(pathToFileURL(built).href)})
      await openEngine(${JSON.stringify(path)}, { memoryBytes: 4194304 })
        .then(() => console.log('opened'), (error) => console.log(error.code))`
    const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' })
    expect(stdout.trim()).toBe(CODE.IN_USE)
  } else console.log('another process is not tried: there is no dist/')
  engine.close()
  expect(await codeOf(path)).toBe(null)
})

test('a database beside another one\'s log is refused', async () => {
  const [a, b] = [join(folder, 'a.sdb'), join(folder, 'b.sdb')]
  await make(a!)
  await make(b!)
  copyFileSync(a!, b!)
  expect(await codeOf(b!)).toBe(CODE.CORRUPT)
})
