// What db.stats() and PRAGMA storage_info report: counters since open and the shape of the database, and the
// figures of a table's key index and column encodings.
import { indexStats } from '../index/mod.ts'
import type { IndexStats } from '../index/mod.ts'
import type { Compression } from '../src/base/types.ts'
import { compressionOf } from './compression.ts'
import type { IndexCounters } from './access.ts'
import { tableDebt } from './debt.ts'
import type { Engine } from './engine.ts'
import type { RecoveryReport } from './durability.ts'
import type { IoQueueStats } from './file/io-queue.ts'
import type { LatencyFigures } from './file/latency.ts'
import type { WalStats } from './wal/wal-options.ts'
import type { PoolStats } from './pool/buffer-pool.ts'
import { tableSize } from './size-figures.ts'
import { spaceFigures } from './space-figures.ts'
import type { SpaceFigures } from './space-figures.ts'
import { ENCODING_NAMES } from './row-group/column-chunk.ts'
import type { GroupMeta, RowGroup } from './row-group/row-group.ts'
import type { TableStore } from './table/table-store.ts'

/** One table in figures. `debt`: rows that merges still owe the base, as a share of its rows (debt.ts). */
export interface TableStats {
  name: string
  rows: number
  rowGroups: number
  deltaEntries: number
  runs: number
  runRows: number
  deadRows: number
  debt: number
  /** What new row groups are written with, and how large the row groups are before and after a codec. */
  compression: Compression
  pageBytes: number
  storedBytes: number
  compressedPages: number
}

/** Counters since open. */
export interface EngineStats {
  pool: PoolStats
  io: {
    pagesRead: number; pagesWritten: number; reads: number; writes: number; syncs: number
    bytesRead: number; bytesWritten: number; readMs: number; writeMs: number; syncMs: number
    queue: IoQueueStats
    /** System calls by duration, in buckets of powers of two microseconds. */
    latency: { read: LatencyFigures; write: LatencyFigures; sync: LatencyFigures }
  }
  wal: WalStats & { mode: string; synchronous: string; archive: string | null }
  /** What opening the database had to redo; null for a new one. */
  recovery: RecoveryReport | null
  index: IndexCounters
  space: SpaceFigures
  file: { bytes: number; pages: number; freeBlocks: number; usedBlocks: number; checkpoints: number }
  transactions: {
    commits: number; merges: number; seals: number; runMerges: number; rowsMerged: number; openSnapshots: number
    oldestSnapshot: number; commitId: number
    /** How long the oldest open snapshot has been open, in ms and in commits since; whose it is (0 = nobody's). */
    oldestSnapshotMs: number; oldestSnapshotCommits: number; oldestSnapshotSession: number
    /** Rows written and not committed, and row locks; statements that wait for one now, and since open. */
    locksHeld: number; lockHolders: number; waiting: number; waits: number
    deadlocks: number; lockTimeouts: number; serializationFailures: number
    /** Commits remembered for open SERIALIZABLE transactions. */
    recentCommits: number
  }
  memory: { bytes: number; usedBytes: number }
  /**
   * Writer: readers of other processes at the last checkpoint, and the oldest root they use. Reader: how often it
   * took a newer root.
   */
  readers: { count: number; oldestEpoch: number; reloads: number }
  /** Why the last automatic merge or checkpoint failed, null when it did not. */
  maintenanceError: string | null
  tables: TableStats[]
}

const NO_WAL: WalStats = {
  bytes: 0, records: 0, commits: 0, syncs: 0, segments: 0, reusedSegments: 0, logBytes: 0, endLsn: 0, durableLsn: 0,
  recoveredRecords: 0, recoveredCommits: 0, tornBytes: 0, archivedSegments: 0, archivedLsn: 0,
  archiveError: null,
}

/** Reads all counters; costs a walk over the pool's frames. */
export function engineStats(engine: Engine): EngineStats {
  const { pages, parts, memory } = engine
  const io = parts.files.counters
  const store = pages.stats
  return {
    pool: engine.pool.stats,
    io: {
      pagesRead: store.pagesRead, pagesWritten: store.pagesWritten, reads: io.reads, writes: io.writes, syncs: io.syncs,
      bytesRead: io.bytesRead, bytesWritten: io.bytesWritten, readMs: io.readMs, writeMs: io.writeMs, syncMs: io.syncMs,
      queue: parts.io.stats,
      latency: {
        read: io.latency.read.figures(), write: io.latency.write.figures(), sync: io.latency.sync.figures(),
      },
    },
    wal: {
      ...(engine.wal?.stats ?? NO_WAL), mode: engine.durability.walMode, synchronous: engine.durability.synchronous,
      archive: engine.wal?.archiveFolder ?? null,
    },
    recovery: engine.durability.recovery,
    index: { ...engine.indexCounters },
    space: spaceFigures(engine),
    file: {
      bytes: store.fileBytes, pages: store.pageCount, freeBlocks: store.freeBlocks, usedBlocks: store.usedBlocks,
      checkpoints: store.checkpoints,
    },
    transactions: transactionFigures(engine),
    memory: { bytes: memory.frameCount * 65536, usedBytes: memory.usedFrames * 65536 },
    readers: {
      count: engine.readers?.count ?? 0, oldestEpoch: engine.readers?.oldestEpoch(pages.epoch) ?? pages.epoch,
      reloads: engine.follower?.reloads ?? 0,
    },
    maintenanceError: engine.maintenanceError?.message ?? null,
    tables: engine.catalog.userTables().map((table) => ({
      name: table.schema.name, rows: table.liveRows, rowGroups: table.root.groups.length,
      deltaEntries: table.delta.entryCount, runs: table.root.runs.length, ...tableDebt(table),
      compression: compressionOf(engine, table), ...tableSize(engine, table),
    })),
  }
}

function transactionFigures(engine: Engine): EngineStats['transactions'] {
  const { snapshots, locks, recentCommits, counters, commitId } = engine
  const oldest = snapshots.oldest()
  return {
    commits: counters.commits, merges: counters.merges, seals: counters.seals, runMerges: counters.runMerges,
    rowsMerged: counters.rowsMerged,
    openSnapshots: snapshots.count, oldestSnapshot: snapshots.oldestCommit(commitId), commitId,
    oldestSnapshotMs: oldest === null ? 0 : Math.max(0, snapshots.now() - oldest.takenAtMs),
    oldestSnapshotCommits: oldest === null ? 0 : commitId - oldest.commitId,
    oldestSnapshotSession: oldest?.session ?? 0,
    locksHeld: locks.held, lockHolders: locks.holders, waiting: locks.waits.waiting, waits: locks.waits.counters.waits,
    deadlocks: locks.waits.counters.deadlocks, lockTimeouts: locks.waits.counters.timeouts,
    serializationFailures: recentCommits.failures, recentCommits: recentCommits.size,
  }
}

/** One row group as `item.index()` shows it. */
export interface GroupFigures {
  firstKey: string
  lastKey: string
  rows: number
  deadRows: number
  kind: string
  segments: number
  epsilon: number
  maxError: number
  meanError: number
  bytes: number
  /**
   * Segments for drawing: key and row (in the group) where each begins, and its slope. Number keys as they are;
   * text and composite keys projected past the group's common prefix.
   */
  lines: { key: number; row: number; slope: number }[]
}

/** Figures of a table's primary-key index, enough to draw the fit. */
export interface IndexFigures {
  kind: string
  keys: number
  segments: number
  epsilon: number
  maxError: number
  meanError: number
  bytes: number
  bytesPerKey: number
  keysPerSegment: number
  hardness: number
  advice: string
  deltaEntries: number
  groups: GroupFigures[]
}

/** Reads every group's model (from its pages when not loaded yet). */
export function indexFigures(table: TableStore): IndexFigures {
  const figures = figuresOfGroups(table.root.groups, (group) => table.metaOf(group), table.delta.entryCount)
  const kind = table.schema.index?.kind ?? 'learned'
  // Of an index USING btree or sorted the stored model is a formality.
  return kind === 'learned' ? figures : { ...figures, kind }
}

/** As {@link indexFigures}, of row groups whose metas come from anywhere: `inspect` reads them from damaged files. */
export function figuresOfGroups(
  groups: readonly RowGroup[], metaOf: (group: RowGroup) => GroupMeta, deltaEntries: number,
): IndexFigures {
  const models = groups.map((group) => metaOf(group).model)
  const offsets = groups.map((group) => Number(metaOf(group).keyBase ?? 0n))
  const total: IndexStats = indexStats(models)
  return {
    kind: groups.length === 0 ? 'learned' : total.kind, keys: total.keys, segments: total.segments,
    epsilon: total.epsilon,
    maxError: total.maxError, meanError: total.meanError, bytes: total.bytes, bytesPerKey: total.bytesPerKey,
    keysPerSegment: total.keysPerSegment, hardness: total.hardness, advice: total.advice,
    deltaEntries,
    groups: groups.map((group, g) => {
      const model = models[g]!
      const own = indexStats([model])
      return {
        firstKey: String(group.firstKey), lastKey: String(group.lastKey), rows: group.rows,
        deadRows: group.dead.count,
        kind: model.kind, segments: model.count, epsilon: model.epsilon, maxError: model.maxError,
        meanError: model.meanError, bytes: own.bytes,
        lines: Array.from({ length: model.count }, (_, s) => ({
          key: model.firstKey[s]! + offsets[g]!, row: model.intercept[s]!, slope: model.slope[s]!,
        })),
      }
    }),
  }
}

/** How one column of a table is stored, summed over its row groups. */
export interface ColumnFigures {
  name: string
  encodings: Record<string, number>
  nulls: number
}

/** Encodings by number of chunks, and NULL counts, per column. */
export function columnFigures(table: TableStore): ColumnFigures[] {
  return table.schema.columns.map((column, c) => {
    const encodings: Record<string, number> = {}
    let nulls = 0
    for (const group of table.root.groups) {
      const chunk = table.metaOf(group).chunks[c]!
      const name = ENCODING_NAMES[chunk.encoding]!
      encodings[name] = (encodings[name] ?? 0) + 1
      nulls += chunk.nullCount
    }
    return { name: column.name, encodings, nulls }
  })
}
