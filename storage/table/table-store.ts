// One table in memory: schema, current root, delta, and the steps from a key to a row. Knows nothing of
// transactions but commit ids and marks; txn/ decides what is written, this file where it is found.
//
// D4  The heap holds exactly the newest committed version of each key that is not merged. Older versions
//     that old snapshots still need are kept as rows in memory.
import { ByteReader } from '../../src/base/bytes.ts'
import type { Compression, Row, Scalar, TableSchema } from '../../src/base/types.ts'
import type { IndexCounters } from '../access.ts'
import type { CheckMaker, RowChecks } from '../txn/row-checks.ts'
import type { ValueLimits } from '../txn/value-limits.ts'
import type { ChunkReader } from '../row-group/chunk-reader.ts'
import { DeltaImageCache } from '../delta/delta-image-cache.ts'
import { DeltaOrder } from '../delta/delta-order.ts'
import { Delta } from '../delta/delta.ts'
import type { Heap } from '../delta/heap.ts'
import type { EntryMaker } from './index-schema.ts'
import { KeyOrder } from './key.ts'
import type { KeyValue } from './key.ts'
import { KeySearch } from './key-search.ts'
import { RowCodec } from './row-codec.ts'
import { TupleReader } from './tuple-reader.ts'
import { decodeGroupMeta } from '../row-group/row-group.ts'
import type { GroupMeta, RowGroup } from '../row-group/row-group.ts'
import type { GroupDirectory } from './group-directory.ts'
import { TableRoot } from './table-root.ts'
import { WarmBase } from './warm-base.ts'
import type { RowLocks } from '../txn/row-locks.ts'
import type { Transaction } from '../txn/transaction.ts'

/** What a reader may see: commits up to `commitId`, its own writes, and the base of root `rootNumber`. */
export interface Visibility {
  readonly commitId: number
  readonly ownMark: number
  readonly rootNumber: number
}

/** Where a row is: its group, of the base or of a run, and its number in it. */
export interface Place {
  readonly group: RowGroup
  readonly row: number
}

/** Shared parts of the engine that tables use. */
export interface TableServices {
  readonly reader: ChunkReader
  readonly heap: Heap
  readonly counters: IndexCounters
  readonly file: string
  readonly limits: ValueLimits
  /** Makes the checks of a table that has CHECK constraints; they are evaluated outside of storage. */
  readonly checks: CheckMaker
}

/** A table with its rows. */
export class TableStore {
  readonly id: number
  private current: TableSchema
  /** The schema before the uncommitted alterations of the table's definer, null without any. */
  committedSchema: TableSchema | null = null
  readonly order: KeyOrder
  readonly codec: RowCodec
  private readonly tuples: TupleReader
  readonly keyCodec: RowCodec
  readonly delta = new Delta()
  readonly deltaOrder: DeltaOrder
  readonly search: KeySearch
  readonly services: TableServices
  /** Roots by ascending number; the last is current, the others serve old snapshots. */
  readonly roots: TableRoot[]
  /** The current root. */
  root: TableRoot
  nextRowId = 1
  /** Committed rows. */
  liveRows = 0
  /** Newest commit that changed this table. */
  lastCommit = 0
  /** Uncommitted versions in the delta, of all transactions. */
  uncommittedWrites = 0
  /** Delta rows encoded for scans. */
  readonly images = new DeltaImageCache()
  /** Some version in the delta is merged, or only there for old snapshots: compaction will drop it. */
  hasOldVersions = false
  /** The delta waits for a job to compact it. */
  wantsCompaction = false
  /** A maintenance job holds entry numbers of the delta: it must not be compacted. */
  isDraining = false
  /** Where the delta stood when it was last drained: versions, and of which generation. */
  drainedAt = 0
  drainedGeneration = -1
  /** Versions that a new root holds and whose tuples are still to be freed, in steps (rule D4). */
  leaving: number[] = []
  /** Groups with sealed rows that older snapshots still see. */
  readonly unsettled = new Set<RowGroup>()
  /** What the stored root was written from: it is current while these equal lastCommit and root.number. */
  storedCommit = -1
  storedRoot = -1
  isDropped = false
  private warm: WarmBase | null = null
  private madeChecks: RowChecks | null = null
  private hasGenerated: boolean
  /** Locks of SELECT … FOR UPDATE and FOR SHARE; null until the first one. */
  rowLocks: RowLocks | null = null
  /** The transaction that has dropped the table and not committed yet: nobody else may write to it. */
  dropper: Transaction | null = null
  /** How row groups are written from now on; null = as the database says. */
  compression: Compression | null
  /** Hidden tables of the committed secondary indexes; the catalogue keeps the list. */
  indexes: readonly TableStore[] = []
  /** Of an index: what makes its entries; set when first needed. */
  maker: EntryMaker | null = null
  /** Of an index: the first commit whose snapshots may read it. Older ones would miss what it never held. */
  visibleFrom = 0
  /** The transaction that changes the indexes of the table: nobody else may write to it. */
  definer: Transaction | null = null

  /** Names, types and constraints; while its definer alters it, as that transaction sees it. */
  get schema(): TableSchema {
    return this.current
  }

  /** The schema as all other transactions see it. */
  get committed(): TableSchema {
    return this.committedSchema ?? this.current
  }

  /** Sets a schema with the same types in the same places. */
  alter(schema: TableSchema): void {
    this.current = schema
    this.madeChecks = null
    this.hasGenerated = schema.columns.some(({ generatedSql }) => generatedSql !== undefined)
    this.maker = null
  }

  private get isChecked(): boolean {
    return this.current.checks !== undefined || this.hasGenerated
  }

  /** The CHECK constraints and generated columns of the table, null without. */
  get checks(): RowChecks | null {
    if (!this.isChecked) return null
    return this.madeChecks ??= this.services.checks.of(this.schema, this.services.reader.memory)
  }

  constructor(id: number, schema: TableSchema, services: TableServices, root?: TableRoot) {
    this.id = id
    this.current = schema
    this.hasGenerated = schema.columns.some(({ generatedSql }) => generatedSql !== undefined)
    this.compression = schema.compression ?? null
    this.services = services
    this.order = root?.order ?? new KeyOrder(schema)
    this.codec = new RowCodec(schema.columns.map((column) => column.type))
    this.tuples = new TupleReader(services.reader.memory, this.codec.fields)
    this.keyCodec = new RowCodec(schema.key.map((c) => schema.columns[c]!.type))
    this.deltaOrder = new DeltaOrder(this.order)
    this.search = new KeySearch(schema, this.order, services.reader, services.counters)
    this.root = root ?? new TableRoot(0, [], this.order)
    this.roots = [this.root]
  }

  /** Makes a root the current one; the others go on serving their snapshots. */
  addRoot(root: TableRoot): void {
    this.roots.push(root)
    this.root = root
    if (this.warm !== null && this.warm.directory !== root.base) this.dropWarmBase()
  }

  /** Makes a root the only one: nobody has read the table yet. */
  replaceRoots(root: TableRoot): void {
    this.roots.length = 0
    this.addRoot(root)
  }

  /** The root a snapshot reads: the newest one not newer than it. */
  rootAt(rootNumber: number): TableRoot {
    for (let i = this.roots.length - 1; i > 0; i--) if (this.roots[i]!.number <= rootNumber) return this.roots[i]!
    return this.roots[0]!
  }

  /** Meta of a group, read from its pages on first use. */
  metaOf(group: RowGroup): GroupMeta {
    if (group.meta !== null) return group.meta
    const bytes = new Uint8Array(group.streamBytes - group.metaOffset)
    this.services.reader.copy(group, group.metaOffset, bytes.length, bytes)
    return group.meta = decodeGroupMeta(bytes, group, this.schema, this.services.file)
  }

  /** The image of the current base for point readers, or null where there can be none; made by the first call. */
  warmBase(): WarmBase | null {
    if (this.warm?.directory === this.root.base) return this.warm
    this.dropWarmBase()
    return this.warm = WarmBase.of(this)
  }

  /** Gives back the memory of what is derived from the table: it goes, or its database does. */
  dropDerived(): void {
    this.images.drop()
    this.dropWarmBase()
  }

  private dropWarmBase(): void {
    this.warm?.release()
    this.warm = null
  }

  /** The one row of a key over base and runs of `root` that is not sealed as dead (R1), or null. */
  locate(root: TableRoot, key: KeyValue): Place | null {
    const place = this.locateIn(root.base, key)
    if (place !== null && !place.group.dead.isSealed(place.row)) return place
    return root.runs.length === 0 ? null : this.locateInRuns(root, key, null)
  }

  /** The same as a snapshot sees it: a row that was sealed later may still be its key's row. */
  locateFor(root: TableRoot, key: KeyValue, visibility: Visibility): Place | null {
    const place = this.locateIn(root.base, key)
    if (place !== null && !place.group.dead.isDead(place.row, visibility.commitId, visibility.ownMark)) return place
    return root.runs.length === 0 ? null : this.locateInRuns(root, key, visibility)
  }

  private locateIn(directory: GroupDirectory, key: KeyValue): Place | null {
    const g = directory.groupOf(key)
    if (g < 0) return null
    const group = directory.groups[g]!
    if (this.order.compare(key, group.lastKey) > 0) return null
    const row = this.search.find(group, this.metaOf(group), key)
    return row < 0 ? null : { group, row }
  }

  /** The row of a key in the runs of `root`, newest first: of the present, or as a snapshot sees it. */
  locateInRuns(root: TableRoot, key: KeyValue, visibility: Visibility | null): Place | null {
    const { counters } = this.services
    for (let r = root.runs.length - 1; r >= 0; r--) {
      const run = root.runs[r]!
      counters.filterProbes++
      if (!run.filter.bloom.mayContain(key)) continue
      const place = this.locateIn(run, key)
      if (place === null) counters.filterErrors++
      else if (visibility === null ? !place.group.dead.isSealed(place.row)
        : !place.group.dead.isDead(place.row, visibility.commitId, visibility.ownMark)) return place
    }
    return null
  }

  /** The row with this key as `visibility` sees it, or null. Only `columns` are filled when given. */
  findRow(key: KeyValue, visibility: Visibility, columns?: readonly number[], out?: Scalar[]): Row | null {
    const { delta } = this
    const entry = delta.find(key)
    if (entry >= 0) {
      const version = delta.visible(entry, visibility.commitId, visibility.ownMark, visibility.rootNumber)
      if (version >= 0) {
        this.services.counters.deltaHits++
        if (delta.versions.isTombstone(version)) return null
        return project(this.rowOf(version), columns, out)
      }
    }
    const root = this.rootAt(visibility.rootNumber)
    const place = this.locateFor(root, key, visibility)
    if (place === null) return null
    const meta = this.metaOf(place.group)
    const wanted = columns ?? this.allColumns()
    const row = out ?? new Array<Scalar>(wanted.length)
    for (let i = 0; i < wanted.length; i++) {
      const c = wanted[i]!
      row[i] = this.services.reader.read(place.group, meta.chunks[c]!, this.schema.columns[c]!.type, place.row)
    }
    return row
  }

  private cachedColumns: number[] | null = null

  private allColumns(): number[] {
    return this.cachedColumns ??= this.schema.columns.map((_, c) => c)
  }

  /** The row of a version that is no tombstone. */
  rowOf(version: number): Row {
    const { versions } = this.delta
    const kept = versions.row(version)
    if (kept !== null) return kept
    const { heap } = this.services
    const page = versions.page(version)
    const slot = versions.slot(version)
    const at = heap.locate(page, slot)
    const row = at < 0 ? null : this.tuples.read(at, heap.bodyEnd)
    if (row !== null) return row
    const { body } = heap.read(page, slot)
    return this.codec.decode(new ByteReader(body, { file: this.services.file, page }))
  }

  /** Keeps the row of a version in memory, for old snapshots, before its tuple goes. */
  keepRow(version: number): void {
    const { versions } = this.delta
    if (!versions.isTombstone(version)) versions.setRow(version, this.rowOf(version))
  }
}

function project(row: Row, columns: readonly number[] | undefined, out: Scalar[] | undefined): Row {
  if (columns === undefined) return row
  const target = out ?? new Array<Scalar>(columns.length)
  for (let i = 0; i < columns.length; i++) target[i] = row[columns[i]!]!
  return target
}
