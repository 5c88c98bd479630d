// Where the values of a root's row groups lie in memory right now, as numbers in one array: what the generated reader
// of warm-reader.ts needs instead of a walk from group to meta to chunk to frame. A *slice* is the 8,192 rows of a
// scan batch; its values of one column lie in one page (stream.ts), hence in one frame.
//
//   record of slice s of group g, words [(g * 8 + s) * stride, ...):
//     key origin | key kind, when the groups differ in it | per column, unless all its chunks are OTHER:
//       origin | extra | kind, when the groups differ in it | validity origin, when any group has NULLs
//
//   origin            + row of the group = index into the typed array of the kind. ABSENT (key) = the record is
//                     not filled: a page was not in memory, or the key's chunk is OTHER
//   validity origin   + (row >>> 3) = index into u8; 0 = no NULLs
//   extra             narrow ints: the base; dictionary codes: where the group's strings begin in `strings`
//
// Records hold while no page leaves its frame (BufferPool.departures). Chunks of a kind that is not listed here (new
// encodings, wide values, text that is not in a small dictionary, all NULL) go through value-reader.ts.
import { isText, physicalOf } from '../../src/base/types.ts'
import type { SqlType } from '../../src/base/types.ts'
import { BATCH_ROWS, LAYOUT } from '../column-buffers.ts'
import type { Layout } from '../column-buffers.ts'
import { FRAME_SIZE } from '../memory/linear-memory.ts'
import type { BufferPool } from '../pool/buffer-pool.ts'
import { ENCODING } from '../row-group/column-chunk.ts'
import type { ColumnChunk } from '../row-group/column-chunk.ts'
import type { GroupMeta, RowGroup } from '../row-group/row-group.ts'

/** How the generated reader gets at a chunk's values. */
export const KIND = { OTHER: 0, U8: 1, U16: 2, U32: 3, F64: 4, CODE8: 5, CODE16: 6, I64: 7 } as const
export type Kind = (typeof KIND)[keyof typeof KIND]

/** log2 of a value's bytes by kind. */
const KIND_SHIFT: readonly number[] = [0, 0, 1, 2, 3, 0, 1, 3]

/** Slices per row group, and log2 of their rows. */
export const SLICES = 65536 / BATCH_ROWS
export const SLICE_SHIFT: number = Math.log2(BATCH_ROWS)
/** Key origin of a record that is not filled. Origins are above -65,536. */
export const ABSENT = -0x80000000

const NARROW_KIND: Partial<Record<Layout, Kind>> = {
  [LAYOUT.U8]: KIND.U8, [LAYOUT.U16]: KIND.U16, [LAYOUT.U32]: KIND.U32,
}
/** Dictionaries up to this size are in `strings`, decoded on first use. */
const STRINGS_MAX = 256

/** One column over all groups of a root. */
export interface ColumnPlaces {
  readonly chunks: readonly ColumnChunk[]
  /** Kind by group, and the kinds that occur, ascending. */
  readonly kindOf: readonly Kind[]
  readonly kinds: readonly Kind[]
  /** Words of a record: of the origin (extra follows), the kind and the validity; 0 = none. */
  readonly at: number
  readonly kindAt: number
  readonly validityAt: number
  /** Base by group where any does not fit 32 bits, else null. */
  readonly bases: Float64Array | null
  /** Where the strings of a group begin. */
  readonly stringsAt: readonly number[]
}

/** The places of a key column and of the wanted columns of one root. */
export class WarmPlaces {
  readonly words: Int32Array
  readonly stride: number
  readonly key: ColumnPlaces
  readonly columns: readonly ColumnPlaces[]
  /** Decoded strings of small dictionaries. */
  readonly strings: (string | undefined)[] = []
  readonly groups: readonly RowGroup[]
  private readonly pool: BufferPool

  /** `columns` are schema ordinals, `types` the types of the schema. O(groups * columns). */
  constructor(
    pool: BufferPool, groups: readonly RowGroup[], metas: readonly GroupMeta[], keyColumn: number,
    columns: readonly number[], types: readonly SqlType[],
  ) {
    this.pool = pool
    this.groups = groups
    let stride = 0
    const plan = (c: number, isKey: boolean): ColumnPlaces => {
      const chunks = metas.map((meta) => meta.chunks[c]!)
      const kindOf = chunks.map((chunk, g) => kindOfChunk(chunk, types[c]!, groups[g]!.rows))
      const kinds = [...new Set(kindOf)].sort((a, b) => a - b)
      const at = stride
      const isOther = kinds.length === 1 && kinds[0] === KIND.OTHER
      if (isKey || !isOther) stride += isKey ? 1 : 2
      const kindAt = kinds.length > 1 ? stride++ : 0
      const validityAt = !isKey && !isOther && chunks.some((chunk) => chunk.nullCount > 0) ? stride++ : 0
      const fits = chunks.every(({ base }) => typeof base === 'number' && base === (base | 0))
      const bases = fits && !isKey ? null : Float64Array.from(chunks, ({ base }) => Number(base))
      const stringsAt = chunks.map((chunk, g) => isCode(kindOf[g]!) ? this.placeStrings(chunk.dictionaryCount) : 0)
      return { chunks, kindOf, kinds, at, kindAt, validityAt, bases, stringsAt }
    }
    this.key = plan(keyColumn, true)
    this.columns = columns.map((c) => plan(c, false))
    this.stride = stride
    this.words = new Int32Array(groups.length * SLICES * stride)
    this.resolveAll()
  }

  private placeStrings(count: number): number {
    const at = this.strings.length
    for (let code = 0; code < count; code++) this.strings.push(undefined)
    return at
  }

  /** Fills all records anew. A few nanoseconds per record and column. */
  resolveAll(): void {
    for (let g = 0; g < this.groups.length; g++) for (let s = 0; s < SLICES; s++) this.resolve(g, s)
  }

  /** Fills the record of a slice; it stays absent while one of its pages is not in memory. */
  resolve(g: number, slice: number): void {
    const { words, key } = this
    const record = (g * SLICES + slice) * this.stride
    words[record] = ABSENT
    const group = this.groups[g]!
    if (slice << SLICE_SHIFT >= group.rows || key.kindOf[g] === KIND.OTHER) return
    for (const column of this.columns) if (!this.resolveColumn(record, column, g, slice)) return
    const origin = this.originOf(group, key.chunks[g]!.valuesOffset, KIND_SHIFT[key.kindOf[g]!]!, slice)
    if (Number.isNaN(origin)) return
    if (key.kindAt > 0) words[record + key.kindAt] = key.kindOf[g]!
    words[record] = origin
  }

  private resolveColumn(record: number, column: ColumnPlaces, g: number, slice: number): boolean {
    const { words } = this
    const group = this.groups[g]!
    const kind = column.kindOf[g]!
    const chunk = column.chunks[g]!
    if (column.kindAt > 0) words[record + column.kindAt] = kind
    if (column.validityAt > 0) words[record + column.validityAt] = 0
    if (kind === KIND.OTHER) return true
    const origin = this.originOf(group, chunk.valuesOffset, KIND_SHIFT[kind]!, slice)
    if (Number.isNaN(origin)) return false
    words[record + column.at] = origin
    words[record + column.at + 1] = isCode(kind) ? column.stringsAt[g]! : column.bases === null ? Number(chunk.base) : 0
    if (chunk.nullCount === 0) return true
    const bits = this.frameOf(group, chunk.validityOffset + (slice << SLICE_SHIFT - 3))
    if (bits < 0) return false
    words[record + column.validityAt] = bits * FRAME_SIZE + (chunk.validityOffset + (slice << SLICE_SHIFT - 3) & 0xffff)
      - (slice << SLICE_SHIFT - 3)
    return true
  }

  // Index, in the typed array of the width, of the group's row 0 as seen from this slice; NaN = not in memory.
  private originOf(group: RowGroup, valuesOffset: number, shift: number, slice: number): number {
    const first = slice << SLICE_SHIFT
    const offset = valuesOffset + (first << shift)
    const frame = this.frameOf(group, offset)
    return frame < 0 ? NaN : (frame * FRAME_SIZE + (offset & 0xffff)) / (1 << shift) - first
  }

  private frameOf(group: RowGroup, offset: number): number {
    const page = group.firstPage + (offset >>> 16)
    const frame = page < this.pool.frameOf.length ? this.pool.frameOf[page]! : -1
    if (frame >= 0) this.pool.referenced[frame] = 1
    return frame
  }
}

function isCode(kind: Kind): boolean {
  return kind === KIND.CODE8 || kind === KIND.CODE16
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
