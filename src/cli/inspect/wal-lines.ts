// `secantdb inspect DB wal`: the segments of the log and their records with LSN, type, table and key, and where and
// why the log stops. A log does not know its end: it is where the first bytes stand that are no record of this place.
import { ByteReader } from '../../base/bytes.ts'
import { crc32c, crc32cRange } from '../../base/checksum.ts'
import { DatabaseError } from '../../base/errors.ts'
import { formatScalar } from '../../base/scalar-format.ts'
import type { Scalar, SqlType, TableSchema } from '../../base/types.ts'
import { formatUuid } from '../../base/uuid.ts'
import type { FileSystem } from '../../../storage/file/file.ts'
import { decodeSchema } from '../../../storage/catalog/catalog.ts'
import { RowCodec } from '../../../storage/table/row-codec.ts'
import {
  DDL, MAX_BODY_BYTES, RECORD, RECORD_HEADER_BYTES, decodeCommit, decodeRecord, isValidRecord,
} from '../../../storage/wal/record.ts'
import type { WalRecord } from '../../../storage/wal/record.ts'
import { SEGMENT_HEADER_BYTES, listSegments, readWhole, segmentName } from '../../../storage/wal/segment.ts'
import { FieldDump, hex32, hexDump } from './field-dump.ts'
import type { RawDatabase } from './raw-database.ts'

const RECORD_NAMES = Object.fromEntries(Object.entries(RECORD).map(([name, value]) => [value, name.toLowerCase()]))
const CRC_AT = SEGMENT_HEADER_BYTES - 4
const SHOWN_BYTES = 64
const KEY_CHARACTERS = 60

/** Every segment and its records up to the first byte that is no valid record. */
export function walLines(db: RawDatabase, files: FileSystem, folder: string): string[] {
  const meta = db.root?.meta ?? null
  if (!files.exists(folder)) return [`no log: "${folder}" does not exist`]
  const { numbers, spares } = listSegments(files, folder)
  const older = db.roots[1]?.meta
  const lines = [`${folder}: ${numbers.length} segments, ${spares.length} spare files`]
  if (meta !== null) {
    lines.push(`recovery starts at LSN ${meta.redoLsn}, after commit ${meta.commitId}`
      + (older === undefined ? '' : `; the older root needs the log from LSN ${older.redoLsn}`))
  }
  const schemas = db.schemas()
  for (const number of numbers) {
    const path = `${folder}/${segmentName(number)}`
    const handle = files.open(path, 'read')
    try {
      lines.push('', ...segmentLines(readWhole(handle), number, meta?.databaseId ?? null, schemas))
    } finally {
      handle.close()
    }
  }
  return lines
}

function segmentLines(
  bytes: Uint8Array, number: number, owner: Uint8Array | null, schemas: Map<number, TableSchema>,
): string[] {
  const dump = new FieldDump(bytes)
  dump.note(`segment ${number}: ${bytes.length} bytes`)
  dump.characters('magic', 8)
  dump.u32('format version')
  const salt = dump.u32('salt', hex32)
  const id = dump.raw('database id', 16,
    (found) => formatUuid(found) + (owner === null || Buffer.compare(found, owner) === 0 ? '' : ', NOT OF THIS FILE'))
  const named = dump.u64('segment number')
  const start = dump.u64('start LSN')
  dump.u64('durable LSN')
  dump.u32('reserved')
  dump.checksum('checksum', crc32c(bytes.subarray(0, CRC_AT)))
  if (!dump.isComplete || salt === null || id === null || start === null) return dump.lines
  const isWhole = new DataView(bytes.buffer, bytes.byteOffset).getUint32(CRC_AT, true)
    === crc32c(bytes.subarray(0, CRC_AT))
  if (!isWhole || named !== BigInt(number) || start > BigInt(Number.MAX_SAFE_INTEGER)) {
    return [...dump.lines, '  its records are not read: the header is torn, damaged or of another segment']
  }
  return [...dump.lines, ...recordLines(bytes, Number(start), salt, schemas)]
}

function recordLines(bytes: Uint8Array, startLsn: number, salt: number, schemas: Map<number, TableSchema>): string[] {
  const lines: string[] = []
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let at = SEGMENT_HEADER_BYTES
  for (;;) {
    const lsn = startLsn + at - SEGMENT_HEADER_BYTES
    if (!isValidRecord(bytes, view, at, { lsn, salt, end: bytes.length })) {
      lines.push(`  LSN ${lsn} (offset ${at}): the log stops: ${whyNot(bytes, view, at, lsn, salt)}`)
      const later = strayRecord(bytes, view, { from: at + 1, startLsn, salt })
      if (later !== null) lines.push(`  DAMAGED: a valid record of this segment follows at LSN ${later}`)
      return [...lines, ...hexDump(bytes.subarray(at, at + SHOWN_BYTES), at).map((line) => `  ${line}`)]
    }
    const record = decodeRecord(bytes, view, at)
    lines.push(`  LSN ${lsn}: ${recordText(record, view, schemas)}, ${record.length} bytes, `
      + `checksum ${hex32(view.getUint32(at, true))} holds`)
    at += RECORD_HEADER_BYTES + record.length
  }
}

function whyNot(bytes: Uint8Array, view: DataView, at: number, lsn: number, salt: number): string {
  if (at + RECORD_HEADER_BYTES > bytes.length) return 'the segment is full'
  if (bytes.subarray(at, at + RECORD_HEADER_BYTES).every((byte) => byte === 0)) return 'zeros, nothing was written here'
  const length = view.getUint32(at + 4, true)
  const found = view.getUint32(at + 8, true) + view.getUint32(at + 12, true) * 2 ** 32
  const foundSalt = view.getUint32(at + 16, true)
  if (foundSalt !== salt) return `salt ${hex32(foundSalt)} is not the segment's: older bytes of a file used again`
  if (found !== lsn) return `the record says LSN ${found}`
  const end = at + RECORD_HEADER_BYTES + length
  if (length > MAX_BODY_BYTES || end > bytes.length) return `a body of ${length} bytes runs past the end`
  const actual = crc32cRange(bytes, at + 4, end)
  return `checksum ${hex32(view.getUint32(at, true))} does not hold: the bytes give ${hex32(actual)}`
}

// The next place with this segment's salt where a record is whole: bytes behind the stop that were durable.
function strayRecord(
  bytes: Uint8Array, view: DataView, { from, startLsn, salt }: { from: number; startLsn: number; salt: number },
): number | null {
  const wanted = Buffer.alloc(4)
  wanted.writeUInt32LE(salt)
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  for (let found = buffer.indexOf(wanted, from + 16); found >= 0; found = buffer.indexOf(wanted, found + 1)) {
    const at = found - 16
    const lsn = startLsn + at - SEGMENT_HEADER_BYTES
    if (isValidRecord(bytes, view, at, { lsn, salt, end: bytes.length })) return lsn
  }
  return null
}

function recordText(record: WalRecord, view: DataView, schemas: Map<number, TableSchema>): string {
  const name = RECORD_NAMES[record.type] ?? `type ${record.type}`
  const head = `${name}, transaction ${record.txnId}`
  if (record.type === RECORD.COMMIT) {
    const commit = decodeCommit(view, record)
    if (commit === null) return `${head}, no commit id`
    const hasTime = commit.commitMs > 0 && commit.commitMs < 8.64e15
    const when = hasTime ? ` at ${new Date(commit.commitMs).toISOString()}` : ''
    return `${head}, commit ${commit.commitId}${when}`
  }
  if (record.type === RECORD.DDL) return `${head}, ${ddlText(record, schemas)}`
  const schema = schemas.get(record.tableId)
  const table = `table ${record.tableId}${schema === undefined ? '' : ` ${schema.name}`}`
  const key = schema === undefined ? null : keyText(record, schema)
  return `${head}, ${table}${key === null ? '' : `, key ${key}`}`
}

// A table made in the log explains the records behind it.
function ddlText(record: WalRecord, schemas: Map<number, TableSchema>): string {
  const reader = new ByteReader(record.body, { file: '' }, record.offset, record.offset + record.length)
  try {
    const kind = reader.u8()
    const schema = decodeSchema(reader.string())
    if (schema === null) return `table ${record.tableId}, no readable schema`
    schemas.set(record.tableId, schema)
    const what = schema.index === undefined ? 'table' : 'index'
    return `${kind === DDL.DROP ? 'drop' : 'create'} ${what} ${record.tableId} ${schema.name}`
  } catch (error) {
    if (!(error instanceof DatabaseError)) throw error
    return `table ${record.tableId}, ${error.message}`
  }
}

function keyText(record: WalRecord, schema: TableSchema): string | null {
  const isKnown = record.type === RECORD.INSERT || record.type === RECORD.UPDATE || record.type === RECORD.DELETE
  if (!isKnown) return null
  const isKey = record.type === RECORD.DELETE
  const types = isKey ? schema.key.map((c) => schema.columns[c]!.type) : schema.columns.map(({ type }) => type)
  const reader = new ByteReader(record.body, { file: '' }, record.offset, record.offset + record.length)
  try {
    const row = new RowCodec(types).decode(reader)
    return rowText(isKey ? types : schema.key.map((c) => types[c]!), isKey ? row : schema.key.map((c) => row[c]!))
  } catch (error) {
    if (!(error instanceof DatabaseError)) throw error
    return `not readable: ${error.message}`
  }
}

// Quotes doubled as in SQL; what moves a terminal's cursor is shown as its number.
function printable(text: string): string {
  return text.replaceAll("'", "''")
    .replace(/[\p{Cc}\u2028\u2029]/gu, (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** Values of a row as `(1, 'a', NULL)`, cut when long. */
export function rowText(types: readonly SqlType[], row: readonly Scalar[]): string {
  const shown = row.map((value, i) => {
    if (value === null) return 'NULL'
    const { kind } = types[i]!
    const text = formatScalar(types[i]!, value)
    const isQuoted = kind === 'text' || kind === 'json' || kind === 'jsonb' || kind === 'array' || kind === 'bytea'
    const cut = text.length > KEY_CHARACTERS ? `${text.slice(0, KEY_CHARACTERS)}…` : text
    return isQuoted ? `'${printable(cut)}'` : cut
  })
  return `(${shown.join(', ')})`
}
