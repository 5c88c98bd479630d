// The base of a table as its point readers want it: the models of all row groups packed into one (packed-model.ts),
// and where the values lie right now, as one image in linear memory that the code of warm-find.ts walks.
// A *slice* is the 8,192 rows of a scan batch; its values of one column lie in one page (stream.ts), so in one frame.
//
//   image    slots | keys | grid | segments | places
//   slot     of a row: pos u32 | window u32 | part u32 | found i32
//            per column: value (8 bytes) | is not NULL u32 | kind u32
//            The first is that of single lookups; many keys at once have one each.
//   segment  32 bytes of packed-model.ts, with the address of the part's first place in the last word
//   place    of slice s of group g, at (g * 8 + s) * placeBytes:
//            state u32: key kind (bits 0-3) | key not here (bit 7) | column c not here (bit 8 + c % 24)
//            key origin | key base f64 | per column: origin | extra | validity origin | kind
//
//   origin           + (row of the group << log2 of the width) = address of the value, modulo 2^32
//   validity origin  + (row >>> 3) = address of the byte; 0 = the chunk has no NULLs
//   extra            is added to the value: base of narrow 32-bit integers; for codes where the group's strings begin
//
// Places hold while no page leaves its frame (BufferPool.departures): then all of them are void until no page has left
// for a thousand lookups. Chunks of a kind that is not listed here (wide values, other encodings, text that is not in a
// small dictionary, all NULL) go through value-reader.ts. A table has at most one image, of its newest base.
import { packModels } from '../../index/mod.ts'
import { isInt32, isText, physicalOf } from '../../src/base/types.ts'
import type { SqlType } from '../../src/base/types.ts'
import { BATCH_ROWS, LAYOUT } from '../column-buffers.ts'
import type { Layout } from '../column-buffers.ts'
import { FRAME_SIZE } from '../memory/linear-memory.ts'
import type { LinearMemory } from '../memory/linear-memory.ts'
import type { BufferPool } from '../pool/buffer-pool.ts'
import { ENCODING } from '../row-group/column-chunk.ts'
import type { ColumnChunk } from '../row-group/column-chunk.ts'
import type { GroupMeta, RowGroup } from '../row-group/row-group.ts'
import type { GroupDirectory } from './group-directory.ts'
import type { TableStore } from './table-store.ts'

/** How a chunk's values are got at; 0 also marks a place that is not filled. */
export const KIND = { OTHER: 0, U8: 1, U16: 2, U32: 3, F64: 4, CODE8: 5, CODE16: 6, I64: 7 } as const
export type Kind = (typeof KIND)[keyof typeof KIND]

/** Bit in the state of a place that says that the page of a column (ordinal) is not in memory. */
export function absentBit(column: number): number {
  return 1 << 8 + column % 24
}

/** log2 of a value's bytes by kind. */
export const KIND_SHIFT: readonly number[] = [0, 0, 1, 2, 3, 0, 1, 3]

/** log2 of a slice's rows. */
export const SLICE_SHIFT: number = Math.log2(BATCH_ROWS)
const SLICES = 65536 / BATCH_ROWS

/** Byte offsets in the image. */
export const SLOT = { POS: 0, WINDOW: 4, PART: 8, FOUND: 12, COLUMNS: 16, VALID: 8, KIND: 12 } as const
export const SEGMENT = { KEY: 0, SLOPE: 8, ROWS: 16, ERRORS: 20, PART: 24, PLACES: 28, BYTES: 32 } as const
export const PLACE = { STATE: 0, ORIGIN: 4, KEY_BASE: 8, COLUMNS: 16 } as const
export const COLUMN = { ORIGIN: 0, EXTRA: 4, VALIDITY: 8, KIND: 12, BYTES: 16 } as const
/** In the state of a place. */
export const KEY_KIND_MASK = 15
export const KEY_ABSENT = 0x80

/** Bases with more groups are left to the general path: `part << 16 | row` has to be a positive int32. */
const GROUPS_MAX = 8192
/** The image takes at most this share of the memory. */
const MEMORY_SHARE = 1 / 16
/** Keys that are looked up at once: as many as their rows leave the first caches room for. */
const BATCH_MIN = 8
const BATCH_MAX = 64
const BATCH_BYTES = 16384
/** Bytes behind a slice that a search may read. */
const OVERREAD_BYTES = 512
/** Lookups without a page leaving its frame after which void places are filled anew. */
const CALM_LOOKUPS = 1024
/** Dictionaries up to this size are in `strings`, decoded on first use. */
const STRINGS_MAX = 256

const NARROW_KIND: Partial<Record<Layout, Kind>> = {
  [LAYOUT.U8]: KIND.U8, [LAYOUT.U16]: KIND.U16, [LAYOUT.U32]: KIND.U32,
}

/** One column over all groups. */
export interface WarmColumn {
  readonly chunks: readonly ColumnChunk[]
  /** Kind by group, and the kinds that occur, ascending. */
  readonly kindOf: readonly Kind[]
  readonly kinds: readonly Kind[]
  readonly hasNulls: boolean
  /** Offset of its COLUMN words in a place. */
  readonly at: number
  /** Offset of its 16 bytes in a slot. */
  readonly slot: number
  /** Base by group, for integers that need not fit 32 bits. */
  readonly bases: Float64Array
  /** What EXTRA is, by group. */
  readonly extras: readonly number[]
}

/** The image of one base; see the file header. */
export class WarmBase {
  readonly directory: GroupDirectory
  readonly groups: readonly RowGroup[]
  readonly memory: LinearMemory
  readonly key: WarmColumn
  readonly columns: readonly WarmColumn[]
  /** Decoded strings of small dictionaries. */
  readonly strings: (string | undefined)[] = []
  /** Of the packed model. */
  readonly first: number
  readonly scale: number
  readonly cells: number
  /** Addresses. */
  readonly slotsAt: number
  readonly keysAt: number
  readonly gridAt: number
  readonly segmentsAt: number
  readonly placesAt: number
  readonly placeBytes: number
  /** Keys that can be looked up at once, and the bytes of a slot. */
  readonly batch: number
  readonly slotBytes: number
  /** Pages that had left their frames when the places were resolved. */
  departures: number
  /** The same at the last lookup that found them void, and such lookups since. */
  private departuresSeen: number
  private calmLookups = 0
  private readonly pool: BufferPool
  private readonly frames: number
  private isReleased = false

  private constructor(table: TableStore, directory: GroupDirectory, metas: readonly GroupMeta[], parts: ImageParts) {
    const { pool, memory } = table.services.reader
    const { model } = parts
    this.directory = directory
    this.groups = directory.groups
    this.memory = memory
    this.pool = pool
    const types = table.schema.columns.map((column) => column.type)
    this.columns = types.map((type, c) => this.plan(metas.map((meta) => meta.chunks[c]!), c, type))
    this.key = this.columns[table.order.columns[0]!]!
    this.first = model.first
    this.scale = model.scale
    this.cells = model.grid.length - 1
    this.frames = parts.frames
    this.batch = parts.batch
    this.slotBytes = parts.slotBytes
    this.slotsAt = memory.allocateRun(parts.frames)
    this.keysAt = this.slotsAt + parts.batch * parts.slotBytes
    this.gridAt = this.keysAt + parts.batch * 8
    this.segmentsAt = this.gridAt + parts.gridBytes
    this.placesAt = this.segmentsAt + parts.segmentBytes
    this.placeBytes = parts.placeBytes
    memory.i32.set(model.grid, this.gridAt / 4)
    memory.f64.set(model.doubles, this.segmentsAt / 8)
    for (let s = 0; s < model.segments; s++) {
      const at = (this.segmentsAt + s * SEGMENT.BYTES) / 4
      const part = memory.u32[at + SEGMENT.PART / 4]!
      memory.u32[at + SEGMENT.PLACES / 4] = this.placesAt + part * SLICES * this.placeBytes
    }
    this.departures = this.departuresSeen = pool.departures
    this.resolveAll()
  }

  /**
   * The image of a table's newest base, or null where there can be none: keys that are no numbers, int64 keys beyond
   * 2^53, infinities, too many groups, a key column of another encoding, too little memory. Reads the metas of all
   * groups; O(segments + groups * columns).
   */
  static of(table: TableStore): WarmBase | null {
    const { base } = table.root
    const { groups } = base
    if (groups.length === 0 || groups.length > GROUPS_MAX || table.order.mode !== 'number') return null
    const metas = groups.map((group) => table.metaOf(group))
    if (metas.some((meta) => meta.keyBase !== null)) return null
    const keyColumn = table.order.columns[0]!
    const { type } = table.schema.columns[keyColumn]!
    const kindOf = metas.map((meta, g) => kindOfChunk(meta.chunks[keyColumn]!, type, groups[g]!.rows))
    if (kindOf.every((kind) => kind === KIND.OTHER)) return null
    const model = packModels(metas.map((meta) => meta.model))
    if (model === null) return null
    const columns = table.schema.columns.length
    const slotBytes = SLOT.COLUMNS + columns * COLUMN.BYTES
    const parts = {
      model, placeBytes: PLACE.COLUMNS + columns * COLUMN.BYTES, slotBytes,
      batch: Math.max(BATCH_MIN, Math.min(BATCH_MAX, BATCH_BYTES / slotBytes & ~7)),
      gridBytes: (model.grid.length + 15 & ~15) * 4, segmentBytes: model.doubles.byteLength, frames: 0,
    }
    const modelBytes = parts.gridBytes + parts.segmentBytes
    const bytes = parts.batch * (slotBytes + 8) + modelBytes + groups.length * SLICES * parts.placeBytes
    parts.frames = Math.ceil(bytes / FRAME_SIZE)
    if (parts.frames > table.services.reader.memory.frameCount * MEMORY_SHARE) return null
    return new WarmBase(table, base, metas, parts)
  }

  /** Gives the memory back. No reader may use it afterwards. */
  release(): void {
    if (this.isReleased) return
    this.isReleased = true
    this.memory.releaseRun(this.slotsAt, this.frames)
  }

  private plan(chunks: readonly ColumnChunk[], c: number, type: SqlType): WarmColumn {
    const kindOf = chunks.map((chunk, g) => kindOfChunk(chunk, type, this.groups[g]!.rows))
    const extras = chunks.map((chunk, g) => isCode(kindOf[g]!) ? this.placeStrings(chunk.dictionaryCount)
      : isInt32(type) && isNarrow(kindOf[g]!) ? Number(chunk.base) : 0)
    return {
      chunks, kindOf, extras, kinds: [...new Set(kindOf)].sort((a, b) => a - b),
      hasNulls: chunks.some((chunk) => chunk.nullCount > 0),
      at: PLACE.COLUMNS + c * COLUMN.BYTES, slot: SLOT.COLUMNS + c * COLUMN.BYTES,
      bases: Float64Array.from(chunks, ({ base }) => Number(base)),
    }
  }

  private placeStrings(count: number): number {
    const at = this.strings.length
    for (let code = 0; code < count; code++) this.strings.push(undefined)
    return at
  }

  /** Notes a lookup that found the places void. After enough of them without a page leaving, they are filled anew. */
  noteVoid(): void {
    if (this.pool.departures !== this.departuresSeen) {
      this.departuresSeen = this.pool.departures
      this.calmLookups = 0
    } else if (++this.calmLookups === CALM_LOOKUPS) {
      this.calmLookups = 0
      this.departures = this.departuresSeen
      this.resolveAll()
    }
  }

  // A few nanoseconds per place and column.
  private resolveAll(): void {
    for (let g = 0; g < this.groups.length; g++) for (let s = 0; s < SLICES; s++) this.resolve(g, s)
  }

  /** Fills the place of a slice with what is in memory. */
  resolve(g: number, slice: number): void {
    const { words } = this
    const place = (this.placesAt + (g * SLICES + slice) * this.placeBytes) / 4
    words[place] = KEY_ABSENT
    const group = this.groups[g]!
    const kind = this.key.kindOf[g]!
    if (slice << SLICE_SHIFT >= group.rows || kind === KIND.OTHER) return
    let absent = 0
    this.columns.forEach((column, c) => {
      if (!this.resolveColumn(place + column.at / 4, column, g, slice)) absent |= absentBit(c)
    })
    const skipped = slice << SLICE_SHIFT + KIND_SHIFT[kind]!
    const first = this.addressOf(group, this.key.chunks[g]!.valuesOffset + skipped)
    if (first < 0 || first + (BATCH_ROWS << KIND_SHIFT[kind]!) + OVERREAD_BYTES > this.memory.u8.length) return
    words[place + PLACE.ORIGIN / 4] = first - skipped
    this.memory.f64[(place + PLACE.KEY_BASE / 4) / 2] = this.key.bases[g]!
    words[place] = kind | absent
  }

  private resolveColumn(at: number, column: WarmColumn, g: number, slice: number): boolean {
    const { words } = this
    const group = this.groups[g]!
    const kind = column.kindOf[g]!
    const chunk = column.chunks[g]!
    words[at + COLUMN.KIND / 4] = kind
    words[at + COLUMN.VALIDITY / 4] = 0
    words[at + COLUMN.EXTRA / 4] = column.extras[g]!
    words[at + COLUMN.ORIGIN / 4] = 0
    if (kind === KIND.OTHER) return true
    const skipped = slice << SLICE_SHIFT + KIND_SHIFT[kind]!
    const first = this.addressOf(group, chunk.valuesOffset + skipped)
    if (first < 0) return false
    words[at + COLUMN.ORIGIN / 4] = first - skipped
    if (chunk.nullCount === 0) return true
    const bits = this.addressOf(group, chunk.validityOffset + (slice << SLICE_SHIFT - 3))
    words[at + COLUMN.VALIDITY / 4] = bits - (slice << SLICE_SHIFT - 3)
    return bits >= 0
  }

  private get words(): Int32Array {
    return this.memory.i32
  }

  // Address of a byte of the group's stream, or -1 when its page is not in memory.
  private addressOf(group: RowGroup, offset: number): number {
    const page = group.firstPage + (offset >>> 16)
    const frame = page < this.pool.frameOf.length ? this.pool.frameOf[page]! : -1
    return frame < 0 ? -1 : frame * FRAME_SIZE + (offset & 0xffff)
  }
}

interface ImageParts {
  readonly model: NonNullable<ReturnType<typeof packModels>>
  readonly placeBytes: number
  readonly slotBytes: number
  readonly batch: number
  readonly gridBytes: number
  readonly segmentBytes: number
  readonly frames: number
}

function isCode(kind: Kind): boolean {
  return kind === KIND.CODE8 || kind === KIND.CODE16
}

function isNarrow(kind: Kind): boolean {
  return kind === KIND.U8 || kind === KIND.U16 || kind === KIND.U32
}

function kindOfChunk(chunk: ColumnChunk, type: SqlType, rows: number): Kind {
  if (chunk.nullCount === rows) return KIND.OTHER
  if (chunk.encoding === ENCODING.NARROW && physicalOf(type) === 'int' && typeof chunk.base === 'number') {
    return NARROW_KIND[chunk.layout] ?? KIND.OTHER
  }
  if (chunk.encoding === ENCODING.PLAIN) {
    return chunk.layout === LAYOUT.F64 ? KIND.F64 : chunk.layout === LAYOUT.I64 ? KIND.I64 : KIND.OTHER
  }
  if (chunk.encoding === ENCODING.DICTIONARY && isText(type) && chunk.dictionaryCount <= STRINGS_MAX) {
    return chunk.layout === LAYOUT.U8 ? KIND.CODE8 : chunk.layout === LAYOUT.U16 ? KIND.CODE16 : KIND.OTHER
  }
  return KIND.OTHER
}
