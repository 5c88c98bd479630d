// `secantdb inspect DB page N`: the map entry of a page, whether its checksum holds, what its bytes mean by its kind,
// and the bytes. A page is decoded as far as it goes, whole or not.
import { ByteReader } from '../../base/bytes.ts'
import { DatabaseError } from '../../base/errors.ts'
import type { TableSchema } from '../../base/types.ts'
import { PAGE_CODEC_NAMES } from '../../../storage/page/page-codec.ts'
import { BLOCK_SIZE, ENTRIES_PER_MAP_PAGE, ENTRY_BYTES, MAX_PAGE_BYTES } from '../../../storage/page/page-map.ts'
import { PAGE_KIND } from '../../../storage/page/page-store.ts'
import { RowCodec } from '../../../storage/table/row-codec.ts'
import { FieldDump, checksumText, hex32, hexDump } from './field-dump.ts'
import { KIND_NAMES } from './raw-database.ts'
import type { RawDatabase, RawEntry } from './raw-database.ts'
import { groupParts, readTables } from './raw-table.ts'
import { rowText } from './wal-lines.ts'

const HEAP_HEADER_BYTES = 32
const SLOT_BYTES = 4
const TUPLE_HEADER_BYTES = 9
const FLAG_TOMBSTONE = 1
const FLAG_OVERFLOW = 2
const CATALOG_MAGIC = 0x4c544143
const ROOT_MAGIC = 0x544f4f52
const ROOT_WITH_RUNS_MAGIC = 0x324f4f52
const BLOOM_MAGIC = 0x4d4f4c42

/** Where page `id` is, what it is and its bytes. Ids outside the map give a line that says so. */
export function pageLines(db: RawDatabase, id: number): string[] {
  const part = db.root?.mapPages[Math.floor(id / ENTRIES_PER_MAP_PAGE)]
  const entry = db.entry(id)
  if (part === undefined || entry === null) return [`page ${id}: the page map has no entry that can be read`]
  const lines = [`page ${id}: entry ${id % ENTRIES_PER_MAP_PAGE} of the map page at block ${part.pointer.block}`]
  if (part.piece.problem !== null) lines.push(`DAMAGED map page: ${part.piece.problem}`)
  lines.push(...entryLines(db, entry))
  if (entry.blocks === 0) return [...lines, entry.kind === PAGE_KIND.FREE ? 'kind free' : 'never written']
  const page = db.page(id)!
  lines.push(
    `kind ${KIND_NAMES[entry.kind] ?? entry.kind}, block ${entry.block} (offset ${entry.block * BLOCK_SIZE}), `
      + `${entry.blocks} blocks, epoch ${entry.epoch}, fill ${entry.fill}`,
    ...(entry.codec === 0 ? [] : [`compressed: the bytes below are the ${page.bytes.length} it unpacks to`]),
    page.problem === null ? `checksum ${hex32(page.actual)} holds` : `DAMAGED: ${page.problem}`, '',
    ...contentLines(db, id, entry, page.bytes), '', ...hexDump(page.bytes),
  )
  return lines
}

function entryLines(db: RawDatabase, entry: RawEntry): string[] {
  const dump = new FieldDump(db.read(entry.offset, ENTRY_BYTES), entry.offset)
  dump.u32('block')
  const actual = entry.blocks === 0 ? null : db.piece(entry.block, entry.blocks, entry.crc).actual
  dump.u32('checksum', (crc) => actual === null ? hex32(crc) : checksumText(crc, actual))
  dump.u32('epoch')
  dump.u8('blocks')
  dump.u8('kind', (kind) => `${kind} ${KIND_NAMES[kind] ?? 'unknown'}`)
  dump.u8('fill')
  dump.u8('codec', (codec) => `${codec} ${PAGE_CODEC_NAMES[codec] ?? 'unknown'}`)
  return dump.lines
}

function contentLines(db: RawDatabase, id: number, entry: RawEntry, bytes: Uint8Array): string[] {
  switch (entry.kind) {
    case PAGE_KIND.HEAP: return heapLines(db, bytes)
    case PAGE_KIND.OVERFLOW: return overflowLines(bytes)
    case PAGE_KIND.CATALOG: return catalogLines(bytes)
    case PAGE_KIND.BASE: return baseLines(db, id)
    default: return []
  }
}

function heapLines(db: RawDatabase, bytes: Uint8Array): string[] {
  const schemas = db.schemas()
  const dump = new FieldDump(bytes)
  dump.characters('magic', 4)
  dump.u32('page id')
  const table = dump.u32('table id', (id) => `${id} ${schemas.get(id)?.name ?? 'unknown'}`)
  const slots = dump.u32('slots') ?? 0
  dump.u32('tuples begin at')
  dump.u32('live bytes')
  dump.u32('free slots')
  dump.u32('reserved')
  const schema = table === null ? undefined : schemas.get(table)
  for (let slot = 0; slot < slots && dump.isComplete; slot++) {
    dump.raw(`slot ${slot}`, SLOT_BYTES, (raw) => {
      const view = new DataView(raw.buffer, raw.byteOffset)
      return tupleText(bytes, view.getUint16(0, true), view.getUint16(2, true), schema)
    })
  }
  return dump.lines
}

function tupleText(page: Uint8Array, offset: number, length: number, schema: TableSchema | undefined): string {
  if (offset === 0) return 'free'
  const where = `offset ${offset}, ${length} bytes`
  if (offset < HEAP_HEADER_BYTES || length < TUPLE_HEADER_BYTES || offset + length > page.length) {
    return `${where}: no tuple (violates H1)`
  }
  const view = new DataView(page.buffer, page.byteOffset + offset, length)
  const flags = view.getUint8(8)
  const head = `${where}: commit ${view.getFloat64(0, true)}`
  if ((flags & FLAG_OVERFLOW) !== 0) {
    if (length < TUPLE_HEADER_BYTES + 8) return `${head}, overflow without a place`
    const [bytes, first] = [view.getUint32(9, true), view.getUint32(13, true)]
    return `${head}, ${bytes} bytes in overflow pages from page ${first} on`
  }
  const isTombstone = (flags & FLAG_TOMBSTONE) !== 0
  if (schema === undefined) return `${head}${isTombstone ? ', tombstone' : ''}`
  const types = isTombstone ? schema.key.map((c) => schema.columns[c]!.type) : schema.columns.map(({ type }) => type)
  try {
    const reader = new ByteReader(page, { file: '' }, offset + TUPLE_HEADER_BYTES, offset + length)
    return `${head}, ${isTombstone ? 'tombstone of ' : ''}${rowText(types, new RowCodec(types).decode(reader))}`
  } catch (error) {
    if (!(error instanceof DatabaseError)) throw error
    return `${head}, not readable: ${error.message}`
  }
}

function overflowLines(bytes: Uint8Array): string[] {
  const dump = new FieldDump(bytes)
  dump.characters('magic', 4)
  dump.u32('next page', (page) => page === 0 ? 'none, the last' : String(page))
  dump.u32('bytes')
  dump.u32('table id')
  return dump.lines
}

function catalogLines(bytes: Uint8Array): string[] {
  const dump = new FieldDump(bytes)
  const magic = bytes.length < 4 ? 0 : new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true)
  if (magic === CATALOG_MAGIC) {
    dump.characters('magic', 4)
    dump.u32('total bytes')
    dump.u32('next table id')
    const tables = dump.u32('tables') ?? 0
    for (let i = 0; i < tables && dump.isComplete; i++) {
      dump.u32('table id')
      dump.u32('root first page')
      dump.u32('root bytes')
      dump.raw('schema', varintAt(dump), schemaText)
    }
  } else if (magic === ROOT_MAGIC || magic === ROOT_WITH_RUNS_MAGIC) {
    dump.characters('magic', 4)
    dump.u32('table id')
    dump.u32('row groups')
    dump.u64('next row id')
    dump.u64('live rows')
    if (magic === ROOT_WITH_RUNS_MAGIC) dump.u32('sealed runs')
  } else if (magic === BLOOM_MAGIC) {
    dump.characters('magic', 4)
    dump.u32('blocks of 64 bytes')
    dump.u32('keys')
    dump.u32('reserved')
  } else dump.note('the rest of a catalogue or table root that begins on an earlier page')
  return dump.lines
}

/** Reads the varint at the dump's place and steps over it. */
function varintAt(dump: FieldDump): number {
  const reader = new ByteReader(dump.bytes, { file: '' }, Math.min(dump.at, dump.bytes.length))
  try {
    const length = reader.varint()
    dump.at = reader.offset
    return length
  } catch (error) {
    if (!(error instanceof DatabaseError)) throw error
    return dump.bytes.length
  }
}

function schemaText(bytes: Uint8Array): string {
  const text = Buffer.from(bytes).toString('utf8')
  return text.length > 60 ? `${text.slice(0, 60)}…` : text
}

// Base pages have no header: their table root says what they are.
function baseLines(db: RawDatabase, id: number): string[] {
  for (const table of readTables(db)) {
    const index = table.groups.findIndex((group) => id >= group.firstPage && id < group.firstPage + group.pageCount)
    const group = table.groups[index]
    if (group === undefined) continue
    const from = (id - group.firstPage) * MAX_PAGE_BYTES
    const last = Math.min(from + MAX_PAGE_BYTES, group.streamBytes) - 1
    const place = `page ${id - group.firstPage + 1} of ${group.pageCount}: bytes ${from} to ${last} of its stream`
    const lines = [`table ${table.schema.name}, row group ${index} (${group.rows} rows), ${place}`]
    const { parts, problem } = groupParts(table, group)
    if (problem !== null) lines.push(`the row group's meta cannot be read: ${problem}`)
    for (const part of parts) {
      if (part.end <= from || part.begin >= from + MAX_PAGE_BYTES) continue
      lines.push(`${Math.max(0, part.begin - from).toString(16).padStart(6, '0')}  ${part.name}`)
    }
    return lines
  }
  return ['no table root that can be read names this page']
}

