// A reader of another process says which root it reads: a file of 32 bytes in the log folder, locked while the
// reader lives. The writer reuses no block that such a root refers to (rule F7) and removes slots whose lock is
// free, so a reader that was killed blocks nothing.
//
//   reader-<16 hex digits>.slot
//   offset  bytes
//   0       8      magic "SecntRDR"
//   8       4      epoch of the root the reader uses
//   12      4      process id, for messages
//   16      12     reserved (0)
//   28      4      CRC-32C of bytes 0-27
//
// The order that makes it safe: the reader picks root e, writes its slot, then looks at the newest root again.
// Blocks of e are first reused after checkpoint e + 2, and the writer reads the slots after that checkpoint's meta
// slot is written and before it reuses anything. So a reader that still finds e or e + 1 has been seen in time;
// one that finds e + 2 or later starts again with a newer root.
import { randomBytes } from 'node:crypto'
import { crc32c } from '../../src/base/checksum.ts'
import { CODE, DatabaseError } from '../../src/base/errors.ts'
import type { FileHandle, FileLock, FileSystem } from '../file/file.ts'

/** Bytes of a slot. */
export const READER_SLOT_BYTES = 32
const MAGIC = Uint8Array.from('SecntRDR', (c) => c.charCodeAt(0))
const CRC_OFFSET = 28
const NAME = /^reader-[0-9a-f]{16}\.slot$/

/** Names of the slots in a log folder. */
export function listReaderSlots(files: FileSystem, folder: string): string[] {
  return files.exists(folder) ? files.list(folder).filter((name) => NAME.test(name)) : []
}

/** The bytes of a slot. */
export function encodeReaderSlot(epoch: number, processId: number): Uint8Array {
  const bytes = new Uint8Array(READER_SLOT_BYTES)
  const view = new DataView(bytes.buffer)
  bytes.set(MAGIC)
  view.setUint32(8, epoch, true)
  view.setUint32(12, processId, true)
  view.setUint32(CRC_OFFSET, crc32c(bytes.subarray(0, CRC_OFFSET)), true)
  return bytes
}

/** The epoch in a slot's bytes; null when they are not whole, which a reader that is just writing them may leave. */
export function decodeReaderSlot(bytes: Uint8Array): number | null {
  if (bytes.length < READER_SLOT_BYTES || !MAGIC.every((byte, i) => bytes[i] === byte)) return null
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return view.getUint32(CRC_OFFSET, true) === crc32c(bytes.subarray(0, CRC_OFFSET)) ? view.getUint32(8, true) : null
}

/** The slot of one reader. */
export class ReaderSlot {
  private readonly files: FileSystem
  private readonly file: FileHandle
  private readonly lock: FileLock

  private constructor(files: FileSystem, file: FileHandle, lock: FileLock) {
    this.files = files
    this.file = file
    this.lock = lock
  }

  /** Makes and locks a slot; null where the folder cannot be written: such a reader stays with one root. */
  static async make(files: FileSystem, folder: string): Promise<ReaderSlot | null> {
    for (;;) {
      const file = openSlot(files, folder)
      if (file === null) return null
      const lock = await lockNew(files, file)
      if (lock !== null) return new ReaderSlot(files, file, lock)
      file.close()
    }
  }

  /** The same without a promise. */
  static makeNow(files: FileSystem, folder: string): ReaderSlot | null {
    for (;;) {
      const file = openSlot(files, folder)
      if (file === null) return null
      try {
        const lock = files.lockNow(file.path)
        if (files.exists(file.path)) return new ReaderSlot(files, file, lock)
        lock.release()
        file.close()
      } catch (error) {
        file.close()
        if (!isTaken(error)) throw error
      }
    }
  }

  /** Says which root is read from here on. */
  publish(epoch: number): void {
    this.file.write(0, encodeReaderSlot(epoch, process.pid))
  }

  /** Takes the slot away. */
  release(): void {
    this.file.close()
    if (this.files.exists(this.file.path)) this.files.unlink(this.file.path)
    this.lock.release()
  }
}

// A slot without a lock looks like that of a dead reader: the writer may take its lock, and the file with it, before
// this reader has locked it. Null = that has happened. The writer unlinks while it holds the lock only, so a slot
// that is there once it is locked stays.
async function lockNew(files: FileSystem, file: FileHandle): Promise<FileLock | null> {
  try {
    const lock = await files.lock(file.path)
    if (files.exists(file.path)) return lock
    lock.release()
    return null
  } catch (error) {
    if (isTaken(error)) return null
    file.close()
    throw error
  }
}

function isTaken(error: unknown): boolean {
  return error instanceof DatabaseError && (error.code === CODE.IN_USE || error.code === CODE.UNDEFINED_FILE)
}

// A new slot file; null where there is no folder or nothing can be written.
function openSlot(files: FileSystem, folder: string): FileHandle | null {
  if (!files.exists(folder)) return null
  try {
    return files.open(`${folder}/reader-${randomBytes(8).toString('hex')}.slot`, 'create')
  } catch (error) {
    if (!(error instanceof DatabaseError)) throw error
    if (error.code === CODE.READ_ONLY || error.code === CODE.DISK_FULL) return null
    throw error
  }
}
