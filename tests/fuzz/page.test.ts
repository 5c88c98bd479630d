// Fuzzes everything a database file can hold: a page, a map page, the map root or a meta slot is mutated, all
// checksums are put right, and the file is used. Hostile bytes give rows or typed errors, in bounded time.
import { expect, test } from 'vitest'
import type { Compression } from '../../src/base/types.ts'
import type { MemoryFileSystem } from '../../storage/file/memory-file.ts'
import { BLOCK_SIZE } from '../../storage/page/page-map.ts'
import { openEngine } from '../../storage/mod.ts'
import {
  DAMAGED_OPTIONS, DAMAGED_PATH, copyFiles, makeSmallDatabase, readFile, writeFile,
} from '../storage/small-database.ts'
import { runCampaign } from './campaign.ts'
import { mutate } from './mutator.ts'
import { filePages, newestMeta, sealDatabase } from './seal.ts'
import type { FilePage } from './seal.ts'
import { useDatabase } from './use-database.ts'

interface Target {
  readonly healthy: MemoryFileSystem
  readonly bytes: Uint8Array
  readonly pages: readonly FilePage[]
  readonly kinds: readonly number[]
}

async function target(compression: Compression | null): Promise<Target> {
  const healthy = await makeSmallDatabase(compression)
  const bytes = readFile(healthy, DAMAGED_PATH)
  const pages = filePages(bytes)
  const kinds = [...new Set(pages.map(({ kind }) => kind))]
  expect(kinds.length).toBeGreaterThanOrEqual(4)
  return { healthy, bytes, pages, kinds }
}

test('pages, page map and meta slots, also of compressed databases', async () => {
  const targets = await Promise.all([null, null, 'rle', 'lz4', 'zstd', 'gzip'].map((one) =>
    target(one as Compression | null)))
  const { executions, refused } = await runCampaign('page', (random) => {
    const { healthy, bytes, pages, kinds } = random.pick(targets)
    const meta = newestMeta(bytes)
    const copy = bytes.slice()
    let root = meta
    const where = random.below(10)
    if (where < 7) {
      // Kinds first, pages second: there are many heap pages and one catalogue.
      const kind = random.pick(kinds)
      const { begin, end } = random.pick(pages.filter((page) => page.kind === kind))
      mutate(copy.subarray(begin, end), random)
    } else if (where < 9) {
      const at = new DataView(copy.buffer).getUint32(meta.mapRoot.block * BLOCK_SIZE, true) * BLOCK_SIZE
      mutate(copy.subarray(at, at + meta.pageCount * 16), random)
    } else {
      const value = random.pick([0, 1, 2, meta.pageCount, meta.pageCount - 1, 65536, 2 ** 31, random.below(1000)])
      const field = random.pick(['catalogPage', 'pageCount', 'redoLsn', 'commitId'] as const)
      root = { ...meta, [field]: value }
    }
    sealDatabase(copy, root)
    const files = copyFiles(healthy)
    writeFile(files, DAMAGED_PATH, copy)
    return useDatabase(files)
  })
  expect(refused).toBeGreaterThan(executions / 50)
}, 600_000)

test.each([
  ['free, with blocks', 13, 0], ['of an unknown kind', 13, 6], ['without blocks', 12, 0], ['too long', 12, 17],
  ['of an unknown codec', 15, 4],
])('a map entry that is %s is refused', async (_, offset, value) => {
  const files = await makeSmallDatabase()
  const bytes = readFile(files, DAMAGED_PATH)
  const meta = newestMeta(bytes)
  const map = new DataView(bytes.buffer).getUint32(meta.mapRoot.block * BLOCK_SIZE, true) * BLOCK_SIZE
  bytes[map + filePages(bytes)[0]!.id * 16 + offset] = value
  sealDatabase(bytes, meta)
  writeFile(files, DAMAGED_PATH, bytes)
  await expect(openEngine(DAMAGED_PATH, { ...DAMAGED_OPTIONS, files }))
    .rejects.toThrow(expect.objectContaining({ code: 'XX001', message: expect.stringContaining('map entry of page') }))
})
