// The search that is generated in WebAssembly, over every kind of key chunk, tables of a few rows, hard keys with wide
// windows, and keys between, before and behind those that are there.
import { expect, test } from 'vitest'
import { KEY_GENERATORS } from '../../datasets/distributions.ts'
import { BIGINT, DOUBLE, INTEGER, TEXT } from '../../src/base/types.ts'
import type { SqlType } from '../../src/base/types.ts'
import { Random } from '../../src/base/random.ts'
import { MemoryFileSystem } from '../file/memory-file.ts'
import { ColumnStage, PointReader, appendColumns, openEngine } from '../mod.ts'
import type { Engine } from '../mod.ts'
import { EarlyReads } from './early-reads.ts'
import { KIND } from './warm-base.ts'
import type { Kind } from './warm-base.ts'

interface Filled {
  readonly engine: Engine
  readonly kinds: readonly Kind[]
  readonly readers: readonly PointReader[]
}

async function fill(keys: ArrayLike<number>, type: SqlType, rowGroupRows: number): Promise<Filled> {
  const engine = await openEngine('f.sdb', {
    files: new MemoryFileSystem(), rowGroupRows, bulkRows: 1, deltaRows: 1e6, memoryBytes: 64 << 20,
  })
  const types = [type, INTEGER, TEXT, DOUBLE]
  const names = ['k', 'i', 't', 'd']
  const txn = engine.begin()
  txn.createTable({ name: 't', key: [0], columns: types.map((one, c) =>
    ({ name: names[c]!, type: one, nullable: c !== 0 })) })
  txn.commit()
  const stages = types.map((one) => new ColumnStage(one, keys.length))
  for (let i = 0; i < keys.length; i++) {
    for (const [c, value] of Object.values(rowOf(keys[i]!, i)).entries()) stages[c]!.append(value)
  }
  appendColumns(engine, 't', stages, 'error', null)
  const table = engine.catalog.get('t')
  const readers = [true, false].map((isEarly) => new PointReader(
    table, () => engine.commitId, [0, 1, 2, 3], names, [null, null, null, null], 1, new EarlyReads(isEarly)))
  // The pages have to be in memory, and every reader warm.
  for (let i = 0; i < keys.length; i += 512) for (const one of readers) one.get(keys[i]!)
  return { engine, kinds: table.warmBase()?.key.kinds ?? [], readers }
}

const rowOf = (k: number, i: number): { k: number, i: number | null, t: string, d: number } =>
  ({ k, i: i % 5 === 0 ? null : i, t: `text ${i % 7}`, d: i / 4 })

// Every key, and what lies beside it; counts how many lookups the image answered.
function check({ engine, readers }: Filled, keys: ArrayLike<number>, step: number): void {
  const wrong: unknown[] = []
  const known = new Map<number, number>()
  for (let i = 0; i < keys.length; i++) known.set(keys[i]!, i)
  for (let i = 0; i < keys.length; i += step) {
    for (const key of [keys[i]!, keys[i]! + 1, keys[i]! - 1, (keys[i]! + (keys[i + 1] ?? 0)) / 2]) {
      const place = known.get(key)
      const wanted = place === undefined ? undefined : rowOf(key, place)
      for (const one of readers) {
        const row = one.get(key)
        if (JSON.stringify(row) !== JSON.stringify(wanted)) wrong.push([key, row, wanted])
      }
    }
  }
  expect(wrong.slice(0, 3)).toEqual([])
  for (const odd of [Infinity, -Infinity, NaN, 1e300, -1e300, 2 ** 53, 0.5, -0.5, 2 ** 32, -(2 ** 31)]) {
    if (known.has(odd)) continue
    for (const one of readers) expect(one.get(odd), String(odd)).toBeUndefined()
  }
  engine.close()
}

const random = new Random(17)
const ascending = (rows: number, first: number, gap: () => number): number[] => {
  const keys = [first]
  while (keys.length < rows) keys.push(keys[keys.length - 1]! + gap())
  return keys
}

test.each([
  ['one byte', INTEGER, 250, 65_536, (): number => 1, KIND.U8],
  ['two bytes', INTEGER, 20_000, 65_536, (): number => 1 + random.below(5), KIND.U16],
  ['four bytes', BIGINT, 70_000, 65_536, (): number => 1 + random.below(100_000), KIND.U32],
  ['eight bytes', BIGINT, 20_000, 16_384, (): number => 1 + random.below(2 ** 34), KIND.I64],
  ['doubles', DOUBLE, 30_000, 16_384, (): number => random.next() + 1e-9, KIND.F64],
] as const)('keys of %s', async (_name, type, rows, groupRows, gap, kind) => {
  const keys = ascending(rows, -1000, gap)
  const filled = await fill(keys, type, groupRows)
  expect(filled.kinds).toContain(kind)
  check(filled, keys, 1)
})

test.each([1, 2, 3, 31, 32, 33, 34, 64, 65, 500])('a table of %i rows', async (rows) => {
  for (const [type, gap] of [[INTEGER, 3], [BIGINT, 1e6], [DOUBLE, 0.75], [BIGINT, 2 ** 40]] as const) {
    const keys = ascending(rows, 5, () => gap * (1 + random.below(4)))
    check(await fill(keys, type, 16_384), keys, 1)
  }
})

test.each(Object.keys(KEY_GENERATORS))('%s keys', async (name) => {
  const generate = KEY_GENERATORS[name as keyof typeof KEY_GENERATORS]!
  const keys = Float64Array.from(new Set(Float64Array.from(generate(40_000, 3), (key) => key + 0))).sort()
  check(await fill(keys, DOUBLE, 16_384), keys, 1)
})

test('lookups on a warm base are answered by the image', async () => {
  const keys = ascending(30_000, 0, () => 1 + random.below(1000))
  const { engine, readers } = await fill(keys, BIGINT, 16_384)
  const { indexCounters, pool } = engine
  const before = { probes: indexCounters.probes, hits: pool.stats.hits }
  let key = 0
  for (let i = 0; i < 1000; i++) {
    key = keys[i * 29]!
    expect(readers[0]!.get(key)).toEqual(rowOf(key, i * 29))
  }
  expect(indexCounters.probes - before.probes).toBe(1000)
  const hits = pool.stats.hits - before.hits
  expect(hits).toBeGreaterThanOrEqual(4000)
  // Windows that lie in two slices went the general way.
  expect(hits).toBeLessThan(4020)
  const image = engine.catalog.get('t').warmBase()!
  expect(engine.memory.isFree(image.slotsAt / 65_536)).toBe(false)
  engine.catalog.get('t').dropDerived()
  expect(engine.memory.isFree(image.slotsAt / 65_536)).toBe(true)
  engine.close()
})
