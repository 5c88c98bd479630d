// The second run of the suites: every threshold so small that tables merge, evict and checkpoint after every
// commit, while old snapshots are held across merges and a second transaction reads. The suites themselves
// do not know; their answers must be the same.
//
// Held snapshots check themselves: what a snapshot read when it was taken, it must read when it is let go.
import { expect } from 'vitest'
import { readScalar } from '../exec/vector/reader.ts'
import { Random } from '../src/base/random.ts'
import type { Scalar } from '../src/base/types.ts'
import { Arena, DEFAULT_ENGINE_OPTIONS, Engine } from '../storage/mod.ts'
import type { Transaction } from '../storage/mod.ts'

Object.assign(DEFAULT_ENGINE_OPTIONS, {
  rowGroupRows: 64, deltaRows: 16, poolFrames: 8, checkpointEvery: 1, mergeEveryCommit: true, bulkRows: 48,
  memoryBytes: 64 * 1024 * 1024, walSegmentBytes: 64 * 1024,
})

/** Tables larger than this are not read whole after every commit. */
const READ_ROWS_MAX = 1500
const HELD_MAX = 2

interface Held {
  readonly txn: Transaction
  readonly table: string
  /** Identity of the table: a name may have been dropped and created again since. */
  readonly id: number
  readonly rows: Scalar[][]
}

const random = new Random(20_26)
const held = new WeakMap<Engine, Held[]>()

function readRows(engine: Engine, txn: Transaction, table: string): Scalar[][] {
  const access = txn.tables(table)
  const { columns } = access.schema
  const arena = new Arena(engine.memory)
  const cursor = access.scan({ columns: columns.map((_, c) => c), order: 'ascending', arena })
  const rows: Scalar[][] = []
  try {
    for (let batch = cursor.next(); batch !== null; batch = cursor.next()) {
      for (let row = batch.begin; row < batch.end; row++) {
        const at = batch.alivePtr + (row >> 3)
        if (batch.alivePtr !== 0 && ((engine.memory.u8[at]! >> (row & 7)) & 1) === 0) continue
        const { columns: buffers } = batch
        rows.push(columns.map((column, c) => readScalar(engine.memory, { ...buffers[c]!, type: column.type }, row)))
      }
    }
  } finally {
    cursor.close()
    arena.release()
  }
  return rows
}

// After a commit: let a snapshot go, take another, and read a table as another session would.
function shake(engine: Engine): void {
  const tables = engine.catalog.tables().filter((table) => table.liveRows <= READ_ROWS_MAX)
  const list = held.get(engine) ?? []
  held.set(engine, list)
  if (list.length === HELD_MAX || (list.length > 0 && random.chance(0.2))) {
    const { txn, table, id, rows } = list.splice(random.below(list.length), 1)[0]!
    const isSame = engine.catalog.has(table) && engine.catalog.get(table).id === id
    if (isSame) expect(readRows(engine, txn, table)).toEqual(rows)
    txn.rollback()
  }
  if (tables.length === 0 || !random.chance(0.3)) return
  const table = random.pick(tables).schema.name
  const txn = engine.begin('repeatable read')
  list.push({ txn, table, id: engine.catalog.get(table).id, rows: readRows(engine, txn, table) })
}

const { commit, commitSoon } = Engine.prototype

Engine.prototype.commit = function (txn): void {
  commit.call(this, txn)
  shake(this)
}

Engine.prototype.commitSoon = function (txn): Promise<void> {
  const durable = commitSoon.call(this, txn)
  shake(this)
  return durable
}
