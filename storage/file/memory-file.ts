// Files in memory: for `:memory:` databases and fast tests. Names and bytes live as long as the
// MemoryFileSystem; sync does nothing, because there is nothing that could survive the process.
import { CODE, DatabaseError } from '../../src/base/errors.ts'
import { countIo, fileError, folderOf, zeroCounters } from './file.ts'
import type { FileHandle, FileLock, FileSystem, IoCounters, OpenMode } from './file.ts'

/** Bytes of one file, growing by doubling; bytes beyond `size` are always zero. */
export class MemoryBytes {
  size = 0
  private bytes = new Uint8Array(0)

  read(offset: number, target: Uint8Array): number {
    const count = Math.max(0, Math.min(target.length, this.size - offset))
    if (count > 0) target.set(this.bytes.subarray(offset, offset + count))
    return count
  }

  write(offset: number, source: Uint8Array): void {
    const end = offset + source.length
    this.reserve(end)
    this.bytes.set(source, offset)
    if (end > this.size) this.size = end
  }

  truncate(size: number): void {
    if (size < this.size) this.bytes.fill(0, size, this.size)
    else this.reserve(size)
    this.size = size
  }

  /** A copy of the file's bytes. */
  snapshot(): Uint8Array {
    return this.bytes.slice(0, this.size)
  }

  private reserve(end: number): void {
    if (end <= this.bytes.length) return
    const grown = new Uint8Array(Math.max(end, this.bytes.length * 2, 4096))
    grown.set(this.bytes.subarray(0, this.size))
    this.bytes = grown
  }
}

class MemoryFile implements FileHandle {
  readonly path: string
  private readonly content: MemoryBytes
  private readonly counters: IoCounters
  private readonly writable: boolean
  private closed = false

  constructor(path: string, content: MemoryBytes, writable: boolean, counters: IoCounters) {
    this.path = path
    this.content = content
    this.writable = writable
    this.counters = counters
  }

  private check(operation: string): void {
    if (this.closed) throw new DatabaseError(CODE.NOT_OPEN, `"${this.path}" is closed`, { file: this.path })
    const writes = operation === 'write' || operation === 'truncate'
    if (writes && !this.writable) throw fileError(operation, this.path, { code: 'EBADF' })
  }

  size(): number {
    this.check('size')
    return this.content.size
  }

  read(offset: number, target: Uint8Array): number {
    this.check('read')
    const begin = performance.now()
    const count = this.content.read(offset, target)
    countIo(this.counters, 'read', count, begin)
    return count
  }

  write(offset: number, source: Uint8Array): void {
    this.writev(offset, [source])
  }

  writev(offset: number, sources: Uint8Array[]): void {
    this.check('write')
    const begin = performance.now()
    let at = offset
    for (const source of sources) {
      this.content.write(at, source)
      at += source.length
    }
    countIo(this.counters, 'write', at - offset, begin)
  }

  sync(): void {
    this.check('sync')
    countIo(this.counters, 'sync', 0, performance.now())
  }

  async readAsync(offset: number, target: Uint8Array): Promise<number> {
    return this.read(offset, target)
  }

  prefetch(): void {
    this.check('read')
  }

  async writeAsync(offset: number, source: Uint8Array): Promise<void> {
    this.write(offset, source)
  }

  async syncAsync(): Promise<void> {
    this.sync()
  }

  truncate(size: number): void {
    this.check('truncate')
    this.content.truncate(size)
  }

  close(): void {
    this.closed = true
  }
}

/** A file system that ends with the object. Folders are `.`, `/` and those made by makeFolder. */
export class MemoryFileSystem implements FileSystem {
  readonly counters: IoCounters = zeroCounters()
  readonly files = new Map<string, MemoryBytes>()
  private readonly folders = new Set<string>(['.', '/'])
  private readonly locks = new Set<MemoryBytes>()

  open(path: string, mode: OpenMode): FileHandle {
    const operation = mode === 'create' ? 'create' : `open for ${mode === 'read' ? 'reading' : 'writing'}`
    if (this.folders.has(path)) throw fileError(operation, path, { code: 'EISDIR' })
    let content = this.files.get(path)
    if (content === undefined) {
      if (mode !== 'create' || !this.folders.has(folderOf(path))) throw fileError(operation, path, { code: 'ENOENT' })
      content = new MemoryBytes()
      this.files.set(path, content)
    }
    return new MemoryFile(path, content, mode !== 'read', this.counters)
  }

  exists(path: string): boolean {
    return this.files.has(path) || this.folders.has(path)
  }

  isDirectory(path: string): boolean {
    return this.folders.has(path)
  }

  list(folder: string): string[] {
    if (!this.folders.has(folder)) throw fileError('list', folder, { code: 'ENOENT' })
    const names: string[] = []
    for (const path of [...this.files.keys(), ...this.folders]) {
      if (path !== folder && folderOf(path) === folder) names.push(path.slice(path.lastIndexOf('/') + 1))
    }
    return names.sort()
  }

  makeFolder(path: string): void {
    if (this.files.has(path)) throw fileError('make the folder', path, { code: 'EEXIST' })
    for (let at = path; !this.folders.has(at); at = folderOf(at)) this.folders.add(at)
  }

  rename(from: string, to: string): void {
    const content = this.files.get(from)
    if (content === undefined || !this.folders.has(folderOf(to))) throw fileError('rename', from, { code: 'ENOENT' })
    this.files.delete(from)
    this.files.set(to, content)
  }

  unlink(path: string): void {
    if (!this.files.delete(path)) throw fileError('remove', path, { code: 'ENOENT' })
  }

  removeFolder(path: string): void {
    if (!this.folders.has(path)) throw fileError('remove the folder', path, { code: 'ENOENT' })
    if (this.list(path).length > 0) throw fileError('remove the folder', path, { code: 'ENOTEMPTY' })
    this.folders.delete(path)
  }

  syncDir(folder: string): void {
    if (!this.folders.has(folder)) throw fileError('sync the folder', folder, { code: 'ENOENT' })
    this.counters.syncs++
  }

  async lock(path: string): Promise<FileLock> {
    return this.lockNow(path)
  }

  lockNow(path: string): FileLock {
    const content = this.files.get(path)
    if (content === undefined) throw fileError('lock', path, { code: 'ENOENT' })
    if (this.locks.has(content)) {
      throw new DatabaseError(CODE.IN_USE, `"${path}" is open for writing elsewhere`, { file: path })
    }
    this.locks.add(content)
    return { release: () => void this.locks.delete(content) }
  }

  /** What the end of a process does to its lock on a file. */
  releaseLocks(path: string): void {
    this.locks.delete(this.files.get(path)!)
  }
}
