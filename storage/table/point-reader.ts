// table.get: from a key to a row object through delta, table model, group model and pool frames. Budget
// 0.7 µs at 1 M rows, so: no transaction object, no promise, no allocation but the row, one frame look-up
// per column, and a row constructor generated per table so that V8 sees one shape.
//
// Reads the newest committed state; a session inside a transaction uses Transaction.tables(name).row.
//
//   get(key) ─ delta.find ─ hit ─► visible version ─► row from heap tuple
//                 └ miss ─► findGroup (table model) ─► searchBound (group model) ─► last mile in the key
//                           column's frame ─► columns' frames ─► row object
//
// After some thousand lookups on one root warm-reader.ts answers instead; this path stays for what that one leaves
// out: cold pages, windows across two pages, odd encodings, keys that are no numbers.
import { createSearchBound, findGroup, searchBound } from '../../index/mod.ts'
import type { SearchBound } from '../../index/mod.ts'
import { TEXT, sameType } from '../../src/base/types.ts'
import type { Row } from '../../src/base/types.ts'
import type { IndexCounters } from '../access.ts'
import { LAYOUT } from '../column-buffers.ts'
import { FRAME_SIZE } from '../memory/linear-memory.ts'
import type { BufferPool } from '../pool/buffer-pool.ts'
import { NO_MARK } from '../delta/delta.ts'
import { ENCODING } from '../row-group/column-chunk.ts'
import type { ColumnChunk } from '../row-group/column-chunk.ts'
import type { GroupDirectory } from './group-directory.ts'
import type { KeyValue } from './key.ts'
import type { GroupMeta, RowGroup } from '../row-group/row-group.ts'
import { ValueReader } from '../row-group/value-reader.ts'
import type { TableRoot } from './table-root.ts'
import type { TableStore } from './table-store.ts'
import { EarlyReads } from './early-reads.ts'
import { makeWarmGet, shaped } from './warm-reader.ts'
import type { Convert, RowObject, RowShape, WarmGet, WarmGets } from './warm-reader.ts'

export type { Convert, RowObject }

type BuildRow<T> = (reader: ValueReader, group: RowGroup, meta: GroupMeta, row: number, key: KeyValue) => T

/**
 * Reads rows of one table by primary key, outside of transactions: as objects, or the value of a single column
 * as it is (`names` null), which is what a key-value store wants.
 */
export class PointReader<T = RowObject> {
  private readonly table: TableStore
  private readonly commitId: () => number
  private readonly values: ValueReader
  private readonly pool: BufferPool
  private readonly counters: IndexCounters
  private readonly bound: SearchBound = createSearchBound()
  private readonly build: BuildRow<T>
  private readonly buildFromRow: (row: Row) => T
  private readonly keyColumn: number
  private readonly isNumber: boolean
  private readonly columnCount: number
  private readonly shape: RowShape
  private readonly warmLookups: number
  private readonly reads: EarlyReads
  /** `has` reads no columns: nothing to choose. */
  private readonly hasReads = new EarlyReads(false)
  private row = -1
  private warm: WarmGets<T> | null = null
  private warmHas: WarmGet<RowObject> | null = null
  /** The base that `warm` reads, or that lookups are counted on: roots that only seal rows share it. */
  private warmBase: GroupDirectory | null = null
  private countedBase: GroupDirectory | null = null
  private lookups = 0

  /**
   * `columns` are schema ordinals, `names` the properties of the row object; null = the one column's value.
   * `warmLookups` lookups on one root make it warm, `reads` then says when columns are read.
   */
  constructor(
    table: TableStore, commitId: () => number, columns: readonly number[], names: readonly string[] | null,
    converts: readonly Convert[], warmLookups: number = WARM_LOOKUPS,
    reads: EarlyReads = new EarlyReads(),
  ) {
    this.table = table
    this.commitId = commitId
    this.pool = table.services.reader.pool
    this.values = new ValueReader(table.services.reader)
    this.counters = table.services.counters
    this.keyColumn = table.order.columns[0]!
    this.isNumber = table.order.mode === 'number'
    this.columnCount = columns.length + 1
    this.shape = { columns, names, converts }
    this.warmLookups = warmLookups
    this.reads = reads
    this.build = generateBuild<T>(table, columns, names, converts)
    this.buildFromRow = generateFromRow<T>(columns, names, converts)
  }

  /** The row with this key, or undefined. */
  get(key: KeyValue): T | undefined {
    const { table } = this
    const { root } = table
    const isDirty = table.delta.entryCount > 0 || root.isLayered
    if (typeof key === 'number' && (root.base === this.warmBase || this.warmUp(root))) {
      const warm = this.warm!
      const row = this.reads.isEarly ? warm.early(key, isDirty) : warm.late(key, isDirty)
      if (row !== null && (row !== undefined || !isDirty)) return row
      if (row === undefined) return this.getFromDelta(key, false)
    }
    return isDirty ? this.getFromDelta(key, true) : this.getFromBase(key)
  }

  /** The rows of keys in their order, with the cache misses of many overlapping. `get` answers for odd keys. */
  getMany(keys: ArrayLike<unknown>, get: (key: unknown) => T | undefined): (T | undefined)[] {
    const rows: (T | undefined)[] = []
    if (this.table.root.base === this.warmBase) this.warm!.many(keys, rows, get)
    else for (let i = 0; i < keys.length; i++) rows.push(get(keys[i]))
    return rows
  }

  // The delta's answer when it has one, else the base's; not asked when the key is known not to be there.
  private getFromDelta(key: KeyValue, mayBeInBase: boolean): T | undefined {
    const { delta, root } = this.table
    const entry = delta.find(key)
    const version = entry < 0 ? -1 : delta.visible(entry, this.commitId(), NO_MARK, root.number)
    if (version < 0) return mayBeInBase ? this.getFromBase(key) : root.isLayered ? this.getFromRuns(key) : undefined
    this.counters.deltaHits++
    return delta.versions.isTombstone(version) ? undefined : this.buildFromRow(this.table.rowOf(version))
  }

  private getFromRuns(key: KeyValue): T | undefined {
    const place = this.table.locateInRuns(this.table.root, key, null)
    if (place === null) return undefined
    this.pool.noteHits(this.columnCount)
    return this.build(this.values, place.group, place.group.meta!, place.row, key)
  }

  private getFromBase(key: KeyValue): T | undefined {
    const group = this.find(key)
    if (group === null) return undefined
    this.pool.noteHits(this.columnCount)
    return this.build(this.values, group, group.meta!, this.row, key)
  }

  /** True when a row with this key exists. */
  has(key: KeyValue): boolean {
    const { delta, root } = this.table
    const isDirty = delta.entryCount > 0 || root.isLayered
    if (typeof key === 'number' && (root.base === this.warmBase || this.warmUp(root))) {
      const row = (this.warmHas ?? this.makeHas())(key, isDirty)
      if (row !== null && (row !== undefined || !isDirty)) return row !== undefined
    }
    const entry = delta.find(key)
    if (entry >= 0) {
      const version = delta.visible(entry, this.commitId(), NO_MARK, root.number)
      if (version >= 0) return !delta.versions.isTombstone(version)
    }
    return this.find(key) !== null
  }

  // The group of the key's row, which is this.row. Sealed runs are asked where the base has no row that counts (R1).
  private find(key: KeyValue): RowGroup | null {
    if (typeof key !== 'number' || !this.isNumber) return this.locate(key)
    const group = this.locateNumber(key)
    if (group === null ? this.table.root.runs.length === 0
      : group.dead.sealedCount === 0 || !group.dead.isSealed(this.row)) return group
    return this.locate(key)
  }

  // A root is warm after as many lookups as pay for reading every group's meta.
  private warmUp(root: TableRoot): boolean {
    if (root.base !== this.countedBase) {
      this.countedBase = root.base
      this.warmBase = this.warm = this.warmHas = null
      this.lookups = 0
    }
    if (++this.lookups !== this.warmLookups) return false
    const base = this.table.warmBase()
    if (base === null) return false
    this.warm = makeWarmGet<T>(this.table, base, this.shape, this.values, this.reads)
    this.warmBase = root.base
    return true
  }

  // Most readers are never asked for it.
  private makeHas(): WarmGet<RowObject> {
    const base = this.table.warmBase()!
    return this.warmHas = makeWarmGet<RowObject>(this.table, base, NO_COLUMNS, this.values, this.hasReads).late
  }

  private locate(key: KeyValue): RowGroup | null {
    const place = this.table.locate(this.table.root, key)
    if (place === null) return null
    this.row = place.row
    return place.group
  }

  // The numeric path, written out: model, bound, and a search in one frame of narrow values.
  private locateNumber(key: number): RowGroup | null {
    const { root } = this.table
    // Infinity and NaN share a projection, so their group is found by comparing keys.
    if (root.groups.length === 0 || key - key !== 0) return this.locate(key)
    const group = this.boundInGroup(root, key)
    if (group === null) return null
    const meta = group.meta!
    if (meta.keyBase !== null) return this.locate(key)
    const { bound, counters } = this
    const chunk = meta.chunks[this.keyColumn]!
    const row = this.searchFrame(group, chunk, key, bound.lo, bound.hi, bound.pos)
    if (row === SEARCH_ELSEWHERE) return this.locate(key)
    counters.probes++
    counters.windowRows += bound.hi - bound.lo
    counters.keyPages++
    if (row < 0) return null
    const error = row > bound.pos ? row - bound.pos : bound.pos - row
    if (error > counters.maxError) counters.maxError = error
    this.row = row
    return group
  }

  // Two levels: the table model finds the row group, the group's model the rows.
  private boundInGroup(root: TableRoot, key: number): RowGroup | null {
    const g = findGroup(root.model, root.firstKeys, key)
    if (g < 0) return null
    const group = root.groups[g]!
    const meta = group.meta ?? this.table.metaOf(group)
    searchBound(meta.model, key, this.bound)
    return group
  }

  /** Row in [lo, hi) whose key is `key`, -1 when there is none, SEARCH_ELSEWHERE for odd layouts. */
  private searchFrame(
    group: RowGroup, chunk: ColumnChunk, key: number, lo: number, hi: number, pos: number,
  ): number {
    if (chunk.encoding !== ENCODING.NARROW && chunk.layout !== LAYOUT.F64) return SEARCH_ELSEWHERE
    if (lo >= hi) return -1
    const shift = chunk.layout === LAYOUT.F64 ? 3 : chunk.layout
    const from = chunk.valuesOffset + (lo << shift)
    if (from >>> 16 !== (chunk.valuesOffset + ((hi - 1) << shift)) >>> 16) return SEARCH_ELSEWHERE
    const frame = this.frame(group.firstPage + (from >>> 16))
    // Element index, in the typed array of this width, of the group's row 0 as seen from this frame.
    const origin = ((frame * FRAME_SIZE + (from & 0xffff)) >>> shift) - lo
    const { memory } = this.values
    const at = pos < hi ? pos : hi - 1
    switch (chunk.layout) {
      case LAYOUT.U8: return searchU8(memory.u8, origin, lo, hi, at, key - (chunk.base as number))
      case LAYOUT.U16: return searchU16(memory.u16, origin, lo, hi, at, key - (chunk.base as number))
      case LAYOUT.U32: return searchU32(memory.u32, origin, lo, hi, at, key - (chunk.base as number))
      default: return searchF64(memory.f64, origin, lo, hi, at, key)
    }
  }

  private frame(page: number): number {
    const { pool } = this
    // A page id beyond the array reads as undefined, which fails the comparison as -1 does.
    const frame = pool.frameOf[page]!
    if (!(frame >= 0)) return pool.fetch(page)
    pool.referenced[frame] = 1
    return frame
  }
}

const SEARCH_ELSEWHERE = -2
const NO_COLUMNS: RowShape = { columns: [], names: [], converts: [] }
/** Lookups on one root before it is warm. */
const WARM_LOOKUPS = 4096

// One search per element type, made from one source: V8 specialises each on its array.
const SEARCH_SOURCE = `
  let row = pos
  let value = values[origin + row]
  if (value === key) return row
  if (value < key) {
    const stop = row + 16 < hi ? row + 16 : hi
    for (row++; row < stop; row++) {
      value = values[origin + row]
      if (value >= key) return value === key ? row : -1
    }
    lo = row
  } else {
    const stop = row - 16 > lo ? row - 16 : lo
    for (row--; row >= stop; row--) {
      value = values[origin + row]
      if (value <= key) return value === key ? row : -1
    }
    hi = row + 1
  }
  while (lo < hi) {
    const mid = (lo + hi) >>> 1
    value = values[origin + mid]
    if (value === key) return mid
    if (value < key) lo = mid + 1
    else hi = mid
  }
  return -1`

type Search<T> = (values: T, origin: number, lo: number, hi: number, pos: number, key: number) => number

function makeSearch<T>(): Search<T> {
  return new Function('values', 'origin', 'lo', 'hi', 'pos', 'key', SEARCH_SOURCE) as Search<T>
}

const searchU8 = makeSearch<Uint8Array>()
const searchU16 = makeSearch<Uint16Array>()
const searchU32 = makeSearch<Uint32Array>()
const searchF64 = makeSearch<Float64Array>()

// { name: convert(reader.read<Kind>(group, meta.chunks[c], row)), … } as one literal. The number or plain text that was
// looked up is the key column's value: it is not read again.
function generateBuild<T>(
  table: TableStore, columns: readonly number[], names: readonly string[] | null, converts: readonly Convert[],
): BuildRow<T> {
  const { mode } = table.order
  const keyType = table.schema.columns[table.order.columns[0]!]!.type
  const isKeyItself = mode === 'number' || (mode === 'text' && sameType(keyType, TEXT))
  const values = columns.map((c, i) => {
    const method = ValueReader.methodFor(table.schema.columns[c]!.type)
    const isKey = isKeyItself && c === table.order.columns[0]
    const value = isKey ? 'key' : `reader.${method}(group, chunks[${c}], row)`
    return converts[i] === null ? value : `converts[${i}](${value})`
  })
  const source = `return (reader, group, meta, row, key) => {
    const chunks = meta.chunks
    return ${shaped(names, values)}
  }`
  return new Function('converts', source)(converts) as BuildRow<T>
}

function generateFromRow<T>(
  columns: readonly number[], names: readonly string[] | null, converts: readonly Convert[],
): (row: Row) => T {
  const values = columns.map((c, i) => converts[i] === null ? `row[${c}]` : `converts[${i}](row[${c}])`)
  return new Function('converts', `return (row) => (${shaped(names, values)})`)(converts) as (row: Row) => T
}
