// Damaged, foreign and hostile files. Whatever the bytes are: the right answer, or a DatabaseError that says
// what is wrong and where; never a wrong row, another kind of exception, or an endless loop.
import { beforeAll, describe, expect, test, vi } from 'vitest'
import { CODE, DatabaseError } from '../../src/base/errors.ts'
import type { ErrorCode } from '../../src/base/errors.ts'
import { Random } from '../../src/base/random.ts'
import { MemoryFileSystem } from '../../storage/file/memory-file.ts'
import { openEngine } from '../../storage/mod.ts'
import { PageStore } from '../../storage/page/page-store.ts'
import { verifyEngine } from '../../storage/verify.ts'
import { reading, rowText, scanRows } from './rows.ts'
import { DAMAGED_OPTIONS, DAMAGED_PATH, copyFiles, makeSmallDatabase, readFile, writeFile } from './small-database.ts'

const WAL = `${DAMAGED_PATH}-wal`
const BLOCK = 4096

let healthy: MemoryFileSystem
let bytes: Uint8Array
/** Everything a reader can see, as text; the second one is without the last commit. */
let rightAnswers: string[] = []

beforeAll(async () => {
  healthy = await makeSmallDatabase()
  bytes = readFile(healthy, DAMAGED_PATH)
  rightAnswers = [await contents(copyFiles(healthy), false)]
})

// All rows of all tables by scan, checked against lookups by key.
async function contents(files: MemoryFileSystem, readOnly: boolean): Promise<string> {
  const engine = await openEngine(DAMAGED_PATH, { ...DAMAGED_OPTIONS, files, readOnly })
  try {
    return reading(engine, (txn) => txn.listTables().map((schema) => {
      const access = txn.tables(schema.name)
      const rows = scanRows(engine, access, { order: 'ascending' })
      for (const row of rows) expect(rowText(access.row(schema.key.map((c) => row[c]!)))).toBe(rowText(row))
      return `${schema.name}\n${rows.map(rowText).join('\n')}`
    }).join('\n'))
  } finally {
    engine.parts.lock?.release()
    engine.memory.release()
  }
}

interface Outcome {
  answer: string | null
  error: DatabaseError | null
}

// Any exception but a DatabaseError is a failure, and so is a broken assertion.
async function attempt(files: MemoryFileSystem, readOnly: boolean): Promise<Outcome> {
  try {
    return { answer: await contents(files, readOnly), error: null }
  } catch (error) {
    if (!(error instanceof DatabaseError) || error.code === CODE.INTERNAL) throw error
    return { answer: null, error }
  }
}

async function expectRightOrRefused(
  files: MemoryFileSystem, where: string, readOnly: boolean, codes: readonly ErrorCode[] = [CODE.CORRUPT],
): Promise<boolean> {
  try {
    const { answer, error } = await attempt(files, readOnly)
    if (error === null) expect(rightAnswers.includes(answer!), 'the right rows').toBe(true)
    else {
      expect(codes).toContain(error.code)
      expect(error.file).toBeDefined()
      // Errors about the log folder as a whole name no place in a file.
      const hasPlace = error.page !== undefined || error.offset !== undefined
      if (error.code === CODE.CORRUPT && !error.file!.startsWith(WAL)) expect(hasPlace, error.message).toBe(true)
    }
    return error !== null
  } catch (error) {
    throw new Error(`${where}: ${String(error)}`, { cause: error })
  }
}

function damaged(change: (copy: Uint8Array) => Uint8Array | void): MemoryFileSystem {
  const files = copyFiles(healthy)
  const copy = bytes.slice()
  writeFile(files, DAMAGED_PATH, change(copy) ?? copy)
  return files
}

describe('the database file', () => {
  test('a flipped bit anywhere is found or does not matter', async () => {
    const random = new Random(1)
    let found = 0
    let cases = 0
    for (let block = 0; block < bytes.length / BLOCK; block++) {
      for (let i = 0; i < (block < 2 ? 24 : 3); i++) {
        const at = block * BLOCK + random.below(BLOCK)
        const files = damaged((copy) => void (copy[at]! ^= 1 << random.below(8)))
        if (await expectRightOrRefused(files, `bit at ${at}`, random.chance(0.5))) found++
        cases++
      }
    }
    console.log(`${cases} flipped bits, ${found} refused`)
    expect(found).toBeGreaterThan(20)
  })

  test('zeroed, swapped and repeated blocks', async () => {
    const random = new Random(2)
    for (let i = 0; i < 150; i++) {
      const [a, b] = [2, 2].map((from) => BLOCK * random.between(from, bytes.length / BLOCK - 1))
      const files = damaged((copy) => {
        const block = copy.slice(a, a! + BLOCK)
        if (i % 3 === 0) copy.fill(0, a, a! + BLOCK)
        else {
          if (i % 3 === 1) copy.copyWithin(a!, b!, b! + BLOCK)
          copy.set(block, b)
        }
      })
      await expectRightOrRefused(files, `blocks at ${a} and ${b}`, i % 2 === 0)
    }
  })

  test('truncated anywhere', async () => {
    const random = new Random(3)
    const sizes = [1, 100, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK, 3 * BLOCK]
    for (let i = 0; i < 60; i++) sizes.push(random.below(bytes.length))
    for (const size of sizes) {
      const files = damaged((copy) => copy.slice(0, size))
      await expectRightOrRefused(files, `cut to ${size}`, size % 2 === 0, [CODE.CORRUPT, CODE.WRONG_OBJECT])
    }
  })

  test('an empty file beside a full log is refused', async () => {
    const { answer, error } = await attempt(damaged(() => new Uint8Array(0)), false)
    expect(answer).toBe(null)
    expect(error!.code).toBe(CODE.CORRUPT)
  })

  test('what is not a database, or is of a later release', async () => {
    const random = new Random(4)
    const garbage = Uint8Array.from({ length: 50_000 }, () => random.below(256))
    for (const content of [garbage, Buffer.from('PAR1 and some more'), new Uint8Array(9000), Buffer.from('x')]) {
      for (const readOnly of [true, false]) {
        const files = new MemoryFileSystem()
        writeFile(files, DAMAGED_PATH, content)
        expect((await attempt(files, readOnly)).error?.code).toBe(CODE.WRONG_OBJECT)
        expect(readFile(files, DAMAGED_PATH)).toEqual(Uint8Array.from(content))
      }
    }
    const later = damaged((copy) => {
      for (let at = 0; at < 2 * BLOCK; at += 2048) copy[at + 8] = 2
    })
    expect((await attempt(later, false)).error?.code).toBe(CODE.UNSUPPORTED)
  })
})

describe('the log', () => {
  test('a flipped bit loses nothing but, at worst, the last commit', async () => {
    const random = new Random(5)
    const withoutLast = copyFiles(healthy)
    const names = healthy.list(WAL).map((name) => `${WAL}/${name}`)
    await cutLastCommit(withoutLast, names[names.length - 1]!)
    const [complete] = rightAnswers
    rightAnswers = [complete!, await contents(withoutLast, true)]
    expect(rightAnswers[1] === complete).toBe(false)
    let found = 0
    for (let i = 0; i < 500; i++) {
      const name = random.pick(names)
      const files = copyFiles(healthy)
      const log = readFile(files, name)
      const used = log.findLastIndex((byte) => byte !== 0) + 1
      const at = random.below(used)
      log[at]! ^= 1 << random.below(8)
      writeFile(files, name, log)
      const where = `bit at ${at} of ${name}`
      if (await expectRightOrRefused(files, where, i % 2 === 0, [CODE.CORRUPT, CODE.UNSUPPORTED])) found++
    }
    rightAnswers = [complete!]
    expect(found).toBeGreaterThan(100)
  })

  // But for the last one: without it the log is one that ended earlier.
  test('a missing segment is refused', async () => {
    for (const name of healthy.list(WAL).slice(0, -1)) {
      const files = copyFiles(healthy)
      files.unlink(`${WAL}/${name}`)
      const { answer, error } = await attempt(files, true)
      if (error === null) expect(answer === rightAnswers[0], name).toBe(true)
      else expect(error.code).toBe(CODE.CORRUPT)
    }
  })
})

// Damages the last byte that is not zero: it belongs to the last commit.
async function cutLastCommit(files: MemoryFileSystem, name: string): Promise<void> {
  const log = readFile(files, name)
  log[log.findLastIndex((byte) => byte !== 0)]! ^= 0x55
  writeFile(files, name, log)
}

describe('hostile pages whose checksums hold', () => {
  // The page is changed after it was read and checked, as if its writer had meant it so. The rows may then be
  // anything; the decoders must still not leave their bytes, loop, or throw what is no DatabaseError.
  test.each([1, 2, 3, 4, 5] as const)('page kind %d', async (kind) => {
    const original = PageStore.prototype.readPage
    let errors = 0
    for (let seed = 0; seed < 120; seed++) {
      const random = new Random(seed * 8 + kind)
      const change = (page: Uint8Array): void => {
        for (let i = random.between(1, 3); i > 0; i--) {
          const at = random.chance(0.5) ? random.below(Math.min(512, page.length)) : random.below(page.length)
          page[at] = random.pick([0, 1, 0x7f, 0x80, 0xff, random.below(256)])
        }
      }
      const spy = vi.spyOn(PageStore.prototype, 'readPage').mockImplementation(function (this: PageStore, page, frame) {
        const length = original.call(this, page, frame)
        if (this.kindOf(page) === kind) change(this.memory.u8.subarray(frame, frame + length))
        return length
      })
      try {
        const files = copyFiles(healthy)
        const outcome = await attemptEverything(files)
        if (outcome !== null) errors++
      } catch (error) {
        throw new Error(`kind ${kind}, seed ${seed}: ${String(error)}`, { cause: error })
      } finally {
        spy.mockRestore()
      }
    }
    if (kind === 3) expect(errors).toBeGreaterThan(20)
  })
})

// Opens, reads, verifies and merges; returns the DatabaseError that ended it.
async function attemptEverything(files: MemoryFileSystem): Promise<DatabaseError | null> {
  let engine = null
  try {
    engine = await openEngine(DAMAGED_PATH, { ...DAMAGED_OPTIONS, files, mergeEveryCommit: true })
    const open = engine
    reading(open, (txn) => {
      for (const schema of txn.listTables()) {
        const access = txn.tables(schema.name)
        for (const order of ['ascending', 'none'] as const) scanRows(open, access, { order })
        for (let id = 0; id < 200; id++) access.row(schema.key.length === 1 ? [id] : [`a shared prefix ${id % 10}`, id])
      }
    })
    verifyEngine(open)
    const txn = open.begin()
    for (let id = 0; id < 600; id += 50) txn.put('item', [id, null, null, null, null, null])
    txn.commit()
    open.begin().rollback()
    return null
  } catch (error) {
    if (!(error instanceof DatabaseError)) throw error
    if (error.code === CODE.INTERNAL) throw error
    const { cause } = error
    if (error.code === CODE.IO && cause instanceof Error && !(cause instanceof DatabaseError)) throw cause
    return error
  } finally {
    engine?.parts.lock?.release()
    engine?.memory.release()
  }
}
