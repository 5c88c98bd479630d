// What the executor sees of storage: tables at a snapshot, cursors over them, and a writer for the
// current transaction. Implemented by storage/table and storage/txn; exec codes against these only.
import type { IndexDefinition, Row, Scalar, TableSchema } from '../src/base/types.ts'
import type { ScanBatch, ZonePredicate } from './column-buffers.ts'
import type { Arena } from './memory/arena.ts'
import type { LockStrength } from './txn/row-locks.ts'

/** An interval of keys. Bounds are prefixes of the key columns in key order; null = unbounded. */
export interface KeyRange {
  readonly lower: readonly Scalar[] | null
  readonly lowerInclusive: boolean
  readonly upper: readonly Scalar[] | null
  readonly upperInclusive: boolean
  /** A NULL in a bound is the NULL of an index entry; otherwise a bound with a NULL matches nothing. */
  readonly nullsAreValues?: boolean
}

export interface ScanOptions {
  /** Ordinals of the schema's columns, in the order the batch shall have them. May be empty (row counts). */
  readonly columns: readonly number[]
  readonly range?: KeyRange
  /**
   * 'none': windows of base, sealed runs and delta, in this order. 'ascending': windows follow key order, all of
   * them interleaved. 'descending': windows in descending key order, but rows *inside* a window ascend.
   */
  readonly order: 'none' | 'ascending' | 'descending'
  /** Conjunction used only to skip row groups; the caller still evaluates its filter. */
  readonly zones?: readonly ZonePredicate[]
  /** Scratch for what cannot be used in place; the cursor allocates from it until close(). */
  readonly arena: Arena
}

/** Counters of one cursor, for EXPLAIN ANALYZE. */
export interface CursorCounters {
  groupsTotal: number
  groupsSkipped: number
  baseRows: number
  deltaRows: number
}

/** A pull cursor. The batch and everything it points to are reused by the next call. */
export interface TableCursor {
  next(): ScanBatch | null
  close(): void
  readonly counters: CursorCounters
}

/** A table at one snapshot. Cheap to obtain; valid for one statement. */
export interface TableAccess {
  readonly schema: TableSchema
  /** Rows at the snapshot, up to the rows changed by the delta: exact for clean tables. */
  estimateRows(): number
  /** Estimated rows with keys in the range: rank(hi) - rank(lo) by the learned index; cost about 1 µs. */
  estimateRange(range: KeyRange): number
  /** Fraction of row groups a scan with these predicates would read, by zone maps (0..1). */
  estimateZones(zones: readonly ZonePredicate[]): number
  /** Number of row groups of base and sealed runs. */
  groupCount(): number
  /** Row groups, of those whose meta was read so far, whose keys defeat lines: they use a sampled array instead. */
  sampledGroups(): number
  scan(options: ScanOptions): TableCursor
  /** Reads `columns` of the row with this key into `out`; false when there is none. */
  find(key: readonly Scalar[], columns: readonly number[], out: Scalar[]): boolean
  /**
   * `columns` of the rows in a range, in key order, when there are at most `most` and no cursor is needed for them: a
   * clean table, values read one by one. Null otherwise, and where this way does not exist.
   */
  fewRows?(range: KeyRange, columns: readonly number[], most: number): Scalar[][] | null
  /** The secondary indexes that this snapshot may use. */
  indexes(): readonly IndexAccess[]
}

/** A secondary index at one snapshot. */
export interface IndexAccess {
  readonly name: string
  readonly definition: IndexDefinition
  /** The index as a table: its columns, then what they lack of the primary key, in key order. */
  readonly entries: TableAccess
  /** Where a column of the table stands in an entry, by ordinal; -1 = not there. Key columns always are. */
  readonly places: readonly number[]
  /** Entries that a value of the first `columns` columns has, estimated from some that are there. Cost: some µs. */
  typicalMatches(columns: number): number
}

/** Writes of the current transaction. Every method sees the transaction's own earlier writes. */
export interface TableWriter {
  /** 23505 when the key exists, 23502 for a NULL in a NOT NULL column. A hidden row id is assigned when null. */
  insert(table: string, row: Row): void
  /** Replaces the row with key `key`; `row` may have another key (23505). False when there is no such row. */
  update(table: string, key: readonly Scalar[], row: Row): boolean
  /**
   * Inserts the row unless another one has its values under an arbiter: unique indexes by name, null for the primary
   * key, or 'all'. Returns the row as it is stored: the one inserted, or the one that is there.
   */
  insertUnless(
    table: string, row: Row, arbiters: readonly (string | null)[] | 'all',
  ): { readonly row: Row; readonly inserted: boolean }
  /** As update(), of a row that insertUnless() has just returned. */
  replace(table: string, key: readonly Scalar[], row: Row): boolean
  /** The row as it will be stored, but for what an insert adds. 22001 for text that is too long. */
  fit(table: string, row: Row): Row
  delete(table: string, key: readonly Scalar[]): boolean
  /** Locks the row until the transaction ends; false when there is none. 55P03 when another transaction holds it. */
  lock(table: string, key: readonly Scalar[], strength: LockStrength): boolean
}

/** Engine-wide counters since open, part of `db.stats()`; EXPLAIN ANALYZE takes differences. */
export interface IndexCounters {
  /** Lookups answered through a learned index. */
  probes: number
  /** Sum of the search windows of those lookups, in rows. */
  windowRows: number
  /** Largest |actual - predicted| seen, in rows. */
  maxError: number
  /** Key-column pages touched by last-mile searches. */
  keyPages: number
  /** Lookups that the delta answered. */
  deltaHits: number
  /** Bloom filters of sealed runs asked for a key. */
  filterProbes: number
  /** Of those, how often a filter let a key pass that its run does not have. */
  filterErrors: number
}
