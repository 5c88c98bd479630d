// Applies a transaction's writes after they are logged: uncommitted versions get their commit id, rows move
// to the heap, superseded versions go or stay in memory for old snapshots (rule D4).
import { ByteWriter } from '../src/base/bytes.ts'
import type { Engine } from './engine.ts'
import type { VersionContent } from './delta/delta.ts'
import type { TableStore } from './table/table-store.ts'
import type { Transaction } from './txn/transaction.ts'

/**
 * Visits the newest version of every key the transaction wrote, once per key. `existed` says whether the
 * key had a row before. A key that came and went within the transaction is not visited.
 */
export function forEachFinalWrite(
  txn: Transaction, visit: (table: TableStore, content: VersionContent, existed: boolean) => void,
): void {
  const seen = new Map<TableStore, Set<number>>()
  for (const { table, key } of txn.writeSet.writes) {
    const entry = table.delta.find(key)
    let entries = seen.get(table)
    if (entries === undefined) seen.set(table, entries = new Set())
    if (entries.has(entry)) continue
    entries.add(entry)
    const existed = existedBefore(table, entry, txn.writeSet.mark)
    const content = table.delta.content[table.delta.headOf(entry)]!
    if (content.isTombstone && !existed) continue
    visit(table, content, existed)
  }
}

// Whether the key had a committed row: its newest committed version decides, else the base.
function existedBefore(table: TableStore, entry: number, mark: number): boolean {
  const { delta } = table
  let version = delta.headOf(entry)
  while (version >= 0 && delta.begin[version] === mark) version = delta.older[version]!
  if (version < 0 || delta.merged[version] !== 0) return delta.baseGroup[entry] !== null
  return !delta.content[version]!.isTombstone
}

const body = new ByteWriter(1024)

/** Turns every write of the transaction into a committed version with the engine's current commit id. */
export function applyWrites(engine: Engine, txn: Transaction): void {
  const { commitId } = engine
  const keepOld = engine.snapshots.oldestCommit(commitId) < commitId
  const done = new Map<TableStore, Set<number>>()
  for (const { table, key } of txn.writeSet.writes) {
    const entry = table.delta.find(key)
    table.uncommittedWrites--
    table.lastCommit = commitId
    let entries = done.get(table)
    if (entries === undefined) done.set(table, entries = new Set())
    if (entries.has(entry)) continue
    entries.add(entry)
    table.delta.changes++
    commitEntry(engine, table, entry, txn.writeSet.mark, keepOld)
  }
}

function commitEntry(engine: Engine, table: TableStore, entry: number, mark: number, keepOld: boolean): void {
  const { delta } = table
  const { commitId } = engine
  const existed = existedBefore(table, entry, mark)
  const head = delta.headOf(entry)
  const content = delta.content[head]!
  if (existed && content.isTombstone) table.liveRows--
  if (!existed && !content.isTombstone) table.liveRows++
  delta.begin[head] = commitId
  dropOwnOlder(table, head, mark)
  if (delta.older[head]! >= 0) delta.superseded.push(delta.older[head]!)
  delta.baseGroup[entry]?.dead.commit(delta.baseRow[entry]!, mark, commitId)
  retireOlder(engine, table, head, keepOld)
  if (!content.isTombstone || delta.baseGroup[entry] !== null) storeInHeap(engine, table, content)
  if (content.isTombstone && content.page >= 0) content.row = null
}

// A key written several times in one transaction keeps its last version only.
function dropOwnOlder(table: TableStore, head: number, mark: number): void {
  const { delta } = table
  let older = delta.older[head]!
  while (older >= 0 && delta.begin[older] === mark) older = delta.older[older]!
  delta.older[head] = older
}

function retireOlder(engine: Engine, table: TableStore, head: number, keepOld: boolean): void {
  const { delta } = table
  for (let v = delta.older[head]!; v >= 0; v = delta.older[v]!) {
    const content = delta.content[v]!
    if (content.page < 0) continue
    if (keepOld && !content.isTombstone) content.row = table.rowOf(content)
    engine.freeTuple(table, content)
  }
  if (!keepOld) delta.older[head] = -1
  else if (delta.older[head]! >= 0) table.hasOldVersions = engine.hasGarbage = true
}

// Read-only engines keep recovered rows in memory: they must not write pages.
function storeInHeap(engine: Engine, table: TableStore, content: VersionContent): void {
  if (engine.isReadOnly) return
  body.reset()
  if (content.isTombstone) table.keyCodec.encode(content.row!, body)
  else table.codec.encode(content.row!, body)
  const at = engine.heap.insert(table.id, engine.commitId, content.isTombstone, body.finish())
  engine.counters.rowBytes += body.length
  content.page = at.page
  content.slot = at.slot
  content.row = null
}
