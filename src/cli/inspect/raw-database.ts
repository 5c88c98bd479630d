// A database file read without opening the database: meta slots, page map, pages and catalogue, as far as they can
// be read. It shares constants and decoders with storage/ but not its read path: what is damaged is said and gone
// around, not refused. Nothing here throws on damage; `damage` collects what was met on the way.
//
//   file ─► meta slots ─► newest whole copy ─► map root ─► map pages ─► entry of a page ─► its bytes
import { crc32c } from '../../base/checksum.ts'
import { DatabaseError } from '../../base/errors.ts'
import type { TableSchema } from '../../base/types.ts'
import type { FileHandle } from '../../../storage/file/file.ts'
import { CATALOG_HEADER_BYTES, catalogBytes, decodeCatalog } from '../../../storage/catalog/catalog.ts'
import type { CatalogEntry } from '../../../storage/catalog/catalog.ts'
import { decodeMetaSlot } from '../../../storage/page/meta-slot.ts'
import type { Meta, MetaCopy } from '../../../storage/page/meta-slot.ts'
import {
  BLOCK_SIZE, ENTRIES_PER_MAP_PAGE, ENTRY_BYTES, MAX_PAGE_BLOCKS, MAX_PAGE_BYTES,
} from '../../../storage/page/page-map.ts'
import { PAGE_KIND } from '../../../storage/page/page-store.ts'
import { unpackImage } from '../../../storage/page/page-codec.ts'
import { hex32 } from './field-dump.ts'

/** A page map entry, or a pointer to a map page. */
export interface RawEntry {
  readonly block: number
  readonly crc: number
  readonly epoch: number
  readonly blocks: number
  readonly kind: number
  readonly fill: number
  /** PAGE_CODEC of the blocks. */
  readonly codec: number
  /** File offset of the entry itself. */
  readonly offset: number
}

/** A piece of the file whose checksum its parent knows. */
export interface RawPiece {
  readonly bytes: Uint8Array
  /** Checksum of the bytes, and what the parent says it is. */
  readonly actual: number
  readonly expected: number
  /** Why it cannot be what was written; null = it is whole. */
  readonly problem: string | null
}

/** Names of page kinds by number. */
export const KIND_NAMES: Readonly<Record<number, string>> = Object.fromEntries(
  Object.entries(PAGE_KIND).map(([name, value]) => [value, name.toLowerCase()]))

/** The root a reader of the file starts from, with its map. */
export interface RawRoot {
  readonly meta: Meta
  readonly mapRoot: RawPiece
  readonly mapPages: readonly { readonly pointer: RawEntry; readonly piece: RawPiece }[]
}

/** One damaged-or-not database file. */
export class RawDatabase {
  readonly file: FileHandle
  readonly size: number
  /** Copies by slot; missing when the file is too short. */
  readonly slots: readonly (readonly MetaCopy[] | null)[]
  /** Roots by falling epoch: the current one, then the older one. */
  readonly roots: readonly RawRoot[]

  constructor(file: FileHandle) {
    this.file = file
    this.size = file.size()
    this.slots = [0, 1].map((slot) => {
      const bytes = this.read(slot * BLOCK_SIZE, BLOCK_SIZE)
      return bytes.length < BLOCK_SIZE ? null : copiesOf(bytes, file.path)
    })
    const metas = new Map<number, Meta>()
    for (const copy of this.slots.flat()) if (copy?.meta) metas.set(copy.meta.epoch, copy.meta)
    this.roots = [...metas.values()].sort((a, b) => b.epoch - a.epoch).slice(0, 2).map((meta) => this.readRoot(meta))
  }

  get root(): RawRoot | null {
    return this.roots[0] ?? null
  }

  get blocks(): number {
    return Math.ceil(this.size / BLOCK_SIZE)
  }

  /** Bytes at an offset; fewer at the end of the file. */
  read(offset: number, length: number): Uint8Array {
    if (offset >= this.size || length <= 0) return new Uint8Array(0)
    const bytes = new Uint8Array(Math.min(length, this.size - offset))
    return bytes.subarray(0, this.file.read(offset, bytes))
  }

  /** Blocks with their checksum compared. */
  piece(block: number, blocks: number, expected: number): RawPiece {
    const length = Math.min(blocks, MAX_PAGE_BLOCKS) * BLOCK_SIZE
    const bytes = block < 2 ? new Uint8Array(0) : this.read(block * BLOCK_SIZE, length)
    const actual = crc32c(bytes)
    let problem: string | null = null
    if (block < 2 || blocks < 1 || blocks > MAX_PAGE_BLOCKS) problem = `block ${block}, ${blocks} blocks is no place`
    else if (bytes.length < length) problem = `lies beyond the end of the file, which has ${this.blocks} blocks`
    else if (actual !== expected) problem = `checksum ${hex32(expected)} does not hold: the bytes give ${hex32(actual)}`
    return { bytes, actual, expected, problem }
  }

  private readRoot(meta: Meta): RawRoot {
    const { block, blocks, crc, byteLength } = meta.mapRoot
    const mapRoot = this.piece(block, blocks, crc)
    const mapPages: { pointer: RawEntry; piece: RawPiece }[] = []
    const view = new DataView(mapRoot.bytes.buffer, mapRoot.bytes.byteOffset, mapRoot.bytes.byteLength)
    for (let at = 0; at + ENTRY_BYTES <= Math.min(byteLength, mapRoot.bytes.length); at += ENTRY_BYTES) {
      const pointer: RawEntry = {
        block: view.getUint32(at, true), crc: view.getUint32(at + 4, true), epoch: view.getUint32(at + 8, true),
        blocks: view.getUint32(at + 12, true), kind: PAGE_KIND.MAP, fill: 0, codec: 0,
        offset: block * BLOCK_SIZE + at,
      }
      mapPages.push({ pointer, piece: this.piece(pointer.block, pointer.blocks, pointer.crc) })
    }
    return { meta, mapRoot, mapPages }
  }

  /** Pages the map has entries for. */
  get pageCount(): number {
    return this.root?.meta.pageCount ?? 0
  }

  /** The map entry of a page, also out of a damaged map page; null where there is none. */
  entry(id: number, root: RawRoot | null = this.root): RawEntry | null {
    const part = root?.mapPages[Math.floor(id / ENTRIES_PER_MAP_PAGE)]
    const at = (id % ENTRIES_PER_MAP_PAGE) * ENTRY_BYTES
    if (part === undefined || at + ENTRY_BYTES > part.piece.bytes.length) return null
    const { bytes } = part.piece
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    return {
      block: view.getUint32(at, true), crc: view.getUint32(at + 4, true), epoch: view.getUint32(at + 8, true),
      blocks: bytes[at + 12]!, kind: bytes[at + 13]!, fill: bytes[at + 14]!, codec: bytes[at + 15]!,
      offset: part.pointer.block * BLOCK_SIZE + at,
    }
  }

  /** A page's bytes, unpacked; null when the map has no place for it. What cannot be unpacked is shown as it is. */
  page(id: number): RawPiece | null {
    const entry = this.entry(id)
    if (entry === null || entry.blocks === 0) return null
    const piece = this.piece(entry.block, entry.blocks, entry.crc)
    if (entry.codec === 0 || piece.problem !== null) return piece
    const bytes = unpackImage(entry.codec, piece.bytes)
    if (bytes === null) return { ...piece, problem: `is no page compressed by codec ${entry.codec}` }
    return { ...piece, bytes }
  }

  /** Bytes kept in consecutive pages; what cannot be read is zeros. `problem` names the first page that is wrong. */
  stream(firstPage: number, offset: number, length: number): { bytes: Uint8Array; problem: string | null } {
    const bytes = new Uint8Array(Math.max(0, Math.min(length, this.size)))
    let problem: string | null = bytes.length < length ? `${length} bytes are more than the file has` : null
    for (let done = 0; done < bytes.length;) {
      const at = offset + done
      const id = firstPage + Math.floor(at / MAX_PAGE_BYTES)
      const within = at % MAX_PAGE_BYTES
      const page = this.page(id)
      const count = Math.min(bytes.length - done, MAX_PAGE_BYTES - within)
      const part = page?.bytes.subarray(within, within + count) ?? new Uint8Array(0)
      bytes.set(part, done)
      if (page === null) problem ??= `page ${id} is not in the map`
      else if (page.problem !== null) problem ??= `page ${id} ${page.problem}`
      else if (part.length < count) problem ??= `page ${id} is too short`
      done += count
    }
    return { bytes, problem }
  }

  /** The catalogue, or why it cannot be read. */
  catalog(): { entries: readonly CatalogEntry[]; problem: string | null } {
    const page = this.root?.meta.catalogPage ?? 0
    if (this.root === null) return { entries: [], problem: 'the file has no usable root' }
    if (page === 0) return { entries: [], problem: null }
    const source = { file: this.file.path, page }
    try {
      const head = this.stream(page, 0, CATALOG_HEADER_BYTES)
      const whole = this.stream(page, 0, catalogBytes(head.bytes, source))
      return { entries: decodeCatalog(whole.bytes, source).entries, problem: whole.problem }
    } catch (error) {
      if (!(error instanceof DatabaseError)) throw error
      return { entries: [], problem: `the catalogue at page ${page} cannot be read: ${error.message}` }
    }
  }

  /** Schemas by table id, as far as the catalogue can be read. */
  schemas(): Map<number, TableSchema> {
    return new Map(this.catalog().entries.map((entry) => [entry.id, entry.schema]))
  }
}

function copiesOf(slot: Uint8Array, path: string): readonly MetaCopy[] | null {
  try {
    return decodeMetaSlot(slot, path)
  } catch (error) {
    if (!(error instanceof DatabaseError)) throw error
    return null
  }
}
