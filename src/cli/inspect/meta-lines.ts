// `secantdb inspect DB meta`: both meta slots with both their copies, field by field, and the page map they lead to.
// Field offsets are those of docs/FORMAT.md (storage/page/meta-slot.ts); a copy is shown whether it is whole or not.
import { crc32c } from '../../base/checksum.ts'
import { formatUuid } from '../../base/uuid.ts'
import { BLOCK_SIZE } from '../../../storage/page/page-map.ts'
import type { MetaCopy } from '../../../storage/page/meta-slot.ts'
import { FieldDump, hex32 } from './field-dump.ts'
import type { RawDatabase, RawRoot } from './raw-database.ts'

const COPY_BYTES = BLOCK_SIZE / 2

/** Both slots and the maps of their roots. */
export function metaLines(db: RawDatabase): string[] {
  const lines = [`file ${db.file.path}, ${db.size} bytes, ${db.blocks} blocks of ${BLOCK_SIZE}`]
  for (const slot of [0, 1]) lines.push('', ...slotLines(db, slot))
  if (db.root === null) lines.push('', 'no usable root: neither slot has a whole copy that this release reads')
  db.roots.forEach((root, i) => lines.push('', ...mapLines(root, i === 0 ? 'root' : 'older root')))
  const catalog = db.catalog()
  if (catalog.problem !== null) lines.push('', `catalogue: ${catalog.problem}`)
  else {
    const names = catalog.entries.map(({ id, rootPage, schema }) => `${schema.name} (id ${id}, root page ${rootPage})`)
    lines.push('', `tables: ${names.join(', ') || 'none'}`)
  }
  return lines
}

function slotLines(db: RawDatabase, slot: number): string[] {
  const bytes = db.read(slot * BLOCK_SIZE, BLOCK_SIZE)
  if (bytes.length < BLOCK_SIZE) return [`slot ${slot}: missing, the file is too short`]
  const copies = db.slots[slot]
  const lines: string[] = []
  for (const i of [0, 1]) {
    const copy = bytes.subarray(i * COPY_BYTES, (i + 1) * COPY_BYTES)
    const origin = slot * BLOCK_SIZE + i * COPY_BYTES
    lines.push(`slot ${slot} copy ${i}: ${copies == null ? 'fields of another format' : stateOf(copies[i]!, db)}`)
    if (i === 1 && copy.every((byte, at) => byte === bytes[at])) lines.push('  the same bytes as copy 0')
    else lines.push(...copyLines(copy, origin))
  }
  return lines
}

function stateOf(copy: MetaCopy, db: RawDatabase): string {
  if (!copy.hasMagic) return 'no magic, not a SecantDB meta slot'
  if (!copy.isWhole) return 'damaged, the checksum does not hold'
  if (copy.meta === null) return `format version ${copy.version}, unknown to this release`
  return `whole, epoch ${copy.meta.epoch}${copy.meta.epoch === db.root?.meta.epoch ? ' (root)' : ''}`
}

function copyLines(copy: Uint8Array, origin: number): string[] {
  const dump = new FieldDump(copy, origin)
  const flags = (value: number): string => value === 0 ? 'none' : `0x${hex32(value)}`
  dump.characters('magic', 8)
  dump.u32('format version')
  dump.u32('compatible flags', flags)
  dump.u32('read-only flags', flags)
  dump.u32('incompatible flags', flags)
  dump.u32('block size')
  dump.u32('largest page')
  dump.u32('epoch')
  dump.u32('pages')
  dump.u32('map root block')
  dump.u32('map root blocks')
  dump.u32('map root checksum', hex32)
  dump.u32('map root bytes')
  dump.u32('catalogue page', (page) => page === 0 ? 'none' : String(page))
  dump.u32('reserved')
  dump.u64('redo LSN')
  dump.u64('commit id')
  dump.raw('database id', 16, formatUuid)
  const extra = dump.u16('extra bytes') ?? 0
  if (extra > 0 && extra <= 1024) dump.raw('extra', extra)
  dump.at = COPY_BYTES - 4
  dump.checksum('checksum', crc32c(copy.subarray(0, COPY_BYTES - 4)))
  return dump.lines
}

function mapLines({ meta, mapRoot, mapPages }: RawRoot, name: string): string[] {
  const lines = [
    `${name}, epoch ${meta.epoch}: map root at block ${meta.mapRoot.block}, `
      + (mapRoot.problem === null ? `checksum ${hex32(mapRoot.actual)} holds` : `DAMAGED: ${mapRoot.problem}`),
  ]
  mapPages.forEach(({ pointer, piece }, i) => {
    lines.push(`  map page ${i}: block ${pointer.block}, ${pointer.blocks} blocks, epoch ${pointer.epoch}, `
      + (piece.problem === null ? `checksum ${hex32(piece.actual)} holds` : `DAMAGED: ${piece.problem}`))
  })
  return lines
}
