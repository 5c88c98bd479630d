// A simulated disk behind the engine's FileSystem interface: it knows what a crash may lose. Per file it
// keeps the durable bytes and the ordered writes and truncations since the last sync; names (create,
// rename, unlink, folders) wait in the same way until their folder is synced.
//
//   write, truncate ──► pending ──sync──► durable            crash(policy) ──► a new disk: durable bytes plus
//   create, rename  ──► pending ──syncDir──► durable          what the policy lets survive of the pending
//
// Faults are planned per operation: I/O errors, full disk, flipped bits, misdirected, lost and split writes,
// short reads, and three ways in which fsync fails (ATC 2020: "Can Applications Recover from fsync Failures?").
import { CODE, DatabaseError } from '../../src/base/errors.ts'
import type { Random } from '../../src/base/random.ts'
import { countIo, fileError, folderOf, zeroCounters } from '../../storage/file/file.ts'
import type { FileHandle, FileLock, FileSystem, IoCounters, OpenMode } from '../../storage/file/file.ts'
import { Inode, applyChange, reachable, surviving } from './crash-image.ts'
import type { Change, ChangeKind, CrashPolicy } from './crash-image.ts'

export { CRASH_POLICIES } from './crash-image.ts'
export type { CrashPolicy } from './crash-image.ts'

/** Thrown by the operation at which the simulated machine stops, and by all that follow. */
export class SimulatedCrash extends Error {
  constructor(step: number) {
    super(`simulated crash after step ${step}`)
    this.name = 'SimulatedCrash'
  }
}

export type Operation =
  | 'open' | 'create' | 'read' | 'write' | 'truncate' | 'sync' | 'rename' | 'unlink' | 'syncDir' | 'makeFolder'

/**
 * What goes wrong. Syncs: drop = EIO and the data is never durable; keep = EIO and a later sync works;
 * late = success, the data is not durable, and the next sync reports it.
 */
export type Misfortune =
  | 'EIO' | 'ENOSPC' | 'EDQUOT' | 'EMFILE' | 'EACCES'
  | 'short-read' | 'split-write' | 'bit-flip' | 'misdirected' | 'lost'
  | 'fsync-drop' | 'fsync-keep' | 'fsync-late'

/** A planned fault: the `nth` (from 1) matching operation meets it, and with `isSticky` all after it too. */
export interface Fault {
  operation: Operation
  nth: number
  what: Misfortune
  isSticky?: boolean
  /** Only operations on paths that contain this. */
  path?: string
}

/** One mutating operation, as told to `onStep` after it happened. */
export interface Step {
  index: number
  operation: Operation
  path: string
}

interface NameChange {
  sequence: number
  folder: string
  apply: (names: Map<string, Inode | null>) => void
}

/** The simulated disk. Folders are entries with a null inode. */
export class FaultyFileSystem implements FileSystem {
  readonly counters: IoCounters = zeroCounters()
  /** Mutating operations so far. */
  steps = 0
  /** The machine stops right after this step (1 = the first). */
  crashAtStep = Infinity
  onStep: ((step: Step) => void) | null = null
  faults: Fault[] = []
  /** Syncs of a file after one of them had failed: rule F5 wants none. */
  syncRetries = 0
  private names = new Map<string, Inode | null>([['.', null], ['/', null]])
  private durableNames = new Map<string, Inode | null>([['.', null], ['/', null]])
  private pendingNames: NameChange[] = []
  private readonly locks = new Set<Inode>()
  private readonly met = new Map<Fault, number>()
  private sequence = 0
  private crashed = false

  // --- faults and steps ---

  /** Called by every operation before it does anything. */
  meet(operation: Operation, path: string): Misfortune | null {
    if (this.crashed) throw new SimulatedCrash(this.steps)
    for (const fault of this.faults) {
      if (fault.operation !== operation || (fault.path !== undefined && !path.includes(fault.path))) continue
      const count = (this.met.get(fault) ?? 0) + 1
      this.met.set(fault, count)
      if (count !== fault.nth && !(fault.isSticky === true && count > fault.nth)) continue
      if (/^E[A-Z]+$/.test(fault.what)) throw fileError(operation, path, { code: fault.what })
      return fault.what
    }
    return null
  }

  /** True when every planned fault has been met at least once. */
  get allFaultsMet(): boolean {
    return this.faults.every((fault) => (this.met.get(fault) ?? 0) >= fault.nth)
  }

  private stepDone(operation: Operation, path: string): void {
    this.steps++
    this.onStep?.({ index: this.steps, operation, path })
    if (this.steps >= this.crashAtStep) {
      this.crashed = true
      throw new SimulatedCrash(this.steps)
    }
  }

  // --- files ---

  open(path: string, mode: OpenMode): FileHandle {
    this.meet('open', path)
    const isFolder = this.names.get(path) === null
    if (isFolder) throw fileError('open', path, { code: 'EISDIR' })
    let inode = this.names.get(path)
    if (inode === undefined || inode === null) {
      const hasFolder = this.names.get(folderOf(path)) === null
      if (mode !== 'create' || !hasFolder) throw fileError('open', path, { code: 'ENOENT' })
      this.meet('create', path)
      const made = new Inode()
      inode = made
      this.changeNames(folderOf(path), (names) => names.set(path, made))
      this.stepDone('create', path)
    }
    return new FaultyFile(this, path, inode, mode !== 'read')
  }

  write(inode: Inode, path: string, offset: number, source: Uint8Array): void {
    const what = this.meet('write', path)
    const bytes = source.slice()
    if (what === 'lost') inode.current.write(offset, bytes)
    else if (what === 'split-write' && bytes.length > 1) {
      const half = bytes.length >> 1
      this.change(inode, { kind: 'write', offset, bytes: bytes.slice(0, half) })
      this.change(inode, { kind: 'write', offset: offset + half, bytes: bytes.slice(half) })
    } else this.change(inode, { kind: 'write', offset: what === 'misdirected' ? offset + 4096 : offset, bytes })
    countIo(this.counters, 'write', source.length, performance.now())
    this.stepDone('write', path)
  }

  read(inode: Inode, path: string, offset: number, target: Uint8Array): number {
    const what = this.meet('read', path)
    let count = inode.current.read(offset, target)
    if (what === 'short-read') count >>= 1
    if (what === 'bit-flip' && count > 0) target[count >> 1]! ^= 1
    countIo(this.counters, 'read', count, performance.now())
    return count
  }

  truncate(inode: Inode, path: string, size: number): void {
    this.meet('truncate', path)
    this.change(inode, { kind: 'truncate', size })
    this.stepDone('truncate', path)
  }

  private change(inode: Inode, what: ChangeKind): void {
    const made: Change = { ...what, sequence: ++this.sequence }
    applyChange(inode.current, made)
    inode.pending.push(made)
  }

  sync(inode: Inode, path: string): void {
    const what = this.meet('sync', path)
    if (inode.hasFailedSync) this.syncRetries++
    const failed = inode.owesError || what === 'fsync-drop' || what === 'fsync-keep'
    inode.owesError = what === 'fsync-late'
    if (what === 'fsync-drop' || what === 'fsync-late') inode.pending = []
    if (failed) {
      inode.hasFailedSync = true
      throw fileError('sync', path, { code: 'EIO' })
    }
    for (const change of inode.pending) applyChange(inode.durable, change)
    inode.pending = []
    countIo(this.counters, 'sync', 0, performance.now())
    this.stepDone('sync', path)
  }

  // --- names ---

  private changeNames(folder: string, apply: (names: Map<string, Inode | null>) => void): void {
    apply(this.names)
    this.pendingNames.push({ sequence: ++this.sequence, folder, apply })
  }

  exists(path: string): boolean {
    return this.names.has(path)
  }

  isDirectory(path: string): boolean {
    return this.names.get(path) === null
  }

  list(folder: string): string[] {
    if (this.names.get(folder) !== null) throw fileError('list', folder, { code: 'ENOENT' })
    const inside = [...this.names.keys()].filter((path) => path !== folder && folderOf(path) === folder)
    return inside.map((path) => path.slice(path.lastIndexOf('/') + 1)).sort()
  }

  makeFolder(path: string): void {
    if (this.names.get(path) === null) return
    this.meet('makeFolder', path)
    this.changeNames(folderOf(path), (names) => names.set(path, null))
    this.stepDone('makeFolder', path)
  }

  rename(from: string, to: string): void {
    this.meet('rename', from)
    if (!this.names.has(from)) throw fileError('rename', from, { code: 'ENOENT' })
    this.changeNames(folderOf(from), (names) => {
      const inode = names.get(from)
      if (inode === undefined) return
      names.delete(from)
      names.set(to, inode)
    })
    this.stepDone('rename', from)
  }

  unlink(path: string): void {
    this.meet('unlink', path)
    if (!this.names.has(path)) throw fileError('remove', path, { code: 'ENOENT' })
    this.changeNames(folderOf(path), (names) => names.delete(path))
    this.stepDone('unlink', path)
  }

  removeFolder(path: string): void {
    if (this.list(path).length > 0) throw fileError('remove the folder', path, { code: 'ENOTEMPTY' })
    this.unlink(path)
  }

  syncDir(folder: string): void {
    this.meet('syncDir', folder)
    if (this.names.get(folder) !== null) throw fileError('sync the folder', folder, { code: 'ENOENT' })
    for (const change of this.pendingNames) if (change.folder === folder) change.apply(this.durableNames)
    this.pendingNames = this.pendingNames.filter((change) => change.folder !== folder)
    countIo(this.counters, 'sync', 0, performance.now())
    this.stepDone('syncDir', folder)
  }

  async lock(path: string): Promise<FileLock> {
    return this.lockNow(path)
  }

  lockNow(path: string): FileLock {
    const inode = this.names.get(path)
    if (inode === undefined || inode === null) throw fileError('lock', path, { code: 'ENOENT' })
    if (this.locks.has(inode)) {
      throw new DatabaseError(CODE.IN_USE, `"${path}" is open for writing elsewhere`, { file: path })
    }
    this.locks.add(inode)
    return { release: () => void this.locks.delete(inode) }
  }

  // --- crash ---

  /** The process died but the machine did not: unsynced writes are still there, locks are not. */
  restart(): void {
    this.crashed = false
    this.crashAtStep = Infinity
    this.locks.clear()
  }

  /** The disk a reboot finds: a new file system; this one stays as it is, so many images can be drawn. */
  crash(policy: CrashPolicy, random: Random): FaultyFileSystem {
    const sequences = [...this.pendingSequences()].sort((a, b) => a - b)
    const cut = policy === 'prefix' || policy === 'torn' ? random.below(sequences.length + 1) : 0
    const last = cut > 0 ? sequences[cut - 1]! : 0
    const survives = (sequence: number): boolean => {
      if (policy === 'all') return true
      if (policy === 'none') return false
      if (policy === 'subset' || policy === 'size-first') return random.chance(0.5)
      return sequence <= last
    }
    const rebooted = new FaultyFileSystem()
    const names = new Map(this.durableNames)
    for (const change of this.pendingNames) if (survives(change.sequence)) change.apply(names)
    const copies = new Map<Inode, Inode>()
    rebooted.names = new Map()
    for (const [path, inode] of names) {
      if (!reachable(names, path)) continue
      if (inode !== null && !copies.has(inode)) {
        copies.set(inode, surviving(inode, { policy, random, survives, last }))
      }
      rebooted.names.set(path, inode === null ? null : copies.get(inode)!)
    }
    rebooted.durableNames = new Map(rebooted.names)
    return rebooted
  }

  private *pendingSequences(): Iterable<number> {
    for (const change of this.pendingNames) yield change.sequence
    const inodes = new Set([...this.names.values(), ...this.durableNames.values()])
    for (const inode of inodes) if (inode !== null) for (const change of inode.pending) yield change.sequence
  }

  // --- damage at rest, for tests ---

  /** The current bytes of a file. */
  bytesOf(path: string): Uint8Array {
    return this.inodeOf(path).current.snapshot()
  }

  /** Overwrites bytes behind the engine's back, durably. */
  damage(path: string, offset: number, bytes: Uint8Array): void {
    const inode = this.inodeOf(path)
    inode.current.write(offset, bytes)
    inode.durable.write(offset, bytes)
  }

  /** Cuts a file behind the engine's back, durably. */
  cut(path: string, size: number): void {
    const inode = this.inodeOf(path)
    inode.current.truncate(size)
    inode.durable.truncate(size)
  }

  private inodeOf(path: string): Inode {
    const inode = this.names.get(path)
    if (inode === undefined || inode === null) throw fileError('open', path, { code: 'ENOENT' })
    return inode
  }
}

class FaultyFile implements FileHandle {
  readonly path: string
  private readonly disk: FaultyFileSystem
  private readonly inode: Inode
  private readonly writable: boolean
  private closed = false

  constructor(disk: FaultyFileSystem, path: string, inode: Inode, writable: boolean) {
    this.disk = disk
    this.path = path
    this.inode = inode
    this.writable = writable
  }

  private check(needsWrite: boolean): void {
    if (this.closed) throw new DatabaseError(CODE.NOT_OPEN, `"${this.path}" is closed`, { file: this.path })
    if (needsWrite && !this.writable) throw fileError('write', this.path, { code: 'EBADF' })
  }

  size(): number {
    this.check(false)
    return this.inode.current.size
  }

  read(offset: number, target: Uint8Array): number {
    this.check(false)
    return this.disk.read(this.inode, this.path, offset, target)
  }

  write(offset: number, source: Uint8Array): void {
    this.check(true)
    this.disk.write(this.inode, this.path, offset, source)
  }

  writev(offset: number, sources: Uint8Array[]): void {
    this.check(true)
    const joined = new Uint8Array(sources.reduce((sum, source) => sum + source.length, 0))
    let at = 0
    for (const source of sources) {
      joined.set(source, at)
      at += source.length
    }
    this.disk.write(this.inode, this.path, offset, joined)
  }

  sync(): void {
    this.check(false)
    this.disk.sync(this.inode, this.path)
  }

  async readAsync(offset: number, target: Uint8Array): Promise<number> {
    this.check(false)
    await new Promise((resolve) => setImmediate(resolve))
    return this.disk.read(this.inode, this.path, offset, target)
  }

  prefetch(): void {
    this.check(false)
  }

  async writeAsync(offset: number, source: Uint8Array): Promise<void> {
    this.check(true)
    await new Promise((resolve) => setImmediate(resolve))
    this.disk.write(this.inode, this.path, offset, source)
  }

  async syncAsync(): Promise<void> {
    this.check(false)
    await new Promise((resolve) => setImmediate(resolve))
    this.disk.sync(this.inode, this.path)
  }

  truncate(size: number): void {
    this.check(true)
    this.disk.truncate(this.inode, this.path, size)
  }

  close(): void {
    this.closed = true
  }
}
