// A table at one snapshot, as the executor sees it (storage/access.ts): estimates by the learned index, scans
// by cursor, single rows by key.
import type { Row, Scalar, TableSchema } from '../../src/base/types.ts'
import type { IndexAccess, KeyRange, ScanOptions, TableAccess, TableCursor } from '../access.ts'
import type { ZonePredicate } from '../column-buffers.ts'
import { StoreCursor } from './cursor.ts'
import { entryPlaces } from './index-schema.ts'
import { countDeltaEntries, countStoredRows, groupSlices, toInterval } from './scan-plan.ts'
import type { TableStore, Visibility } from './table-store.ts'
import type { ReadSet } from '../txn/read-set.ts'
import { valueChunks } from './value-chunks.ts'
import { groupMayMatch } from '../row-group/zone-map.ts'

/** Row groups whose first keys are looked at for typical numbers of duplicates. */
const TYPICAL_SAMPLES = 8

/**
 * Read access to one table. `retain` keeps the snapshot alive while a cursor is open; `reads` remembers what a
 * SERIALIZABLE transaction reads.
 */
export class StoreAccess implements TableAccess {
  readonly table: TableStore
  private readonly visibility: Visibility
  private readonly retain: () => () => void
  private readonly reads: ReadSet | null
  private readonly usable: readonly TableStore[]
  private accesses: readonly IndexAccess[] | null = null

  constructor(
    table: TableStore, visibility: Visibility, retain: () => () => void, reads: ReadSet | null = null,
    usable: readonly TableStore[] = [],
  ) {
    this.table = table
    this.visibility = visibility
    this.retain = retain
    this.reads = reads
    this.usable = usable
  }

  indexes(): readonly IndexAccess[] {
    return this.accesses ??= this.usable.map((index) => {
      const entries = new StoreAccess(index, this.visibility, this.retain, this.reads)
      return {
        name: index.schema.name, definition: index.schema.index!, entries,
        places: entryPlaces(this.table.schema, index.schema.index!),
        typicalMatches: (columns) => entries.typicalMatches(columns),
      }
    })
  }

  // By the first keys of some row groups: values with many entries are met more often, which errs to the safe side.
  private typicalMatches(columns: number): number {
    const { groups } = this.table.rootAt(this.visibility.rootNumber)
    if (groups.length === 0) return Math.max(1, Math.sqrt(this.estimateRows()))
    let sum = 0
    const count = Math.min(groups.length, TYPICAL_SAMPLES)
    for (let i = 0; i < count; i++) {
      const prefix = groups[Math.floor(i * groups.length / count)]!.firstKeyValues.slice(0, columns)
      const range = { lower: prefix, lowerInclusive: true, upper: prefix, upperInclusive: true, nullsAreValues: true }
      sum += this.estimateRange(range)
    }
    return Math.max(1, sum / count)
  }

  get schema(): TableSchema {
    return this.table.schema
  }

  estimateRows(): number {
    return this.table.liveRows + this.table.uncommittedWrites
  }

  estimateRange(range: KeyRange): number {
    const interval = toInterval(this.table, range)
    if (interval === 'empty') return 0
    const root = this.table.rootAt(this.visibility.rootNumber)
    return countStoredRows(this.table, root, interval) + countDeltaEntries(this.table, interval)
  }

  estimateZones(zones: readonly ZonePredicate[]): number {
    const groups = this.table.rootAt(this.visibility.rootNumber).allGroups()
    if (groups.length === 0) return 1
    let matching = 0
    for (const group of groups) {
      if (groupMayMatch(this.table.metaOf(group), group, this.table.schema, zones)) matching++
    }
    return matching / groups.length
  }

  groupCount(): number {
    return this.table.rootAt(this.visibility.rootNumber).allGroups().length
  }

  sampledGroups(): number {
    const groups = this.table.rootAt(this.visibility.rootNumber).allGroups()
    return groups.filter((group) => group.meta?.model.kind === 'sampled').length
  }

  scan(options: ScanOptions): TableCursor {
    this.reads?.interval(this.table, toInterval(this.table, options.range))
    return new StoreCursor(this.table, this.visibility, options, this.retain())
  }

  fewRows(range: KeyRange, columns: readonly number[], most: number): Scalar[][] | null {
    const { table, visibility: { commitId, ownMark, rootNumber } } = this
    const root = table.rootAt(rootNumber)
    if (table.delta.entryCount > 0 || root.runs.length > 0) return null
    const interval = toInterval(table, range)
    const counters = { groupsTotal: 0, groupsSkipped: 0, baseRows: 0, deltaRows: 0 }
    const slices = groupSlices(table, root.base, interval, undefined, counters)
    let count = 0
    for (const { begin, end } of slices) count += end - begin
    if (count > most) return null
    this.reads?.interval(table, interval)
    const rows: Scalar[][] = []
    for (const slice of slices) {
      const group = slice.group!
      const { chunks } = table.metaOf(group)
      for (let at = slice.begin; at < slice.end; at++) {
        if (group.dead.isDead(at, commitId, ownMark)) continue
        const row = new Array<Scalar>(columns.length)
        for (let i = 0; i < row.length; i++) {
          const c = columns[i]!
          row[i] = table.services.reader.read(group, chunks[c]!, table.schema.columns[c]!.type, at)
        }
        rows.push(row)
      }
    }
    return rows
  }

  find(key: readonly Scalar[], columns: readonly number[], out: Scalar[]): boolean {
    if (key.includes(null) && this.schema.index === undefined) return false
    const value = this.table.order.fromValues(key)
    this.reads?.point(this.table, value)
    return this.table.findRow(value, this.visibility, columns, out) !== null
  }

  /** One text or bytes value in chunks; null when it is NULL, undefined without a row. The snapshot must stay. */
  chunks(key: readonly Scalar[], column: number, chunkBytes: number): ReturnType<typeof valueChunks> {
    const value = this.table.order.fromValues(key)
    this.reads?.point(this.table, value)
    return valueChunks(this.table, this.visibility, value, column, chunkBytes)
  }

  /** The whole row with this key, or null. */
  row(key: readonly Scalar[]): Row | null {
    const value = this.table.order.fromValues(key)
    this.reads?.point(this.table, value)
    return this.table.findRow(value, this.visibility)
  }
}
