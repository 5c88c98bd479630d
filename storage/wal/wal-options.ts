// How a log is opened and what it reports: the types of the log's door. Figures are counts since open unless
// they say otherwise; LSNs are positions in bytes of records.
import type { IoQueue } from '../file/io-queue.ts'

/** full: commits are durable; normal: soon, see the flush options; off: only segment headers are synced. */
export type Synchronous = 'full' | 'normal' | 'off'

/** How a log is opened. */
export interface WalOptions {
  synchronous: Synchronous
  databaseId: Uint8Array
  segmentBytes?: number
  /** Only recover; appending is refused. */
  readOnly?: boolean
  /**
   * A log without any segment is then taken for an empty one that starts at the redo LSN: right for a
   * database that was closed cleanly, and always assumed of one that has never had a commit.
   */
  allowMissing?: boolean
  /** Wall clock in ms; Date.now unless a test says otherwise. */
  now?: () => number
  /** Under `normal`: commits are durable after so many ms, or when so many bytes wait; 0 or absent = not by this. */
  flushIntervalMs?: number
  flushBytes?: number
  /** Folder completed segments are copied to before they may be used again. */
  archive?: string | null
  /** Queue of the syncs nobody waits for on this thread; one of its own unless given. */
  io?: IoQueue
}

/** Counters since open, what recovery did, and where the log stands. */
export interface WalStats {
  bytes: number
  records: number
  commits: number
  syncs: number
  segments: number
  /** Segments made from the files of old ones. */
  reusedSegments: number
  /** Bytes of records that are kept. */
  logBytes: number
  endLsn: number
  durableLsn: number
  recoveredRecords: number
  recoveredCommits: number
  /** Bytes of an incomplete tail that recovery ignored. */
  tornBytes: number
  /** Copies made since open, the LSN up to which the archive is whole, and why the last copy failed. */
  archivedSegments: number
  archivedLsn: number
  archiveError: string | null
}
