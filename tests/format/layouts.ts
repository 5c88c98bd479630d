// Every structure on disk with a fixed layout, written by the engine's own encoders with values chosen so
// that each field can be recognised. The tests compare what comes out with docs/FORMAT.md, with the pictures
// at the top of the source files, and with a golden list, so no two descriptions of the same bytes can drift
// apart.
import { deflateRawSync } from 'node:zlib'
import { encodeSegmentTable } from '../../index/mod.ts'
import type { SegmentTable } from '../../index/mod.ts'
import { ByteWriter } from '../../src/base/bytes.ts'
import { crc32c } from '../../src/base/checksum.ts'
import { INTEGER, TEXT } from '../../src/base/types.ts'
import { encodeCatalog } from '../../storage/catalog/catalog.ts'
import { LAYOUT } from '../../storage/column-buffers.ts'
import { LinearMemory } from '../../storage/memory/linear-memory.ts'
import { encodeMetaSlot } from '../../storage/page/meta-slot.ts'
import { PAGE_CODEC, compressPage } from '../../storage/page/page-codec.ts'
import { PageMap } from '../../storage/page/page-map.ts'
import { ENCODING, encodeColumnChunk } from '../../storage/row-group/column-chunk.ts'
import type { ColumnChunk } from '../../storage/row-group/column-chunk.ts'
import { KeyOrder } from '../../storage/table/key.ts'
import { RowCodec } from '../../storage/table/row-codec.ts'
import { RowGroup, encodeGroupEntry, encodeGroupMeta } from '../../storage/row-group/row-group.ts'
import { encodeTableRoot } from '../../storage/table/root-codec.ts'
import { TableRoot } from '../../storage/table/table-root.ts'
import { encodeReaderSlot } from '../../storage/process/reader-slot.ts'
import { encodeHeader, placeRecord } from '../../storage/wal/record.ts'
import { encodeSegmentHeader } from '../../storage/wal/segment.ts'
import { backupLayouts } from './backup-layouts.ts'
import { runLayouts } from './run-layouts.ts'
import { ascii, bytesField, field } from './layout.ts'
import type { Field, Layout } from './layout.ts'
import { logLayouts } from './log-layouts.ts'
import { heapLayouts, mapRootLayout } from './stored-layouts.ts'

function doubleField(name: string, label: RegExp, value: number): Field {
  const bytes = new Uint8Array(8)
  new DataView(bytes.buffer).setFloat64(0, value, true)
  return { name, label, bytes }
}

const DATABASE_ID = Uint8Array.from({ length: 16 }, (_, i) => 0xd0 + i)

function metaLayout(): Layout {
  const extra = Uint8Array.of(0xe1, 0xe2, 0xe3)
  const sample = encodeMetaSlot({
    version: 0x01010102,
    flags: { compatible: 0x02020203, readOnlyCompatible: 0x03030304, incompatible: 0x04040405 },
    epoch: 0x05050506, pageCount: 0x06060607,
    mapRoot: { block: 0x07070708, blocks: 0x08080809, crc: 0x0909090a, byteLength: 0x0a0a0a0b },
    catalogPage: 0x0b0b0b0c, redoLsn: 0x0c0c0c0c0c0d, commitId: 0x0d0d0d0d0d0e, databaseId: DATABASE_ID,
    extra,
  }).slice(0, 2048)
  const mapRoot = new ByteWriter(16)
  for (const word of [0x07070708, 0x08080809, 0x0909090a, 0x0a0a0a0b]) mapRoot.u32(word)
  return {
    name: 'meta slot copy', heading: 'Meta slots', source: 'storage/page/meta-slot.ts', picture: /one copy$/,
    sample,
    fields: [
      bytesField('magic', /^magic/, ascii('SecantDB')),
      field('version', /^format version/, 4, 0x01010102),
      field('compatible', /^compatible flags/, 4, 0x02020203),
      field('readOnlyCompatible', /^read-only-compatible flags/, 4, 0x03030304),
      field('incompatible', /^incompatible flags/, 4, 0x04040405),
      field('blockSize', /^block size/, 4, 4096),
      field('pageBytes', /^largest page/, 4, 65536),
      field('epoch', /^epoch/, 4, 0x05050506),
      field('pageCount', /^page count/, 4, 0x06060607),
      bytesField('mapRoot', /^map root/, mapRoot.finish()),
      field('catalogPage', /catalogue/, 4, 0x0b0b0b0c),
      field('redoLsn', /^redo LSN/, 8, 0x0c0c0c0c0c0d),
      field('commitId', /^commit id/, 8, 0x0d0d0d0d0d0e),
      bytesField('databaseId', /^database id/, DATABASE_ID),
      field('extraLength', /^length of the extra bytes/, 2, extra.length),
      field('crc', /^CRC-32C/, 4, crc32c(sample.subarray(0, 2044))),
    ],
  }
}

function mapEntryLayout(): Layout {
  const map = new PageMap()
  map.grow(4)
  map.place(3, 0x21, { block: 0x11111112, blocks: 0x13, crc: 0x14141415, epoch: 0x16161617 }, 0x23)
  map.setFill(3, 0x22)
  return {
    name: 'page map entry', heading: 'Page map', source: 'storage/page/page-map.ts',
    picture: /^ *entry, 16 bytes +/,
    sample: map.mapPageBytes(0).slice(48, 64),
    fields: [
      field('block', /^(first )?block$/, 4, 0x11111112), field('crc', /^CRC-32C/, 4, 0x14141415),
      field('epoch', /^epoch/, 4, 0x16161617), field('blocks', /^blocks/, 1, 0x13),
      field('kind', /^kind/, 1, 0x21),
      field('fill', /^fill/, 1, 0x22), field('codec', /^codec/, 1, 0x23),
    ],
  }
}

function pageImageLayout(): Layout {
  const memory = LinearMemory.create(16 * 65536)
  const page = memory.allocateRun(2)
  const blocks = compressPage(PAGE_CODEC.GZIP, memory, page, 0x2345, page + 65536)
  const sample = memory.u8.slice(page + 65536, page + 65536 + blocks * 4096)
  const packed = deflateRawSync(new Uint8Array(0x2345), { level: 4 })
  memory.release()
  return {
    name: 'compressed page', heading: 'Compressed pages', source: 'storage/page/page-codec.ts',
    picture: /^ *image +/,
    sample,
    fields: [
      field('rawLength', /^raw length/, 4, 0x2345), field('length', /^compressed length/, 4, packed.length),
      bytesField('bytes', /^compressed bytes/, packed),
    ],
  }
}

function segmentHeaderLayout(): Layout {
  const sample = encodeSegmentHeader({
    version: 2, number: 0x313131313132, startLsn: 0x323232323233, durableLsn: 0x333333333334, salt: 0x34343435,
    databaseId: DATABASE_ID,
  }).slice()
  return {
    name: 'log segment header', heading: 'Log segments', source: 'storage/wal/segment.ts',
    picture: /^ *offset  bytes$/,
    sample,
    fields: [
      bytesField('magic', /^magic/, ascii('SecntWAL')), field('version', /^format version/, 4, 2),
      field('salt', /^salt/, 4, 0x34343435), bytesField('databaseId', /^database id/, DATABASE_ID),
      field('number', /^segment number/, 8, 0x313131313132),
      field('startLsn', /^start LSN/, 8, 0x323232323233),
      field('durableLsn', /^LSN known durable/, 8, 0x333333333334),
      field('crc', /^CRC-32C/, 4, crc32c(sample.subarray(0, 60))),
      bytesField('records', /^records/, new Uint8Array(0)),
    ],
  }
}

function readerSlotLayout(): Layout {
  const sample = encodeReaderSlot(0x41414142, 0x42424243)
  return {
    name: 'reader slot', heading: 'Reader slots', source: 'storage/process/reader-slot.ts',
    picture: /^ *offset  bytes$/,
    sample,
    fields: [
      bytesField('magic', /^magic/, ascii('SecntRDR')), field('epoch', /^epoch/, 4, 0x41414142),
      field('processId', /^process id/, 4, 0x42424243),
      field('crc', /^CRC-32C/, 4, crc32c(sample.subarray(0, 28))),
    ],
  }
}

function recordLayout(): Layout {
  const body = ascii('body')
  const sample = new Uint8Array(36 + body.length)
  const view = new DataView(sample.buffer)
  sample.set(body, 36)
  encodeHeader(view, 0, 0x41, 0x424242424243, 0x43434344, body.length)
  const lsn = 0x444444444445
  placeRecord(sample, view, 0, { lsn, salt: 0x45454546, durableLsn: lsn - 0x0102030 })
  return {
    name: 'log record', heading: 'Log records', source: 'storage/wal/record.ts', picture: /^ *offset  bytes$/,
    sample,
    fields: [
      field('crc', /^CRC-32C/, 4, crc32c(sample.subarray(4))),
      field('length', /^body length/, 4, body.length),
      field('lsn', /^LSN( of this record|: position)/, 8, 0x444444444445),
      field('salt', /^salt/, 4, 0x45454546),
      field('durableDistance', /^LSN minus/, 4, 0x0102030),
      field('txnId', /^transaction id/, 6, 0x424242424243),
      field('type', /^type/, 1, 0x41), field('tableId', /^table id/, 4, 0x43434344),
      bytesField('body', /^body(?! length)/, body),
    ],
  }
}

const SCHEMA = { name: 't', columns: [{ name: 'k', type: INTEGER, nullable: false }], key: [0] }

function catalogLayouts(): Layout[] {
  const whole = encodeCatalog(
    [{ id: 0x51515152, rootPage: 0x52525253, rootBytes: 0x53535354, schema: SCHEMA }], 0x54545455).slice()
  const text = ascii(JSON.stringify(SCHEMA))
  const about = { source: 'storage/catalog/catalog.ts' }
  return [{
    ...about, name: 'catalogue header', heading: 'Catalogue', picture: /^ *blob: /,
    sample: whole.slice(0, 16),
    fields: [
      bytesField('magic', /^magic/, ascii('CATL')), field('totalBytes', /^total bytes/, 4, whole.length),
      field('nextTableId', /^next table id/, 4, 0x54545455), field('tables', /^tables/, 4, 1),
    ],
  }, {
    ...about, name: 'catalogue entry', heading: 'Catalogue entries', picture: /^ *per table: /,
    sample: whole.slice(16),
    fields: [
      field('id', /^(table )?id/, 4, 0x51515152), field('rootPage', /^root first page/, 4, 0x52525253),
      field('rootBytes', /^root bytes/, 4, 0x53535354),
      bytesField('schema', /^schema/, Uint8Array.of(text.length, ...text)),
    ],
  }]
}

const ENTRY = {
  firstPage: 0x61616162, pageCount: 0x62626263, streamBytes: 0x63636364, metaOffset: 0x64646465, rows: 0xfedc,
  firstKeyValues: [0x66666667], lastKeyValues: [0x67676768],
}

function rootLayouts(): Layout[] {
  const codec = new RowCodec([INTEGER])
  const group = new RowGroup(ENTRY, ENTRY.firstKeyValues[0]!, ENTRY.lastKeyValues[0]!)
  const root = new TableRoot(1, [group], new KeyOrder(SCHEMA))
  const figures = { nextRowId: 0x717171717172, liveRows: 0x727272727273 }
  const entry = new ByteWriter(64)
  encodeGroupEntry(ENTRY, codec, entry)
  return [{
    name: 'table root', heading: 'Table roots', source: 'storage/table/root-codec.ts', picture: /^ *bytes: /,
    sample: encodeTableRoot(root, 0x73737374, figures, codec).slice(0, 28),
    fields: [
      bytesField('magic', /^magic/, ascii('ROOT')), field('tableId', /^table id/, 4, 0x73737374),
      field('groups', /^(row )?groups/, 4, 1), field('nextRowId', /^next row id/, 8, figures.nextRowId),
      field('liveRows', /^live rows/, 8, figures.liveRows),
    ],
  }, {
    name: 'row group directory entry', heading: 'Directory entries', source: 'storage/row-group/row-group.ts',
    picture: /^ *directory entry: /, sample: entry.finish(),
    fields: [
      field('firstPage', /^first page/, 4, ENTRY.firstPage), field('pages', /^pages/, 4, ENTRY.pageCount),
      field('streamBytes', /^stream bytes/, 4, ENTRY.streamBytes),
      field('metaOffset', /^meta offset/, 4, ENTRY.metaOffset),
      field('rows', /^rows/, 4, ENTRY.rows),
      bytesField('firstKey', /^first key/, Uint8Array.of(0, 0x67, 0x66, 0x66, 0x66)),
      bytesField('lastKey', /^last key/, Uint8Array.of(0, 0x68, 0x67, 0x67, 0x67)),
    ],
  }]
}

const CHUNK: ColumnChunk = {
  encoding: ENCODING.DICTIONARY, layout: LAYOUT.U16, nullCount: 0x81818182, valuesOffset: 0x82828283,
  validityOffset: 0x83838384, dictionaryOffset: 0x84848485, dictionaryCount: 0x85858586,
  stored: LAYOUT.U16, auxOffset: 0xffffffff, auxCount: 0, step: 0,
  base: 0x0686868686868687n,
  min: 'a', max: 'b', strings: null,
}

/** The key model of the samples. */
const MODEL: SegmentTable = {
  kind: 'learned', count: 1, firstKey: Float64Array.of(1234.5, Infinity), slope: Float64Array.of(1 / 3),
  intercept: Float64Array.of(17, 209), errorLow: Int32Array.of(3), errorHigh: Int32Array.of(4),
  grid: Int32Array.of(0, 0), gridScale: 0, keys: 211, begin: 17, end: 209, epsilon: 37, maxError: 5,
  meanError: 1.25,
}

function companionBytes(): Uint8Array {
  const out = new ByteWriter(64)
  const delta = {
    ...CHUNK, encoding: ENCODING.DELTA, auxOffset: 0x87878788, auxCount: 0x88888889, step: -12345, min: null, max: null,
  }
  encodeColumnChunk(delta, INTEGER, out)
  return out.finish().slice(31)
}

function groupMetaLayouts(): Layout[] {
  const chunk = new ByteWriter(64)
  encodeColumnChunk(CHUNK, TEXT, chunk)
  const chunkBytes = chunk.finish().slice()
  const schema = { name: 't', columns: [{ name: 'c', type: TEXT, nullable: true }], key: [0] }
  const meta = new ByteWriter(256)
  const prefix = ascii('prefix')
  encodeGroupMeta({ chunks: [CHUNK], model: MODEL, prefix, keyBase: 0x77n }, 0x9192, schema, meta)
  const model = encodeSegmentTable(MODEL)
  return [{
    name: 'column chunk descriptor', heading: 'Column chunk descriptors',
    source: 'storage/row-group/column-chunk.ts',
    picture: /^ *descriptor bytes: /, sample: chunkBytes,
    fields: [
      field('encoding', /^encoding/, 1, 3), field('layout', /^layout/, 1, 1), field('flags', /^flags/, 1, 7),
      field('nullCount', /^(nullCount|NULLs)/, 4, 0x81818182),
      field('valuesOffset', /^values ?[oO]ffset/, 4, 0x82828283),
      field('validityOffset', /^validity ?[oO]ffset/, 4, 0x83838384),
      field('dictionaryOffset', /^dictionary ?[oO]ffset/, 4, 0x84848485),
      field('dictionaryCount', /^dictionary ?[cC]ount/, 4, 0x85858586),
      field('base', /^base/, 8, 0x0686868686868687n),
      bytesField('zone', /^zone map/, Uint8Array.of(0, 1, 0x61, 1, 0x62)),
    ],
  }, {
    name: 'companion of a chunk', heading: 'Companions of runs and deltas',
    source: 'storage/row-group/column-chunk.ts', picture: /^ *of runs and deltas, between base and zone map: /,
    sample: companionBytes(),
    fields: [
      field('stored', /^stored layout/, 1, 1), field('auxOffset', /^aux offset/, 4, 0x87878788),
      field('auxCount', /^aux count/, 4, 0x88888889), doubleField('step', /^step/, -12345),
    ],
  }, {
    name: 'row group meta', heading: 'Row-group meta', source: 'storage/row-group/row-group.ts',
    picture: /^ *meta: /,
    sample: meta.finish(),
    fields: [
      bytesField('magic', /^magic/, ascii('GRUP')), field('rows', /^rows/, 4, 0x9192),
      field('columns', /^columns/, 4, 1), bytesField('chunks', /chunk descriptor/, chunkBytes),
      bytesField('keyBase', /^key base/, Uint8Array.of(1, 0x77, ...new Uint8Array(15))),
      bytesField('prefix', /^key prefix/, Uint8Array.of(prefix.length, ...prefix)),
      bytesField('model', /^key model/, Uint8Array.of(model.length, ...model)),
    ],
  }]
}

function modelLayout(): Layout {
  return {
    name: 'key model', heading: 'Key models', source: 'index/segment-table.ts',
    picture: /^ *offset  size  meaning$/,
    sample: encodeSegmentTable(MODEL),
    fields: [
      bytesField('magic', /^magic/, ascii('SEG1')), field('kind', /^kind/, 1, 0),
      field('keyWidth', /^key width/, 1, 4),
      field('slopeWidth', /^slope width/, 1, 8), field('interceptWidth', /^intercept width/, 1, 2),
      field('errorWidth', /^error width/, 1, 1), field('count', /^segments/, 4, 1),
      field('keys', /^keys/, 4, 211),
      field('begin', /^begin/, 4, 17), field('end', /^end/, 4, 209), field('epsilon', /^epsilon/, 4, 37),
      field('maxError', /^max error/, 4, 5), doubleField('meanError', /^mean error/, 1.25),
      doubleField('baseKey', /^base key/, 1234.5),
      bytesField('arrays', /^firstKey\[\]/, encodeSegmentTable(MODEL).slice(56)),
    ],
  }
}

/** All of them, in the order of docs/FORMAT.md. */
export function allLayouts(): Layout[] {
  return [
    metaLayout(), mapEntryLayout(), pageImageLayout(), mapRootLayout(), ...catalogLayouts(), ...rootLayouts(),
    ...groupMetaLayouts(),
    modelLayout(), ...runLayouts(), ...heapLayouts(), segmentHeaderLayout(), readerSlotLayout(), recordLayout(),
    ...backupLayouts(), ...logLayouts(),
  ]
}
