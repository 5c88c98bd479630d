// Secondary indexes beside the model: random ones come, go and are rebuilt, and every session's view of each is
// compared with what its rows say, in order, as a whole and by equal prefixes, NULLs included.
import { expect } from 'vitest'
import type { Random } from '../../src/base/random.ts'
import type { IndexDefinition, Row, Scalar, TableSchema } from '../../src/base/types.ts'
import type { Engine, IndexAccess, StoreAccess } from '../../storage/mod.ts'
import { compareValues } from './key-kinds.ts'
import { rowText, scanRows } from './rows.ts'
import type { Rows } from './sessions.ts'

const MOST = 4

/** One random change of the indexes of `t` in a transaction of its own; throws what it throws. */
export function changeIndexes(engine: Engine, schema: TableSchema, random: Random): string {
  const known = engine.catalog.get('t').indexes.map((index) => index.schema.name)
  const txn = engine.begin()
  try {
    if (known.length > 0 && random.chance(known.length < MOST ? 0.4 : 1)) {
      const name = random.pick(known)
      const isDrop = random.chance(0.6)
      txn.defineIndex({ kind: isDrop ? 'drop' : 'rebuild', name })
      txn.commit()
      return `${isDrop ? 'drop' : 'reindex'} ${name}`
    }
    let number = 1
    while (known.includes(`i${number}`)) number++
    const spec = randomSpec(schema, random)
    txn.defineIndex({ kind: 'create', name: `i${number}`, table: 't', spec })
    txn.commit()
    return `create i${number} ${JSON.stringify(spec)}`
  } finally {
    txn.rollback()
  }
}

// UNIQUE only over the whole primary key, so that the model's expectations of conflicts hold.
function randomSpec(schema: TableSchema, random: Random): Omit<IndexDefinition, 'of'> {
  const usable = schema.columns.flatMap((column, c) => column.hidden ? [] : [c])
  const first = random.pick(usable)
  const second = random.pick(usable)
  const unique = random.chance(0.25) && !schema.columns[schema.key[0]!]!.hidden
  const wanted = unique ? [first, ...schema.key] : random.chance(0.5) ? [first] : [first, second]
  const kind = random.pick(['learned', 'learned', 'btree', 'sorted'] as const)
  const columns = [...new Set(wanted)]
  return { columns, unique, kind, ...(kind === 'learned' && random.chance(0.3) ? { epsilon: 4 } : {}) }
}

function compareEntries(a: readonly Scalar[], b: readonly Scalar[]): number {
  for (let i = 0; i < a.length; i++) {
    const [x, y] = [a[i]!, b[i]!]
    const order = x === null || y === null ? Number(x === null) - Number(y === null) : compareValues(x, y)
    if (order !== 0) return order
  }
  return 0
}

/** Every index that the session may use against the rows it sees. */
export function checkIndexes(
  engine: Engine, access: StoreAccess, schema: TableSchema, view: Rows, random: Random,
): void {
  for (const index of access.indexes()) {
    const { columns } = index.definition
    const ordinals = [...columns, ...schema.key.filter((c) => !columns.includes(c))]
    const expected = [...view.values()].map((row) => ordinals.map((c) => row[c]!)).sort(compareEntries)
    const found = scanRows(engine, index.entries, { order: 'ascending' })
    expect(found.map(rowText), index.name).toEqual(expected.map(rowText))
    if (expected.length > 0) checkPrefix(engine, index, expected, random)
  }
}

function checkPrefix(engine: Engine, index: IndexAccess, entries: readonly Row[], random: Random): void {
  const length = random.between(1, index.definition.columns.length)
  const prefix = random.pick(entries).slice(0, length)
  const range = { lower: prefix, lowerInclusive: true, upper: prefix, upperInclusive: true, nullsAreValues: true }
  const order = random.pick(['ascending', 'descending'] as const)
  const expected = entries.filter((entry) => compareEntries(entry.slice(0, length), prefix) === 0).map(rowText)
  if (order === 'descending') expected.reverse()
  expect(scanRows(engine, index.entries, { range, order }).map(rowText), `${index.name} ${rowText(prefix)}`)
    .toEqual(expected)
  expect(index.entries.estimateRange(range)).toBeGreaterThanOrEqual(0)
}
