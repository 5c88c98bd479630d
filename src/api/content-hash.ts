// One SHA-256 over everything a database says: the schema of every table and all its rows in key order, in the row
// form of storage/table/row-codec.ts. Two databases with the same hash give the same answers, however their rows
// are spread over deltas and row groups. `secantdb verify --hash` prints it.
import { createHash } from 'node:crypto'
import { ByteWriter } from '../base/bytes.ts'
import type { Row } from '../base/types.ts'
import { aliveRows } from '../../exec/vector/batch.ts'
import { readScalar } from '../../exec/vector/reader.ts'
import { typeColumns } from '../../exec/vector/vector.ts'
import { Arena } from '../../storage/mod.ts'
import type { Engine, Transaction } from '../../storage/mod.ts'

/** The hash of the last committed state, 64 hexadecimal digits. Reads every row. */
export function contentHash(engine: Engine): string {
  const hash = createHash('sha256')
  const txn = engine.begin()
  try {
    const tables = txn.listTables().sort((a, b) => (a.name < b.name ? -1 : 1))
    for (const schema of tables) {
      hash.update(JSON.stringify(schema))
      for (const bytes of rowsOf(engine, txn, schema.name)) hash.update(bytes)
    }
  } finally {
    txn.rollback()
  }
  return hash.digest('hex')
}

// The encoded rows of a table, a batch at a time.
function* rowsOf(engine: Engine, txn: Transaction, name: string): Iterable<Uint8Array> {
  const arena = new Arena(engine.memory)
  const { codec, schema } = engine.catalog.get(name)
  const columns = schema.columns.map((_, c) => c)
  const types = schema.columns.map(({ type }) => type)
  const cursor = txn.tables(name).scan({ columns, order: 'ascending', arena })
  const writer = new ByteWriter(1 << 16)
  try {
    for (let scanned = cursor.next(); scanned !== null; scanned = cursor.next()) {
      const { windowRows, begin, end, alivePtr } = scanned
      const batch = { windowRows, begin, end, alivePtr, columns: typeColumns(scanned.columns, types) }
      writer.reset()
      const rows = new Int32Array(windowRows)
      const count = aliveRows(engine.memory, batch, rows)
      for (let i = 0; i < count; i++) {
        const values: Row = batch.columns.map((column) => readScalar(engine.memory, column, rows[i]!))
        codec.encode(values, writer)
      }
      yield writer.finish()
    }
  } finally {
    cursor.close()
    arena.release()
  }
}
