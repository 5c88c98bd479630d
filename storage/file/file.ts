// The engine's whole view of the operating system's files: one interface with three bodies.
// `node-file.ts` is the real one, `memory-file.ts` keeps everything in memory, and the simulated disk of
// the tests (tests/sim/faulty-file.ts) forgets unsynced writes, tears them, and fails on demand.
//
// What callers rely on, and what every body must keep (file.conformance.ts):
//   - read and write move all the bytes asked for, or throw; only a read at the end of the file is short.
//   - nothing written is durable before sync() of that file, and no created, renamed or removed name
//     before syncDir() of its folder. A failed sync is never retried: the handle refuses further work.
//   - errors are DatabaseErrors that name the file and the operation, and the offset of reads and writes.
//   - the asynchronous calls do the same without blocking, in no order among each other; io-queue.ts orders them.
import { CODE, DatabaseError } from '../../src/base/errors.ts'
import type { ErrorCode } from '../../src/base/errors.ts'
import { LatencyHistogram } from './latency.ts'

/** How a file is opened. `create` opens for writing and makes the file when it is absent; none truncates. */
export type OpenMode = 'read' | 'write' | 'create'

/** An open file. Buffers may be views over shared WebAssembly memory. */
export interface FileHandle {
  readonly path: string
  /** Current size in bytes. */
  size(): number
  /** Reads into `target`; returns the bytes read, fewer than its length only at the end of the file. */
  read(offset: number, target: Uint8Array): number
  write(offset: number, source: Uint8Array): void
  /** Writes the sources one after another from `offset`, in one system call where possible. */
  writev(offset: number, sources: Uint8Array[]): void
  /** fdatasync: everything written so far is durable when it returns. Never retried after a failure. */
  sync(): void
  /** Like read and write, on another thread; the buffer is the file's until the promise settles. */
  readAsync(offset: number, target: Uint8Array): Promise<number>
  writeAsync(offset: number, source: Uint8Array): Promise<void>
  /** Asks for these bytes to be at hand soon, on other threads. May do nothing and never fails: a read will tell. */
  prefetch(offset: number, length: number): void
  /** Like sync, on another thread; covers what was written before the call. */
  syncAsync(): Promise<void>
  truncate(size: number): void
  close(): void
}

/** A held lock. Released by `release` or by the end of the process, however it ends. */
export interface FileLock {
  release(): void
}

/** Work done through one FileSystem since it was made. */
export interface IoCounters {
  reads: number
  writes: number
  syncs: number
  bytesRead: number
  bytesWritten: number
  /** Milliseconds spent inside reads, writes and syncs (asynchronous syncs count from call to end). */
  readMs: number
  writeMs: number
  syncMs: number
  /** Every call by how long it took. */
  readonly latency: Readonly<Record<'read' | 'write' | 'sync', LatencyHistogram>>
}

/** A place where files live. */
export interface FileSystem {
  readonly counters: IoCounters
  open(path: string, mode: OpenMode): FileHandle
  exists(path: string): boolean
  isDirectory(path: string): boolean
  /** Names inside a folder, sorted. */
  list(folder: string): string[]
  /** Makes a folder; it is no error when it exists. */
  makeFolder(path: string): void
  rename(from: string, to: string): void
  unlink(path: string): void
  removeFolder(path: string): void
  /** Makes the names inside a folder durable. */
  syncDir(folder: string): void
  /** Locks an existing file against other writers; 55006 when it is locked, by this process or another. */
  lock(path: string): Promise<FileLock>
  /** The same without a promise. */
  lockNow(path: string): FileLock
}

/** Counters at zero. */
export function zeroCounters(): IoCounters {
  const latency = { read: new LatencyHistogram(), write: new LatencyHistogram(), sync: new LatencyHistogram() }
  return { reads: 0, writes: 0, syncs: 0, bytesRead: 0, bytesWritten: 0, readMs: 0, writeMs: 0, syncMs: 0, latency }
}

/** Adds one finished call that began at `begin` (performance.now()). */
export function countIo(counters: IoCounters, kind: 'read' | 'write' | 'sync', bytes: number, begin: number): void {
  const ms = performance.now() - begin
  counters.latency[kind].note(ms)
  if (kind === 'read') {
    counters.reads++
    counters.bytesRead += bytes
    counters.readMs += ms
  } else if (kind === 'write') {
    counters.writes++
    counters.bytesWritten += bytes
    counters.writeMs += ms
  } else {
    counters.syncs++
    counters.syncMs += ms
  }
}

/** Stands where the system has no error number: a device, a pipe or a socket. */
export const NOT_A_FILE = 'ENOTFILE'

const CODE_OF_ERRNO: Record<string, ErrorCode> = {
  ENOENT: CODE.UNDEFINED_FILE,
  EISDIR: CODE.WRONG_OBJECT,
  [NOT_A_FILE]: CODE.WRONG_OBJECT,
  ENOTDIR: CODE.WRONG_OBJECT,
  EROFS: CODE.READ_ONLY,
  ENOSPC: CODE.DISK_FULL,
  EDQUOT: CODE.DISK_FULL,
}

const TEXT_OF_ERRNO: Record<string, string> = {
  ENOENT: 'no such file or directory',
  EISDIR: 'it is a directory',
  [NOT_A_FILE]: 'it is a device, a pipe or a socket',
  ENOTDIR: 'a part of the path is not a directory',
  EROFS: 'the file system is read-only',
  ENOSPC: 'no space left on the device',
  EDQUOT: 'the disk quota is used up',
  EACCES: 'permission denied',
  EPERM: 'operation not permitted',
  EIO: 'input/output error',
  EMFILE: 'too many open files in this process',
  ENFILE: 'too many open files in the system',
}

/** Turns an operating-system error into the engine's; DatabaseErrors pass through unchanged. */
export function fileError(operation: string, path: string, cause: unknown, offset?: number): DatabaseError {
  if (cause instanceof DatabaseError) return cause
  const errno = (cause as { code?: string }).code ?? 'UNKNOWN'
  let code: ErrorCode = CODE_OF_ERRNO[errno] ?? CODE.IO
  const denied = errno === 'EACCES' || errno === 'EPERM'
  if (denied && operation !== 'open for reading' && operation !== 'read') code = CODE.READ_ONLY
  const why = TEXT_OF_ERRNO[errno] ?? (cause instanceof Error ? cause.message : String(cause))
  const place = offset === undefined ? '' : ` at offset ${offset}`
  const details = offset === undefined ? { file: path, cause } : { file: path, offset, cause }
  return new DatabaseError(code, `cannot ${operation} "${path}"${place}: ${why} (${errno})`, details)
}

/** The error of every call on a file whose sync has failed. */
export function poisonedError(path: string): DatabaseError {
  const hint = 'Close the database and open it again: recovery replays the log.'
  return new DatabaseError(CODE.IO, `"${path}" cannot be used: an earlier sync of it failed`, { file: path, hint })
}

/** The folder part of a path, '.' when it has none. */
export function folderOf(path: string): string {
  const at = Math.max(path.lastIndexOf('/'), process.platform === 'win32' ? path.lastIndexOf('\\') : -1)
  if (at < 0) return '.'
  return at === 0 ? '/' : path.slice(0, at)
}
