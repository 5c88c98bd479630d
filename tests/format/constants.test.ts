// Every number the file format is made of, measured or exported, as one text. A change of layout changes the
// text and so shows in review; whoever changes it on purpose raises the format version, keeps the old golden
// database readable, and renews the text with `npx vitest run tests/format/constants.test.ts -u`.
import { expect, test } from 'vitest'
import { SEGMENT_TABLE_MAGIC, SEGMENT_TABLE_OFFSET } from '../../index/segment-table.ts'
import { crc32c } from '../../src/base/checksum.ts'
import {
  BIGINT, BOOLEAN, BYTEA, DATE, DOUBLE, INTEGER, INTERVAL, JSON_TYPE, REAL, SMALLINT, TEXT, TIME, TIMESTAMP,
  TIMESTAMPTZ,
  UUID, decimalType, typeName,
} from '../../src/base/types.ts'
import type { Scalar, SqlType } from '../../src/base/types.ts'
import { ByteWriter } from '../../src/base/bytes.ts'
import { CATALOG_HEADER_BYTES } from '../../storage/catalog/catalog.ts'
import { BATCH_ROWS, LAYOUT, LAYOUT_WIDTH } from '../../storage/column-buffers.ts'
import { FRAME_SIZE } from '../../storage/memory/linear-memory.ts'
import { FORMAT_VERSION, KNOWN_FLAGS } from '../../storage/page/meta-slot.ts'
import {
  BLOCK_SIZE, ENTRIES_PER_MAP_PAGE, ENTRY_BYTES, MAX_PAGE_BLOCKS, MAX_PAGE_BYTES,
} from '../../storage/page/page-map.ts'
import { PAGE_KIND } from '../../storage/page/page-store.ts'
import { partAlignment } from '../../storage/row-group/chunk-plan.ts'
import { ENCODING, ENCODING_NAMES, NO_PART, ZONE_VALUE_CHARS } from '../../storage/row-group/column-chunk.ts'
import { HEAP_TUPLE_MAX } from '../../storage/delta/heap-page.ts'
import { KeyOrder } from '../../storage/table/key.ts'
import { RowCodec } from '../../storage/table/row-codec.ts'
import { MAX_BODY_BYTES, RECORD, RECORD_HEADER_BYTES } from '../../storage/wal/record.ts'
import { SEGMENT_HEADER_BYTES, segmentName, spareName } from '../../storage/wal/segment.ts'
import { FIRST_LSN } from '../../storage/wal/wal-writer.ts'
import { walFolder } from '../../storage/mod.ts'
import { measure } from './layout.ts'
import { allLayouts } from './layouts.ts'

function constants(): string[] {
  const values = {
    FORMAT_VERSION, KNOWN_FLAGS, BLOCK_SIZE, MAX_PAGE_BYTES, MAX_PAGE_BLOCKS, ENTRIES_PER_MAP_PAGE,
    ENTRY_BYTES, FRAME_SIZE,
    PAGE_KIND, CATALOG_HEADER_BYTES, ENCODING, ENCODING_NAMES, LAYOUT, LAYOUT_WIDTH, BATCH_ROWS, NO_PART,
    ZONE_VALUE_CHARS,
    HEAP_TUPLE_MAX, SEGMENT_TABLE_MAGIC, SEGMENT_TABLE_OFFSET, SEGMENT_HEADER_BYTES, RECORD,
    RECORD_HEADER_BYTES,
    MAX_BODY_BYTES, FIRST_LSN, segmentName: segmentName(0x1f), spareName: spareName(0x1f),
    walFolder: walFolder('name.sdb'),
    'crc32c of 123456789': crc32c(Buffer.from('123456789')).toString(16),
  }
  return Object.entries(values).map(([name, value]) => `${name} ${JSON.stringify(value)}`)
}

function layoutLines(): string[] {
  const right = (value: number): string => String(value).padStart(5)
  return allLayouts().flatMap((layout) => ['', `${layout.name}:`,
    ...measure(layout).map(({ name, offset, size }) => `  ${right(offset)} ${right(size)}  ${name}`)])
}

const SAMPLES: readonly [SqlType, ...Scalar[]][] = [
  [BOOLEAN, 0, 1], [SMALLINT, -2, 258], [INTEGER, -2, 0x01020304], [BIGINT, -2, 2n ** 62n],
  [decimalType(18, 2), 12345],
  [decimalType(38, 2), -2n, 10n ** 30n], [REAL, 1.5], [DOUBLE, -1.5, NaN], [DATE, 20000], [TIME, 1],
  [TIMESTAMP, -1],
  [TIMESTAMPTZ, 1], [INTERVAL, Uint8Array.from({ length: 16 }, (_, i) => i)], [TEXT, '', 'é'],
  [JSON_TYPE, '{}'],
  [BYTEA, Uint8Array.of(0, 255)], [UUID, Uint8Array.from({ length: 16 }, (_, i) => i)],
]

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}

function rowLines(): string[] {
  return SAMPLES.flatMap(([type, ...values]) => [null, ...values].map((value) => {
    const out = new ByteWriter()
    new RowCodec([type]).encode([value], out)
    const shown = value instanceof Uint8Array ? hex(value) : String(value)
    return `  ${typeName(type)} ${shown} = ${hex(out.finish())}`
  }))
}

// Two key columns, so that every type goes through the memcomparable encoding.
function keyLines(): string[] {
  return SAMPLES.flatMap(([type, ...values]) => values.map((value) => {
    const columns = [{ name: 'a', type, nullable: false }, { name: 'b', type: BOOLEAN, nullable: false }]
    const key = new KeyOrder({ name: 't', columns, key: [0, 1] }).prefix([value])
    const shown = value instanceof Uint8Array ? hex(value) : String(value)
    return `  ${typeName(type)} ${shown} = ${Buffer.from(key, 'latin1').toString('hex')}`
  }))
}

function alignmentLines(): string[] {
  const widths = [1 / 8, ...new Set(LAYOUT_WIDTH)]
  return [1, 100, 8192, 65536].map((rows) =>
    `  ${rows} rows: ${widths.map((width) => `${width} -> ${partAlignment(rows, width)}`).join(', ')}`)
}

test('the format is the one that was written down', async () => {
  const text = [
    ...constants(), ...layoutLines(), '', 'rows of one column:', ...rowLines(), '',
    'keys in memcomparable form:',
    ...keyLines(), '', 'alignment of a part by width of a value:', ...alignmentLines(), '',
  ].join('\n')
  await expect(text).toMatchFileSnapshot('./constants.golden.txt')
})
