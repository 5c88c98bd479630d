// Integrity check of a page store: every page and map page has the checksum its parent expects, no two
// share a block, and used + free blocks are exactly the file. Reads the whole file.
import { DatabaseError } from '../../src/base/errors.ts'
import { BLOCK_SIZE } from './page-map.ts'
import { decodeMetaSlot } from './meta-slot.ts'
import type { PageStore } from './page-store.ts'

/** One thing that is wrong. */
export interface StoreProblem {
  message: string
  page?: number
  offset?: number
}

/** What a verification covered. */
export interface VerifyTotals {
  pages: number
  bytes: number
  problems: number
}

interface MapPart {
  block: number
  blocks: number
  crc: number
}

/** Checks the store; `mapParts` are the map root and the map pages of the current root. */
export function verifyStore(
  store: PageStore, mapParts: readonly MapPart[], report: (problem: StoreProblem) => void,
): VerifyTotals {
  const { map, memory, file } = store
  const totals: VerifyTotals = { pages: 0, bytes: 0, problems: 0 }
  const fail = (problem: StoreProblem): void => {
    totals.problems++
    report(problem)
  }
  const owner = new Int32Array(store.blocks.limit)
  owner.fill(0)
  const claim = (block: number, blocks: number, who: number): void => {
    for (let i = block; i < block + blocks; i++) {
      const broken = i < 2 || i >= owner.length ? `block ${i} of page ${who} is outside the file`
        : owner[i] !== 0 ? `block ${i} belongs to page ${owner[i]} and ${who}` : null
      if (broken === null) owner[i] = who
      else fail({ message: `violates F8: ${broken}`, page: who })
    }
  }
  checkSlots(store, fail)
  const frame = memory.allocateRun(1)
  try {
    for (const part of mapParts) {
      if (part.blocks === 0) continue
      claim(part.block, part.blocks, -1)
      const length = part.blocks * BLOCK_SIZE
      const offset = part.block * BLOCK_SIZE
      const count = file.read(offset, memory.u8.subarray(frame, frame + length))
      if (count < length || memory.crc32c(frame, length) !== part.crc) {
        fail({ message: `violates F3: page map at offset ${offset} does not match its checksum`, offset })
      }
      totals.bytes += length
    }
    for (let id = 1; id < map.pageCount; id++) {
      if (map.blocksOf(id) === 0) continue
      claim(map.blockOf(id), map.blocksOf(id), id)
      totals.pages++
      try {
        totals.bytes += store.readPage(id, frame)
      } catch (error) {
        if (!(error instanceof DatabaseError)) throw error
        fail({ message: `violates F3: ${error.message}`, page: id, offset: error.offset })
      }
    }
  } finally {
    memory.releaseRun(frame, 1)
  }
  checkFree(store, owner, fail)
  return totals
}

// A crash may leave one torn copy in a slot; the current root itself must be there, whole. Behind a reader's back
// the writer may have put a newer one in its place.
function checkSlots(store: PageStore, fail: (problem: StoreProblem) => void): void {
  const bytes = new Uint8Array(2 * BLOCK_SIZE)
  store.file.read(0, bytes)
  const slot = store.epoch & 1
  const copies = decodeMetaSlot(bytes.subarray(slot * BLOCK_SIZE, (slot + 1) * BLOCK_SIZE), store.file.path)
  const isThere = (epoch: number): boolean => epoch === store.epoch || (store.isReadOnly && epoch > store.epoch)
  if (copies.some(({ meta }) => meta !== null && isThere(meta.epoch))) return
  fail({ message: `violates F1: meta slot ${slot} does not hold checkpoint ${store.epoch}`, offset: slot * BLOCK_SIZE })
}

// Whatever is not owned is free or waits to be (F2), and nothing is both.
function checkFree(store: PageStore, owner: Int32Array, fail: (problem: StoreProblem) => void): void {
  const unused = new Uint8Array(owner.length)
  store.blocks.forEachUnused((start, count) => {
    for (let i = start; i < start + count; i++) {
      if (owner[i] !== 0) fail({ message: `violates F8: block ${i} is free and belongs to page ${owner[i]}` })
      else if (unused[i] !== 0) fail({ message: `violates F8: block ${i} is free twice` })
      unused[i] = 1
    }
  })
  for (let i = 2; i < owner.length; i++) {
    if (owner[i] === 0 && unused[i] === 0) fail({ message: `violates F8: block ${i} is neither used nor free` })
  }
}
