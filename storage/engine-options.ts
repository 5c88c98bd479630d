// Options of an engine, with the defaults a user gets. The thresholds exist so that tests can make every
// rare event (merge, eviction, checkpoint, segment change) happen within a few rows.
import type { Compression } from '../src/base/types.ts'
import type { FileSystem } from './file/file.ts'
import { VALUE_LIMITS } from './txn/value-limits.ts'
import type { ValueLimits } from './txn/value-limits.ts'
import type { Synchronous } from './wal/wal-options.ts'

export type { Synchronous } from './wal/wal-options.ts'

/** Complete options: nothing is optional past the door. */
export interface EngineOptions {
  /** Bytes of the one shared memory: frames, query scratch, everything workers could read. */
  readonly memoryBytes: number
  readonly synchronous: Synchronous
  readonly readOnly: boolean
  /** Rows of a full row group, at most 65,536. */
  readonly rowGroupRows: number
  /** Delta entries of a table that make draining it due. */
  readonly deltaRows: number
  /** Share of a row group's rows that must have changed before it is rewritten; else changes are sealed into runs. */
  readonly mergeShare: number
  /** More sealed runs than this are merged with one another. */
  readonly runsMax: number
  /** Milliseconds of maintenance after a commit and in a turn of an idle event loop. 0 = all that is due, at once. */
  readonly stepMs: number
  /** Steps of maintenance after a commit instead of a time (tests); 0 = by time. */
  readonly stepCount: number
  /** Frames the pool may hold; 0 = what the memory allows. */
  readonly poolFrames: number
  /** Checkpoint after this many commits; 0 = by WAL size only. */
  readonly checkpointEvery: number
  /** Checkpoint when the log has grown by this many bytes. */
  readonly checkpointBytes: number
  /** Appends of at least this many rows build row groups directly. */
  readonly bulkRows: number
  /** Drain every table that has delta rows after every commit (tests). */
  readonly mergeEveryCommit: boolean
  readonly walSegmentBytes: number
  /** Text and bytes of a row group; 0 = 64 MiB, or an eighth of the memory if that is less. */
  readonly groupBytes: number
  readonly valueLimits: ValueLimits
  /** Compression of tables that have none of their own from now on; null = as the database says. */
  readonly compression: Compression | null
  /** off: no log, every commit is a checkpoint. */
  readonly walMode: 'on' | 'off'
  /** Under synchronous = normal a commit is durable after so many ms, or so many bytes; 0 = not by this. */
  readonly walFlushIntervalMs: number
  readonly walFlushBytes: number
  /** Folder that completed log segments are copied to; null = none. */
  readonly walArchive: string | null
  /** Checkpoint when so many pages have changed, or so long after the first commit that waits; 0 = not by this. */
  readonly checkpointPages: number
  readonly checkpointIntervalMs: number
  /** Who does asynchronous I/O: libuv's thread pool, or the calling thread. */
  readonly io: 'threads' | 'sync'
  readonly files: FileSystem | null
  /** Folder of temporary files; null = beside the database. */
  readonly tempDirectory: string | null
}

const GROUP_BYTES = 64 * 1024 * 1024

/** Text and bytes a row group takes before it is closed. */
export function groupBytesOf({ groupBytes, memoryBytes }: EngineOptions): number {
  return groupBytes > 0 ? groupBytes : Math.min(GROUP_BYTES, memoryBytes >>> 3)
}

export const DEFAULT_ENGINE_OPTIONS: EngineOptions = {
  memoryBytes: 512 * 1024 * 1024,
  synchronous: 'full',
  readOnly: false,
  rowGroupRows: 65536,
  deltaRows: 131072,
  mergeShare: 0.25,
  runsMax: 8,
  stepMs: 0,
  stepCount: 0,
  poolFrames: 0,
  checkpointEvery: 0,
  checkpointBytes: 64 * 1024 * 1024,
  bulkRows: 50_000,
  mergeEveryCommit: false,
  walSegmentBytes: 16 * 1024 * 1024,
  groupBytes: 0,
  valueLimits: VALUE_LIMITS,
  compression: null,
  walMode: 'on',
  walFlushIntervalMs: 1000,
  walFlushBytes: 0,
  walArchive: null,
  checkpointPages: 0,
  checkpointIntervalMs: 0,
  io: 'threads',
  files: null,
  tempDirectory: null,
}
