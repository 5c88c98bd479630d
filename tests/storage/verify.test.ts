// The integrity check on a healthy database, on databases with a broken rule, and `secantdb verify` on every kind of
// damage: each problem has its place and its rule, and nothing ends in anything but lines of text or a DatabaseError.
import { beforeAll, describe, expect, test } from 'vitest'
import { verifyLines } from '../../src/cli/verify.ts'
import { DatabaseError } from '../../src/base/errors.ts'
import { Random } from '../../src/base/random.ts'
import { open } from '../../src/index.ts'
import { MemoryFileSystem } from '../../storage/file/memory-file.ts'
import { openEngine, verifyEngine } from '../../storage/mod.ts'
import type { Engine } from '../../storage/mod.ts'
import { PAGE_KIND } from '../../storage/page/page-store.ts'
import { DAMAGED_OPTIONS, DAMAGED_PATH, copyFiles, makeSmallDatabase, readFile, writeFile } from './small-database.ts'

const WAL = `${DAMAGED_PATH}-wal`
const BLOCK = 4096

let healthy: MemoryFileSystem
let bytes: Uint8Array

beforeAll(async () => {
  healthy = await makeSmallDatabase()
  bytes = readFile(healthy, DAMAGED_PATH)
})

async function problemsOf(files: MemoryFileSystem, full = true): Promise<string[]> {
  return (await verifyLines(files, DAMAGED_PATH, full, null)).problems
}

function damaged(change: (copy: Uint8Array) => Uint8Array | void): MemoryFileSystem {
  const files = copyFiles(healthy)
  const copy = bytes.slice()
  writeFile(files, DAMAGED_PATH, change(copy) ?? copy)
  return files
}

test('a healthy file has no problems, quick or full', async () => {
  for (const full of [false, true]) {
    const { problems, summary } = await verifyLines(healthy, DAMAGED_PATH, full, null)
    expect(problems).toEqual([])
    expect(summary).toMatch(/^2 tables, 3\d\d rows( not looked at)?, \d+ pages, [\d,]+ bytes, \d\d+ log records$/)
  }
})

test('PRAGMA integrity_check and quick_check agree with it', async () => {
  const files = new MemoryFileSystem()
  const made = await open(DAMAGED_PATH, { memory: '8MB', files })
  made.exec('CREATE TABLE t (id BIGINT PRIMARY KEY)')
  made.table('t').append({ id: Array.from({ length: 60_000 }, (_, i) => i) })
  made.close()
  const copy = readFile(files, DAMAGED_PATH)
  copy[copy.length - Buffer.from(copy).reverse().indexOf('PURG')]! ^= 1
  writeFile(files, DAMAGED_PATH, copy)
  const db = await open(DAMAGED_PATH, { memory: '8MB', readOnly: true, files })
  try {
    const lines = (sql: string): unknown[] => db.prepare(sql).all().map((row) => row['value'])
    const found = db.verify().problems
    expect(found[0]).toMatchObject({ rule: 'F3', page: expect.any(Number), offset: expect.any(Number) })
    expect(lines('PRAGMA integrity_check')).toEqual(found.map(({ message }) => message))
    expect(lines('PRAGMA quick_check')).toEqual(db.verify({ full: false }).problems.map(({ message }) => message))
  } finally {
    db.close()
  }
  const fine = await open(DAMAGED_PATH, { memory: '8MB', readOnly: true, files: healthy })
  expect(fine.prepare('PRAGMA quick_check').all()[0]).toEqual({ name: 'quick_check', value: 'ok' })
  fine.close()
})

/** File offset of a page of kind base: the first block that begins with its values. */
function basePageOffset(): number {
  for (let block = 2; block < bytes.length / BLOCK; block++) {
    const text = Buffer.from(bytes.buffer, bytes.byteOffset + block * BLOCK, BLOCK)
    if (text.includes('GRUP') && text.includes('name of 102 0')) return block * BLOCK
  }
  throw new Error('there is no base page')
}

describe('a broken rule is cited', () => {
  async function broken(change: (engine: Engine) => void): Promise<(string | undefined)[]> {
    const engine = await openEngine(DAMAGED_PATH, { ...DAMAGED_OPTIONS, files: copyFiles(healthy) })
    try {
      change(engine)
      return verifyEngine(engine).problems.map(({ rule }) => rule)
    } finally {
      engine.parts.lock?.release()
      engine.memory.release()
    }
  }

  test('S3: a superseded row that is not marked', async () => {
    expect(await broken((engine) => {
      const { groups } = engine.catalog.get('item').root
      groups[0]!.dead.remove(0, engine.catalog.get('item').delta.versions.begin(0))
      const delta = engine.catalog.get('item').delta
      for (let v = 0; v < delta.versionCount; v++) groups[0]!.dead.remove(0, delta.versions.begin(v))
    })).toContain('S3')
  })

  test('S5: a wrong row count', async () => {
    expect(await broken((engine) => void engine.catalog.get('word').liveRows++)).toEqual(['S5'])
  })

  test('D3: a base position that is out of date', async () => {
    expect(await broken((engine) => {
      const { delta } = engine.catalog.get('item')
      delta.baseRow[0] = delta.baseRow[0]! + 1
    })).toContain('D3')
  })

  test('H3: a wrong bucket', async () => {
    expect(await broken((engine) => {
      const [page] = [...engine.pages.pagesOfKind(PAGE_KIND.HEAP)]
      engine.pages.setFill(page!, (engine.pages.fillOf(page!) + 1) % 16)
    })).toEqual(['H3'])
  })

  test('H1: slots over tuples', async () => {
    expect(await broken((engine) => {
      const [page] = [...engine.pages.pagesOfKind(PAGE_KIND.HEAP)]
      engine.memory.view.setUint32(engine.pool.fetch(page!) * 65536 + 12, 60_000, true)
    })).toContain('H1')
  })

  test('G3: a page of two owners', async () => {
    expect(await broken((engine) => {
      const [a, b] = engine.catalog.get('item').root.groups
      Object.assign(a!, { pageCount: b!.firstPage - a!.firstPage + 1 })
    })).toContain('G3')
  })

  test('Z1 and L2: zone map and model of other rows', async () => {
    const rules = await broken((engine) => {
      const table = engine.catalog.get('item')
      const [a, b] = table.root.groups
      const [zone, model] = [table.metaOf(a!), table.metaOf(b!)]
      zone.chunks[3]!.max = 1
      Object.assign(model, { model: { ...model.model, intercept: model.model.intercept.map((row) => row + 30) } })
    })
    expect(rules).toContain('Z1')
  })

  test('F1, F3, F8: slots, checksums, blocks', async () => {
    const slot = (await problemsOf(damaged((copy) => {
      for (const at of [0, 2048, BLOCK, BLOCK + 2048]) copy[at + 100]! ^= 1
    }))).join('\n')
    expect(slot).toContain('violates F1: meta slot 0 copy 0: its checksum does not hold')
    expect(slot).toMatch(/^d\.sdb, offset 0: the database does not open/)
    const page = await problemsOf(damaged((copy) => void (copy[basePageOffset() + 10]! ^= 1)))
    expect(page.join('\n')).toMatch(/^d\.sdb, page \d+, offset \d+: violates F3: /m)
    expect(await broken((engine) => {
      const { pages } = engine
      const ids = [...pages.pagesOfKind(PAGE_KIND.BASE)]
      const map = pages.map
      const at = { block: map.blockOf(ids[0]!), blocks: map.blocksOf(ids[0]!), crc: 0, epoch: 1 }
      map.place(ids[1]!, PAGE_KIND.BASE, at)
    })).toContain('F8')
  })

  test('W1: damage in the log of an open database', async () => {
    const files = copyFiles(healthy)
    const engine = await openEngine(DAMAGED_PATH, { ...DAMAGED_OPTIONS, files, readOnly: true })
    try {
      const name = `${WAL}/${files.list(WAL).sort()[0]!}`
      const log = readFile(files, name)
      log[64 + 40]! ^= 1
      writeFile(files, name, log)
      expect(verifyEngine(engine).problems.map(({ rule }) => rule)).toEqual(['W1'])
      for (const segment of files.list(WAL)) files.unlink(`${WAL}/${segment}`)
      expect(verifyEngine(engine).problems.map(({ rule }) => rule)).toEqual(['F4'])
    } finally {
      engine.memory.release()
    }
  })
})

test('any damage gives lines, or an error that is no damage', async () => {
  const random = new Random(21)
  let found = 0
  for (let i = 0; i < 160; i++) {
    const files = i % 5 === 4 ? copyFiles(healthy) : damaged((copy) => {
      const at = random.below(copy.length)
      const block = Math.floor(at / BLOCK) * BLOCK
      switch (i % 5) {
        case 0: copy[i % 10 === 0 ? random.below(2 * BLOCK) : at]! ^= 1 << random.below(8); return
        case 1: copy.fill(random.pick([0, 255]), block, block + BLOCK); return
        case 2: copy.copyWithin(block, random.below(copy.length - BLOCK)); return
        default: return copy.slice(0, at)
      }
    })
    if (i % 5 === 4) {
      const name = `${WAL}/${random.pick(healthy.list(WAL))}`
      const log = readFile(files, name)
      log[random.below(log.findLastIndex((byte) => byte !== 0) + 1)]! ^= 1 << random.below(8)
      writeFile(files, name, log)
    }
    try {
      for (const line of await problemsOf(files, i % 2 === 0)) {
        found++
        expect(line).toMatch(/^d\.sdb(-wal)?[^:]*: /)
      }
    } catch (error) {
      expect(error).toBeInstanceOf(DatabaseError)
      expect(['42809', '0A000']).toContain((error as DatabaseError).code)
    }
  }
  expect(found).toBeGreaterThan(100)
})
