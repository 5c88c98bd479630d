// The generated reader of warm roots against the general path: every kind of chunk, mixed kinds, NULLs, deltas, and a
// pool that takes pages away.
import { expect, test } from 'vitest'
import { BIGINT, BOOLEAN, DATE, DOUBLE, INTEGER, REAL, TEXT, decimalType } from '../../src/base/types.ts'
import type { Row, Scalar, SqlType } from '../../src/base/types.ts'
import { Random } from '../../src/base/random.ts'
import { MemoryFileSystem } from '../file/memory-file.ts'
import { ColumnStage, PointReader, appendColumns, openEngine } from '../mod.ts'
import type { Engine } from '../mod.ts'
import { checkpoint } from '../checkpoint.ts'
import { mergeTable } from '../merging.ts'
import { engineStats } from '../stats.ts'
import { EarlyReads } from './early-reads.ts'

const GROUP_ROWS = 16_384

const TYPES: readonly SqlType[] = [
  BIGINT, INTEGER, INTEGER, BIGINT, DOUBLE, REAL, TEXT, TEXT, TEXT, BOOLEAN, DATE, decimalType(10, 2),
  decimalType(30, 2), INTEGER,
]

/** Row of a key; what a column's chunks look like changes from row group to row group. */
function rowOf(key: number, position: number, random: Random): Row {
  const group = Math.floor(position / GROUP_ROWS)
  const sometimes = (value: Scalar): Scalar => group % 2 === 0 && random.chance(0.2) ? null : value
  return [
    key, random.below(1e9), sometimes(random.below(group === 0 ? 100 : 1e5)), sometimes(2 ** 40 + random.below(1000)),
    sometimes(random.next()), Math.fround(random.next()), `word ${random.below(group === 1 ? 1000 : 9)}`,
    sometimes(`text ${key} ${'x'.repeat(random.below(20))}`), random.pick(['', 'ä', 'bc']), sometimes(random.below(2)),
    18_000 + random.below(900), sometimes(random.below(1e7)), sometimes(10n ** 25n + BigInt(random.below(99))),
    group === 2 ? null : 7,
  ]
}

type MakeReader = (warmLookups: number, reads?: EarlyReads) => PointReader

async function fill(
  keys: readonly number[], options: { memoryBytes: number, poolFrames?: number },
): Promise<{ engine: Engine, rows: Map<number, Row>, reader: MakeReader }> {
  const engine = await openEngine('p.sdb', {
    files: new MemoryFileSystem(), rowGroupRows: GROUP_ROWS, bulkRows: 100, deltaRows: 1e6, ...options,
  })
  const names = TYPES.map((_, c) => `c${c}`)
  const txn = engine.begin()
  txn.createTable({ name: 't', key: [0],
    columns: TYPES.map((type, c) => ({ name: names[c]!, type, nullable: c !== 0 })) })
  txn.commit()
  const random = new Random(3)
  const rows = new Map(keys.map((key, i) => [key, rowOf(key, i, random)]))
  const stages = TYPES.map((type) => new ColumnStage(type, keys.length))
  for (const row of rows.values()) stages.forEach((stage, c) => stage.append(row[c]!))
  appendColumns(engine, 't', stages, 'error', null)
  const table = engine.catalog.get('t')
  const ordinals = TYPES.map((_, c) => c)
  const reader = (warmLookups: number, reads?: EarlyReads): PointReader =>
    new PointReader(table, () => engine.commitId, ordinals, names, TYPES.map(() => null), warmLookups, reads)
  return { engine, rows, reader }
}

const objectOf = (row: Row): unknown => Object.fromEntries(row.map((value, c) => [`c${c}`, value]))

test('warm reads of every kind of column are those of a cold reader, and count the same', async () => {
  const random = new Random(1)
  const keys: number[] = []
  // Narrow keys in the first group, wide gaps in the second: the key column's kinds differ too.
  for (let i = 0, key = -50_000; i < 40_000; i++) {
    key += i < GROUP_ROWS ? 1 + random.below(3) : 1 + random.below(1e6)
    keys.push(key)
  }
  const { engine, rows, reader } = await fill(keys, { memoryBytes: 64 << 20 })
  const cold = reader(Infinity)
  const warm = [reader(1, new EarlyReads(true)), reader(1, new EarlyReads(false))]
  const counted = (run: () => unknown): { value: unknown, figures: number[] } => {
    const { probes, windowRows } = engine.indexCounters
    const value = run()
    return { value, figures: [engine.indexCounters.probes - probes, engine.indexCounters.windowRows - windowRows] }
  }
  for (let i = 0; i < 3000; i++) {
    const key = i % 7 === 0 ? random.between(-60_000, 1e9) : random.pick(keys)
    const row = rows.get(key)
    const slow = counted(() => cold.get(key))
    expect(slow.value).toEqual(row === undefined ? undefined : objectOf(row))
    for (const one of warm) {
      const fast = counted(() => one.get(key))
      expect(fast.value).toEqual(slow.value)
      expect(fast.figures).toEqual(slow.figures)
      expect(one.has(key)).toBe(row !== undefined)
    }
  }
  for (const odd of [Infinity, -Infinity, NaN, 0.5, -1e300, 1e300]) {
    for (const one of warm) expect(one.get(odd)).toBeUndefined()
  }
  engine.close()
})

test('absent keys turn early reads off, present keys turn them on again; answers stay', async () => {
  const keys = Array.from({ length: 20_000 }, (_, i) => i * 10)
  const { engine, rows, reader } = await fill(keys, { memoryBytes: 64 << 20 })
  const reads = new EarlyReads()
  const get = reader(1, reads)
  const random = new Random(5)
  const look = (absentShare: number): void => {
    for (let i = 0; i < 4000; i++) {
      const key = random.pick(keys) + (random.chance(absentShare) ? 5 : 0)
      const row = rows.get(key)
      expect(get.get(key)).toEqual(row === undefined ? undefined : objectOf(row))
    }
  }
  for (const [absentShare, isEarly] of [[0, true], [1, false], [0.14, false], [0, true], [0.14, true], [0.5, false]] as
    const) {
    look(absentShare)
    expect(reads.isEarly, `${absentShare} absent`).toBe(isEarly)
  }
  engine.close()
})

test('a warm reader sees updates, deletes, inserts and rollbacks, and the root of a merge', async () => {
  const random = new Random(2)
  const keys = Array.from({ length: 20_000 }, (_, i) => i * 10)
  const { engine, rows, reader } = await fill(keys, { memoryBytes: 64 << 20 })
  const get = reader(1)
  const check = (count: number): void => {
    for (let i = 0; i < count; i++) {
      const key = random.chance(0.2) ? random.below(200_000) : random.below(20_000) * 10
      const row = rows.get(key)
      expect(get.get(key), `key ${key}`).toEqual(row === undefined ? undefined : objectOf(row))
      expect(get.has(key)).toBe(row !== undefined)
    }
  }
  check(100)
  for (let round = 0; round < 20; round++) {
    const txn = engine.begin()
    const changed = new Map<number, Row | null>()
    for (let i = 0; i < 100; i++) {
      const key = random.chance(0.3) ? random.below(200_000) : random.below(20_000) * 10
      const row = random.chance(0.3) ? null : rowOf(key, 0, random)
      if (row === null) txn.delete('t', [key])
      else txn.put('t', row)
      changed.set(key, row)
    }
    check(20)
    if (random.chance(0.3)) txn.rollback()
    else {
      txn.commit()
      for (const [key, row] of changed) if (row === null) rows.delete(key); else rows.set(key, row)
    }
    check(100)
    if (round % 7 === 6) {
      mergeTable(engine, engine.catalog.get('t'), () => true)
      checkpoint(engine)
    }
  }
  check(1000)
  engine.close()
})

test('a pool that evicts takes addresses away', async () => {
  const keys = Array.from({ length: 60_000 }, (_, i) => i * 2)
  const { engine, rows, reader } = await fill(keys, { memoryBytes: 8 << 20, poolFrames: 24 })
  const get = reader(1)
  const random = new Random(4)
  for (let i = 0; i < 4000; i++) {
    // Long stretches on one slice make its pages stay, so that addresses are resolved anew.
    const key = i % 2000 < 1500 ? random.below(2000) : random.below(120_000)
    const row = rows.get(key)
    expect(get.get(key)).toEqual(row === undefined ? undefined : objectOf(row))
  }
  expect(engineStats(engine).pool.evictions).toBeGreaterThan(100)
  engine.close()
})
