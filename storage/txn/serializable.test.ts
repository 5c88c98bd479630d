// SERIALIZABLE at the level of storage: what counts as read (keys, absent keys, intervals, whole tables), what
// counts as a change (rows, bulk appends, drops), and that memory for it is bounded and given back.
import { describe, expect, test } from 'vitest'
import { CODE } from '../../src/base/errors.ts'
import { INTEGER, TEXT } from '../../src/base/types.ts'
import type { TableSchema } from '../../src/base/types.ts'
import { MemoryFileSystem } from '../file/memory-file.ts'
import { Arena, appendColumns, openEngine } from '../mod.ts'
import type { Engine, Transaction } from '../mod.ts'
import { INTERVALS_MAX, POINTS_MAX } from './read-set.ts'

function schema(name: string): TableSchema {
  return {
    name, key: [0],
    columns: [{ name: 'id', type: INTEGER, nullable: false }, { name: 'v', type: TEXT, nullable: true }],
  }
}

async function setUp(mergeEveryCommit = false): Promise<Engine> {
  const engine = await openEngine('t.sdb', {
    memoryBytes: 8 << 20, rowGroupRows: 64, deltaRows: 100_000, bulkRows: 100, mergeEveryCommit,
    files: new MemoryFileSystem(),
  })
  const txn = engine.begin()
  for (const name of ['t', 'other']) txn.createTable(schema(name))
  for (let id = 0; id < 100; id++) txn.insert('t', [id, 'old'])
  txn.commit()
  return engine
}

function scan(engine: Engine, txn: Transaction, from?: number, to?: number): void {
  const arena = new Arena(engine.memory)
  const range = from === undefined && to === undefined ? {} : {
    range: {
      lower: from === undefined ? null : [from], lowerInclusive: true,
      upper: to === undefined ? null : [to], upperInclusive: false,
    },
  }
  const cursor = txn.tables('t').scan({ columns: [0], order: 'ascending', arena, ...range })
  while (cursor.next() !== null) continue
  cursor.close()
  arena.release()
}

function change(engine: Engine, run: (txn: Transaction) => void): void {
  const txn = engine.begin()
  run(txn)
  txn.commit()
}

/** Reads, lets another commit, writes elsewhere and commits: true when that was refused with 40001. */
function isRefused(engine: Engine, read: (txn: Transaction) => void, other: (txn: Transaction) => void): boolean {
  const txn = engine.begin('serializable')
  read(txn)
  change(engine, other)
  txn.put('other', [1, 'mine'])
  try {
    txn.commit()
    return false
  } catch (error) {
    expect(error).toMatchObject({ code: CODE.SERIALIZATION })
    return true
  } finally {
    txn.rollback()
  }
}

describe.each([false, true])('merge after every commit: %s', (merges) => {
  test('keys, absent keys and intervals that were read are validated, others are not', async () => {
    const engine = await setUp(merges)
    const cases: [reads: string, read: (txn: Transaction) => void, changed: number, refused: boolean][] = [
      ['a key', (txn) => txn.tables('t').row([7]), 7, true],
      ['another key', (txn) => txn.tables('t').row([7]), 8, false],
      ['an absent key', (txn) => txn.tables('t').row([200]), 200, true],
      ['an interval', (txn) => scan(engine, txn, 10, 20), 19, true],
      ['its open end', (txn) => scan(engine, txn, 10, 20), 20, false],
      ['before it', (txn) => scan(engine, txn, 10, 20), 9, false],
      ['a phantom', (txn) => scan(engine, txn, 250), 260, true],
      ['no upper end', (txn) => scan(engine, txn, 250), 249, false],
      ['the table', (txn) => scan(engine, txn), 77, true],
      ['an empty interval', (txn) => scan(engine, txn, 20, 10), 15, false],
      ['an update that finds nothing', (txn) => txn.update('t', [333], [333, 'x']), 333, true],
      ['a delete that finds nothing', (txn) => txn.delete('t', [444]), 444, true],
    ]
    for (const [name, read, key, refused] of cases) {
      expect([name, isRefused(engine, read, (txn) => txn.put('t', [key, name]))]).toEqual([name, refused])
    }
    expect(isRefused(engine, (txn) => txn.tables('t').row([5]), (txn) => txn.delete('t', [5]))).toBe(true)
    expect(engine.recentCommits).toMatchObject({ size: 0, failures: cases.filter((one) => one[3]).length + 1 })
    engine.close()
  })

  test('a bulk append and a dropped table are changes too', async () => {
    const engine = await setUp(merges)
    const count = 200
    const ids = { type: INTEGER, values: Float64Array.from({ length: count }, (_, i) => 1000 + i), nulls: null, count }
    const texts = { type: TEXT, values: Array.from({ length: count }, () => 'bulk'), nulls: null, count }
    const txn = engine.begin('serializable')
    scan(engine, txn, 500)
    expect(appendColumns(engine, 't', [ids, texts] as never, 'error', null)).toBe(200)
    txn.put('other', [1, 'mine'])
    expect(() => txn.commit()).toThrow(expect.objectContaining({ code: CODE.SERIALIZATION }))
    txn.rollback()
    expect(isRefused(engine, (reader) => reader.tables('t').row([1]), (writer) => writer.dropTable('t'))).toBe(true)
    engine.close()
  })

  test('who wrote nothing never fails; own writes are no conflict; weaker levels remember nothing', async () => {
    const engine = await setUp(merges)
    const reader = engine.begin('serializable')
    scan(engine, reader)
    change(engine, (txn) => txn.put('t', [1, 'new']))
    reader.commit()
    const writer = engine.begin('serializable')
    scan(engine, writer)
    writer.put('t', [2, 'own'])
    expect(writer.tables('t').row([2])).toEqual([2, 'own'])
    writer.commit()
    const repeatable = engine.begin('repeatable read')
    scan(engine, repeatable)
    change(engine, (txn) => txn.put('t', [3, 'new']))
    repeatable.put('t', [4, 'mine'])
    repeatable.commit()
    expect(engine.recentCommits.size).toBe(0)
    engine.close()
  })
})

test('write skew: of two that read what the other writes, one fails', async () => {
  const engine = await setUp()
  const first = engine.begin('serializable')
  const second = engine.begin('serializable')
  for (const txn of [first, second]) for (const id of [1, 2]) txn.tables('t').row([id])
  first.put('t', [1, 'first'])
  second.put('t', [2, 'second'])
  first.commit()
  expect(() => second.commit()).toThrow(
    expect.objectContaining({ code: CODE.SERIALIZATION, detail: expect.stringContaining('row (id) = (1)') }))
  second.rollback()
  engine.close()
})

test('memory is bounded: many keys and many intervals become the whole table', async () => {
  const engine = await setUp()
  const points = (txn: Transaction, count: number): void => {
    for (let key = 1000; key < 1000 + count; key++) txn.tables('t').row([key])
  }
  const intervals = (txn: Transaction, count: number): void => {
    for (let key = 1000; key < 1000 + count; key++) scan(engine, txn, key, key + 1)
  }
  const far = (txn: Transaction): void => { txn.put('t', [50, 'far']) }
  expect(isRefused(engine, (txn) => points(txn, POINTS_MAX), far)).toBe(false)
  expect(isRefused(engine, (txn) => points(txn, POINTS_MAX + 1), far)).toBe(true)
  expect(isRefused(engine, (txn) => intervals(txn, INTERVALS_MAX), far)).toBe(false)
  expect(isRefused(engine, (txn) => intervals(txn, INTERVALS_MAX + 1), far)).toBe(true)
  engine.close()
})

test('the log of commits lives as long as the oldest SERIALIZABLE snapshot', async () => {
  const engine = await setUp()
  const old = engine.begin('serializable')
  change(engine, (txn) => txn.put('t', [1, 'a']))
  const young = engine.begin('serializable')
  change(engine, (txn) => { for (let id = 0; id < 20_000; id++) txn.put('t', [5000 + id, 'many']) })
  expect(engine.recentCommits.size).toBe(2)
  old.rollback()
  expect(engine.recentCommits.size).toBe(1)
  young.tables('t').row([1])
  young.put('other', [1, 'x'])
  expect(() => young.commit()).toThrow(/could not serialize/)
  young.rollback()
  expect(engine.recentCommits.size).toBe(0)
  engine.close()
})

test('a READ ONLY transaction is not tracked and refuses to write', async () => {
  const engine = await setUp()
  const txn = engine.begin('serializable', { readOnly: true })
  scan(engine, txn)
  change(engine, (other) => other.put('t', [1, 'a']))
  expect(engine.recentCommits.size).toBe(0)
  for (const write of [
    () => txn.put('t', [1, 'x']), () => txn.insert('t', [900, 'x']), () => txn.delete('t', [1]),
    () => txn.dropTable('t'), () => txn.createTable(schema('more')), () => txn.lock('t', [1], 'share'),
  ]) expect(write).toThrow(expect.objectContaining({ code: CODE.READ_ONLY }))
  txn.commit()
  engine.close()
})
