// Reads the log of a live writer from a place on: complete transactions as they appear, whatever half-written
// bytes stand behind them. A reader in another process replays them (process/follower.ts).
//
// What looks like an end may be: nothing new; a record that is being written (its checksum does not hold yet); or
// the end of a segment, when the next one starts at this LSN. The segment may also be gone, recycled by a writer
// that has checkpointed twice since: then the follower is lost and its owner starts again from the newest root.
import type { FileHandle, FileSystem } from '../file/file.ts'
import { RECORD, RECORD_HEADER_BYTES, decodeCommit, decodeRecord, isValidRecord, standsAlone } from '../wal/record.ts'
import type { WalRecord } from '../wal/record.ts'
import { SEGMENT_HEADER_BYTES, decodeSegmentHeader, listSegments, segmentName } from '../wal/segment.ts'
import type { SegmentHeader } from '../wal/segment.ts'

const CHUNK_BYTES = 64 * 1024

/** What a look at the log found. `lost`: the log from here on is not there any more. */
export type Followed = 'idle' | 'advanced' | 'lost'

/** A place in a growing log. */
export class LogFollower {
  private readonly files: FileSystem
  private readonly folder: string
  private readonly databaseId: Uint8Array
  private lsn: number
  private file: FileHandle | null = null
  private header: SegmentHeader | null = null
  private chunk = new Uint8Array(CHUNK_BYTES)

  constructor(files: FileSystem, folder: string, databaseId: Uint8Array, lsn: number) {
    this.files = files
    this.folder = folder
    this.databaseId = databaseId
    this.lsn = lsn
  }

  /** LSN after the last transaction handed out. */
  get endLsn(): number {
    return this.lsn
  }

  /** Hands out the records of complete transactions that are new, in order. */
  poll(onRecord: (record: WalRecord) => void): Followed {
    let result: Followed = 'idle'
    for (;;) {
      if (this.header === null && !this.findSegment()) return result === 'idle' ? 'lost' : result
      const next = this.readTransactions(onRecord)
      if (next) result = 'advanced'
      else if (!this.isStillThere()) this.leave()
      else if (!this.enterNext()) return result
    }
  }

  // The last segment that starts at or before the LSN.
  private findSegment(): boolean {
    for (const number of listSegments(this.files, this.folder).numbers.reverse()) {
      if (this.enter(number, (header) => header.startLsn <= this.lsn)) return true
    }
    return false
  }

  private enter(number: number, isRight: (header: SegmentHeader) => boolean): boolean {
    const path = `${this.folder}/${segmentName(number)}`
    if (!this.files.exists(path)) return false
    const file = this.files.open(path, 'read')
    const header = this.readHeader(file, number)
    if (header === null || !isRight(header)) {
      file.close()
      return false
    }
    this.leave()
    this.file = file
    this.header = header
    return true
  }

  private readHeader(file: FileHandle, number: number): SegmentHeader | null {
    const bytes = new Uint8Array(SEGMENT_HEADER_BYTES)
    const head = bytes.subarray(0, file.read(0, bytes))
    return decodeSegmentHeader(head, { path: file.path, number, databaseId: this.databaseId })
  }

  private enterNext(): boolean {
    return this.enter(this.header!.number + 1, (header) => header.startLsn === this.lsn)
  }

  // A recycled file has another header.
  private isStillThere(): boolean {
    return this.readHeader(this.file!, this.header!.number)?.salt === this.header!.salt
  }

  private leave(): void {
    this.file?.close()
    this.file = null
    this.header = null
  }

  // Complete transactions from the LSN on, as many as a chunk holds; false when there is none.
  private readTransactions(onRecord: (record: WalRecord) => void): boolean {
    const { startLsn, salt } = this.header!
    const offset = SEGMENT_HEADER_BYTES + this.lsn - startLsn
    const length = this.file!.read(offset, this.chunk)
    const { chunk } = this
    const view = new DataView(chunk.buffer)
    let pending: WalRecord[] = []
    let done = 0
    let at = 0
    while (isValidRecord(chunk, view, at, { lsn: this.lsn + at, salt, end: length })) {
      const record = decodeRecord(chunk, view, at)
      at = record.offset + record.length
      pending.push(record)
      if (standsAlone(record.type)) {
        pending = []
        done = at
      }
      if (record.type !== RECORD.COMMIT) continue
      const commit = decodeCommit(view, record)
      if (commit === null) break
      for (const each of pending) onRecord({ ...each, ...commit })
      pending = []
      done = at
    }
    this.lsn += done
    // What was handed out may be kept as views of the chunk.
    if (done > 0) this.chunk = new Uint8Array(CHUNK_BYTES)
    // A transaction that is longer than the chunk: read more of it next time.
    if (done === 0 && length === chunk.length && this.needsMore(view, at, length, salt)) {
      this.chunk = new Uint8Array(chunk.length * 2)
      return this.readTransactions(onRecord)
    }
    return done > 0
  }

  private needsMore(view: DataView, at: number, length: number, salt: number): boolean {
    return at + RECORD_HEADER_BYTES > length
      || (view.getUint32(at + 8, true) === (this.lsn + at) % 2 ** 32 && view.getUint32(at + 16, true) === salt)
  }

  close(): void {
    this.leave()
  }
}
