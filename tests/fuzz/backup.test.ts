// Fuzzes backup files: a header, directory, map page, page image or trailer is mutated, every checksum and hash of
// the chain is put right, and the file is verified, restored and the restored database used. Hostile bytes give a
// database or typed errors.
import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { crc32c } from '../../src/base/checksum.ts'
import {
  FIRST_LINK_OFFSET, encodeBackupHeader, readBackupHeader, slotOffset,
} from '../../storage/backup/backup-header.ts'
import { decodeDirectory, directoryBlocks, encodeTrailer } from '../../storage/backup/backup-link.ts'
import { readChain } from '../../storage/backup/chain.ts'
import type { Link } from '../../storage/backup/chain.ts'
import { MemoryFileSystem } from '../../storage/file/memory-file.ts'
import { backupSteps, openEngine, restoreSteps, runSteps } from '../../storage/mod.ts'
import { DAMAGED_OPTIONS, DAMAGED_PATH, makeSmallDatabase, readFile, writeFile } from '../storage/small-database.ts'
import { isTyped, runCampaign } from './campaign.ts'
import { mutate } from './mutator.ts'
import { useDatabase } from './use-database.ts'

const BLOCK = 4096

/** A part of a link in the file. */
interface Part { readonly begin: number; readonly end: number }

function partsOf({ offset, mapPages, storedMapPages, bytes }: Link): Record<string, Part> {
  const directory = offset + BLOCK
  const maps = directory + directoryBlocks(mapPages) * BLOCK
  const images = maps + storedMapPages * BLOCK
  return {
    header: { begin: offset, end: offset + 100 }, root: { begin: offset + 2048, end: offset + 2048 + 100 },
    directory: { begin: directory, end: directory + mapPages * 24 }, map: { begin: maps, end: images },
    images: { begin: images, end: offset + bytes - BLOCK },
    trailer: { begin: offset + bytes - BLOCK, end: offset + bytes },
  }
}

/** Puts every checksum of the chain right, by the places the links had before the mutation. */
function seal(file: Uint8Array, links: readonly Link[], deep: boolean): void {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength)
  let previous = new Uint8Array(32)
  for (const link of links) {
    const { map, images } = partsOf(link) as Record<'map' | 'images', Part>
    if (deep) sealImages(file, link, { map, images })
    const directory = link.offset + BLOCK
    const entries = decodeDirectory(file.subarray(directory), link.mapPages, { file: 'b', offset: directory })
    entries.forEach(({ block, blocks }, i) => {
      const copy = file.subarray(block * BLOCK, (block + blocks) * BLOCK)
      if (deep && blocks <= 16) view.setUint32(directory + i * 24 + 4, crc32c(copy), true)
    })
    file.set(previous, link.offset + 64)
    for (const begin of [link.offset, link.offset + 2048]) {
      view.setUint32(begin + 2044, crc32c(file.subarray(begin, begin + 2044)), true)
    }
    const hash = createHash('sha256').update(file.subarray(link.offset, images.begin)).digest()
    previous = new Uint8Array(hash)
    file.set(encodeTrailer(link.number, link.bytes, previous), link.offset + link.bytes - BLOCK)
  }
  const { databaseId } = links[0]!.meta
  const header = { databaseId, links: links.length, end: file.length, lastHash: previous }
  file.set(encodeBackupHeader(header), slotOffset(links.length))
}

function sealImages(file: Uint8Array, link: Link, { map, images }: { map: Part; images: Part }): void {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength)
  let at = images.begin
  for (let entry = map.begin; entry < map.end; entry += 16) {
    const bytes = file[entry + 12]! * BLOCK
    if (bytes === 0 || view.getUint32(entry + 8, true) <= link.baseEpoch || at + bytes > images.end) continue
    view.setUint32(entry + 4, crc32c(file.subarray(at, at + bytes)), true)
    at += bytes
  }
}

test('backup files', async () => {
  const files = await makeSmallDatabase()
  const engine = await openEngine(DAMAGED_PATH, { ...DAMAGED_OPTIONS, files })
  for (let i = 0; i < 2; i++) {
    runSteps(backupSteps(engine, 'b', { incremental: true }))
    const txn = engine.begin()
    txn.put('item', [i, null, null, null, null, null])
    txn.commit()
  }
  runSteps(backupSteps(engine, 'b', { incremental: true }))
  engine.close()
  const bytes = readFile(files, 'b')
  const source = files.open('b', 'read')
  const { links } = readChain(source)
  expect(links).toHaveLength(3)
  expect(readBackupHeader(source).end).toBe(bytes.length)
  const { executions, refused } = await runCampaign('backup', async (random) => {
    const copy = bytes.slice()
    const parts = Object.values(partsOf(random.pick(links)))
    const { begin, end } = random.chance(0.05) ? { begin: 0, end: FIRST_LINK_OFFSET } : random.pick(parts)
    mutate(copy.subarray(begin, end), random)
    if (random.chance(0.9)) seal(copy, links, random.chance(0.7))
    const disk = new MemoryFileSystem()
    writeFile(disk, 'b', copy)
    try {
      runSteps(restoreSteps(disk, { from: 'b', to: DAMAGED_PATH }))
    } catch (error) {
      expect(disk.exists(DAMAGED_PATH)).toBe(false)
      return !isTyped(error)
    }
    return useDatabase(disk)
  })
  expect(refused).toBeGreaterThan(executions / 20)
  expect(refused).toBeLessThan(executions)
}, 600_000)
