// The layouts of sealed runs: the longer table root, its runs, and their Bloom filters.
import { INTEGER } from '../../src/base/types.ts'
import { RowGroup } from '../../storage/row-group/row-group.ts'
import { BloomFilter } from '../../storage/table/bloom-filter.ts'
import { KeyOrder } from '../../storage/table/key.ts'
import { encodeTableRoot } from '../../storage/table/root-codec.ts'
import { RowCodec } from '../../storage/table/row-codec.ts'
import { SealedRun } from '../../storage/table/sealed-run.ts'
import { TableRoot } from '../../storage/table/table-root.ts'
import { ascii, bytesField, field } from './layout.ts'
import type { Layout } from './layout.ts'

const SCHEMA = { name: 't', columns: [{ name: 'k', type: INTEGER, nullable: false }], key: [0] }

function group(firstPage: number, first: number, last: number): RowGroup {
  const entry = {
    firstPage, pageCount: 1, streamBytes: 0x2222, metaOffset: 0x1111, rows: 1000, firstKeyValues: [first],
    lastKeyValues: [last],
  }
  return new RowGroup(entry, first, last)
}

/** Table root with runs, a run, a Bloom filter. */
export function runLayouts(): Layout[] {
  const order = new KeyOrder(SCHEMA)
  const base = group(0x31313132, 1, 5000)
  for (const row of [1, 0x203, 999]) base.dead.seal(row, 0)
  const sealed = group(0x32323233, 100, 4000)
  for (let row = 0; row < 900; row += 2) sealed.dead.seal(row, 0)
  const bloom = BloomFilter.create(43)
  bloom.add(17)
  const filter = { bloom, page: 0x33333334, bytes: 0x34343435, storedKeys: 1 }
  const root = new TableRoot(1, [base], order, [new SealedRun(0x35353536, [sealed], order, filter)])
  const figures = { nextRowId: 0x717171717172, liveRows: 0x727272727273 }
  const bytes = encodeTableRoot(root, 0x73737374, figures, new RowCodec([INTEGER])).slice()
  // Entry of 30 bytes, varint 3, three u16.
  const runAt = 32 + 30 + 7
  const filterBytes = bloom.encode().slice()
  return [{
    name: 'table root with runs', heading: 'Table roots with runs', source: 'storage/table/root-codec.ts',
    picture: /^ *with runs: /, sample: bytes.slice(0, 32),
    fields: [
      bytesField('magic', /^magic/, ascii('ROO2')), field('tableId', /^table id/, 4, 0x73737374),
      field('groups', /^(row )?groups/, 4, 1), field('nextRowId', /^next row id/, 8, figures.nextRowId),
      field('liveRows', /^live rows/, 8, figures.liveRows), field('runs', /^(sealed )?runs/, 4, 1),
    ],
  }, {
    name: 'sealed run', heading: 'Sealed runs', source: 'storage/table/root-codec.ts', picture: /^ *per run: /,
    sample: bytes.slice(runAt, runAt + 16),
    fields: [
      field('number', /^number/, 4, 0x35353536), field('groups', /^(row )?groups/, 4, 1),
      field('filterPage', /^filter:? first page/, 4, filter.page),
      field('filterBytes', /^filter:? bytes/, 4, filter.bytes),
    ],
  }, {
    name: 'bloom filter', heading: 'Bloom filters', source: 'storage/table/bloom-filter.ts', picture: /^ *bytes: /,
    sample: filterBytes,
    fields: [
      bytesField('magic', /^magic/, ascii('BLOM')), field('blocks', /^blocks(?! of)/, 4, 2),
      field('keys', /^keys/, 4, 1),
      bytesField('bits', /^blocks of 64 bytes/, filterBytes.slice(16)),
    ],
  }]
}
