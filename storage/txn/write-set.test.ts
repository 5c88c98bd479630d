// Conflicts between transactions: first updater wins (55P03), REPEATABLE READ refuses rows changed since its
// snapshot (40001) whether or not a merge has moved them, and what is rolled back blocks nobody.
import { describe, expect, test } from 'vitest'
import { CODE } from '../../src/base/errors.ts'
import { INTEGER, TEXT } from '../../src/base/types.ts'
import type { TableSchema } from '../../src/base/types.ts'
import { MemoryFileSystem } from '../file/memory-file.ts'
import { openEngine } from '../mod.ts'
import type { Engine, Transaction } from '../mod.ts'

const SCHEMA: TableSchema = {
  name: 't', key: [0],
  columns: [{ name: 'id', type: INTEGER, nullable: false }, { name: 'v', type: TEXT, nullable: true }],
}

async function setUp(mergeEveryCommit: boolean): Promise<Engine> {
  const engine = await openEngine('t.sdb', {
    memoryBytes: 8 << 20, rowGroupRows: 64, deltaRows: 1000, mergeEveryCommit, files: new MemoryFileSystem(),
  })
  const txn = engine.begin()
  txn.createTable(SCHEMA)
  for (let id = 0; id < 100; id++) txn.insert('t', [id, 'old'])
  txn.commit()
  return engine
}

function code(expected: string): unknown {
  return expect.objectContaining({ code: expected, message: expect.stringContaining('(id) = (') })
}

function read(engine: Engine, id: number): unknown {
  const txn = engine.begin()
  const row = txn.tables('t').row([id])
  txn.rollback()
  return row === null ? null : row[1]
}

// Every way to write a key that another transaction may hold.
const WRITES: [string, (txn: Transaction, id: number) => unknown][] = [
  ['insert', (txn, id) => txn.insert('t', [id, 'mine'])],
  ['put', (txn, id) => txn.put('t', [id, 'mine'])],
  ['update', (txn, id) => txn.update('t', [id], [id, 'mine'])],
  ['delete', (txn, id) => txn.delete('t', [id])],
  ['update to the key', (txn, id) => txn.update('t', [50], [id, 'mine'])],
]

describe.each([false, true])('merge after every commit: %s', (merges) => {
  test.each(WRITES)('%s of a row another transaction writes is 55P03', async (_, write) => {
    const engine = await setUp(merges)
    for (const id of [7, 200]) {
      const first = engine.begin()
      first.put('t', [id, 'first'])
      const second = engine.begin()
      expect(() => write(second, id)).toThrow(code(CODE.LOCK_HELD))
      second.rollback()
      first.rollback()
      expect(read(engine, id)).toBe(id === 7 ? 'old' : null)
      expect(engine.catalog.get('t').uncommittedWrites).toBe(0)
    }
    engine.close()
  })

  test.each(WRITES.slice(1, 4))('%s of a row changed since the snapshot is 40001', async (_, write) => {
    const engine = await setUp(merges)
    const repeatable = engine.begin('repeatable read')
    expect(repeatable.tables('t').row([3])).toEqual([3, 'old'])
    for (const [id, change] of [[3, 'put'], [4, 'delete']] as const) {
      const other = engine.begin()
      if (change === 'put') other.put('t', [id, 'new'])
      else other.delete('t', [id])
      other.commit()
      expect(() => write(repeatable, id)).toThrow(code(CODE.SERIALIZATION))
      expect(repeatable.tables('t').row([id])).toEqual([id, 'old'])
    }
    write(repeatable, 5)
    repeatable.rollback()
    expect([read(engine, 3), read(engine, 4), read(engine, 5)]).toEqual(['new', null, 'old'])
    engine.close()
  })

  test('a row inserted since the snapshot is 40001 too; READ COMMITTED just meets it', async () => {
    const engine = await setUp(merges)
    const repeatable = engine.begin('repeatable read')
    const committed = engine.begin()
    const other = engine.begin()
    other.insert('t', [300, 'new'])
    other.commit()
    expect(() => repeatable.insert('t', [300, 'mine'])).toThrow(code(CODE.SERIALIZATION))
    expect(() => committed.insert('t', [300, 'mine'])).toThrow(code(CODE.UNIQUE))
    expect(committed.put('t', [300, 'mine'])).toBe('updated')
    committed.commit()
    repeatable.rollback()
    expect(read(engine, 300)).toBe('mine')
    engine.close()
  })

  test('a savepoint gives back what was written after it, and only that', async () => {
    const engine = await setUp(merges)
    const txn = engine.begin()
    txn.put('t', [1, 'a'])
    const savepoint = txn.savepoint()
    txn.put('t', [1, 'b'])
    txn.delete('t', [2])
    txn.insert('t', [400, 'c'])
    txn.rollbackTo(savepoint)
    expect([1, 2, 400].map((id) => txn.tables('t').row([id]))).toEqual([[1, 'a'], [2, 'old'], null])
    const other = engine.begin()
    expect(other.delete('t', [2])).toBe(true)
    other.insert('t', [400, 'theirs'])
    expect(() => other.put('t', [1, 'x'])).toThrow(code(CODE.LOCK_HELD))
    other.commit()
    txn.commit()
    expect([1, 2, 400].map((id) => read(engine, id))).toEqual(['a', null, 'theirs'])
    expect(engine.catalog.get('t').liveRows).toBe(100)
    engine.close()
  })

  test('rolled back writes leave no dead rows behind', async () => {
    const engine = await setUp(merges)
    const snapshot = engine.begin('repeatable read')
    const txn = engine.begin()
    for (let id = 0; id < 100; id += 2) txn.delete('t', [id])
    txn.rollback()
    const table = engine.catalog.get('t')
    for (const root of table.roots) expect(root.groups.reduce((dead, group) => dead + group.dead.count, 0)).toBe(0)
    snapshot.delete('t', [0])
    snapshot.commit()
    expect([read(engine, 0), read(engine, 2)]).toEqual([null, 'old'])
    engine.close()
  })
})
