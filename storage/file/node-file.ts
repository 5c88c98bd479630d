// The real file system: the only storage file that touches node:fs. Short reads and writes are looped
// here, because Node's *Sync calls return the count and do not throw on a short transfer.
//
// A sync is fdatasync: enough for data and for the size needed to read it back (on macOS libuv issues
// F_FULLFSYNC). After one has failed the handle refuses everything but close: the kernel may have dropped
// the dirty pages and would report success the next time ("fsyncgate"; Rebello et al., ATC 2020).
import * as fs from 'node:fs'
import { CODE, DatabaseError } from '../../src/base/errors.ts'
import { NOT_A_FILE, countIo, fileError, poisonedError, zeroCounters } from './file.ts'
import type { FileHandle, FileLock, FileSystem, IoCounters, OpenMode } from './file.ts'
import { lockFile, lockFileNow } from './file-lock.ts'

// Linux takes 1,024 buffers per writev (IOV_MAX).
const WRITEV_MAX = 1024

/** Bytes of one read for the system's cache, all of which share a buffer. */
const PREFETCH_BYTES = 1 << 20
let discarded: Uint8Array | null = null

class NodeFile implements FileHandle {
  readonly path: string
  private readonly fd: number
  private readonly counters: IoCounters
  private closed = false
  private poisoned = false
  private pending = 0

  constructor(path: string, fd: number, counters: IoCounters) {
    this.path = path
    this.fd = fd
    this.counters = counters
  }

  private check(): void {
    if (this.closed) throw new DatabaseError(CODE.NOT_OPEN, `"${this.path}" is closed`, { file: this.path })
    if (this.poisoned) throw poisonedError(this.path)
  }

  size(): number {
    this.check()
    try {
      return fs.fstatSync(this.fd).size
    } catch (cause) {
      throw fileError('read the size of', this.path, cause)
    }
  }

  read(offset: number, target: Uint8Array): number {
    this.check()
    const begin = performance.now()
    let done = 0
    try {
      while (done < target.length) {
        const count = fs.readSync(this.fd, target, done, target.length - done, offset + done)
        if (count === 0) break
        done += count
      }
    } catch (cause) {
      throw fileError('read', this.path, cause, offset + done)
    }
    countIo(this.counters, 'read', done, begin)
    return done
  }

  write(offset: number, source: Uint8Array): void {
    this.check()
    const begin = performance.now()
    this.writeLoop(offset, source)
    countIo(this.counters, 'write', source.length, begin)
  }

  private writeLoop(offset: number, source: Uint8Array): void {
    let done = 0
    try {
      while (done < source.length) {
        done += fs.writeSync(this.fd, source, done, source.length - done, offset + done)
      }
    } catch (cause) {
      throw fileError('write', this.path, cause, offset + done)
    }
  }

  writev(offset: number, sources: Uint8Array[]): void {
    this.check()
    const begin = performance.now()
    let at = offset
    for (let first = 0; first < sources.length; first += WRITEV_MAX) {
      const group = sources.slice(first, first + WRITEV_MAX)
      let written: number
      try {
        written = fs.writevSync(this.fd, group, at)
      } catch (cause) {
        throw fileError('write', this.path, cause, at)
      }
      at = this.finishGroup(at, group, written)
    }
    countIo(this.counters, 'write', at - offset, begin)
  }

  // Writes what a short writev left over; returns the offset after the group.
  private finishGroup(offset: number, group: Uint8Array[], written: number): number {
    let at = offset
    for (const source of group) {
      const have = Math.min(source.length, Math.max(0, written - (at - offset)))
      if (have < source.length) this.writeLoop(at + have, source.subarray(have))
      at += source.length
    }
    return at
  }

  sync(): void {
    this.check()
    const begin = performance.now()
    try {
      fs.fdatasyncSync(this.fd)
    } catch (cause) {
      this.poisoned = true
      throw fileError('sync', this.path, cause)
    }
    countIo(this.counters, 'sync', 0, begin)
  }

  async readAsync(offset: number, target: Uint8Array): Promise<number> {
    const begin = performance.now()
    let done = 0
    try {
      while (done < target.length) {
        const [at, left] = [done, target.length - done]
        const count = await this.pend<number>((end) => fs.read(this.fd, target, at, left, offset + at, end))
        if (count === 0) break
        done += count
      }
    } catch (cause) {
      throw fileError('read', this.path, cause, offset + done)
    }
    countIo(this.counters, 'read', done, begin)
    return done
  }

  // Into the cache of the system: the bytes themselves are thrown away, whatever they are.
  prefetch(offset: number, length: number): void {
    for (let at = 0; at < length; at += PREFETCH_BYTES) {
      const count = Math.min(PREFETCH_BYTES, length - at)
      const buffer = discarded ??= new Uint8Array(PREFETCH_BYTES)
      this.pend<number>((end) => fs.read(this.fd, buffer, 0, count, offset + at, end)).catch(() => undefined)
    }
  }

  async writeAsync(offset: number, source: Uint8Array): Promise<void> {
    const begin = performance.now()
    let done = 0
    try {
      while (done < source.length) {
        const [at, left] = [done, source.length - done]
        done += await this.pend<number>((end) => fs.write(this.fd, source, at, left, offset + at, end))
      }
    } catch (cause) {
      throw fileError('write', this.path, cause, offset + done)
    }
    countIo(this.counters, 'write', done, begin)
  }

  async syncAsync(): Promise<void> {
    const begin = performance.now()
    this.check()
    try {
      await this.pend<void>((end) => fs.fdatasync(this.fd, (cause) => end(cause)))
    } catch (cause) {
      this.poisoned = true
      throw fileError('sync', this.path, cause)
    }
    countIo(this.counters, 'sync', 0, begin)
  }

  // One call of the thread pool. The descriptor stays open until it is back, see close().
  private pend<T>(call: (end: (cause: Error | null, result?: T) => void) => void): Promise<T> {
    this.check()
    this.pending++
    return new Promise((resolve, reject) => {
      call((cause, result) => {
        this.pending--
        if (this.closed && this.pending === 0) fs.closeSync(this.fd)
        if (cause !== null) reject(cause)
        else resolve(result as T)
      })
    })
  }

  truncate(size: number): void {
    this.check()
    try {
      fs.ftruncateSync(this.fd, size)
    } catch (cause) {
      throw fileError('truncate', this.path, cause)
    }
  }

  // The descriptor outlives close() until calls in flight are done, so none hits a reused number.
  close(): void {
    if (this.closed) return
    this.closed = true
    if (this.pending > 0) return
    try {
      fs.closeSync(this.fd)
    } catch (cause) {
      throw fileError('close', this.path, cause)
    }
  }
}

const FLAGS: Record<OpenMode, number> = {
  read: fs.constants.O_RDONLY,
  write: fs.constants.O_RDWR,
  create: fs.constants.O_RDWR | fs.constants.O_CREAT,
}

/** Files of the operating system. */
export class NodeFileSystem implements FileSystem {
  readonly counters: IoCounters = zeroCounters()

  open(path: string, mode: OpenMode): FileHandle {
    const operation = mode === 'read' ? 'open for reading' : mode === 'write' ? 'open for writing' : 'create'
    let fd = -1
    try {
      fd = fs.openSync(path, FLAGS[mode], 0o644)
      const stat = fs.fstatSync(fd)
      if (stat.isDirectory()) throw Object.assign(new Error('directory'), { code: 'EISDIR' })
      // Pages have places: and a device would be replaced when a backup is renamed over it.
      if (!stat.isFile()) throw Object.assign(new Error('device'), { code: NOT_A_FILE })
      return new NodeFile(path, fd, this.counters)
    } catch (cause) {
      if (fd >= 0) fs.closeSync(fd)
      throw fileError(operation, path, cause)
    }
  }

  exists(path: string): boolean {
    return fs.existsSync(path)
  }

  isDirectory(path: string): boolean {
    return fs.statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
  }

  list(folder: string): string[] {
    return this.run('list', folder, () => fs.readdirSync(folder).sort())
  }

  makeFolder(path: string): void {
    this.run('make the folder', path, () => fs.mkdirSync(path, { recursive: true }))
  }

  rename(from: string, to: string): void {
    this.run('rename', from, () => fs.renameSync(from, to))
  }

  unlink(path: string): void {
    this.run('remove', path, () => fs.unlinkSync(path))
  }

  removeFolder(path: string): void {
    this.run('remove the folder', path, () => fs.rmdirSync(path))
  }

  // Windows has no way to sync a folder and makes names durable with the file's own flush.
  syncDir(folder: string): void {
    if (process.platform === 'win32') return
    const begin = performance.now()
    this.run('sync the folder', folder, () => {
      const fd = fs.openSync(folder, fs.constants.O_RDONLY)
      try {
        fs.fsyncSync(fd)
      } finally {
        fs.closeSync(fd)
      }
    })
    countIo(this.counters, 'sync', 0, begin)
  }

  lock(path: string): Promise<FileLock> {
    return lockFile(path)
  }

  lockNow(path: string): FileLock {
    return lockFileNow(path)
  }

  private run<T>(operation: string, path: string, body: () => T): T {
    try {
      return body()
    } catch (cause) {
      throw fileError(operation, path, cause)
    }
  }
}
