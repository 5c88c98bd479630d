// Decodes a database file without opening the database: the meta slots, any page through the page map, and the
// log. It shares the constants and record codecs of storage/ but not its read path, so it shows what is there
// even when the file is damaged, and says what is wrong instead of refusing.

import { crc32c } from '../../base/checksum.ts'
import { CODE, DatabaseError } from '../../base/errors.ts'
import { bytesToHex, formatUuid } from '../../base/uuid.ts'
import type { FileHandle, FileSystem } from '../../../storage/file/file.ts'
import { decodeMetaSlot, type Meta } from '../../../storage/page/meta-slot.ts'
import { BLOCK_SIZE, ENTRIES_PER_MAP_PAGE, ENTRY_BYTES } from '../../../storage/page/page-map.ts'
import { PAGE_KIND } from '../../../storage/page/page-store.ts'
import { decodeRecord, isValidRecord, RECORD, RECORD_HEADER_BYTES } from '../../../storage/wal/record.ts'
import { decodeSegmentHeader, listSegments, readWhole, SEGMENT_HEADER_BYTES,
  segmentName } from '../../../storage/wal/segment.ts'

const KIND_NAMES = Object.fromEntries(Object.entries(PAGE_KIND).map(([name, value]) => [value, name.toLowerCase()]))
const RECORD_NAMES = Object.fromEntries(Object.entries(RECORD).map(([name, value]) => [value, name.toLowerCase()]))

function bytesAt(file: FileHandle, offset: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  return bytes.subarray(0, file.read(offset, bytes))
}

function hex32(value: number): string {
  return value.toString(16).padStart(8, '0')
}

/** Both meta slots with both their copies, and which of them is the root. */
export function inspectMeta(file: FileHandle): string[] {
  const newest = newestMeta(file)
  const blocks = Math.floor(file.size() / BLOCK_SIZE)
  const lines = [`file ${file.path}, ${file.size()} bytes, ${blocks} blocks of ${BLOCK_SIZE}`]
  for (const slot of [0, 1]) {
    const bytes = bytesAt(file, slot * BLOCK_SIZE, BLOCK_SIZE)
    if (bytes.length < BLOCK_SIZE) {
      lines.push(`slot ${slot}: missing, the file is too short`)
      continue
    }
    decodeMetaSlot(bytes, file.path).forEach((copy, i) => {
      const where = `slot ${slot} copy ${i}`
      if (!copy.hasMagic) lines.push(`${where}: no magic, not a SecantDB meta slot`)
      else if (!copy.isWhole) lines.push(`${where}: damaged, the checksum does not hold`)
      else if (copy.meta === null) lines.push(`${where}: format version ${copy.version}, unknown to this release`)
      else lines.push(`${where}: whole, epoch ${copy.meta.epoch}${copy.meta.epoch === newest?.epoch ? ' (root)' : ''}`)
    })
  }
  return newest === null ? [...lines, 'no usable root'] : [...lines, ...metaLines(newest)]
}

function metaLines(meta: Meta): string[] {
  const { flags, mapRoot } = meta
  return [
    `format version   ${meta.version}`,
    `flags            compatible ${flags.compatible}, read-only ${flags.readOnlyCompatible}, `
      + `incompatible ${flags.incompatible}`,
    `database id      ${formatUuid(meta.databaseId)}`,
    `epoch            ${meta.epoch}`,
    `commit id        ${meta.commitId}`,
    `redo LSN         ${meta.redoLsn}`,
    `pages            ${meta.pageCount}`,
    `map root         block ${mapRoot.block}, ${mapRoot.blocks} blocks, ${mapRoot.byteLength} bytes, `
      + `crc ${hex32(mapRoot.crc)}`,
    `catalogue page   ${meta.catalogPage === 0 ? 'none' : meta.catalogPage}`,
    `extra            ${meta.extra.length} bytes`,
  ]
}

function newestMeta(file: FileHandle): Meta | null {
  let newest: Meta | null = null
  for (const slot of [0, 1]) {
    const bytes = bytesAt(file, slot * BLOCK_SIZE, BLOCK_SIZE)
    if (bytes.length < BLOCK_SIZE) continue
    for (const { meta } of decodeMetaSlot(bytes, file.path)) {
      if (meta !== null && (newest === null || meta.epoch > newest.epoch)) newest = meta
    }
  }
  return newest
}

/** Where page `id` is, whether its checksum holds, and its bytes as a hex dump. */
export function inspectPage(file: FileHandle, id: number): string[] {
  const meta = newestMeta(file)
  if (meta === null) throw new DatabaseError(CODE.CORRUPT, `"${file.path}" has no usable root`, { file: file.path })
  if (!Number.isInteger(id) || id < 1 || id >= meta.pageCount) {
    throw new DatabaseError(CODE.INVALID_PARAMETER, `page ${id} does not exist; ids are 1 to ${meta.pageCount - 1}`)
  }
  const root = bytesAt(file, meta.mapRoot.block * BLOCK_SIZE, meta.mapRoot.blocks * BLOCK_SIZE)
  const rootView = new DataView(root.buffer, root.byteOffset, root.byteLength)
  const pointer = Math.floor(id / ENTRIES_PER_MAP_PAGE) * ENTRY_BYTES
  const mapBlock = rootView.getUint32(pointer, true)
  const map = bytesAt(file, mapBlock * BLOCK_SIZE, rootView.getUint32(pointer + 12, true) * BLOCK_SIZE)
  const mapOk = crc32c(map) === rootView.getUint32(pointer + 4, true)
  const at = (id % ENTRIES_PER_MAP_PAGE) * ENTRY_BYTES
  const view = new DataView(map.buffer, map.byteOffset, map.byteLength)
  const entry = {
    block: view.getUint32(at, true), crc: view.getUint32(at + 4, true), epoch: view.getUint32(at + 8, true),
    blocks: map[at + 12]!, kind: map[at + 13]!, fill: map[at + 14]!,
  }
  const lines = [`page ${id}: entry ${id % ENTRIES_PER_MAP_PAGE} of map page at block ${mapBlock}`
    + (mapOk ? '' : ' (DAMAGED: checksum of the map page does not hold)')]
  if (entry.kind === PAGE_KIND.FREE) return [...lines, 'kind free']
  const bytes = bytesAt(file, entry.block * BLOCK_SIZE, entry.blocks * BLOCK_SIZE)
  const actual = crc32c(bytes)
  lines.push(
    `kind ${KIND_NAMES[entry.kind] ?? entry.kind}, block ${entry.block} (offset ${entry.block * BLOCK_SIZE}), `
      + `${entry.blocks} blocks, epoch ${entry.epoch}, fill ${entry.fill}`,
    actual === entry.crc ? `checksum ${hex32(actual)} holds`
      : `DAMAGED: checksum ${hex32(actual)}, the page map says ${hex32(entry.crc)}`,
  )
  return [...lines, ...hexDump(bytes)]
}

/** 16 bytes a line with their characters; repeated lines are shown once. */
function hexDump(bytes: Uint8Array): string[] {
  const lines: string[] = []
  let before = ''
  for (let at = 0; at < bytes.length; at += 16) {
    const row = bytes.subarray(at, at + 16)
    const hex = bytesToHex(row).replace(/(..)/g, '$1 ')
    if (hex === before) {
      if (lines.at(-1) !== '*') lines.push('*')
      continue
    }
    before = hex
    const text = Array.from(row, (byte) => (byte >= 32 && byte < 127 ? String.fromCharCode(byte) : '.')).join('')
    lines.push(`${at.toString(16).padStart(5, '0')}  ${hex} ${text}`)
  }
  return lines
}

/** Every segment of the log and its records, up to the first byte that is no valid record. */
export function inspectWal(files: FileSystem, file: FileHandle, folder: string): string[] {
  const meta = newestMeta(file)
  if (!files.exists(folder)) return [`no log: "${folder}" does not exist`]
  const { numbers, spares } = listSegments(files, folder)
  const lines = [`${folder}: ${numbers.length} segments, ${spares.length} spare files`
    + (meta === null ? '' : `; recovery starts at LSN ${meta.redoLsn}`)]
  for (const number of numbers) lines.push(...segmentLines(files, `${folder}/${segmentName(number)}`, number, meta))
  return lines
}

function segmentLines(files: FileSystem, path: string, number: number, meta: Meta | null): string[] {
  const handle = files.open(path, 'read')
  try {
    const bytes = readWhole(handle)
    const owner = meta?.databaseId ?? bytes.slice(16, 32)
    const header = decodeSegmentHeader(bytes, { path, number, databaseId: owner })
    if (header === null) return [`segment ${number}: header torn, damaged or of another segment`]
    const lines = [`segment ${number}: LSN ${header.startLsn}, durable ${header.durableLsn}, `
      + `salt ${hex32(header.salt)}, ${bytes.length} bytes`]
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    let at = SEGMENT_HEADER_BYTES
    for (;;) {
      const lsn = header.startLsn + (at - SEGMENT_HEADER_BYTES)
      if (!isValidRecord(bytes, view, at, { lsn, salt: header.salt, end: bytes.length })) {
        lines.push(`  LSN ${lsn}: end of the valid records`)
        return lines
      }
      const record = decodeRecord(bytes, view, at)
      lines.push(`  LSN ${lsn}: ${RECORD_NAMES[record.type] ?? `type ${record.type}`}, transaction ${record.txnId}, `
        + `table ${record.tableId}, ${record.length} bytes`)
      at += RECORD_HEADER_BYTES + record.length
    }
  } finally {
    handle.close()
  }
}
