// The segment file being appended to. It is made in an order that lets a full disk be met early and
// harmlessly: first the zeros (53100 here leaves a file without header, which recovery ignores), then
// the header, then both made durable; only then do records follow.
//
// A file that was a segment before brings its old records along. They never come back: the header gets a new
// salt and start LSN, is read back before anything relies on it, and records of another salt or LSN are not
// valid (record.ts).
import { corruption } from '../../src/base/errors.ts'
import type { FileHandle, FileSystem } from '../file/file.ts'
import type { IoQueue } from '../file/io-queue.ts'
import { SEGMENT_HEADER_BYTES, decodeSegmentHeader, encodeSegmentHeader, segmentName } from './segment.ts'
import type { Segment, SegmentHeader } from './segment.ts'

// Zeros are written this far ahead of the records.
const FILL_BYTES = 1024 * 1024

/** Where a segment file is made. */
export interface SegmentPlace {
  files: FileSystem
  folder: string
  segmentBytes: number
}

/** An open segment and how far its file is filled. */
export class SegmentFile {
  readonly segment: Segment
  readonly file: FileHandle
  /** A transaction that would end beyond it begins another segment. */
  readonly segmentBytes: number
  // Below this offset every block of the file is allocated.
  private filledTo: number
  private syncs = 0
  private isReleased = false

  constructor(segment: Segment, file: FileHandle, segmentBytes: number) {
    this.segment = segment
    this.file = file
    this.segmentBytes = segmentBytes
    this.filledTo = file.size()
  }

  /** Makes the file, from `spare` when given, without a header yet. */
  static prepare(place: SegmentPlace, header: SegmentHeader, spare: string | null): SegmentFile {
    const path = `${place.folder}/${segmentName(header.number)}`
    if (spare !== null) place.files.rename(spare, path)
    const file = place.files.open(path, 'create')
    try {
      const made = new SegmentFile({ path, header }, file, place.segmentBytes)
      made.fill(SEGMENT_HEADER_BYTES)
      return made
    } catch (error) {
      file.close()
      place.files.unlink(path)
      throw error
    }
  }

  /** Writes the header; the file and its name survive a crash afterwards, whatever becomes of its records. */
  start(files: FileSystem, folder: string): void {
    const { path, header } = this.segment
    this.file.write(0, encodeSegmentHeader(header))
    this.file.sync()
    files.syncDir(folder)
    const head = new Uint8Array(SEGMENT_HEADER_BYTES)
    this.file.read(0, head)
    const found = decodeSegmentHeader(head, { path, number: header.number, databaseId: header.databaseId })
    if (found === null || found.salt !== header.salt || found.startLsn !== header.startLsn) {
      throw corruption(`"${path}": the header just written reads back as another`, { file: path, offset: 0 })
    }
  }

  /** Allocates blocks up to `end` and some way further; beyond the nominal size it does nothing. */
  fill(end: number): void {
    if (end <= this.filledTo || this.filledTo >= this.segmentBytes) return
    const to = Math.min(this.segmentBytes, Math.max(this.filledTo + FILL_BYTES, end))
    this.file.write(this.filledTo, new Uint8Array(to - this.filledTo))
    this.filledTo = to
  }

  /** True when writing up to `end` needs no new blocks. */
  covers(end: number): boolean {
    return end <= this.filledTo
  }

  /** Syncs through the queue; the file stays open until that is done. */
  async syncSoon(io: IoQueue): Promise<void> {
    this.syncs++
    try {
      await io.submit({ kind: 'sync', file: this.file })
    } finally {
      this.syncs--
      if (this.isReleased && this.syncs === 0) this.file.close()
    }
  }

  /** Closes the file, after the syncs that are on their way. */
  release(): void {
    this.isReleased = true
    if (this.syncs === 0) this.file.close()
  }
}
