// Damaged backups: flipped bits, cut files, links that are missing, moved, doubled or of another backup. Every one is
// refused with its place before a byte of the target is written.
import { beforeAll, describe, expect, test } from 'vitest'
import { contentHash } from '../../src/api/content-hash.ts'
import { crc32c } from '../../src/base/checksum.ts'
import { DatabaseError } from '../../src/base/errors.ts'
import { Random } from '../../src/base/random.ts'
import { encodeBackupHeader, readBackupHeader, slotOffset } from '../../storage/backup/backup-header.ts'
import { readChain } from '../../storage/backup/chain.ts'
import type { Link } from '../../storage/backup/chain.ts'
import { MemoryFileSystem } from '../../storage/file/memory-file.ts'
import { appendColumns, backupSteps, openEngine, restoreSteps, runSteps, verifyBackup } from '../../storage/mod.ts'
import { KILL_OPTIONS, applyStep } from '../crash/steps.ts'
import { readFile, writeFile } from './small-database.ts'

const LINKS = 50
const HEADER_BYTES = 8192

interface Made { readonly bytes: Uint8Array; readonly links: readonly Link[]; readonly hash: string }

async function makeChain(seed: number, links: number): Promise<Made> {
  const files = new MemoryFileSystem()
  const engine = await openEngine('d.sdb', { ...KILL_OPTIONS, files })
  for (let link = 1, step = 0; link <= links; link++) {
    for (let i = link === 1 ? 12 : 2; i > 0; i--) await applyStep(engine, appendColumns, seed, step++)
    runSteps(backupSteps(engine, 'b', { incremental: true }))
  }
  const file = files.open('b', 'read')
  const made = { bytes: readFile(files, 'b'), links: readChain(file).links, hash: contentHash(engine) }
  file.close()
  engine.close()
  return made
}

let made: Made
let other: Made
beforeAll(async () => {
  made = await makeChain(1, LINKS)
  other = await makeChain(2, 4)
})

function diskWith(bytes: Uint8Array): MemoryFileSystem {
  const files = new MemoryFileSystem()
  writeFile(files, 'b', bytes)
  return files
}

/** The error of a restore, null when it went through. Nothing may be written before an error. */
function failureOf(bytes: Uint8Array): DatabaseError | null {
  const files = diskWith(bytes)
  const { writes } = files.counters
  try {
    runSteps(restoreSteps(files, { from: 'b', to: 'r.sdb' }))
    return null
  } catch (error) {
    if (!(error instanceof DatabaseError)) throw error
    expect(files.counters.writes).toBe(writes)
    expect(files.list('.')).toEqual(['b'])
    return error
  }
}

function expectRefused(bytes: Uint8Array, what: string): void {
  const failure = failureOf(bytes)
  expect(failure, what).toMatchObject({ code: 'XX001', file: 'b', offset: expect.any(Number) as number })
}

/** Puts links together under a header that agrees with them. */
function assemble(parts: readonly { from: Made; link: number }[]): Uint8Array {
  const pieces = parts.map(({ from, link }) => {
    const { offset, bytes } = from.links[link - 1]!
    return from.bytes.subarray(offset, offset + bytes)
  })
  const file = new Uint8Array(HEADER_BYTES + pieces.reduce((sum, piece) => sum + piece.length, 0))
  let end = HEADER_BYTES
  for (const piece of pieces) {
    file.set(piece, end)
    end += piece.length
  }
  const last = parts[parts.length - 1]!
  const { databaseId } = readBackupHeader(diskWith(made.bytes).open('b', 'read'))
  const header = { databaseId, links: parts.length, end, lastHash: last.from.links[last.link - 1]!.hash }
  file.set(encodeBackupHeader(header), slotOffset(parts.length))
  return file
}

const chain = (numbers: readonly number[]): { from: Made; link: number }[] =>
  numbers.map((link) => ({ from: made, link }))
const upTo = (links: number): number[] => Array.from({ length: links }, (_, i) => i + 1)

describe('a chain of 50 links', () => {
  test('restores to the state of its last one, and as a shorter chain to that of an earlier one', async () => {
    const files = diskWith(made.bytes)
    expect(runSteps(verifyBackup(files, 'b'))).toHaveLength(LINKS)
    runSteps(restoreSteps(files, { from: 'b', to: 'r.sdb' }))
    const restored = await openEngine('r.sdb', { ...KILL_OPTIONS, files })
    expect(contentHash(restored)).toBe(made.hash)
    restored.close()
    expect(failureOf(assemble(chain(upTo(LINKS))))).toBe(null)
    expect(failureOf(assemble(chain(upTo(17))))).toBe(null)
  })

  test('with a link missing, moved, doubled or of another backup is refused', () => {
    const random = new Random(4)
    for (let round = 0; round < 40; round++) {
      const length = random.between(3, LINKS)
      const at = random.below(length - 1)
      const numbers = upTo(length)
      const missing = numbers.toSpliced(at, 1)
      const doubled = numbers.toSpliced(at, 0, numbers[at]!)
      const moved = numbers.toSpliced(at, 2, numbers[at + 1]!, numbers[at]!)
      expectRefused(assemble(chain(missing)), `without link ${at + 1}`)
      expectRefused(assemble(chain(doubled)), `link ${at + 1} twice`)
      expectRefused(assemble(chain(moved)), `links ${at + 1} and ${at + 2} swapped`)
    }
    for (let link = 1; link <= 4; link++) {
      const mixed = chain(upTo(6)).toSpliced(link - 1, 1, { from: other, link })
      expectRefused(assemble(mixed), `link ${link} of another backup`)
    }
    expectRefused(assemble(chain(upTo(4)).map(({ link }) => ({ from: other, link }))), 'all of another database')
  })

  test('that was cut anywhere is refused', () => {
    const random = new Random(5)
    const cuts = made.links.map(({ offset }) => offset)
    for (let i = 0; i < 40; i++) cuts.push(random.between(HEADER_BYTES, made.bytes.length - 1))
    for (const cut of cuts) expectRefused(made.bytes.slice(0, cut), `cut at ${cut}`)
    for (const cut of [0, 1, 100, 2048, 4096, 6000]) {
      expect(failureOf(made.bytes.slice(0, cut))?.code, `cut at ${cut}`).toMatch(/XX001|42809/)
    }
  })

  test('bytes behind its end are no part of it', () => {
    const longer = new Uint8Array(made.bytes.length + 10_000).fill(0xaa)
    longer.set(made.bytes)
    expect(failureOf(longer)).toBe(null)
  })
})

describe('flipped bits', () => {
  test('anywhere behind the header are refused', () => {
    const random = new Random(6)
    const bytes = made.bytes.slice()
    for (let i = 0; i < 300; i++) {
      const at = random.between(HEADER_BYTES, bytes.length - 1)
      bytes[at]! ^= 1 << random.below(8)
      expectRefused(bytes, `bit of byte ${at}`)
      bytes[at] = made.bytes[at]!
    }
  })

  test('in every field of a link are refused', () => {
    const bytes = assemble(chain([1, 2]))
    const { offset, bytes: length } = made.links[1]!
    const first = offset - made.links[0]!.offset + HEADER_BYTES
    const places = [...upTo(100), ...upTo(210).map((i) => 2040 + i), ...upTo(100).map((i) => 4095 + i),
      ...upTo(70).map((i) => length - 4097 + i)]
    for (const place of places) {
      bytes[first + place - 1]! ^= 0x10
      expectRefused(bytes, `byte ${place - 1} of the link`)
      bytes[first + place - 1]! ^= 0x10
    }
  })

  test('in the header do no harm while one copy is whole', () => {
    const bytes = made.bytes.slice()
    for (let at = 0; at < HEADER_BYTES; at += 37) {
      bytes[at]! ^= 0x40
      expect(failureOf(bytes), `bit of byte ${at}`).toBe(null)
      bytes[at] = made.bytes[at]!
    }
    for (let copy = 0; copy < 4; copy++) bytes[copy * 2048 + 20]! ^= 1
    expect(failureOf(bytes)).toMatchObject({ code: 'XX001' })
  })
})

describe('other versions', () => {
  test('a newer format is 0A000 with both versions', () => {
    const bytes = made.bytes.slice()
    const header = bytes.slice(slotOffset(LINKS), slotOffset(LINKS) + 4096)
    expect(header[8]).toBe(1)
    const { databaseId, links, end, lastHash } = readBackupHeader(diskWith(bytes).open('b', 'read'))
    const slot = encodeBackupHeader({ databaseId, links: links + 2, end, lastHash })
    for (const copy of [0, 2048]) slot[copy + 8] = 9
    bytes.set(withChecksum(slot), slotOffset(LINKS))
    expect(failureOf(bytes)).toMatchObject({ code: '0A000', message: expect.stringMatching(/9.*version 1/) as string })
  })
})

function withChecksum(slot: Uint8Array): Uint8Array {
  const view = new DataView(slot.buffer, slot.byteOffset, slot.byteLength)
  for (const copy of [0, 2048]) view.setUint32(copy + 2044, crc32c(slot.subarray(copy, copy + 2044)), true)
  return slot
}
