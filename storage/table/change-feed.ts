// What a merge brings into a key interval, in key order: committed rows and tombstones of the delta, rows of sealed
// runs, and the incoming rows of a bulk append. For equal keys incoming rows win over the delta (the caller has
// checked that this is allowed), and the delta over the runs.
import { UNCOMMITTED } from '../row-group/deletion-vector.ts'
import type { IncomingRows } from './incoming-rows.ts'
import type { KeyValue } from './key.ts'
import { readStoredRow } from './run-rows.ts'
import type { RunRows } from './run-rows.ts'
import type { StagedScalar } from '../row-group/staged-column.ts'
import type { TableStore } from './table-store.ts'

/** One change of a key interval: a row (null = deleted), or the number of an incoming row. */
export interface Change {
  readonly key: KeyValue
  readonly row: readonly StagedScalar[] | null
  readonly incomingRow: number
  /** Delta entry and version it takes over, -1 = none. */
  readonly entry: number
  readonly version: number
}

/** Newest committed version of an entry that is not merged, or -1. */
export function sealableVersion(table: TableStore, entry: number): number {
  const { delta } = table
  const { versions } = delta
  let version = delta.headOf(entry)
  while (version >= 0 && versions.begin(version) >= UNCOMMITTED) version = versions.older(version)
  return version >= 0 && versions.merged(version) === 0 ? version : -1
}

/** Incoming rows [begin, end) of a bulk append. */
export interface IncomingRange {
  readonly rows: IncomingRows | null
  readonly begin: number
  readonly end: number
}

/** Changes of one interval. */
export class ChangeFeed {
  private readonly table: TableStore
  private readonly entries: Int32Array
  private readonly incoming: IncomingRange
  private readonly runs: RunRows
  /** Version of the entry that nextEntry() has returned. */
  version = -1
  private entryAt = 0
  private incomingAt: number

  /** `entries` of the interval by key. Those without a committed version are passed over. */
  constructor(table: TableStore, entries: Int32Array, runs: RunRows, incoming: IncomingRange) {
    this.table = table
    this.entries = entries
    this.runs = runs
    this.incoming = incoming
    this.incomingAt = incoming.begin
  }

  /** The next change with a key below `end` (null = no end), or null. */
  next(end: KeyValue | null): Change | null {
    const { table } = this
    const { order } = table
    const version = this.skipUncommitted()
    const entry = version < 0 ? -1 : this.entries[this.entryAt]!
    const entryKey = version < 0 ? null : table.delta.keyOf(entry)
    const { rows } = this.incoming
    const incomingKey = rows === null || this.incomingAt >= this.incoming.end ? null : rows.keyAt(this.incomingAt)
    const runKey = this.runs.peek()
    let key = entryKey
    if (incomingKey !== null && (key === null || order.compare(incomingKey, key) < 0)) key = incomingKey
    if (runKey !== null && (key === null || order.compare(runKey, key) < 0)) key = runKey
    if (key === null || (end !== null && order.compare(key, end) >= 0)) return null
    const isEntry = entryKey !== null && order.compare(entryKey, key) === 0
    const isIncoming = incomingKey !== null && order.compare(incomingKey, key) === 0
    const stored = runKey !== null && order.compare(runKey, key) === 0 ? this.runs.peekRow() : null
    if (stored !== null) this.runs.take()
    if (isEntry) this.entryAt++
    const taken = isEntry ? { entry, version } : { entry: -1, version: -1 }
    if (isIncoming) return { key, row: null, incomingRow: this.incomingAt++, ...taken }
    if (!isEntry) return { key, row: readStoredRow(table, stored!.group, stored!.row), incomingRow: -1, ...taken }
    const isTombstone = table.delta.versions.isTombstone(version)
    return { key, row: isTombstone ? null : table.rowOf(version), incomingRow: -1, ...taken }
  }

  /** True when runs and incoming rows have nothing more: what is left are entries of the delta. */
  hasEntriesOnly(): boolean {
    return this.incomingAt >= this.incoming.end && this.runs.peek() === null
  }

  /** The next entry of such a feed, -1 at its end; its `version` is the one to take. */
  nextEntry(): number {
    this.version = this.skipUncommitted()
    return this.version < 0 ? -1 : this.entries[this.entryAt++]!
  }

  private skipUncommitted(): number {
    for (; this.entryAt < this.entries.length; this.entryAt++) {
      const version = sealableVersion(this.table, this.entries[this.entryAt]!)
      if (version >= 0) return version
    }
    return -1
  }
}
