// Keeping the log for good: every completed segment is copied to an archive folder before its file may be used
// again. With a backup that is as old as the first segment there, the database can be restored to any commit
// since (archive.ts reads what this writes).
//
//   <archive>/<number as 16 hex digits>.wal    header and records, cut where the records end
//   <archive>/….part                           a copy that is being made, or whose making was cut short
//
//   copy ─► sync ─► rename into place ─► sync the folder            only durable records are copied
//
// The unfinished segment is copied on request and at close, and again when it has grown: the longer copy takes
// the place of the shorter one. An archive that cannot be written costs nothing but space: its segments stay in
// the log, the error is in stats(), and the next checkpoint tries again. Another database's segment, or another
// history of this one, is never overwritten.
import { CODE, DatabaseError, corruption } from '../../src/base/errors.ts'
import type { FileHandle, FileSystem } from '../file/file.ts'
import type { IoQueue } from '../file/io-queue.ts'
import { SEGMENT_HEADER_BYTES, decodeSegmentHeader, segmentName } from './segment.ts'
import type { Segment } from './segment.ts'
import type { SegmentChain } from './segment-chain.ts'

const COPY_BYTES = 1024 * 1024
// When the background has fallen behind by so many segments, the caller of recycle() copies them itself.
const MAX_BEHIND = 4

/** Copies the segments of one log. */
export class SegmentArchive {
  readonly folder: string
  /** Copies made since open. */
  stored = 0
  /** Records below it are in the archive, 0 = not known yet. */
  storedTo = 0
  /** Why the last copy was not made, null = it was. */
  error: Error | null = null
  private readonly files: FileSystem
  private readonly io: IoQueue
  private readonly done = new Set<number>()
  private isRunning = false

  constructor(files: FileSystem, folder: string, io: IoQueue) {
    this.files = files
    this.folder = folder
    this.io = io
  }

  /** True when the archive has this complete segment; copies it at once when the background is too far behind. */
  holds(chain: SegmentChain, segment: Segment, endLsn: number): boolean {
    if (this.done.has(segment.header.number)) return true
    if (chain.segments.length <= MAX_BEHIND) return false
    try {
      this.store(segment, endLsn)
    } catch (error) {
      this.failed(error)
    }
    return this.done.has(segment.header.number)
  }

  /** Copies complete segments up to `durableLsn` in the background; failures are kept in `error`. */
  storeSoon(chain: SegmentChain, durableLsn: number): void {
    const complete = chain.segments.slice(0, -1).map((segment, i) => ({ segment, endLsn: chain.endOf(i) }))
    const waiting = complete.filter(({ segment, endLsn }) =>
      endLsn <= durableLsn && !this.done.has(segment.header.number))
    if (this.isRunning || waiting.length === 0) return
    this.isRunning = true
    const run = async (): Promise<void> => {
      for (const { segment, endLsn } of waiting) await this.storeInQueue(segment, endLsn)
    }
    run().catch((error: unknown) => this.failed(error)).finally(() => {
      this.isRunning = false
    })
  }

  /** Copies everything up to `endLsn`, which is durable, the unfinished segment included. Throws what went wrong. */
  storeAll(chain: SegmentChain, endLsn: number): void {
    try {
      chain.segments.forEach((segment, i) => {
        const isLast = i === chain.segments.length - 1
        if (!this.done.has(segment.header.number)) this.store(segment, isLast ? endLsn : chain.endOf(i), isLast)
      })
    } catch (error) {
      this.failed(error)
      throw error
    }
  }

  private failed(error: unknown): void {
    this.error = error instanceof Error ? error : new Error(String(error))
  }

  private noteStored(segment: Segment, endLsn: number, isPartial: boolean): void {
    if (!isPartial) this.done.add(segment.header.number)
    this.storedTo = Math.max(this.storedTo, endLsn)
    this.error = null
  }

  private store(segment: Segment, endLsn: number, isPartial = false): void {
    const bytes = SEGMENT_HEADER_BYTES + endLsn - segment.header.startLsn
    if (!this.isThere(segment, bytes)) {
      const copy = this.start(segment, '.part1')
      try {
        for (let at = 0; at < bytes; at += COPY_BYTES) {
          const block = new Uint8Array(Math.min(COPY_BYTES, bytes - at))
          requireWhole(copy.from, at, copy.from.read(at, block), block.length)
          copy.to.write(at, block)
        }
        copy.to.sync()
        this.finish(copy, segment)
      } finally {
        copy.from.close()
        copy.to.close()
      }
    }
    this.noteStored(segment, endLsn, isPartial)
  }

  // The same without holding this thread up: reads, writes and the sync go through the queue.
  private async storeInQueue(segment: Segment, endLsn: number): Promise<void> {
    const { io } = this
    const bytes = SEGMENT_HEADER_BYTES + endLsn - segment.header.startLsn
    if (!this.isThere(segment, bytes)) {
      const copy = this.start(segment, '.part2')
      try {
        for (let at = 0; at < bytes; at += COPY_BYTES) {
          const block = new Uint8Array(Math.min(COPY_BYTES, bytes - at))
          await io.room()
          requireWhole(copy.from, at, await io.submit({ kind: 'read', file: copy.from, offset: at, bytes: block }),
            block.length)
          await io.submit({ kind: 'write', file: copy.to, offset: at, bytes: block })
        }
        await io.submit({ kind: 'sync', file: copy.to })
        // Whoever could not wait may have copied it meanwhile.
        if (this.isThere(segment, bytes)) this.files.unlink(copy.part)
        else this.finish(copy, segment)
      } finally {
        copy.from.close()
        copy.to.close()
      }
    }
    this.noteStored(segment, endLsn, false)
  }

  private start(segment: Segment, suffix: string): Copy {
    const target = `${this.folder}/${segmentName(segment.header.number)}`
    const from = this.files.open(segment.path, 'read')
    try {
      const to = this.files.open(target + suffix, 'create')
      to.truncate(0)
      return { from, to, target, part: target + suffix }
    } catch (error) {
      from.close()
      throw error
    }
  }

  // The source may have been given up and used again while it was copied (the archive was switched off).
  private finish(copy: Copy, segment: Segment): void {
    if (readHeader(copy.from, segment) === null) {
      throw corruption(`"${segment.path}" changed while it was copied`, { file: segment.path, offset: 0 })
    }
    this.files.rename(copy.part, copy.target)
    this.files.syncDir(this.folder)
    this.stored++
  }

  // Somebody else's segment of this number is an error: the archive belongs to one history of one database.
  private isThere(segment: Segment, bytes: number): boolean {
    const path = `${this.folder}/${segmentName(segment.header.number)}`
    if (!this.files.exists(path)) return false
    const file = this.files.open(path, 'read')
    try {
      if (readHeader(file, segment) === null) {
        const hint = 'Choose an empty folder: a restored or copied database needs an archive of its own.'
        throw new DatabaseError(CODE.WRONG_OBJECT, `"${path}" is a segment of another history`, { file: path, hint })
      }
      return file.size() >= bytes
    } finally {
      file.close()
    }
  }
}

interface Copy {
  from: FileHandle
  to: FileHandle
  part: string
  target: string
}

// The file's header when it is the one of this segment.
function readHeader(file: FileHandle, { header }: Segment): object | null {
  const head = new Uint8Array(SEGMENT_HEADER_BYTES)
  const count = file.read(0, head)
  const expected = { path: file.path, number: header.number, databaseId: header.databaseId }
  const found = decodeSegmentHeader(head.subarray(0, count), expected)
  return found?.salt === header.salt && found.startLsn === header.startLsn ? found : null
}

function requireWhole(file: FileHandle, offset: number, count: number, expected: number): void {
  if (count === expected) return
  throw corruption(`"${file.path}" ends at ${offset + count}, inside its records`, { file: file.path, offset })
}
