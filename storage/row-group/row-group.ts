// A row group: up to 65,536 rows in key order, immutable once written. In memory it is a directory entry
// (from the table root) plus its meta (column chunks and key model), loaded from its pages on first use,
// plus the deletion vector: which of its rows newer versions in the delta supersede.
//
//   stream:  fixed parts of all columns | text | meta       (see column-chunk.ts; consecutive pages)
//   meta:    magic "GRUP" u32 | rows u32 | columns u32 | per column: chunk descriptor
//            key base: present u8, i128 | key prefix: blob | key model: blob (index/segment-table.ts)
//   directory entry: first page u32 | pages u32 | stream bytes u32 | meta offset u32 | rows u32 |
//            first key, last key: rows of the key columns (row-codec.ts)
//
// G1  firstKey <= every key <= lastKey; groups of one root do not overlap.
// G2  `dead` lists a row at most once; its commit id is that of the first version that superseded it.
import { assert } from '../../src/base/assert.ts'
import { ByteReader } from '../../src/base/bytes.ts'
import type { ByteWriter } from '../../src/base/bytes.ts'
import { corruption } from '../../src/base/errors.ts'
import type { Scalar, TableSchema } from '../../src/base/types.ts'
import { decodeGroupModel, encodeGroupModel } from '../../index/mod.ts'
import type { BTreeIndex, GroupModel } from '../../index/mod.ts'
import { decodeColumnChunk, encodeColumnChunk } from './column-chunk.ts'
import type { ColumnChunk } from './column-chunk.ts'
import { DeletionVector } from './deletion-vector.ts'
import type { KeyValue } from '../table/key.ts'
import type { RowCodec } from '../table/row-codec.ts'

const META_MAGIC = 0x50555247

/** The part of a row group that is read on demand. */
export interface GroupMeta {
  readonly chunks: readonly ColumnChunk[]
  readonly model: GroupModel
  /** Common prefix of all keys in bytes (text and binary keys). */
  readonly prefix: Uint8Array
  /** Subtracted from int64 keys before projection when they are not all safe integers. */
  readonly keyBase: bigint | null
  /** In place of the model, in a row group of an index made USING btree: built when first needed. */
  tree?: BTreeIndex
}

let nextGroupId = 1

/** One row group of a table. */
export class RowGroup {
  /** Identity of dictionaries and caches in this process: equal numbers mean equal contents. */
  readonly id: number
  readonly firstPage: number
  readonly pageCount: number
  readonly streamBytes: number
  readonly metaOffset: number
  readonly rows: number
  readonly firstKeyValues: readonly Scalar[]
  readonly lastKeyValues: readonly Scalar[]
  readonly firstKey: KeyValue
  readonly lastKey: KeyValue
  meta: GroupMeta | null = null
  readonly dead: DeletionVector
  /** What the current root has in its place; null = this group itself, or nothing. Tells delta entries to move on. */
  successor: RowGroup | null = null
  /** Its rows are in other groups of the current root. */
  isReplaced = false

  constructor(entry: GroupEntry, firstKey: KeyValue, lastKey: KeyValue, original: RowGroup | null = null) {
    assert(entry.rows > 0, 'a row group has rows')
    this.id = original?.id ?? nextGroupId++
    this.firstPage = entry.firstPage
    this.pageCount = entry.pageCount
    this.streamBytes = entry.streamBytes
    this.metaOffset = entry.metaOffset
    this.rows = entry.rows
    this.firstKeyValues = entry.firstKeyValues
    this.lastKeyValues = entry.lastKeyValues
    this.firstKey = firstKey
    this.lastKey = lastKey
    this.meta = original?.meta ?? null
    this.dead = original?.dead.clone() ?? new DeletionVector(entry.rows)
  }

  /** The same rows and pages with deletion marks of its own, for a new root that moves rows elsewhere. */
  clone(): RowGroup {
    return this.successor = new RowGroup(this, this.firstKey, this.lastKey, this)
  }
}

/** What the table root stores of a row group. */
export interface GroupEntry {
  readonly firstPage: number
  readonly pageCount: number
  readonly streamBytes: number
  readonly metaOffset: number
  readonly rows: number
  readonly firstKeyValues: readonly Scalar[]
  readonly lastKeyValues: readonly Scalar[]
}

/** Appends a directory entry. */
export function encodeGroupEntry(group: GroupEntry, keyCodec: RowCodec, out: ByteWriter): void {
  out.u32(group.firstPage)
  out.u32(group.pageCount)
  out.u32(group.streamBytes)
  out.u32(group.metaOffset)
  out.u32(group.rows)
  keyCodec.encode(group.firstKeyValues, out)
  keyCodec.encode(group.lastKeyValues, out)
}

/** Reads a directory entry; sizes that disagree are XX001. */
export function decodeGroupEntry(
  reader: ByteReader, keyCodec: RowCodec, nullable: readonly boolean[] = [],
): GroupEntry {
  const entry = {
    firstPage: reader.u32(), pageCount: reader.u32(), streamBytes: reader.u32(), metaOffset: reader.u32(),
    rows: reader.u32(), firstKeyValues: keyCodec.decode(reader), lastKeyValues: keyCodec.decode(reader),
  }
  const isBad = (value: Scalar, i: number): boolean => value === null && nullable[i] !== true
  if (entry.firstKeyValues.some(isBad) || entry.lastKeyValues.some(isBad)) reader.fail('row group with a NULL key')
  if (entry.rows === 0 || entry.rows > 65536) reader.fail('row group with an impossible number of rows')
  if (entry.metaOffset >= entry.streamBytes || entry.pageCount !== Math.ceil(entry.streamBytes / 65536)) {
    reader.fail('row group whose sizes disagree')
  }
  return entry
}

/** Appends the meta of a group. */
export function encodeGroupMeta(meta: GroupMeta, rows: number, schema: TableSchema, out: ByteWriter): void {
  out.u32(META_MAGIC)
  out.u32(rows)
  out.u32(meta.chunks.length)
  for (let c = 0; c < meta.chunks.length; c++) encodeColumnChunk(meta.chunks[c]!, schema.columns[c]!.type, out)
  out.u8(meta.keyBase === null ? 0 : 1)
  if (meta.keyBase !== null) {
    out.i64(BigInt.asIntN(64, meta.keyBase))
    out.i64(meta.keyBase >> 64n)
  }
  out.blob(meta.prefix)
  out.blob(encodeGroupModel(meta.model))
}

/** Reads the meta of a group; damage is XX001 with the file and the group's first page. */
export function decodeGroupMeta(bytes: Uint8Array, group: GroupEntry, schema: TableSchema, file: string): GroupMeta {
  const reader = new ByteReader(bytes, { file, page: group.firstPage, offset: group.metaOffset })
  if (reader.u32() !== META_MAGIC) reader.fail('not the meta of a row group')
  if (reader.u32() !== group.rows) reader.fail('row group meta counts other rows than the table root')
  if (reader.u32() !== schema.columns.length) reader.fail('row group meta has another number of columns')
  const chunks = schema.columns.map((column) => decodeColumnChunk(reader, column.type, group.rows, group.streamBytes))
  const keyBase = reader.u8() === 1 ? BigInt.asUintN(64, reader.i64()) | (reader.i64() << 64n) : null
  const prefix = reader.blob().slice()
  const model = decodeGroupModel(reader.blob().slice())
  if (model.keys !== group.rows) {
    throw corruption('key model of another number of rows', { file, page: group.firstPage, offset: group.metaOffset })
  }
  return { chunks, model, prefix, keyBase }
}
