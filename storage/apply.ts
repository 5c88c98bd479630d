// Applies a transaction's writes after they are logged: uncommitted versions get their commit id, rows move
// to the heap, superseded versions go or stay in memory for old snapshots (rule D4).
import type { Engine } from './engine.ts'
import type { TableStore } from './table/table-store.ts'
import type { FinalWrites } from './txn/final-writes.ts'
import type { Transaction } from './txn/transaction.ts'

/** Turns every write of the transaction into a committed version with the engine's current commit id. */
export function applyWrites(engine: Engine, txn: Transaction, finals: FinalWrites): void {
  const { commitId } = engine
  const keepOld = engine.snapshots.oldestCommit(commitId) < commitId
  for (const table of txn.writeSet.tables) {
    table.uncommittedWrites--
    table.lastCommit = commitId
  }
  for (let i = 0; i < finals.count; i++) commitEntry(engine, finals, i, txn.writeSet.mark, keepOld)
}

function commitEntry(engine: Engine, finals: FinalWrites, i: number, mark: number, keepOld: boolean): void {
  const table = finals.tables[i]!
  const entry = finals.entries[i]!
  const { delta } = table
  const { versions } = delta
  const head = delta.headOf(entry)
  const isTombstone = versions.isTombstone(head)
  const existed = finals.existed[i]!
  delta.touch(entry)
  if (existed && isTombstone) table.liveRows--
  if (!existed && !isTombstone) table.liveRows++
  versions.setBegin(head, engine.commitId)
  dropOwnOlder(table, head, mark)
  const older = versions.older(head)
  if (older >= 0) delta.superseded.push(older)
  delta.changes++
  const group = delta.baseGroup[entry]!
  if (group !== null) group.dead.commit(delta.baseRow[entry]!, mark, engine.commitId)
  if (older >= 0) retireOlder(engine, table, head, keepOld)
  if (!isTombstone || group !== null) storeInHeap(engine, finals, i, head)
}

// A key written several times in one transaction keeps its last version only.
function dropOwnOlder(table: TableStore, head: number, mark: number): void {
  const { versions } = table.delta
  const first = versions.older(head)
  let older = first
  for (; older >= 0 && versions.begin(older) === mark; older = versions.older(older)) versions.setRow(older, null)
  if (older !== first) versions.setOlder(head, older)
}

function retireOlder(engine: Engine, table: TableStore, head: number, keepOld: boolean): void {
  const { versions } = table.delta
  for (let v = versions.older(head); v >= 0; v = versions.older(v)) {
    if (versions.page(v) < 0) continue
    if (keepOld) table.keepRow(v)
    engine.freeTuple(table, v)
  }
  if (keepOld) table.hasOldVersions = engine.hasGarbage = true
  else versions.setOlder(head, -1)
}

// Read-only engines keep recovered rows in memory: they must not write pages.
function storeInHeap(engine: Engine, finals: FinalWrites, i: number, version: number): void {
  if (engine.isReadOnly) return
  const { heap } = engine
  const table = finals.tables[i]!
  const { versions } = table.delta
  finals.body(i)
  const { source, begin, end } = finals
  const { page, slot } = heap.insert(table.id, engine.commitId, versions.isTombstone(version), source, begin, end)
  engine.counters.rowBytes += end - begin
  engine.jobs.noteRow(table, end - begin)
  versions.setPlace(version, page, slot)
  versions.setRow(version, null)
}
