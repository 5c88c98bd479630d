// The segment files of a log: the one being appended to, the complete ones before it, and spare files that were
// segments once and will be again (renaming a file that is allocated already is cheaper than making one).
//
//   spare ──begin──► current ──begin of the next──► complete ──recycle──► spare, or removed
//
// Under `normal` complete segments may not be synced yet; they stay open in `unsynced` until they are.
import { randomInt } from 'node:crypto'
import { folderOf } from '../file/file.ts'
import type { FileSystem } from '../file/file.ts'
import type { IoQueue } from '../file/io-queue.ts'
import { WAL_VERSION, listSegments, spareName } from './segment.ts'
import type { Segment } from './segment.ts'
import { SegmentFile } from './segment-file.ts'
import type { RecoveryResult } from './wal-reader.ts'

// Segment files kept for reuse instead of being removed.
const MAX_SPARES = 2
const TWO_32 = 0x1_0000_0000

/** Segments of one log folder, oldest first. */
export class SegmentChain {
  readonly segments: Segment[]
  current: SegmentFile | null = null
  /** Size of the segments made from now on. */
  segmentBytes: number
  /** Files made from spares since open. */
  reused = 0
  private readonly files: FileSystem
  private readonly folder: string
  private readonly databaseId: Uint8Array
  private readonly spares: string[] = []
  private unsynced: SegmentFile[] = []
  private lastNumber: number

  constructor(
    place: { files: FileSystem; folder: string; databaseId: Uint8Array }, segmentBytes: number,
    found: RecoveryResult | null,
  ) {
    this.files = place.files
    this.folder = place.folder
    this.databaseId = place.databaseId
    this.segmentBytes = segmentBytes
    this.segments = found?.segments.slice() ?? []
    this.lastNumber = found?.lastNumber ?? 0
  }

  /** Takes over what recovery found: removes files that never became segments, and makes the rest durable. */
  adopt(leftovers: readonly string[]): void {
    for (const path of leftovers) this.files.unlink(path)
    this.spares.push(...listSegments(this.files, this.folder).spares.map((name) => `${this.folder}/${name}`))
    this.syncFiles()
    this.files.syncDir(this.folder)
    this.files.syncDir(folderOf(this.folder))
  }

  /** Syncs every segment by its name: what `off` left behind, or a process that was killed. */
  syncFiles(): void {
    for (const { path } of this.segments) {
      const file = this.files.open(path, 'write')
      try {
        file.sync()
      } finally {
        file.close()
      }
    }
  }

  /** Goes on in the last segment. */
  reopenLast(): SegmentFile {
    const last = this.segments[this.segments.length - 1]!
    this.current = new SegmentFile(last, this.files.open(last.path, 'write'), this.segmentBytes)
    return this.current
  }

  /**
   * Makes the next segment. Until its header is written a failure (53100) leaves everything as it was; after
   * that the log must be poisoned, which `guarded` does: a half-made segment must not be overtaken by more
   * records in the old one.
   */
  begin(startLsn: number, durableLsn: number, guarded: (body: () => void) => void): SegmentFile {
    const number = this.lastNumber + 1
    this.lastNumber = number
    const salt = randomInt(TWO_32)
    const header = { version: WAL_VERSION, number, startLsn, durableLsn, salt, databaseId: this.databaseId }
    const spare = this.spares.pop() ?? null
    const { files, folder, segmentBytes } = this
    const next = SegmentFile.prepare({ files, folder, segmentBytes }, header, spare)
    guarded(() => next.start(this.files, this.folder))
    if (spare !== null) this.reused++
    this.current = next
    this.segments.push(next.segment)
    return next
  }

  /** A complete segment: closed now, or once it is synced. */
  retire(file: SegmentFile, isSynced: boolean): void {
    if (isSynced) file.release()
    else this.unsynced.push(file)
  }

  /** Syncs whatever may not be durable yet. */
  sync(): void {
    for (const each of this.unsynced) {
      each.file.sync()
      each.release()
    }
    this.unsynced = []
    this.current!.file.sync()
  }

  /** The same through the queue, for what is in the files now. */
  async syncSoon(io: IoQueue): Promise<void> {
    const before = this.unsynced.slice()
    await Promise.all([...before, this.current!].map((each) => each.syncSoon(io)))
    for (const each of before) this.drop(each)
  }

  private drop(each: SegmentFile): void {
    const at = this.unsynced.indexOf(each)
    if (at < 0) return
    this.unsynced.splice(at, 1)
    each.release()
  }

  /** LSN at which a complete segment ends: where the next one starts. */
  endOf(index: number): number {
    return this.segments[index + 1]!.header.startLsn
  }

  /** Gives up the oldest segments as long as they end at or before `redoLsn` and `mayGo` agrees. */
  recycle(redoLsn: number, mayGo: (segment: Segment, endLsn: number) => boolean): void {
    while (this.segments.length > 1 && this.endOf(0) <= redoLsn && mayGo(this.segments[0]!, this.endOf(0))) {
      const { path, header } = this.segments.shift()!
      const open = this.unsynced.find(({ segment }) => segment.path === path)
      if (open !== undefined) this.drop(open)
      if (this.spares.length < MAX_SPARES) {
        const spare = `${this.folder}/${spareName(header.number)}`
        this.files.rename(path, spare)
        this.spares.push(spare)
      } else this.files.unlink(path)
    }
  }

  /** Closes every file. */
  close(): void {
    for (const each of this.unsynced) each.release()
    this.unsynced = []
    this.current?.release()
    this.current = null
  }
}
