// Key ranges: every kind of bound, on base and delta, selects exactly the rows that a comparison of the key
// columns would, in the order asked for.
import { describe, expect, test } from 'vitest'
import { Random } from '../../src/base/random.ts'
import { INTEGER, TEXT } from '../../src/base/types.ts'
import type { Scalar, TableSchema } from '../../src/base/types.ts'
import type { KeyRange } from '../access.ts'
import { LAYOUT } from '../column-buffers.ts'
import type { ColumnBuffers } from '../column-buffers.ts'
import { MemoryFileSystem } from '../file/memory-file.ts'
import { Arena, openEngine } from '../mod.ts'
import type { Engine } from '../mod.ts'
import { toInterval } from './scan-plan.ts'

type Pair = [number, string]

const SINGLE: TableSchema = {
  name: 'single', key: [0],
  columns: [{ name: 'a', type: INTEGER, nullable: false }, { name: 'n', type: INTEGER, nullable: false }],
}
const PAIR: TableSchema = {
  name: 'pair', key: [0, 1],
  columns: [{ name: 'a', type: INTEGER, nullable: false }, { name: 'b', type: TEXT, nullable: false },
    { name: 'n', type: INTEGER, nullable: false }],
}
const TEXTS = ['', '\0', 'a', 'a\0', 'ab', 'b', '\uffff', '\u{1f600}']

function valueAt(engine: Engine, column: ColumnBuffers, row: number): number {
  const { memory } = engine
  const base = Number(column.base)
  switch (column.layout) {
    case LAYOUT.U8: return base + memory.u8[column.valuesPtr + row]!
    case LAYOUT.U16: return base + memory.u16[(column.valuesPtr >>> 1) + row]!
    case LAYOUT.U32: return base + memory.u32[(column.valuesPtr >>> 2) + row]!
    default: return Number(memory.i64[(column.valuesPtr >>> 3) + row]!)
  }
}

function scan(engine: Engine, table: string, range: KeyRange, order: 'none' | 'ascending' | 'descending'): number[] {
  const txn = engine.begin()
  const arena = new Arena(engine.memory)
  const number = table === 'single' ? 1 : 2
  const cursor = txn.tables(table).scan({ columns: [number], range, order, arena })
  const out: number[] = []
  for (let batch = cursor.next(); batch !== null; batch = cursor.next()) {
    const window: number[] = []
    for (let i = batch.begin; i < batch.end; i++) {
      const isAlive = batch.alivePtr === 0 || ((engine.memory.u8[batch.alivePtr + (i >> 3)]! >> (i & 7)) & 1) === 1
      if (isAlive) window.push(valueAt(engine, batch.columns[0]!, i))
    }
    out.push(...(order === 'descending' ? window.reverse() : window))
  }
  cursor.close()
  arena.release()
  txn.rollback()
  return out
}

function comparePairs(a: readonly Scalar[], b: readonly Scalar[]): number {
  if (a[0] !== b[0]) return (a[0] as number) - (b[0] as number)
  return a.length < 2 || b.length < 2 ? 0 : Buffer.compare(Buffer.from(a[1] as string), Buffer.from(b[1] as string))
}

function isInside(key: readonly Scalar[], range: KeyRange): boolean {
  const { lower, upper } = range
  if (lower !== null && lower.length > 0) {
    const order = comparePairs(key, lower)
    if (order < 0 || (order === 0 && !range.lowerInclusive)) return false
  }
  if (upper !== null && upper.length > 0) {
    const order = comparePairs(key, upper)
    if (order > 0 || (order === 0 && !range.upperInclusive)) return false
  }
  return true
}

// Half of the rows are merged into groups of 16 rows, the rest stays in the delta, and some are deleted.
async function build(
  random: Random,
): Promise<{ engine: Engine; singles: Map<number, number>; pairs: Map<string, Pair> }> {
  const files = new MemoryFileSystem()
  const singles = new Map<number, number>()
  const pairs = new Map<string, Pair>()
  const options = { memoryBytes: 8 << 20, rowGroupRows: 16, files }
  let engine = await openEngine('t.sdb', { ...options, mergeEveryCommit: true })
  for (const merges of [true, false]) {
    if (!merges) {
      engine.close()
      engine = await openEngine('t.sdb', options)
    }
    const txn = engine.begin()
    if (merges) for (const schema of [SINGLE, PAIR]) txn.createTable(schema)
    for (let i = 0; i < 60; i++) {
      const a = random.between(-40, 40) * 2
      txn.put('single', [a, a + 100])
      singles.set(a, a + 100)
      const pair: Pair = [random.below(12), random.pick(TEXTS)]
      const n = pair[0] * TEXTS.length + TEXTS.indexOf(pair[1])
      txn.put('pair', [...pair, n])
      pairs.set(String(n), pair)
    }
    for (const a of [...singles.keys()].filter(() => random.chance(0.1))) {
      txn.delete('single', [a])
      singles.delete(a)
    }
    for (const [n, pair] of [...pairs].filter(() => random.chance(0.1))) {
      txn.delete('pair', pair)
      pairs.delete(n)
    }
    txn.commit()
  }
  return { engine, singles, pairs }
}

function check(engine: Engine, table: string, range: KeyRange, expected: number[]): void {
  expect(scan(engine, table, range, 'ascending')).toEqual(expected)
  expect(scan(engine, table, range, 'descending')).toEqual(expected.toReversed())
  expect(scan(engine, table, range, 'none').sort((a, b) => a - b)).toEqual(expected.toSorted((a, b) => a - b))
}

describe('ranges', () => {
  test('random bounds on one column and on prefixes of two', async () => {
    const random = new Random(14)
    for (let round = 0; round < 4; round++) {
      const { engine, singles, pairs } = await build(random)
      expect(engine.catalog.get('single').root.groups.length).toBeGreaterThan(1)
      expect(engine.catalog.get('pair').delta.entryCount).toBeGreaterThan(10)
      const bound = (isPair: boolean): Scalar[] | null => {
        if (random.chance(0.2)) return null
        if (!isPair) return [random.between(-90, 90)]
        return random.chance(0.4) ? [random.between(-1, 12)] : [random.between(-1, 12), random.pick(TEXTS)]
      }
      for (let i = 0; i < 100; i++) {
        const isPair = i % 2 === 0
        const range: KeyRange = { lower: bound(isPair), lowerInclusive: random.chance(0.5),
          upper: bound(isPair), upperInclusive: random.chance(0.5) }
        if (isPair) {
          const inside = [...pairs].filter(([, pair]) => isInside(pair, range))
          inside.sort((a, b) => comparePairs(a[1], b[1]))
          check(engine, 'pair', range, inside.map(([n]) => Number(n)))
        } else {
          const inside = [...singles].filter(([a]) => isInside([a], range)).sort((a, b) => a[0] - b[0])
          check(engine, 'single', range, inside.map(([, n]) => n))
        }
      }
      engine.close()
    }
  })

  test('bounds become edges; a NULL bound matches nothing', async () => {
    const { engine } = await build(new Random(1))
    const single = engine.catalog.get('single')
    const pair = engine.catalog.get('pair')
    const open = { lower: null, lowerInclusive: true, upper: null, upperInclusive: true }
    expect(toInterval(single, undefined)).toEqual({ lower: null, upper: null })
    expect(toInterval(single, open)).toEqual({ lower: null, upper: null })
    expect(toInterval(single, { ...open, lower: [null] })).toBe('empty')
    expect(toInterval(pair, { ...open, upper: [1, null] })).toBe('empty')
    expect(toInterval(single, { ...open, lower: [5], lowerInclusive: false, upper: [9] })).toEqual(
      { lower: { key: 5, after: true }, upper: { key: 9, after: true } })
    expect(toInterval(single, { ...open, lower: [5], upper: [9], upperInclusive: false })).toEqual(
      { lower: { key: 5, after: false }, upper: { key: 9, after: false } })
    const one = pair.order.prefix([1])
    const two = pair.order.prefix([2])
    expect(toInterval(pair, { ...open, lower: [1], upper: [1] })).toEqual(
      { lower: { key: one, after: false }, upper: { key: two, after: false } })
    expect(toInterval(pair, { ...open, lower: [1], lowerInclusive: false })).toEqual(
      { lower: { key: two, after: false }, upper: null })
    engine.close()
  })
})
