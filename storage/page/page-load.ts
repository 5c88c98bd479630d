// Opening: find the newest root, load its page map, and derive from the maps of both roots what is free.
// No data page is read. Cost: the map pages of the newest root and those of the older that differ.
//
// Which root: every copy in the two meta slots whose checksum holds is a candidate; the newest wins. Its
// map was synced before the slot was written, so no crash can leave a whole slot with a damaged map:
// that is damage at rest and is refused (XX001), because going back to the older root would silently lose
// row groups the WAL does not hold (W3). `salvage` accepts the loss and takes the older root.
import { CODE, DatabaseError, corruption } from '../../src/base/errors.ts'
import type { FileHandle } from '../file/file.ts'
import type { LinearMemory } from '../memory/linear-memory.ts'
import { FORMAT_VERSION, KNOWN_FLAGS, decodeMetaSlot, META_COMMIT_OFFSET } from './meta-slot.ts'
import type { Meta, MetaCopy } from './meta-slot.ts'
import { PAGE_CODEC } from './page-codec.ts'
import { BLOCK_SIZE, ENTRIES_PER_MAP_PAGE, ENTRY_BYTES, MAX_PAGE_BLOCKS, PageMap } from './page-map.ts'
import type { MapPagePointer } from './page-map.ts'
import { DelayedSpace } from './delayed-space.ts'

/** How to open a store. */
export interface StoreOptions {
  readOnly?: boolean
  /** Go back to the older root when the newest is damaged: what only the newest held is lost. */
  salvage?: boolean
}

/** A root with its map. */
export interface LoadedRoot {
  meta: Meta
  pointers: MapPagePointer[]
}

/** A durable root whose blocks are not reused before `release` is called (rule F6); calling it twice is harmless. */
export interface HeldRoot extends LoadedRoot {
  readonly release: () => void
}

/** Everything a PageStore starts from. */
export interface LoadedStore extends LoadedRoot {
  map: PageMap
  older: Meta | null
  blocks: DelayedSpace
  ids: DelayedSpace
  /** The newest epoch seen, usable or not. */
  newestEpoch: number
  /** Why the newest root was passed over (salvage only). */
  damage: string | null
}

// The highest page kind (PAGE_KIND).
const LAST_KIND = 5
// Two meta slots, one block of page map, one of map root.
const NEW_STORE_BYTES = 4 * BLOCK_SIZE

/** Growth of the file: 1/16 of it, 1 to 64 MiB at a time. */
function blockGrowth(limit: number): number {
  return Math.min(16384, Math.max(256, limit >>> 4))
}

/** What a store in an empty file starts from: nothing, before its first checkpoint. */
export function emptyStore(options: { databaseId: Uint8Array; redoLsn: number }): LoadedStore {
  const root: Meta = {
    version: FORMAT_VERSION, flags: { compatible: 0, readOnlyCompatible: 0, incompatible: 0 },
    epoch: 1, pageCount: 1, mapRoot: { block: 0, blocks: 0, crc: 0, byteLength: 0 },
    catalogPage: 0, redoLsn: options.redoLsn, commitId: 0, databaseId: options.databaseId,
    extra: new Uint8Array(0),
  }
  const map = new PageMap()
  map.grow(1)
  const blocks = new DelayedSpace(2, blockGrowth)
  const ids = new DelayedSpace(1, () => 1)
  return {
    meta: { ...root, epoch: 0 }, pointers: [], map, older: null, blocks, ids, newestEpoch: 0, damage: null,
  }
}

/** Reads the roots and the page map. `scratch` is the address of a frame the loader may overwrite. */
export function loadStore(
  file: FileHandle, memory: LinearMemory, scratch: number, options: StoreOptions,
): LoadedStore {
  const candidates = readRoots(file, options.readOnly ?? false)
  let damage: string | null = null
  for (let i = 0; i < candidates.length; i++) {
    const meta = candidates[i]!
    const loader = new MapLoader(file, memory, scratch)
    try {
      const pointers = loader.readMapRoot(meta)
      const map = loader.readMap(meta, pointers)
      const older = candidates[i + 1] ?? null
      const spaces = deriveSpaces(loader, { meta, pointers, map, older })
      return { meta, pointers, map, older, ...spaces, newestEpoch: candidates[0]!.epoch, damage }
    } catch (error) {
      const isDamage = error instanceof DatabaseError && error.code === CODE.CORRUPT
      if (!isDamage || options.salvage !== true || i + 1 === candidates.length) throw error
      damage = `checkpoint ${meta.epoch} cannot be used: ${error.message}`
    }
  }
  throw corruption('no usable root', { file: file.path })
}

/**
 * True when the file may be what a creation that was cut short left behind: no whole root, and no larger than
 * a new store. Whether it is one of ours the caller must know from elsewhere (its log folder).
 */
export function isUnfinishedStore(file: FileHandle): boolean {
  if (file.size() > NEW_STORE_BYTES) return false
  const bytes = new Uint8Array(2 * BLOCK_SIZE)
  file.read(0, bytes)
  return [0, 1].every((slot) => decodeMetaSlot(bytes.subarray(slot * BLOCK_SIZE, (slot + 1) * BLOCK_SIZE), file.path)
    .every((copy) => !copy.isWhole))
}

/** Number of the newest whole root in the file; XX001 or 42809 when there is none. */
export function newestRootEpoch(file: FileHandle): number {
  return readRoots(file, true)[0]!.epoch
}

/** What a reader meets whose root the writer did not know of: its pages have been reused. */
export function overtakenError(path: string, page: number): DatabaseError {
  const hint = 'The log folder is not writable, so the writer does not know of this reader. Open the file again.'
  return new DatabaseError(CODE.SNAPSHOT_TOO_OLD, `"${path}": the writer has reused page ${page}`,
    { file: path, page, hint })
}

/** Commit id of the newest root in the file, unchecked: a cheap hint for readers. */
export function peekCommitId(file: FileHandle): number {
  const bytes = new Uint8Array(8)
  const view = new DataView(bytes.buffer)
  let newest = 0
  for (const slot of [0, BLOCK_SIZE]) {
    file.read(slot + META_COMMIT_OFFSET, bytes)
    newest = Math.max(newest, view.getUint32(0, true) + view.getUint32(4, true) * 2 ** 32)
  }
  return newest
}

// The valid copies, newest first, one per epoch; at most the two newest, because only they are protected.
function readRoots(file: FileHandle, readOnly: boolean): Meta[] {
  const bytes = new Uint8Array(2 * BLOCK_SIZE)
  const count = file.read(0, bytes)
  const copies = [0, 1].flatMap((slot) => {
    const begin = slot * BLOCK_SIZE
    return begin + BLOCK_SIZE <= count ? decodeMetaSlot(bytes.subarray(begin, begin + BLOCK_SIZE), file.path) : []
  })
  const newer = copies.find((copy) => copy.isWhole && copy.version !== FORMAT_VERSION)
  if (newer !== undefined) throw otherVersion(file.path, newer.version)
  const roots = new Map<number, Meta>()
  for (const { meta } of copies) if (meta !== null) roots.set(meta.epoch, meta)
  if (roots.size === 0) throw noRoot(file.path, copies)
  const sorted = [...roots.values()].sort((a, b) => b.epoch - a.epoch).slice(0, 2)
  checkFlags(file.path, sorted[0]!, readOnly)
  return sorted
}

function otherVersion(path: string, version: number): DatabaseError {
  const text = `"${path}" has format version ${version}; this release reads version ${FORMAT_VERSION}`
  const hint = 'Open it with the release that wrote it, or a newer one; to move its data, export the tables there.'
  return new DatabaseError(CODE.UNSUPPORTED, text, { file: path, hint })
}

function noRoot(path: string, copies: MetaCopy[]): DatabaseError {
  const named = copies.filter((copy) => copy.hasMagic)
  if (named.length === 0) {
    return new DatabaseError(CODE.WRONG_OBJECT, `"${path}" is not a SecantDB database`, { file: path })
  }
  if (named.every((copy) => copy.version > FORMAT_VERSION)) return otherVersion(path, named[0]!.version)
  return corruption(`"${path}": both meta slots are damaged`, { file: path, offset: 0 })
}

function checkFlags(path: string, meta: Meta, readOnly: boolean): void {
  const { incompatible, readOnlyCompatible } = meta.flags
  const fatal = (incompatible & ~KNOWN_FLAGS.incompatible) >>> 0
  if (fatal !== 0) {
    const text = `"${path}" uses features this release does not have (flags 0x${fatal.toString(16)})`
    throw new DatabaseError(CODE.UNSUPPORTED, text, { file: path })
  }
  const noWrite = (readOnlyCompatible & ~KNOWN_FLAGS.readOnlyCompatible) >>> 0
  if (noWrite !== 0 && !readOnly) {
    const text = `"${path}" can only be opened read-only by this release (flags 0x${noWrite.toString(16)})`
    throw new DatabaseError(CODE.UNSUPPORTED, text, { file: path })
  }
}

class MapLoader {
  private readonly file: FileHandle
  private readonly memory: LinearMemory
  private readonly scratch: number
  readonly fileBlocks: number

  constructor(file: FileHandle, memory: LinearMemory, scratch: number) {
    this.file = file
    this.memory = memory
    this.scratch = scratch
    this.fileBlocks = Math.ceil(file.size() / BLOCK_SIZE)
  }

  fail(message: string, block: number): never {
    throw corruption(`"${this.file.path}": ${message}`, { file: this.file.path, offset: block * BLOCK_SIZE })
  }

  // Reads blocks into the scratch frame and checks them; returns a view valid until the next call.
  private readChecked(pointer: { block: number; blocks: number; crc: number }, what: string): Uint8Array {
    const { block, blocks, crc } = pointer
    if (block < 2 || blocks < 1 || blocks > MAX_PAGE_BLOCKS) this.fail(`${what} has no valid address`, block)
    const length = blocks * BLOCK_SIZE
    const view = this.memory.u8.subarray(this.scratch, this.scratch + length)
    if (this.file.read(block * BLOCK_SIZE, view) < length) this.fail(`${what} lies beyond the end of the file`, block)
    if (this.memory.crc32c(this.scratch, length) !== crc) this.fail(`checksum of ${what} does not match`, block)
    return view
  }

  readMapRoot(meta: Meta): MapPagePointer[] {
    const count = Math.ceil(meta.pageCount / ENTRIES_PER_MAP_PAGE)
    if (count === 0) return []
    if (meta.mapRoot.byteLength !== count * ENTRY_BYTES) this.fail('the page map root has the wrong size', 0)
    this.readChecked(meta.mapRoot, 'the page map root')
    const pointers: MapPagePointer[] = []
    for (let i = 0; i < count; i++) {
      const word = this.scratch / 4 + i * 4
      const [block, crc, epoch, blocks] = this.memory.u32.subarray(word, word + 4)
      pointers.push({ block: block!, crc: crc!, epoch: epoch!, blocks: blocks! })
    }
    return pointers
  }

  readMap(meta: Meta, pointers: readonly MapPagePointer[]): PageMap {
    const map = new PageMap()
    map.grow(Math.max(1, meta.pageCount))
    pointers.forEach((pointer, i) => this.readMapPage(map, pointer, i))
    map.markClean()
    return map
  }

  readMapPage(map: PageMap, pointer: MapPagePointer, index: number): void {
    const source = this.readChecked(pointer, `page map part ${index}`)
    const target = map.mapPageBytes(index)
    if (source.length !== target.length) this.fail(`page map part ${index} has the wrong size`, pointer.block)
    target.set(source)
  }
}

// Bits of the blocks one root refers to.
class BlockSet {
  private readonly bits: Uint32Array

  constructor(blocks: number) {
    this.bits = new Uint32Array((blocks >>> 5) + 1)
  }

  has(block: number): boolean {
    return ((this.bits[block >>> 5]! >>> (block & 31)) & 1) === 1
  }

  /** False when the block was there already. */
  add(block: number): boolean {
    if (this.has(block)) return false
    this.bits[block >>> 5]! |= 1 << (block & 31)
    return true
  }
}

interface Spaces {
  blocks: DelayedSpace
  ids: DelayedSpace
}

// Free = in neither root; waiting = only in the older one.
function deriveSpaces(
  loader: MapLoader, root: LoadedRoot & { map: PageMap; older: Meta | null },
): Spaces {
  const { map, pointers, meta } = root
  const used = new BlockSet(loader.fileBlocks)
  let limit = 2
  const take = (block: number, count: number, what: string): void => {
    if (block < 2 || block + count > loader.fileBlocks) loader.fail(`${what} lies beyond the end of the file`, block)
    for (let i = block; i < block + count; i++) if (!used.add(i)) loader.fail(`${what} shares a block`, i)
    limit = Math.max(limit, block + count)
  }
  used.add(0)
  used.add(1)
  if (pointers.length > 0) take(meta.mapRoot.block, meta.mapRoot.blocks, 'the page map root')
  pointers.forEach((pointer, i) => take(pointer.block, pointer.blocks, `page map part ${i}`))
  const ids = new DelayedSpace(map.pageCount, () => 1)
  for (let id = 0; id < map.pageCount; id++) {
    const kind = map.kindOf(id)
    const blocks = map.blocksOf(id)
    const isUsed = id > 0 && kind <= LAST_KIND && blocks >= 1 && blocks <= MAX_PAGE_BLOCKS
      && map.codecOf(id) <= PAGE_CODEC.GZIP
    if (kind === 0 ? blocks !== 0 : !isUsed) {
      loader.fail(`the map entry of page ${id} is not valid`, pointers[Math.floor(id / ENTRIES_PER_MAP_PAGE)]!.block)
    }
    if (kind !== 0) take(map.blockOf(id), blocks, `page ${id}`)
  }
  const waiting = root.older === null ? new OlderRoot() : olderRoot(loader, root, used)
  for (const [start, count] of waiting.blocks) limit = Math.max(limit, start + count)
  const blocks = new DelayedSpace(limit, blockGrowth)
  for (const [start, count] of waiting.blocks) blocks.releaseWaiting(start, count)
  forEachGap(limit, (block) => used.has(block), (start, count) => blocks.releaseNow(start, count))
  for (const id of waiting.ids) ids.releaseWaiting(id, 1)
  const isFreeId = (id: number): boolean => map.kindOf(id) === 0 && !waiting.ids.has(id) && id !== 0
  forEachGap(map.pageCount, (id) => !isFreeId(id), (start, count) => ids.releaseNow(start, count))
  return { blocks, ids }
}

class OlderRoot {
  readonly blocks: [number, number][] = []
  readonly ids = new Set<number>()
}

// What the older root alone refers to; its blocks are added to `used`. An older root that cannot be read
// protects nothing: it could not be opened either.
function olderRoot(
  loader: MapLoader, root: LoadedRoot & { map: PageMap; older: Meta | null }, used: BlockSet,
): OlderRoot {
  const result = new OlderRoot()
  const older = root.older!
  const keep = (block: number, count: number): void => {
    for (let i = block; i < block + count; i++) if (used.add(i)) result.blocks.push([i, 1])
  }
  let pointers: MapPagePointer[]
  const map = new PageMap()
  map.grow(Math.max(1, older.pageCount))
  try {
    pointers = loader.readMapRoot(older)
    pointers.forEach((pointer, i) => {
      if (!samePointer(pointer, root.pointers[i])) loader.readMapPage(map, pointer, i)
    })
  } catch (error) {
    if (error instanceof DatabaseError && error.code === CODE.CORRUPT) return result
    throw error
  }
  if (pointers.length > 0) keep(older.mapRoot.block, older.mapRoot.blocks)
  pointers.forEach((pointer, i) => {
    if (samePointer(pointer, root.pointers[i])) return
    keep(pointer.block, pointer.blocks)
    const end = Math.min(older.pageCount, (i + 1) * ENTRIES_PER_MAP_PAGE)
    for (let id = i * ENTRIES_PER_MAP_PAGE; id < end; id++) {
      if (map.kindOf(id) === 0 || map.blockOf(id) + map.blocksOf(id) > loader.fileBlocks) continue
      keep(map.blockOf(id), map.blocksOf(id))
      if (id < root.map.pageCount && root.map.kindOf(id) === 0) result.ids.add(id)
    }
  })
  return result
}

function samePointer(a: MapPagePointer, b: MapPagePointer | undefined): boolean {
  return b !== undefined && a.block === b.block && a.crc === b.crc && a.epoch === b.epoch && a.blocks === b.blocks
}

function forEachGap(
  limit: number, isUsed: (n: number) => boolean, visit: (start: number, count: number) => void,
): void {
  let start = -1
  for (let n = 0; n < limit; n++) {
    if (isUsed(n)) {
      if (start >= 0) visit(start, n - start)
      start = -1
    } else if (start < 0) start = n
  }
  if (start >= 0) visit(start, limit - start)
}
