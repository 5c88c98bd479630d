// Point-in-time restore: the newest backup that is not later than the time, then the archived log behind it, up to
// the last commit at or before the time (storage/wal/archive.ts).
//
//   links:    1 ──── 2 ──────── 3        time ▼ chosen: link 2
//   archive:  ───────[redo LSN of link 2 ……… ▼]………
//
// The archive is checked, record by record, before anything is written (B5 for the log: it must begin at the link's
// redo LSN and its commit ids must continue the link's). The log is then replayed into the file that is being
// restored, under the source's database id, as recovery would; after that the file gets an id of its own.
import { CODE, DatabaseError, corruption } from '../../src/base/errors.ts'
import type { FileHandle, FileSystem } from '../file/file.ts'
import { openUnshared } from '../open-engine.ts'
import { decodeMetaSlot, encodeMetaSlot } from '../page/meta-slot.ts'
import type { Meta } from '../page/meta-slot.ts'
import { BLOCK_SIZE } from '../page/page-map.ts'
import { checkArchive, placeArchivedLog } from '../wal/archive.ts'
import type { ArchivedLog } from '../wal/archive.ts'
import { walFolder } from '../wal/wal-folder.ts'
import type { Link } from './chain.ts'

/** Until when, and where the log is. */
export interface PointInTime {
  /** Milliseconds since 1970: commits up to and including this one. */
  readonly untilMs: number
  /** Folder of archived segments. */
  readonly archive: string
}

// Replay keeps the changed rows in memory, as recovery does.
const MEMORY_BYTES = 512 << 20

/** The newest link that holds no commit after the time. 22023 when all are later. */
export function linkBefore(from: string, links: readonly Link[], untilMs: number): Link {
  const found = links.findLast((link) => link.timeMs <= untilMs)
  if (found !== undefined) return found
  const [time, first] = [untilMs, links[0]!.timeMs].map((ms) => new Date(ms).toISOString())
  throw new DatabaseError(CODE.INVALID_PARAMETER, `"${from}" begins at ${first}, after ${time}`, { file: from })
}

function rangeOf(link: Link, untilMs: number): { databaseId: Uint8Array; fromLsn: number; untilMs: number } {
  return { databaseId: link.meta.databaseId, fromLsn: link.redoLsn, untilMs }
}

/** Checks the archived log behind a link. 58P01: no archive; XX001: a gap, damage, or another history. */
export function checkLog(files: FileSystem, link: Link, { archive, untilMs }: PointInTime): void {
  const log = checkArchive(files, archive, rangeOf(link, untilMs))
  requireContinuous(archive, link, log)
}

function requireContinuous(archive: string, link: Link, { commits, lastCommitId }: ArchivedLog): void {
  const first = lastCommitId - commits + 1
  if (commits === 0 || first === link.commitId + 1) return
  throw corruption(`the log in "${archive}" goes on with commit ${first}, but the backup ends with ${link.commitId}`, {
    file: archive,
  })
}

/** Replays the log into the restored file at `path`, which nobody else knows of. Returns the last commit's id. */
export function replayLog(files: FileSystem, path: string, link: Link, { archive, untilMs }: PointInTime): number {
  const folder = walFolder(path)
  clearFolder(files, folder)
  try {
    requireContinuous(archive, link, placeArchivedLog(files, archive, folder, rangeOf(link, untilMs)))
    const engine = openUnshared(path, { files, memoryBytes: MEMORY_BYTES })
    const { commitId } = engine
    engine.close()
    return commitId
  } finally {
    clearFolder(files, folder)
    if (files.isDirectory(folder)) files.removeFolder(folder)
  }
}

/** Removes the files of a log folder; none is no error. */
export function clearFolder(files: FileSystem, folder: string): void {
  if (!files.isDirectory(folder)) return
  for (const name of files.list(folder)) files.unlink(`${folder}/${name}`)
  files.syncDir(folder)
}

/** Gives a file that is not open another database id; returns its root. The older root goes. */
export function changeIdentity(file: FileHandle, databaseId: Uint8Array): Meta {
  const slots = new Uint8Array(2 * BLOCK_SIZE)
  file.read(0, slots)
  const metas = [0, BLOCK_SIZE].flatMap((begin) =>
    decodeMetaSlot(slots.subarray(begin, begin + BLOCK_SIZE), file.path).map(({ meta }) => meta))
  const newest = metas.reduce((a, b) => (b !== null && b.epoch > (a?.epoch ?? 0) ? b : a), null)
  if (newest === null) throw corruption(`"${file.path}" has no root`, { file: file.path, offset: 0 })
  const meta = { ...newest, databaseId }
  file.write(0, new Uint8Array(2 * BLOCK_SIZE))
  file.write((meta.epoch & 1) * BLOCK_SIZE, encodeMetaSlot(meta))
  file.sync()
  return meta
}
