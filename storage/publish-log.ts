// Row groups in the log. A bulk append commits by its checkpoint (W3): its rows are in pages and in no log record.
// That is enough for this file, but not for an archive, from which another copy of the database is brought up to
// date; so with an archive the pages are logged too, and the log is whole again (W4).
//
//   page image … (each stands alone) ─► publish or replace, commit (a transaction) ─► checkpoint, as without an archive
//        └── failed half-way ─► abort: the images before it are of nothing
//
//   page image:  page id u32 | first page of its row group u32 | pages of the group u32 | kind u8 | codec u8
//                | reserved u16 (0) | CRC-32C u32 | the page as it is stored (whole blocks)
//   publish:     groups u32 | next row id u64 | live rows u64 | reserved u32 (0) | entries of the groups
//
//   replace:     the same fields; the groups are the whole table
//
// Redo writes the images to pages of its own, because ids and blocks of the copy are its own affair. Groups of a
// publish record join the table's root: they hold keys that no other row of the table has, in any layout of it. Those
// of a replace record take the place of all rows there are, which in the copy may be in other groups, in runs or in the
// delta; a bulk load that had to merge is logged so, and the indexes that it builds anew.
import { ByteReader, ByteWriter } from '../src/base/bytes.ts'
import { CODE, DatabaseError, corruption } from '../src/base/errors.ts'
import type { Engine } from './engine.ts'
import { publishGroups } from './merging.ts'
import { FLAG } from './page/meta-slot.ts'
import { BLOCK_SIZE, MAX_PAGE_BLOCKS } from './page/page-map.ts'
import { PAGE_CODEC } from './page/page-codec.ts'
import type { PageCodec } from './page/page-codec.ts'
import { PAGE_KIND } from './page/page-store.ts'
import { RowGroup, decodeGroupEntry, encodeGroupEntry } from './row-group/row-group.ts'
import type { GroupEntry } from './row-group/row-group.ts'
import { MovedVersions, plainResult } from './table/merge.ts'
import type { MergeResult } from './table/merge.ts'
import { sealableVersion } from './table/change-feed.ts'
import type { RowCodec } from './table/row-codec.ts'
import { spansBetween } from './table/run-rows.ts'
import type { TableStore } from './table/table-store.ts'
import type { Transaction } from './txn/transaction.ts'
import { RECORD } from './wal/record.ts'
import type { WalRecord } from './wal/record.ts'
import type { Wal } from './wal/wal-writer.ts'

/** Bytes of a page image before the page. */
const IMAGE_HEADER_BYTES = 20

// A decoded page image.
interface PageImage {
  page: number
  groupPage: number
  groupPages: number
  kind: number
  codec: number
  crc: number
  bytes: Uint8Array
}

/** The body of a page image. */
export function encodePageImage(image: PageImage): Uint8Array {
  const out = new ByteWriter(IMAGE_HEADER_BYTES + image.bytes.length)
  out.u32(image.page)
  out.u32(image.groupPage)
  out.u32(image.groupPages)
  out.u8(image.kind)
  out.u8(image.codec)
  out.u16(0)
  out.u32(image.crc)
  out.raw(image.bytes)
  return out.finish()
}

// Reads the body of a page image; XX001 when it cannot be one.
function decodePageImage(reader: ByteReader): PageImage {
  const image = {
    page: reader.u32(), groupPage: reader.u32(), groupPages: reader.u32(), kind: reader.u8(), codec: reader.u8(),
    unused: reader.u16(), crc: reader.u32(), bytes: reader.raw(reader.end - reader.offset),
  }
  const { page, groupPage, groupPages, kind, codec, bytes } = image
  const isInGroup = page >= groupPage && page < groupPage + groupPages
  const isWhole = bytes.length > 0 && bytes.length % BLOCK_SIZE === 0 && bytes.length <= MAX_PAGE_BLOCKS * BLOCK_SIZE
  const isKnown = kind === PAGE_KIND.BASE && (Object.values(PAGE_CODEC) as number[]).includes(codec)
  if (!isInGroup || !isWhole || !isKnown) reader.fail('not an image of a row group\'s page')
  return image
}

/** The body of a publish record. */
export function encodePublish(
  table: { readonly nextRowId: number; readonly liveRows: number; readonly keyCodec: RowCodec },
  groups: readonly GroupEntry[],
): Uint8Array {
  const out = new ByteWriter(256)
  out.u32(groups.length)
  out.u64(table.nextRowId)
  out.u64(table.liveRows)
  out.u32(0)
  for (const group of groups) encodeGroupEntry(group, table.keyCodec, out)
  return out.finish()
}

/** True when row groups must be logged, because somebody will replay this log on another copy of the file. */
export function logsRowGroups(engine: Engine): boolean {
  return engine.wal !== null && engine.wal.archiveFolder !== null && engine.durability.isLogged
}

/** New row groups of one table. */
export interface NewGroups {
  readonly table: TableStore
  readonly groups: readonly RowGroup[]
  /** They are all the table has; else they join what it has. */
  readonly isWhole: boolean
}

/** The row groups of the tables (of indexes) that a transaction has made and filled; none without an archive. */
export function builtGroups(engine: Engine, txn: Transaction): NewGroups[] {
  if (!logsRowGroups(engine)) return []
  const made = txn.ddl.filter(({ kind, table }) => kind === 'create' && table.root.groups.length > 0)
  return made.map(({ table }) => ({ table, groups: table.root.groups, isWhole: false }))
}

/** Logs the pages of new row groups, before the transaction that publishes them is. */
export function logImages(engine: Engine, added: readonly NewGroups[], txnId: number): void {
  const { wal } = engine
  if (wal === null || added.length === 0) return
  try {
    for (const { table, groups } of added) for (const group of groups) logPages(engine, wal, table, group, txnId)
  } catch (error) {
    if (!wal.isPoisoned) wal.noteIfRoom(RECORD.ABORT, new Uint8Array(0))
    throw error
  }
}

/** Adds the publish or replace records to the open transaction. */
export function appendPublish(wal: Wal, added: readonly NewGroups[]): void {
  for (const { table, groups, isWhole } of added) {
    const body = encodePublish(table, groups)
    wal.append(isWhole ? RECORD.REPLACE : RECORD.PUBLISH, table.id, body, 0, body.length)
  }
}

/** Logs new row groups and that they are their tables', as the engine's current commit; nothing without an archive. */
export function logPublish(engine: Engine, added: readonly NewGroups[]): void {
  const { wal } = engine
  if (wal === null || !logsRowGroups(engine)) return
  const txnId = engine.nextTxnId++
  logImages(engine, added, txnId)
  wal.begin(txnId)
  try {
    appendPublish(wal, added)
    wal.commit(engine.commitId)
  } catch (error) {
    wal.abort()
    throw error
  }
}

function logPages(engine: Engine, wal: Wal, table: TableStore, group: RowGroup, txnId: number): void {
  const { file, map } = engine.pages
  for (let page = group.firstPage; page < group.firstPage + group.pageCount; page++) {
    const bytes = new Uint8Array(map.blocksOf(page) * BLOCK_SIZE)
    file.read(map.blockOf(page) * BLOCK_SIZE, bytes)
    const image = {
      page, groupPage: group.firstPage, groupPages: group.pageCount, kind: map.kindOf(page), codec: map.codecOf(page),
      crc: map.crcOf(page), bytes,
    }
    wal.note(RECORD.PAGE_IMAGE, table.id, txnId, encodePageImage(image))
  }
}

// The groups in place of base, runs and delta. Recovery has no open writes, so every entry has a committed version.
function wholeResult(table: TableStore, groups: RowGroup[], rowsWritten: number): MergeResult {
  const { root, delta } = table
  const moved = new MovedVersions()
  for (let entry = 0; entry < delta.entryCount; entry++) {
    const version = sealableVersion(table, entry)
    if (version >= 0) moved.push(entry, version, -1)
  }
  const taken = root.runs.flatMap((run) => spansBetween(table, run, null, null))
  return { ...plainResult(groups, [...root.groups], rowsWritten), taken, moved }
}

/** Redo of row groups: images are kept as pages of this file until their publish record, or an abort, comes. */
export class PublishRedo {
  private readonly engine: Engine
  private readonly folder: string
  // First page of a group in the log -> the run of pages that was written for it here.
  private readonly placed = new Map<number, { first: number; count: number }>()

  constructor(engine: Engine, folder: string) {
    this.engine = engine
    this.folder = folder
  }

  private reader(record: WalRecord): ByteReader {
    const source = { file: this.folder, offset: record.lsn }
    return new ByteReader(record.body, source, record.offset, record.offset + record.length)
  }

  /** Writes the page of an image. A reader has no use for it: the writer's checkpoint follows at once. */
  image(record: WalRecord): void {
    const { engine: { pages, isReadOnly } } = this
    if (isReadOnly) return
    const image = decodePageImage(this.reader(record))
    let place = this.placed.get(image.groupPage)
    if (place === undefined) {
      place = { first: pages.allocatePageIds(image.groupPages), count: image.groupPages }
      this.placed.set(image.groupPage, place)
    }
    if (image.page - image.groupPage >= place.count) throw this.bad(record, 'is of another row group')
    const blocks = image.bytes.length / BLOCK_SIZE
    const block = pages.blocks.allocate(blocks)
    pages.file.write(block * BLOCK_SIZE, image.bytes)
    const at = { block, blocks, crc: image.crc, epoch: pages.nextEpoch }
    pages.map.place(place.first + image.page - image.groupPage, PAGE_KIND.BASE, at, image.codec as PageCodec)
    if (image.codec !== PAGE_CODEC.NONE) pages.require(FLAG.PAGE_CODEC)
    pages.pagesWritten++
  }

  /** The images so far are of nothing. */
  abort(): void {
    for (const { first, count } of this.placed.values()) this.engine.pages.freePages(first, count)
    this.placed.clear()
  }

  /** Adds the groups of a publish record to the table, or puts those of a replace record in place of all it has. */
  publish(record: WalRecord, table: TableStore): void {
    if (this.engine.isReadOnly) {
      // A reader tries again: the root that has the rows is on its way, unless the writer died just here.
      throw new DatabaseError(CODE.SNAPSHOT_TOO_OLD, 'the log holds a bulk append that only a writer can replay',
        { file: this.folder, hint: 'Open the database for writing once.' })
    }
    const reader = this.reader(record)
    const count = reader.u32()
    const [nextRowId, liveRows] = [reader.u64(), reader.u64()]
    reader.u32()
    const added: RowGroup[] = []
    for (let i = 0; i < count; i++) {
      const entry = decodeGroupEntry(reader, table.keyCodec, table.order.nullable)
      const place = this.placed.get(entry.firstPage)
      if (place === undefined || place.count !== entry.pageCount) throw this.bad(record, 'lacks pages of a row group')
      this.placed.delete(entry.firstPage)
      const { firstKeyValues, lastKeyValues } = entry
      const group = new RowGroup({ ...entry, firstPage: place.first }, table.order.fromValues(firstKeyValues),
        table.order.fromValues(lastKeyValues))
      added.push(group)
    }
    table.nextRowId = nextRowId
    table.liveRows = liveRows
    table.lastCommit = this.engine.commitId
    const rowsWritten = added.reduce((sum, { rows }) => sum + rows, 0)
    if (record.type === RECORD.REPLACE) {
      publishGroups(this.engine, table, wholeResult(table, added, rowsWritten))
      return
    }
    const groups = [...table.root.groups, ...added].sort((a, b) => table.order.compare(a.firstKey, b.firstKey))
    publishGroups(this.engine, table, plainResult(groups, [], rowsWritten))
  }

  private bad(record: WalRecord, what: string): DatabaseError {
    return corruption(`log record ${record.lsn} ${what}`, { file: this.folder, offset: record.lsn })
  }
}
