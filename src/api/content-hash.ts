// One SHA-256 over everything a database says: the schema of every table and all its rows in key order, in the row
// form of storage/table/row-codec.ts. Two databases with the same hash give the same answers, however their rows
// are spread over deltas and row groups. `secantdb verify --hash` prints it.
//
// A value of a megabyte or more counts as its own SHA-256, so that values longer than the memory can be hashed.
import { createHash } from 'node:crypto'
import { ByteWriter } from '../base/bytes.ts'
import type { Row, Scalar } from '../base/types.ts'
import { aliveRows } from '../../exec/vector/batch.ts'
import { readScalar } from '../../exec/vector/reader.ts'
import { typeColumns } from '../../exec/vector/vector.ts'
import { Arena, LONG_VALUE_BYTES, LongValue, currentRow, isLoneLong } from '../../storage/mod.ts'
import type { Engine, Transaction } from '../../storage/mod.ts'

/** The hash of the last committed state, 64 hexadecimal digits. Reads every row. */
export function contentHash(engine: Engine): string {
  const hash = createHash('sha256')
  const txn = engine.begin()
  try {
    const tables = txn.listTables().filter(({ temporary }) => temporary === undefined)
      .sort((a, b) => (a.name < b.name ? -1 : 1))
    for (const schema of tables) {
      hash.update(JSON.stringify(schema))
      for (const bytes of rowsOf(engine, txn, schema.name)) hash.update(bytes)
    }
  } finally {
    txn.rollback()
  }
  return hash.digest('hex')
}

// The encoded rows of a table, a batch at a time. Where rows are longer than a batch may be, only keys are scanned, and
// the rows are read one by one, with long values piece by piece.
function* rowsOf(engine: Engine, txn: Transaction, name: string): Iterable<Uint8Array> {
  const table = engine.catalog.get(name)
  const { codec, schema, order } = table
  const writer = new ByteWriter(1 << 16)
  const isLong = table.root.allGroups().some(isLoneLong)
  const columns = isLong ? schema.key : schema.columns.map((_, c) => c)
  for (const rows of batchesOf(engine, txn, name, columns)) {
    writer.reset()
    for (const values of rows) {
      const row = isLong ? currentRow(engine, table, order.fromValues(values))! : values
      codec.encode(row.map((value, c) => digested(value, schema.columns[c]!.type.kind === 'bytea')), writer)
    }
    yield writer.finish()
  }
}

function* batchesOf(engine: Engine, txn: Transaction, name: string, columns: readonly number[]): Iterable<Row[]> {
  const arena = new Arena(engine.memory)
  const { schema } = engine.catalog.get(name)
  const types = columns.map(c => schema.columns[c]!.type)
  const cursor = txn.tables(name).scan({ columns, order: 'ascending', arena })
  try {
    for (let scanned = cursor.next(); scanned !== null; scanned = cursor.next()) {
      const { windowRows, begin, end, alivePtr } = scanned
      const batch = { windowRows, begin, end, alivePtr, columns: typeColumns(scanned.columns, types) }
      const rows = new Int32Array(windowRows)
      const count = aliveRows(engine.memory, batch, rows)
      yield Array.from(rows.subarray(0, count), row =>
        batch.columns.map(column => readScalar(engine.memory, column, row)))
    }
  } finally {
    cursor.close()
    arena.release()
  }
}

// Bytes of a piece that is hashed at a time.
const PIECE_BYTES = 1 << 16

function digested(value: Scalar | LongValue, isBinary: boolean): Scalar {
  if (value instanceof LongValue) {
    const hash = createHash('sha256')
    for (let from = 0; from < value.length; from += PIECE_BYTES) {
      const piece = new Uint8Array(Math.min(PIECE_BYTES, value.length - from))
      value.copy(from, piece)
      hash.update(piece)
    }
    return isBinary ? hash.digest() : hash.digest('hex')
  }
  if (typeof value === 'string') {
    const isShort = value.length * 3 < LONG_VALUE_BYTES || Buffer.byteLength(value) < LONG_VALUE_BYTES
    return isShort ? value : sha256(value)
  }
  return value instanceof Uint8Array && value.length >= LONG_VALUE_BYTES
    ? createHash('sha256').update(value).digest() : value
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
