// Options of an engine, with the defaults a user gets. The thresholds exist so that tests can make every
// rare event (merge, eviction, checkpoint, segment change) happen within a few rows.
import type { Compression } from '../src/base/types.ts'
import type { FileSystem } from './file/file.ts'

export type Synchronous = 'full' | 'normal' | 'off'

/** Complete options: nothing is optional past the door. */
export interface EngineOptions {
  /** Bytes of the one shared memory: frames, query scratch, everything workers could read. */
  readonly memoryBytes: number
  readonly synchronous: Synchronous
  readonly readOnly: boolean
  /** Rows of a full row group, at most 65,536. */
  readonly rowGroupRows: number
  /** Delta entries of a table that make a merge due. */
  readonly deltaRows: number
  /** Frames the pool may hold; 0 = what the memory allows. */
  readonly poolFrames: number
  /** Checkpoint after this many commits; 0 = by WAL size only. */
  readonly checkpointEvery: number
  /** Checkpoint when the log has grown by this many bytes. */
  readonly checkpointBytes: number
  /** Appends of at least this many rows build row groups directly. */
  readonly bulkRows: number
  /** Merge every table that has delta rows after every commit (tests). */
  readonly mergeEveryCommit: boolean
  readonly walSegmentBytes: number
  /** Compression of tables that have none of their own from now on; null = as the database says. */
  readonly compression: Compression | null
  readonly files: FileSystem | null
}

export const DEFAULT_ENGINE_OPTIONS: EngineOptions = {
  memoryBytes: 512 * 1024 * 1024,
  synchronous: 'full',
  readOnly: false,
  rowGroupRows: 65536,
  deltaRows: 131072,
  poolFrames: 0,
  checkpointEvery: 0,
  checkpointBytes: 64 * 1024 * 1024,
  bulkRows: 50_000,
  mergeEveryCommit: false,
  walSegmentBytes: 16 * 1024 * 1024,
  compression: null,
  files: null,
}
