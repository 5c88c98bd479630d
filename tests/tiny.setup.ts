// The second run of the suites: every threshold so small that tables merge, evict and checkpoint after every
// commit, over compressed pages, while old snapshots are held across merges and a second connection reads. The
// suites themselves do not know; their answers must be the same.
//
// Held snapshots check themselves: what a snapshot read when it was taken, it must read when it is let go.
import { expect } from 'vitest'
import { readScalar } from '../exec/vector/reader.ts'
import { Connection } from '../src/api/connection.ts'
import { DatabaseState } from '../src/api/database-state.ts'
import { Session } from '../src/api/session.ts'
import { Random } from '../src/base/random.ts'
import type { Scalar } from '../src/base/types.ts'
import { Arena, DEFAULT_ENGINE_OPTIONS, Engine } from '../storage/mod.ts'
import type { Transaction } from '../storage/mod.ts'

Object.assign(DEFAULT_ENGINE_OPTIONS, {
  rowGroupRows: 64, deltaRows: 16, poolFrames: 8, checkpointEvery: 1, mergeEveryCommit: true, bulkRows: 48,
  memoryBytes: 64 * 1024 * 1024, walSegmentBytes: 64 * 1024,
  // Everything that runs here runs over runs, deltas and compressed pages.
  compression: 'zstd',
})

/** Tables larger than this are not read whole after every commit. */
const READ_ROWS_MAX = 1500
const HELD_MAX = 2

/** A table read at a snapshot that is still open. */
interface Held {
  readonly table: string
  /** Identity of the table: a name may have been dropped and created again since. */
  readonly id: number
  readonly rows: unknown
  read(): unknown
  end(): void
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

const states = new WeakMap<Engine, DatabaseState>()
let connections = 1000

// Another connection of the same database, which reads by SQL; its number is none that a test would get.
function holdBySql(state: DatabaseState, table: string): Pick<Held, 'read' | 'end'> {
  const session = new Session(state, ++connections)
  state.sessions.add(session)
  const connection = new Connection(session)
  connection.exec(`BEGIN ISOLATION LEVEL ${random.chance(0.5) ? 'REPEATABLE READ' : 'SERIALIZABLE'}, READ ONLY`)
  const statement = connection.prepare(`SELECT * FROM "${table.replaceAll('"', '""')}"`, { timestamps: 'string' })
  return { read: () => statement.raw(), end: () => connection.close() }
}

function holdByStorage(engine: Engine, table: string): Pick<Held, 'read' | 'end'> {
  const txn = engine.begin('repeatable read')
  return { read: () => readRows(engine, txn, table), end: () => txn.rollback() }
}

// After a commit: let a snapshot go, take another, and read a table as another connection would.
function shake(engine: Engine): void {
  const tables = engine.catalog.userTables().filter((table) => table.liveRows <= READ_ROWS_MAX)
  const list = held.get(engine) ?? []
  held.set(engine, list)
  if (list.length === HELD_MAX || (list.length > 0 && random.chance(0.2))) {
    const one = list.splice(random.below(list.length), 1)[0]!
    const isSame = engine.catalog.has(one.table) && engine.catalog.get(one.table).id === one.id
    if (isSame) expect(one.read()).toEqual(one.rows)
    one.end()
  }
  // DETACH is refused while a transaction is open, so the tests of it hold none.
  if (expect.getState().testPath?.endsWith('attach.test.ts') === true) return
  if (tables.length === 0 || !random.chance(0.3)) return
  const table = random.pick(tables).schema.name
  const state = states.get(engine)
  const reader = state !== undefined && random.chance(0.7) ? holdBySql(state, table) : holdByStorage(engine, table)
  list.push({ ...reader, table, id: engine.catalog.get(table).id, rows: reader.read() })
}

const { connect } = DatabaseState.prototype

DatabaseState.prototype.connect = function (): Session {
  states.set(this.engine, this)
  return connect.call(this)
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
