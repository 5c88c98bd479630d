// Fuzzes the blobs behind the meta slot: the catalogue with its schemas, and table roots with their directories.
import { expect, test } from 'vitest'
import { BIGINT, INTEGER, TEXT, decimalType } from '../../src/base/types.ts'
import type { Random } from '../../src/base/random.ts'
import type { TableSchema } from '../../src/base/types.ts'
import { decodeCatalog, encodeCatalog } from '../../storage/catalog/catalog.ts'
import { objectKey } from '../../storage/catalog/objects.ts'
import type { CatalogObject, SequenceObject, ViewObject } from '../../storage/catalog/objects.ts'
import { KeyOrder } from '../../storage/table/key.ts'
import { RowCodec } from '../../storage/table/row-codec.ts'
import { BloomFilter } from '../../storage/table/bloom-filter.ts'
import { decodeTableRoot, encodeTableRoot } from '../../storage/table/root-codec.ts'
import { openEngine } from '../../storage/mod.ts'
import { DAMAGED_OPTIONS, DAMAGED_PATH, makeSmallDatabase } from '../storage/small-database.ts'
import { isTyped, runCampaign } from './campaign.ts'
import { mutateCopy } from './mutator.ts'

const SOURCE = { file: 'fuzz.sdb', page: 1 }
const ROOT_SOURCE = { ...SOURCE, filterAt: () => BloomFilter.create(1) }
const SCHEMA: TableSchema = {
  name: 'täble', key: [1, 0],
  columns: [
    { name: 'id', type: BIGINT, nullable: false }, { name: 'word', type: TEXT, nullable: false, defaultSql: "'x'" },
    { name: 'n', type: INTEGER, nullable: true, hidden: true }, { name: 'd', type: decimalType(30, 2), nullable: true },
    { name: 'i', type: BIGINT, nullable: false, identity: { sequence: 's.q', always: true } },
    { name: 'g', type: TEXT, nullable: true, generatedSql: 'word' },
  ],
  keyName: 'k', temporary: 'delete',
  foreign: [{
    name: 'f', columns: [0], table: 's.t', references: ['a'], onUpdate: 'cascade', onDelete: 'set null',
      setColumns: [0],
    deferrable: true, deferred: true,
  }],
}

const OBJECTS: readonly CatalogObject[] = [
  { kind: 'schema', name: 's' },
  {
    kind: 'view', name: 's.v', sql: 'SELECT 1', columns: ['a'], path: ['public'],
    uses: [{ relation: 't', columns: ['a'] }],
  } as ViewObject,
  {
    kind: 'sequence', name: 's.q', type: 'bigint', start: '1', increment: '-2', min: '-5', max: '9', cache: '1',
    cycle: true, owner: { table: 't', column: 'a' }, last: '3', called: true,
  } as SequenceObject,
]

// A key that a decoded schema makes must work, whatever the bytes were.
function useCatalog(bytes: Uint8Array): void {
  const { entries, objects } = decodeCatalog(bytes, SOURCE)
  for (const object of objects) {
    expect(objectKey(object.kind, object.name).endsWith(object.name)).toBe(true)
    if (object.kind === 'sequence') expect(BigInt((object as SequenceObject).last)).toBeTypeOf('bigint')
  }
  for (const { schema } of entries) {
    const order = new KeyOrder(schema)
    expect(order.columns.length).toBe(schema.key.length)
  }
}

// Text inside JSON is hit seldom by blind changes, so it is also changed as text.
function hostileText(bytes: Uint8Array, random: Random): Uint8Array {
  const text = new TextDecoder('latin1').decode(bytes)
  const words = ['null', '-1', '1e999', '[]', '{}', '""', 'true', '"__proto__"', '99999999999999999999', '"wide"']
  const at = [...text.matchAll(/"[a-z]+"|\d+|\[[^[]*\]|true|false/g)]
  const { index, 0: word } = random.pick(at)
  const other = random.pick(words)
  return Uint8Array.from(text.slice(0, index) + other.padEnd(word.length) + text.slice(index + word.length), (c) =>
    c.charCodeAt(0))
}

test('the catalogue', async () => {
  const bytes = encodeCatalog([
    { id: 1, rootPage: 7, rootBytes: 100, schema: SCHEMA }, { id: 3, rootPage: 9, rootBytes: 1, schema: SCHEMA },
  ], 4, {}, OBJECTS)
  useCatalog(bytes)
  const { executions, refused } = await runCampaign('catalogue', (random) => {
    try {
      useCatalog(random.chance(0.5) ? hostileText(bytes, random) : mutateCopy(bytes, random))
      return true
    } catch (error) {
      return !isTyped(error)
    }
  })
  expect(refused).toBeGreaterThan(executions / 10)
}, 600_000)

test('table roots', async () => {
  const files = await makeSmallDatabase()
  const engine = await openEngine(DAMAGED_PATH, { ...DAMAGED_OPTIONS, files, readOnly: true })
  const roots = engine.catalog.tables().map((table) => ({
    id: table.id, order: table.order, codec: new RowCodec(table.schema.key.map((c) => table.schema.columns[c]!.type)),
    bytes: encodeTableRoot(table.root, table.id, table, table.keyCodec),
  }))
  engine.memory.release()
  expect(roots.length).toBeGreaterThan(1)
  const { executions, refused } = await runCampaign('table root', (random) => {
    const { id, order, codec, bytes } = random.pick(roots)
    try {
      const { root } = decodeTableRoot(mutateCopy(bytes, random), id, 1, order, codec, ROOT_SOURCE)
      for (const group of root.groups) root.groupOf(group.firstKey)
      return true
    } catch (error) {
      return !isTyped(error)
    }
  })
  expect(refused).toBeGreaterThan(executions / 10)
}, 600_000)
