// The bytes of a table root: counters and the directory entries of its row groups. A root with sealed runs, or
// with sealed rows in its base, has the second form, and its file says so in its flags (rule R3).
//
//   bytes: magic "ROOT" u32 | table id u32 | groups u32 | next row id u64 | live rows u64 | entries (row-group.ts)
//   with runs: magic "ROO2" u32 | table id u32 | groups u32 | next row id u64 | live rows u64 | runs u32
//   per run: number u32 | groups u32 | filter first page u32 | filter bytes u32
//
// Behind the head of a root with runs come the base groups, each an entry and its dead rows, then the runs, each
// followed by its groups in the same form. Dead rows are a varint count, then a u16 per row, ascending, or where that
// is shorter a bitmap of a bit per row.
//
// R3  Dead rows are distinct rows of their group; run numbers ascend; a stored root's filters are stored with it.
import { ByteReader, ByteWriter } from '../../src/base/bytes.ts'
import type { KeyOrder } from './key.ts'
import { RowGroup, decodeGroupEntry, encodeGroupEntry } from '../row-group/row-group.ts'
import type { RowCodec } from './row-codec.ts'
import type { BloomFilter } from './bloom-filter.ts'
import { SealedRun } from './sealed-run.ts'
import { TableRoot } from './table-root.ts'

const ROOT_MAGIC = 0x544f4f52
const ROOT_WITH_RUNS_MAGIC = 0x324f4f52

/** Counters of a table that are stored with its root. */
export interface RootFigures {
  nextRowId: number
  liveRows: number
}


/** The bytes of a root. Its filters are stored already. */
export function encodeTableRoot(root: TableRoot, tableId: number, figures: RootFigures, codec: RowCodec): Uint8Array {
  const out = new ByteWriter(256)
  const isPlain = !root.isLayered
  out.u32(isPlain ? ROOT_MAGIC : ROOT_WITH_RUNS_MAGIC)
  out.u32(tableId)
  out.u32(root.groups.length)
  out.u64(figures.nextRowId)
  out.u64(figures.liveRows)
  if (isPlain) {
    for (const group of root.groups) encodeGroupEntry(group, codec, out)
    return out.finish()
  }
  out.u32(root.runs.length)
  for (const group of root.groups) encodeGroup(group, codec, out)
  for (const run of root.runs) {
    out.u32(run.number)
    out.u32(run.groups.length)
    out.u32(run.filter.page)
    out.u32(run.filter.bytes)
    for (const group of run.groups) encodeGroup(group, codec, out)
  }
  return out.finish()
}

function encodeGroup(group: RowGroup, codec: RowCodec, out: ByteWriter): void {
  encodeGroupEntry(group, codec, out)
  encodeDeadRows(group, out)
}

function bitmapBytes(rows: number): number {
  return (rows + 7) >> 3
}

// Appends the sealed rows of a group.
function encodeDeadRows(group: RowGroup, out: ByteWriter): void {
  out.varint(group.dead.sealedCount)
  if (group.dead.sealedCount > 0) out.raw(deadRowBytes(group))
}

// The sealed rows of a group as they are stored, kept for the next root: rows are sealed and never the other way
// round, so their number says whether they are the same.
function deadRowBytes({ dead, rows }: RowGroup): Uint8Array {
  const { stored, sealedCount } = dead
  if (stored !== null && stored.count === sealedCount) return stored.bytes
  const bitmap = dead.sealedBitmap()!
  let bytes: Uint8Array
  if (sealedCount * 2 > bitmapBytes(rows)) bytes = bitmap.slice(0, bitmapBytes(rows))
  else {
    bytes = new Uint8Array(sealedCount * 2)
    let at = 0
    for (let i = 0; at < bytes.length; i++) {
      for (let bits = bitmap[i]!; bits !== 0; bits &= bits - 1) {
        const row = i * 8 + 31 - Math.clz32(bits & -bits)
        bytes[at++] = row & 0xff
        bytes[at++] = row >> 8
      }
    }
  }
  dead.stored = { count: sealedCount, bytes }
  return bytes
}

/** Groups whose dead rows are made ready in one step. */
const STEP_GROUPS = 16

/** Makes the dead rows of a root ready to be stored, in steps: storing it only copies those that stay the same. */
export function* prepareDeadRows(root: TableRoot): Generator<void> {
  let done = 0
  for (const group of root.allGroups()) {
    if (group.dead.sealedCount > 0) deadRowBytes(group)
    if (++done % STEP_GROUPS === 0) yield
  }
}

// Reads the sealed rows of a group into its deletion vector; numbers out of range or order are XX001.
function decodeDeadRows(group: RowGroup, reader: ByteReader): void {
  const { dead, rows } = group
  const count = reader.varint()
  if (count === 0) return
  if (count > rows) reader.fail('violates R3: more dead rows than rows')
  if (count * 2 > bitmapBytes(rows)) {
    const bits = reader.raw(bitmapBytes(rows))
    for (let row = 0; row < bits.length * 8; row++) {
      if (((bits[row >> 3]! >> (row & 7)) & 1) === 0) continue
      if (row >= rows) reader.fail('violates R3: a dead row lies behind its group')
      dead.seal(row, 0)
    }
  } else {
    for (let i = 0, last = -1; i < count; i++) {
      const row = reader.u16()
      if (row <= last || row >= rows) reader.fail('violates R3: dead rows out of order or range')
      dead.seal(row, 0)
      last = row
    }
  }
  if (dead.sealedCount !== count) reader.fail('violates R3: dead rows are miscounted')
}

/** Where a root comes from and what reading it needs. */
export interface RootSource {
  readonly file: string
  readonly page: number
  /** Reads a stored filter. */
  readonly filterAt: (page: number, bytes: number) => BloomFilter
}

/** Reads a stored root; damage is XX001. */
export function decodeTableRoot(
  bytes: Uint8Array, tableId: number, number: number, order: KeyOrder, codec: RowCodec, source: RootSource,
): { root: TableRoot; figures: RootFigures } {
  const reader = new ByteReader(bytes, { file: source.file, page: source.page })
  const magic = reader.u32()
  if (magic !== ROOT_MAGIC && magic !== ROOT_WITH_RUNS_MAGIC) reader.fail('not a table root')
  if (reader.u32() !== tableId) reader.fail('root of another table')
  const count = reader.u32()
  const figures = { nextRowId: reader.u64(), liveRows: reader.u64() }
  const isPlain = magic === ROOT_MAGIC
  const runCount = isPlain ? 0 : reader.u32()
  const groups = decodeGroups(reader, count, isPlain, order, codec)
  const runs: SealedRun[] = []
  for (let r = 0; r < runCount; r++) {
    const [runNumber, groupCount, page, filterBytes] = [reader.u32(), reader.u32(), reader.u32(), reader.u32()]
    if (groupCount === 0) reader.fail('a sealed run without row groups')
    if (runs.some((run) => run.number >= runNumber)) reader.fail('sealed runs out of order')
    const runGroups = decodeGroups(reader, groupCount, false, order, codec)
    const bloom = source.filterAt(page, filterBytes)
    runs.push(new SealedRun(runNumber, runGroups, order, { bloom, page, bytes: filterBytes, storedKeys: bloom.keys }))
  }
  return { root: new TableRoot(number, groups, order, runs), figures }
}

function decodeGroups(
  reader: ByteReader, count: number, isPlain: boolean, order: KeyOrder, codec: RowCodec,
): RowGroup[] {
  const groups: RowGroup[] = []
  for (let g = 0; g < count; g++) {
    const entry = decodeGroupEntry(reader, codec, order.nullable)
    const group = new RowGroup(entry, order.fromValues(entry.firstKeyValues), order.fromValues(entry.lastKeyValues))
    const before = groups[g - 1]
    const isAscending = order.compare(group.firstKey, group.lastKey) <= 0
      && (before === undefined || order.compare(before.lastKey, group.firstKey) < 0)
    if (!isAscending) reader.fail('violates G1: row groups overlap')
    if (!isPlain) decodeDeadRows(group, reader)
    groups.push(group)
  }
  return groups
}
