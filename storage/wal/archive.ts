// Reading an archive of log segments (segment-archive.ts writes it): which segments there are, whether they are
// one unbroken log, and putting the part behind a backup in place for recovery to replay.
//
//   backup at LSN b      archive:  [1 … a) [a … c) [c … e)      a chain: numbers ascend, each begins where the one
//              └───────────────────────┘ placeArchivedLog          before it ends, all of one database
//
// Every record is checked on the way, and commit ids must go up by one: a gap is a change that is in no log (W4).
// Nothing is written before the chain is known to be whole. Damage and gaps are XX001 with file and offset.
import { CODE, DatabaseError, corruption } from '../../src/base/errors.ts'
import type { FileSystem } from '../file/file.ts'
import { RECORD, decodeCommit, decodeRecord, isValidRecord } from './record.ts'
import { SEGMENT_HEADER_BYTES, decodeSegmentHeader, listSegments, readWhole, segmentName } from './segment.ts'
import type { SegmentHeader } from './segment.ts'

/** One archived segment: its records are [startLsn, endLsn). */
export interface ArchivedSegment {
  readonly path: string
  readonly header: SegmentHeader
  readonly startLsn: number
  readonly endLsn: number
}

/** Which part of an archive is wanted. */
export interface ArchiveRange {
  readonly databaseId: Uint8Array
  /** The redo LSN of the backup that the log continues. */
  readonly fromLsn: number
  /** Commits later than this wall clock (ms since 1970) are left out. */
  readonly untilMs?: number
  /** Commits with a larger id are left out. */
  readonly untilCommit?: number
}

/** What a range turned out to hold. */
export interface ArchivedLog {
  endLsn: number
  commits: number
  lastCommitId: number
  lastCommitMs: number
  /** True when the archive goes on behind the limit. */
  isCut: boolean
}

/** The segments of a database in an archive folder, ascending. 58P01 when there is no such folder. */
export function listArchive(files: FileSystem, folder: string, databaseId: Uint8Array): ArchivedSegment[] {
  if (!files.isDirectory(folder)) {
    throw new DatabaseError(CODE.UNDEFINED_FILE, `there is no archive folder "${folder}"`, { file: folder })
  }
  return listSegments(files, folder).numbers.map((number) => {
    const path = `${folder}/${segmentName(number)}`
    const file = files.open(path, 'read')
    try {
      const head = new Uint8Array(SEGMENT_HEADER_BYTES)
      const header = decodeSegmentHeader(head.subarray(0, file.read(0, head)), { path, number, databaseId })
      if (header === null) throw corruption(`"${path}" has a damaged header`, { file: path, offset: 0 })
      const { startLsn } = header
      return { path, header, startLsn, endLsn: startLsn + file.size() - SEGMENT_HEADER_BYTES }
    } finally {
      file.close()
    }
  })
}

// The segments from the one that holds `fromLsn` on, as an unbroken chain.
function chainFrom(segments: readonly ArchivedSegment[], folder: string, fromLsn: number): ArchivedSegment[] {
  const first = segments.findLastIndex(({ startLsn, endLsn }) => startLsn <= fromLsn && fromLsn <= endLsn)
  if (first < 0) throw corruption(`"${folder}" has no segment with LSN ${fromLsn}`, { file: folder })
  const chain = segments.slice(first)
  for (let i = 1; i < chain.length; i++) {
    const { path, startLsn } = chain[i]!
    const before = chain[i - 1]!
    if (startLsn === before.endLsn) continue
    throw corruption(`"${path}" begins at LSN ${startLsn}, but the one before it ends at ${before.endLsn}`,
      { file: path, offset: 40 })
  }
  return chain
}

// Checks every record of a segment; returns where the last commit within the limits ends.
function walkSegment(segment: ArchivedSegment, bytes: Uint8Array, range: ArchiveRange, log: ArchivedLog): void {
  const { path, header: { salt }, startLsn } = segment
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  for (let at = SEGMENT_HEADER_BYTES; at < bytes.length;) {
    const lsn = startLsn + at - SEGMENT_HEADER_BYTES
    if (!isValidRecord(bytes, view, at, { lsn, salt, end: bytes.length })) {
      throw corruption(`"${path}" is damaged at offset ${at}`, { file: path, offset: at })
    }
    const record = decodeRecord(bytes, view, at)
    at = record.offset + record.length
    if (record.type !== RECORD.COMMIT || lsn < range.fromLsn) continue
    const commit = decodeCommit(view, record)
    if (commit === null) throw corruption(`"${path}" has a malformed commit`, { file: path, offset: at })
    if (log.lastCommitId > 0 && commit.commitId !== log.lastCommitId + 1) {
      throw corruption(`"${path}": commit ${commit.commitId} follows ${log.lastCommitId}`, { file: path, offset: at })
    }
    if (commit.commitMs > (range.untilMs ?? Infinity) || commit.commitId > (range.untilCommit ?? Infinity)) {
      log.isCut = true
      return
    }
    log.commits++
    log.lastCommitId = commit.commitId
    log.lastCommitMs = commit.commitMs
    log.endLsn = startLsn + at - SEGMENT_HEADER_BYTES
  }
}

function walk(files: FileSystem, chain: readonly ArchivedSegment[], range: ArchiveRange): ArchivedLog {
  const log: ArchivedLog = {
    endLsn: range.fromLsn, commits: 0, lastCommitId: 0, lastCommitMs: 0, isCut: false,
  }
  for (const segment of chain) {
    if (log.isCut) break
    walkSegment(segment, bytesOf(files, segment.path), range, log)
  }
  return log
}

function bytesOf(files: FileSystem, path: string): Uint8Array {
  const file = files.open(path, 'read')
  try {
    return readWhole(file)
  } finally {
    file.close()
  }
}

/** Checks the part of an archive that continues a backup, record by record, and says how far it goes. */
export function checkArchive(files: FileSystem, folder: string, range: ArchiveRange): ArchivedLog {
  return walk(files, chainFrom(listArchive(files, folder, range.databaseId), folder, range.fromLsn), range)
}

/**
 * Puts the log behind a backup into `target`, the log folder of the restored file, cut behind the last commit
 * within the limits and durable; opening the database replays it. The folder must not hold segments yet (55006).
 */
export function placeArchivedLog(
  files: FileSystem, folder: string, target: string, range: ArchiveRange,
): ArchivedLog {
  const chain = chainFrom(listArchive(files, folder, range.databaseId), folder, range.fromLsn)
  const log = walk(files, chain, range)
  files.makeFolder(target)
  if (listSegments(files, target).numbers.length > 0) {
    throw new DatabaseError(CODE.IN_USE, `"${target}" holds a log already`, { file: target })
  }
  for (const { path, header, startLsn, endLsn } of chain) {
    // What holds no record that is wanted is left out, unless the log would be empty without it.
    if (startLsn >= log.endLsn && startLsn !== chain[0]!.startLsn) break
    const bytes = bytesOf(files, path).subarray(0, SEGMENT_HEADER_BYTES + Math.min(endLsn, log.endLsn) - startLsn)
    const copy = files.open(`${target}/${segmentName(header.number)}`, 'create')
    try {
      copy.write(0, bytes)
      copy.sync()
    } finally {
      copy.close()
    }
  }
  files.syncDir(target)
  return log
}
