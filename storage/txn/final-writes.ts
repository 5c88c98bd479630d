// What a transaction's writes come to when it commits: the newest version of every key it wrote, once per key, with
// the key's delta entry, whether the key had a row before, and the row as bytes. The log record and the heap tuple of
// a row have the same body (row-codec.ts), so it is encoded once, for whichever asks first.
//
//   writes  k1 k2 k1 k3  ─collect─►  k2 k1 k3      body(i) ─► source[begin, end) ─► log record, heap tuple
//
// One object per engine is used for every commit, so that a commit of one row allocates nothing here.
import { ByteWriter } from '../../src/base/bytes.ts'
import type { TableStore } from '../table/table-store.ts'
import type { WriteSet } from './write-set.ts'

/** Bodies are kept from the log to the heap up to this much; those of larger transactions are encoded twice. */
const KEPT_BYTES = 4 * 1024 * 1024
/** Lists that were longer are not kept for the next transaction. */
const KEPT_WRITES = 65536

/** The final writes of one transaction at a time. */
export class FinalWrites {
  count = 0
  /** Parallel lists, valid below `count`. */
  tables: TableStore[] = []
  entries: number[] = []
  /** Whether the key had a committed row. */
  existed: boolean[] = []
  /** Bytes of the body that `body` was asked for. */
  source: Uint8Array
  begin = 0
  end = 0
  private of: WriteSet | null = null
  private begins: number[] = []
  private ends: number[] = []
  private readonly kept = new ByteWriter(1024)
  private readonly large = new ByteWriter(1024)

  constructor() {
    this.source = this.kept.bytes
  }

  /** True while the lists are those of these writes, and entries still have their numbers. */
  isOf(writes: WriteSet): boolean {
    return this.of === writes && !writes.isRenumbered()
  }

  /** Gathers the final writes. Entries hold their numbers until the delta of a table is compacted. */
  collect(writes: WriteSet): void {
    this.clear()
    this.of = writes
    if (writes.isRenumbered()) this.collectByKey(writes)
    else this.collectByVersion(writes)
  }

  // A version is final when it is still the newest of its key.
  private collectByVersion({ tables, versions, mark }: WriteSet): void {
    for (let i = 0; i < tables.length; i++) {
      const { delta } = tables[i]!
      const version = versions[i]!
      const entry = delta.versions.entry(version)
      if (delta.headOf(entry) === version) this.add(tables[i]!, entry, mark)
    }
  }

  private collectByKey({ tables, keys, mark }: WriteSet): void {
    const seen = new Map<TableStore, Set<number>>()
    for (let i = 0; i < tables.length; i++) {
      const table = tables[i]!
      const entry = table.delta.find(keys[i]!)
      let entries = seen.get(table)
      if (entries === undefined) seen.set(table, entries = new Set())
      if (entries.has(entry)) continue
      entries.add(entry)
      this.add(table, entry, mark)
    }
  }

  private add(table: TableStore, entry: number, mark: number): void {
    const i = this.count++
    this.tables[i] = table
    this.entries[i] = entry
    this.existed[i] = existedBefore(table, entry, mark)
    this.begins[i] = -1
  }

  isTombstone(i: number): boolean {
    const { delta } = this.tables[i]!
    return delta.versions.isTombstone(delta.headOf(this.entries[i]!))
  }

  /** Makes `source`, `begin`, `end` the body of final write `i`: its row, or a tombstone's key. Holds till the next. */
  body(i: number): void {
    if (this.begins[i]! < 0) return this.encode(i)
    this.source = this.kept.bytes
    this.begin = this.begins[i]!
    this.end = this.ends[i]!
  }

  private encode(i: number): void {
    const table = this.tables[i]!
    const { versions } = table.delta
    const version = table.delta.headOf(this.entries[i]!)
    const isKept = this.kept.length < KEPT_BYTES
    const to = isKept ? this.kept : this.large
    if (!isKept) to.reset()
    this.begin = to.length
    const codec = versions.isTombstone(version) ? table.keyCodec : table.codec
    codec.encode(versions.row(version)!, to)
    this.end = to.length
    this.source = to.bytes
    if (!isKept) return
    this.begins[i] = this.begin
    this.ends[i] = this.end
  }

  /** Forgets the transaction, and gives back what a large one took. */
  clear(): void {
    this.of = null
    this.kept.reset()
    this.large.reset()
    if (this.count > KEPT_WRITES) {
      this.tables = []
      this.entries = []
      this.existed = []
      this.begins = []
      this.ends = []
    }
    this.count = 0
  }
}

// Whether the key had a committed row: its newest committed version decides, else the base.
function existedBefore(table: TableStore, entry: number, mark: number): boolean {
  const { delta } = table
  const { versions } = delta
  let version = delta.headOf(entry)
  while (version >= 0 && versions.begin(version) === mark) version = versions.older(version)
  if (version < 0 || versions.merged(version) !== 0) return delta.baseGroup[entry] !== null
  return !versions.isTombstone(version)
}
