// Rule I1: an index has exactly the entries of its table's rows. Checked both ways at the newest committed
// state: every row has its entry, and every entry the row it was made of.
import type { Row } from '../src/base/types.ts'
import { NO_MARK } from './delta/delta.ts'
import type { Engine } from './engine.ts'
import { Arena } from './memory/arena.ts'
import { ColumnStage, stagedScalar } from './row-group/staged-column.ts'
import { stageBatch } from './table/batch-stage.ts'
import { StoreCursor } from './table/cursor.ts'
import { entryPlaces } from './table/index-schema.ts'
import { findSparse, spread } from './table/sparse-row.ts'
import type { TableStore, Visibility } from './table/table-store.ts'
import { makerOf } from './txn/index-writes.ts'
import { sameRow } from './txn/write-set.ts'

/** Compares an index with its table; `fail` gets one message for each kind of violation. */
export function verifyIndex(engine: Engine, index: TableStore, fail: (message: string) => void): void {
  const table = engine.catalog.byIdOrNull(index.schema.index!.of)
  if (table === null) return fail('violates I1: the index belongs to no table')
  const now = { commitId: engine.commitId, ownMark: NO_MARK, rootNumber: engine.rootNumber }
  const maker = makerOf(table, index)
  const needed = [...new Set([...maker.sources, ...table.schema.key])]
  const missing = countRows(engine, table, now, needed, (row) => {
    const entry = maker.entryOf(row)
    const found = index.findRow(index.order.fromRow(entry), now)
    return found !== null && sameRow(found, entry)
  })
  const { name } = table.schema
  if (missing.bad > 0) fail(`violates I1: ${missing.bad} of ${missing.rows} rows of "${name}" have no entry`)
  const places = entryPlaces(table.schema, index.schema.index!)
  const whole = index.schema.columns.map((_, c) => c)
  const stray = countRows(engine, index, now, whole, (entry) => {
    const key = table.order.fromValues(table.schema.key.map((c) => entry[places[c]!]!))
    const row = findSparse(table, key, now, needed)
    return row !== null && sameRow(maker.entryOf(row), entry)
  })
  if (stray.bad > 0) fail(`violates I1: ${stray.bad} of ${stray.rows} entries belong to no row of "${name}"`)
}

function countRows(
  engine: Engine, table: TableStore, now: Visibility, columns: readonly number[], isGood: (row: Row) => boolean,
): { rows: number; bad: number } {
  const arena = new Arena(engine.memory)
  const cursor = new StoreCursor(table, now, { columns, order: 'none', arena }, () => {})
  let [rows, bad] = [0, 0]
  try {
    for (let batch = cursor.next(); batch !== null; batch = cursor.next()) {
      const stages = columns.map((c) => new ColumnStage(table.schema.columns[c]!.type, 64))
      const count = stageBatch(engine.memory, batch, stages)
      for (let i = 0; i < count; i++) {
        if (!isGood(spread(table, columns, stages.map((stage) => stagedScalar(stage, i))))) bad++
      }
      rows += count
    }
  } finally {
    cursor.close()
    arena.release()
  }
  return { rows, bad }
}
