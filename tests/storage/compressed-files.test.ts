// Compressed databases that are damaged, hostile, or opened by a release that cannot read them: the right rows, or
// an error that says where.
import { describe, expect, test } from 'vitest'
import { DatabaseError } from '../../src/base/errors.ts'
import { Random } from '../../src/base/random.ts'
import type { MemoryFileSystem } from '../../storage/file/memory-file.ts'
import { openEngine } from '../../storage/mod.ts'
import { FLAG } from '../../storage/page/meta-slot.ts'
import { verifyEngine } from '../../storage/verify.ts'
import { newestMeta, filePages, sealDatabase } from '../fuzz/seal.ts'
import { reading, rowText, scanRows } from './rows.ts'
import { DAMAGED_OPTIONS, DAMAGED_PATH, copyFiles, makeSmallDatabase, readFile, writeFile } from './small-database.ts'

const BLOCK = 4096

async function rowsOf(files: MemoryFileSystem): Promise<string> {
  const engine = await openEngine(DAMAGED_PATH, { ...DAMAGED_OPTIONS, files, readOnly: true })
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

/** Pages with a codec, with the file offset of their map entries. */
function compressedPages(bytes: Uint8Array): { id: number; begin: number; end: number; entry: number }[] {
  const map = new DataView(bytes.buffer).getUint32(newestMeta(bytes).mapRoot.block * BLOCK, true) * BLOCK
  return filePages(bytes).map((page) => ({ ...page, entry: map + page.id * 16 }))
    .filter(({ entry }) => bytes[entry + 15] !== 0)
}

function withBytes(files: MemoryFileSystem, bytes: Uint8Array): MemoryFileSystem {
  const copy = copyFiles(files)
  writeFile(copy, DAMAGED_PATH, bytes)
  return copy
}

describe.each(['lz4', 'zstd', 'gzip'] as const)('%s', (compression) => {
  test('holds the rows of the plain database', async () => {
    const plain = await rowsOf(await makeSmallDatabase('none'))
    const files = await makeSmallDatabase(compression)
    expect(compressedPages(readFile(files, DAMAGED_PATH)).length).toBeGreaterThan(2)
    expect(newestMeta(readFile(files, DAMAGED_PATH)).flags.incompatible).toBe(FLAG.PAGE_CODEC | FLAG.RUNS_AND_DELTAS)
    expect(await rowsOf(files)).toBe(plain)
  })

  test('a flipped bit in a compressed page is found by its checksum', async () => {
    const files = await makeSmallDatabase(compression)
    const bytes = readFile(files, DAMAGED_PATH)
    const random = new Random(6)
    for (let i = 0; i < 25; i++) {
      const page = random.pick(compressedPages(bytes))
      const copy = bytes.slice()
      copy[random.between(page.begin, page.end - 1)]! ^= 1 << random.below(8)
      const error: unknown = await rowsOf(withBytes(files, copy)).catch((thrown: unknown) => thrown)
      expect(error).toMatchObject({ code: 'XX001', page: page.id, offset: page.begin })
    }
  })

  test('bytes that pass the checksum and are no page are refused, with file, page and offset', async () => {
    const files = await makeSmallDatabase(compression)
    const bytes = readFile(files, DAMAGED_PATH)
    const page = compressedPages(bytes)[0]!
    const damages: ((copy: Uint8Array) => void)[] = [
      (copy) => new DataView(copy.buffer).setUint32(page.begin, 0, true),
      (copy) => new DataView(copy.buffer).setUint32(page.begin, 65_537, true),
      (copy) => new DataView(copy.buffer).setUint32(page.begin + 4, 2 ** 31, true),
      (copy) => copy.fill(0, page.begin + 8, page.end),
      (copy) => copy.fill(255, page.begin + 8, page.end),
      (copy) => { copy[page.entry + 15] = copy[page.entry + 15]! % 3 + 1 },
    ]
    for (const damage of damages) {
      const copy = bytes.slice()
      damage(copy)
      sealDatabase(copy, newestMeta(copy))
      const error: unknown = await rowsOf(withBytes(files, copy)).catch((thrown: unknown) => thrown)
      expect(error).toBeInstanceOf(DatabaseError)
      expect(error).toMatchObject({ code: 'XX001', page: page.id, offset: page.begin, file: DAMAGED_PATH })
    }
  })

  test('a check reads and unpacks every page', async () => {
    const files = await makeSmallDatabase(compression)
    const engine = await openEngine(DAMAGED_PATH, { ...DAMAGED_OPTIONS, files })
    expect(verifyEngine(engine).problems).toEqual([])
    engine.close()
  })
})

test('a release that does not know the flags refuses the file before it reads a page', async () => {
  const files = await makeSmallDatabase('zstd')
  const bytes = readFile(files, DAMAGED_PATH)
  const meta = newestMeta(bytes)
  sealDatabase(bytes, { ...meta, flags: { ...meta.flags, incompatible: meta.flags.incompatible | 0x80000000 } })
  await expect(rowsOf(withBytes(files, bytes))).rejects.toMatchObject({ code: '0A000' })
})
