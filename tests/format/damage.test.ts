// "What damage gives" in docs/FORMAT.md, line by line: one flipped bit in every kind of page of the golden
// database, in its meta slots and its map, and a file that was cut.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { DatabaseError } from '../../src/base/errors.ts'
import { INTEGER } from '../../src/base/types.ts'
import { openEngine } from '../../storage/mod.ts'
import type { Engine } from '../../storage/mod.ts'
import { FORMAT_VERSION, decodeMetaSlot } from '../../storage/page/meta-slot.ts'
import type { Meta } from '../../storage/page/meta-slot.ts'
import { BLOCK_SIZE } from '../../storage/page/page-map.ts'
import { PAGE_KIND } from '../../storage/page/page-store.ts'
import { verifyEngine } from '../../storage/verify.ts'
import { reading, scanRows } from '../storage/rows.ts'
import { GOLDEN_OPTIONS } from './golden/make.ts'
import { goldenOf, shown, unpack } from './golden/unpack.ts'

const folder = mkdtempSync(join(tmpdir(), 'secantdb-damage-'))
afterAll(() => rmSync(folder, { recursive: true }))

const golden = goldenOf(FORMAT_VERSION)
const whole = readFileSync(unpack(golden, join(folder, 'whole.sdb')))
const text = readFileSync(join(golden, 'rows.txt'), 'utf8')
let count = 0

/** Opens the golden database after `damage`; the error's code, or what `use` returns. */
async function withDamage<T>(
  damage: (bytes: Buffer) => Buffer | void, use: (engine: Engine) => T,
): Promise<T | string> {
  const path = unpack(golden, join(folder, `${++count}.sdb`))
  const bytes = Buffer.from(whole)
  writeFileSync(path, damage(bytes) ?? bytes)
  try {
    const engine = await openEngine(path, { ...GOLDEN_OPTIONS, readOnly: true })
    try {
      return use(engine)
    } finally {
      engine.close()
    }
  } catch (error) {
    if (!(error instanceof DatabaseError)) throw error
    expect(error.file, 'the error names the file').toBeTruthy()
    return error.code
  }
}

const GROUP_ROWS = 100
const SCHEMA = { name: 't', columns: [{ name: 'k', type: INTEGER, nullable: false }], key: [0] }

/** A database of one table with two row groups and no delta; made when it is not there. */
async function withGroups<T>(path: string, use: (engine: Engine) => T): Promise<T> {
  const thresholds = { rowGroupRows: GROUP_ROWS, deltaRows: 2 * GROUP_ROWS }
  const engine = await openEngine(path, { ...GOLDEN_OPTIONS, ...thresholds })
  try {
    if (!engine.catalog.has('t')) {
      const txn = engine.begin()
      txn.createTable(SCHEMA)
      for (let k = 0; k < 2 * GROUP_ROWS; k++) txn.put('t', [k])
      txn.commit()
    }
    return use(engine)
  } finally {
    engine.close()
  }
}

/** Flips one bit. */
function flip(offset: number): (bytes: Buffer) => void {
  return (bytes) => {
    bytes[offset]! ^= 0x10
  }
}

function roots(): Meta[] {
  return [0, 1].map((slot) => {
    const bytes = whole.subarray(slot * BLOCK_SIZE, (slot + 1) * BLOCK_SIZE)
    return decodeMetaSlot(bytes, 'f')[0]!.meta!
  })
}

async function blocksOfKind(kind: number): Promise<number[]> {
  const found = await withDamage(() => {}, (engine) =>
    [...engine.pages.pagesOfKind(kind)].map((page) => engine.pages.map.blockOf(page)))
  return found as number[]
}

const newest = roots().sort((a, b) => b.epoch - a.epoch)[0]!
const slotAt = (newest.epoch & 1) * BLOCK_SIZE

describe('a flipped bit', () => {
  test.each([['heap', PAGE_KIND.HEAP], ['catalogue', PAGE_KIND.CATALOG], ['overflow', PAGE_KIND.OVERFLOW]])(
    'in every %s page: opening is XX001', async (_name, kind) => {
      const blocks = await blocksOfKind(kind)
      expect(blocks).not.toEqual([])
      for (const block of blocks) {
        expect(await withDamage(flip(block * BLOCK_SIZE + 100), shown)).toBe('XX001')
      }
    })

  test('in a row group: XX001 when it is read; others stay readable, and the check finds it', async () => {
    const path = join(folder, 'groups.sdb')
    const place = await withGroups(path, (engine) => {
      const { groups } = engine.catalog.get('t').root
      expect(groups.length).toBe(2)
      return engine.pages.map.blockOf(groups[0]!.firstPage) * BLOCK_SIZE
    })
    const bytes = readFileSync(path)
    flip(place + 10)(bytes)
    writeFileSync(path, bytes)
    await withGroups(path, (engine) => reading(engine, (txn) => {
      const access = txn.tables('t')
      expect(access.row([GROUP_ROWS + 5])).toEqual([GROUP_ROWS + 5])
      expect(() => access.row([5])).toThrow(expect.objectContaining({ code: 'XX001' }))
      expect(() => scanRows(engine, access)).toThrow(expect.objectContaining({ code: 'XX001' }))
      expect(verifyEngine(engine).problems.map(({ message }) => message).join()).toContain('checksum')
    }))
  })

  test('in a row group whose keys the delta looks up: opening is XX001', async () => {
    const place = await withDamage(() => {}, (engine) =>
      engine.pages.map.blockOf(engine.catalog.get('kinds').root.groups[0]!.firstPage) * BLOCK_SIZE) as number
    expect(await withDamage(flip(place + 10), () => 'opened')).toBe('XX001')
  })

  test('in the page map or its root: XX001', async () => {
    expect(await withDamage(flip(newest.mapRoot.block * BLOCK_SIZE), shown)).toBe('XX001')
    const mapPage = whole.readUInt32LE(newest.mapRoot.block * BLOCK_SIZE)
    expect(await withDamage(flip(mapPage * BLOCK_SIZE + 40), shown)).toBe('XX001')
  })

  test('in one copy of a meta slot: nothing', async () => {
    for (const at of [slotAt, slotAt + 2048, (slotAt ^ BLOCK_SIZE), (slotAt ^ BLOCK_SIZE) + 2048]) {
      expect(await withDamage(flip(at + 70), shown)).toBe(text)
    }
  })
})

describe('meta slots', () => {
  test('the newer one lost: the older root, and the log from its redo LSN', async () => {
    const both = (bytes: Buffer): void => [slotAt + 70, slotAt + 2118].forEach((at) => flip(at)(bytes))
    expect(await withDamage(both, shown)).toBe(text)
  })

  test('both lost: XX001', async () => {
    const all = (bytes: Buffer): void => [70, 2118, 4166, 6214].forEach((at) => flip(at)(bytes))
    expect(await withDamage(all, shown)).toBe('XX001')
  })

  test('another version: 0A000; no magic: 42809', async () => {
    const later = (bytes: Buffer): void => {
      for (const at of [0, 2048, 4096, 6144]) bytes.writeUInt32LE(99, at + 8)
    }
    expect(await withDamage(later, shown)).toBe('0A000')
    expect(await withDamage((bytes) => bytes.fill('#', 0, 2 * BLOCK_SIZE), shown)).toBe('42809')
  })
})

test('a file that was cut anywhere is XX001, as long as its meta slots are there', async () => {
  for (const part of [0.1, 0.3, 0.5, 0.8]) {
    const length = 2 * BLOCK_SIZE + Math.floor((whole.length - 2 * BLOCK_SIZE) * part)
    expect(await withDamage((bytes) => bytes.subarray(0, length), shown)).toBe('XX001')
  }
})
