// The log records of one transaction, in the order in which redo needs them: tables that it makes, row groups it has
// built, the final version of every key it wrote, tables that it drops. The COMMIT record is the log's own.
//
//   DDL object … | DDL create, alter … | PUBLISH … | INSERT, UPDATE, DELETE by key … | DDL drop … | COMMIT
//
// Rules: W1 (only whole committed transactions are written), W2 (a record says what is to be there, by key).
import { ByteWriter } from '../src/base/bytes.ts'
import { CODE, DatabaseError } from '../src/base/errors.ts'
import { assertUnchanged } from './catalog/objects.ts'
import type { Engine } from './engine.ts'
import { appendPublish } from './publish-log.ts'
import type { NewGroups } from './publish-log.ts'
import type { FinalWrites } from './txn/final-writes.ts'
import { tableById } from './txn/index-ddl.ts'
import type { Transaction } from './txn/transaction.ts'
import { DDL, RECORD, createKind } from './wal/record.ts'
import type { Wal } from './wal/wal-writer.ts'

/** Appends the records of a transaction to the log's open one, and leaves its final writes in `finals`. */
export function logTransaction(
  wal: Wal, txn: Transaction, built: readonly NewGroups[], finals: FinalWrites,
): void {
  for (const { after, key } of txn.objects) logDefinition(wal, 0, DDL.OBJECT, { key, after })
  for (const { kind, table, ...change } of txn.ddl) {
    if (kind === 'create') logDefinition(wal, table.id, createKind(table.schema), table.schema)
    else if ('after' in change) logDefinition(wal, table.id, DDL.ALTER, change.after)
  }
  appendPublish(wal, built)
  logRows(wal, txn, finals)
  for (const { kind, table } of txn.ddl) if (kind === 'drop') logDefinition(wal, table.id, DDL.DROP, table.schema)
}

// A key that came and went within the transaction leaves no record.
function logRows(wal: Wal, txn: Transaction, finals: FinalWrites): void {
  finals.collect(txn.writeSet)
  for (let i = 0; i < finals.count; i++) {
    const isTombstone = finals.isTombstone(i)
    const existed = finals.existed[i]!
    if (isTombstone && !existed) continue
    const type = isTombstone ? RECORD.DELETE : existed ? RECORD.UPDATE : RECORD.INSERT
    finals.body(i)
    wal.append(type, finals.tables[i]!.id, finals.source, finals.begin, finals.end - finals.begin)
  }
}

function logDefinition(wal: Wal, tableId: number, kind: number, definition: unknown): void {
  const body = new ByteWriter()
  body.u8(kind)
  body.string(JSON.stringify(definition))
  wal.append(RECORD.DDL, tableId, body.bytes, 0, body.length)
}

/**
 * Throws 42P01 when a table that the transaction wrote to is gone, and 42P07 when a name it took was taken meanwhile: a
 * record of a table that is gone could not be replayed, so such a transaction must not reach the log.
 */
export function assertStillApplies(engine: Engine, txn: Transaction): void {
  const { ddl } = txn
  const gone = txn.writeSet.droppedTable()
    ?? ddl.find((change) => change.kind === 'drop' && change.table.isDropped)?.table
  if (gone !== undefined) {
    throw new DatabaseError(CODE.UNDEFINED_TABLE, `table "${gone.schema.name}" was dropped by another transaction`)
  }
  if (txn.objects.length > 0) assertUnchanged(engine.catalog.objects, txn.objects)
  if (ddl.length === 0) return
  const dropped = new Set(ddl.filter((change) => change.kind === 'drop').map((change) => change.table))
  for (const change of ddl) {
    const { name, index } = change.table.schema
    if (change.kind === 'create' && index !== undefined && tableById(engine, txn, index.of) === null) {
      throw new DatabaseError(CODE.UNDEFINED_TABLE, `the table of index "${name}" was dropped by another transaction`)
    }
    const known = change.kind === 'drop' ? null : engine.catalog.relationOrNull(name)
    if (known !== null && known !== change.table && !dropped.has(known) && known.definer !== txn) {
      throw new DatabaseError(CODE.DUPLICATE_TABLE, `relation "${name}" was created by another transaction`)
    }
  }
}
