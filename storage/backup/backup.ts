// BACKUP DATABASE and BACKUP INCREMENTAL: a checkpoint's pages into a backup file (backup-header.ts,
// backup-link.ts), while the database goes on. The copied root is held (F6), so commits, merges and checkpoints may
// follow; what they write is in the next backup.
//
//   1 checkpoint, hold its root   2 compare the map with the chain   3 header, directory, map pages
//   4 page images, in slices      5 trailer, sync                    6 the backup's own header, sync
//
// A full backup is made beside its place and renamed; an incremental one is appended and exists from step 6 on.
// The map pages alone say what changed, because an entry carries the epoch of the checkpoint that wrote its page:
// cost follows the change, plus one map page of 64 KiB for each 4,096 pages with a change among them.
//
// B5  A link is only appended to a chain whose last root is an ancestor of the root copied: every map entry that is
//     not newer than that root is in the chain as it is here.
// B6  Nothing the backup file's header refers to is ever overwritten.
import { CODE, DatabaseError } from '../../src/base/errors.ts'
import type { Engine } from '../engine.ts'
import { folderOf } from '../file/file.ts'
import type { FileHandle, FileSystem } from '../file/file.ts'
import { MemoryFileSystem } from '../file/memory-file.ts'
import { NodeFileSystem } from '../file/node-file.ts'
import { encodeMetaSlot } from '../page/meta-slot.ts'
import { newestRootEpoch, overtakenError } from '../page/page-load.ts'
import type { HeldRoot } from '../page/page-load.ts'
import { BLOCK_SIZE } from '../page/page-map.ts'
import { FIRST_LINK_OFFSET, encodeBackupHeader, kindOfFile, slotOffset } from './backup-header.ts'
import { LinkHash, directoryBlocks, encodeDirectory, encodeLinkHeader, encodeTrailer } from './backup-link.ts'
import type { DirectoryEntry } from './backup-link.ts'
import { checkLink, readChain, readDirectory } from './chain.ts'
import type { Chain, Link } from './chain.ts'
import { ImageCopier } from './image-copier.ts'
import { MapImage } from './map-image.ts'
import type { Steps } from './steps.ts'

/** How to back up. */
export interface BackupOptions {
  /** Add to the backup that is there; without one, make the first link. */
  readonly incremental?: boolean
  /** Wall clock in milliseconds, for tests. */
  readonly now?: () => number
}

/** What a backup did. */
export interface BackupReport {
  /** unchanged: the chain already ends at this state, and nothing was written. */
  readonly kind: 'full' | 'incremental' | 'unchanged'
  readonly path: string
  /** Number of the link in its file, from 1. */
  readonly link: number
  /** Pages copied, and the bytes of the link with everything in it. */
  readonly pages: number
  readonly bytes: number
  /** Pages of the whole database. */
  readonly totalPages: number
  /** The state the backup holds: the last commit in it, and its place in the log. */
  readonly commitId: number
  readonly lsn: number
  /** Commits newer than that which are not in it: only a reader beside a writer may have some. */
  readonly laterCommits: number
  /** Milliseconds since 1970. */
  readonly timeMs: number
}

// Targets being written, so that two backups never share a file.
const busy = new WeakMap<Engine, Set<string>>()

/**
 * Backs the database up to the file `path`, in steps; of a database opened read-only, its last checkpoint. 42809 for
 * a target that is anything but a backup or absent, 55000 for a backup of another database, 55006 while one writes
 * there, XX001 for damage on either side. A failure leaves the backup that was there.
 */
export function* backupSteps(engine: Engine, path: string, options: BackupOptions = {}): Steps<BackupReport> {
  engine.assertUsable()
  const targets = busy.get(engine) ?? new Set<string>()
  busy.set(engine, targets)
  if (targets.has(path)) {
    throw new DatabaseError(CODE.IN_USE, `another backup is being written to "${path}"`, { file: path })
  }
  targets.add(path)
  try {
    const files = backupFiles(engine)
    const kind = kindOfTarget(files, path)
    const root = holdRoot(engine)
    try {
      const isAppend = options.incremental === true && kind === 'backup'
      const timeMs = Math.max((options.now ?? Date.now)(), engine.wal?.lastCommitMs ?? 0)
      const from: Source = { engine, root, timeMs, totalPages: usedPages(engine) }
      return isAppend ? yield* append(from, files, path) : yield* create(from, files, { path, kind })
    } catch (error) {
      throw overtaken(engine, root, error)
    } finally {
      root.release()
    }
  } finally {
    targets.delete(path)
  }
}

// A reader cannot take a checkpoint, so it copies the last one it has opened. The writer knows of that root from the
// reader's slot, and the snapshot keeps the reader from going on to a newer one.
function holdRoot(engine: Engine): HeldRoot {
  if (!engine.isReadOnly) {
    engine.checkpoint()
    return engine.pages.hold()
  }
  const root = engine.pages.hold()
  const snapshot = engine.snapshots.take(engine.commitId, 0, engine.rootNumber)
  return { ...root, release: () => {
    snapshot.close()
    root.release()
  } }
}

// A reader that could not announce itself may find its pages reused: that is not damage.
function overtaken(engine: Engine, { meta }: HeldRoot, error: unknown): unknown {
  const isDamage = error instanceof DatabaseError && error.code === CODE.CORRUPT
  if (!engine.isReadOnly || !isDamage || newestRootEpoch(engine.pages.file) <= meta.epoch + 1) return error
  return overtakenError(engine.parts.path, error.page ?? 0)
}

/** Where the backups of a database live: with its own files, and on the disk for a database in memory. */
export function backupFiles(engine: Engine): FileSystem {
  const { files, options } = engine.parts
  return options.files === null && files instanceof MemoryFileSystem ? new NodeFileSystem() : files
}

function kindOfTarget(files: FileSystem, path: string): 'none' | 'backup' {
  const refuse = (what: string, hint: string): never => {
    throw new DatabaseError(CODE.WRONG_OBJECT, `"${path}" is ${what}, not a backup`, { file: path, hint })
  }
  if (path === '') throw new DatabaseError(CODE.INVALID_PARAMETER, 'a backup needs the path of a file, not \'\'')
  if (files.isDirectory(path)) return refuse('a folder', 'Name a file in it.')
  if (!files.exists(path)) return 'none'
  const file = files.open(path, 'read')
  try {
    const kind = kindOfFile(file)
    if (kind === 'database') return refuse('a database', 'Choose a path of its own for the backup.')
    if (kind === 'other') return refuse('another kind of file', 'Choose another path, or remove the file.')
    return kind === 'backup' ? 'backup' : 'none'
  } finally {
    file.close()
  }
}

function otherDatabase(path: string, engine: Engine): DatabaseError {
  return new DatabaseError(CODE.NOT_OPEN, `"${path}" is a backup of another database than "${engine.parts.path}"`, {
    file: path, detail: 'A restored database counts as another one than its source.',
    hint: 'Choose another path, or remove the old backup first.',
  })
}

interface Source {
  readonly engine: Engine
  readonly root: HeldRoot
  readonly timeMs: number
  readonly totalPages: number
}

// Right after a checkpoint the map in memory is that of the root.
function usedPages({ pages }: Engine): number {
  let count = 0
  for (let id = 1; id < pages.pageCount; id++) if (pages.map.blocksOf(id) > 0) count++
  return count
}

function* create(
  from: Source, files: FileSystem, target: { path: string; kind: 'none' | 'backup' },
): Steps<BackupReport> {
  const { path } = target
  if (target.kind === 'backup') checkOwner(files, path, from)
  const temporary = `${path}.partial`
  const file = files.open(temporary, 'create')
  let isDone = false
  try {
    file.truncate(0)
    file.write(0, new Uint8Array(FIRST_LINK_OFFSET))
    const writer = new LinkWriter(from, file, null)
    const report = yield* writer.write(path)
    yield { sync: file }
    file.close()
    files.rename(temporary, path)
    files.syncDir(folderOf(path))
    isDone = true
    return report
  } finally {
    if (!isDone) discard(() => {
      file.close()
      files.unlink(temporary)
    })
  }
}

// A damaged backup may be replaced, one of another database may not.
function checkOwner(files: FileSystem, path: string, { engine, root }: Source): void {
  const file = files.open(path, 'read')
  try {
    const { header } = readChain(file)
    if (Buffer.compare(header.databaseId, root.meta.databaseId) !== 0) throw otherDatabase(path, engine)
  } catch (error) {
    if (!(error instanceof DatabaseError) || error.code !== CODE.CORRUPT) throw error
  } finally {
    file.close()
  }
}

function* append(from: Source, files: FileSystem, path: string): Steps<BackupReport> {
  const { engine, root } = from
  const file = files.open(path, 'write')
  try {
    const chain = readChain(file)
    if (Buffer.compare(chain.header.databaseId, root.meta.databaseId) !== 0) throw otherDatabase(path, engine)
    const last = chain.links[chain.links.length - 1]!
    const before = chain.links[chain.links.length - 2]
    checkLink(file, last, before === undefined ? [] : readDirectory(file, before))
    const writer = new LinkWriter(from, file, chain)
    if (last.epoch === root.meta.epoch) return writer.unchanged(path)
    let isDone = false
    try {
      const report = yield* writer.write(path)
      isDone = true
      return report
    } finally {
      if (!isDone && !writer.isNamed) discard(() => file.truncate(chain.header.end))
    }
  } finally {
    file.close()
  }
}

// Clearing up after a failure: the failure itself says more than what clearing up might meet, and what is left
// behind is overwritten by the next backup.
function discard(clear: () => void): void {
  try {
    clear()
  } catch (error) {
    if (!(error instanceof Error)) throw error
  }
}

/** Writes one link of one root. */
class LinkWriter {
  private readonly engine: Engine
  private readonly file: FileHandle
  private readonly root: HeldRoot
  private readonly chain: Chain | null
  private readonly last: Link | null
  private readonly baseEpoch: number
  private readonly before: readonly DirectoryEntry[]
  private readonly timeMs: number
  private readonly totalPages: number
  private readonly laterCommits: number
  /** The header may name the link, so its bytes have to stay. */
  isNamed = false

  constructor({ engine, root, timeMs, totalPages }: Source, file: FileHandle, chain: Chain | null) {
    this.engine = engine
    this.file = file
    this.root = root
    this.totalPages = totalPages
    this.laterCommits = engine.isReadOnly ? engine.commitId - root.meta.commitId : 0
    this.chain = chain
    this.last = chain === null ? null : chain.links[chain.links.length - 1]!
    this.baseEpoch = this.last?.epoch ?? 0
    this.before = this.last === null ? [] : readDirectory(file, this.last)
    this.timeMs = Math.max(timeMs, this.last?.timeMs ?? 0)
  }

  private diverged(): DatabaseError {
    const { path } = this.file
    return new DatabaseError(CODE.NOT_OPEN, `the backup "${path}" does not lead to this state of the database`, {
      file: path, detail: 'The database was replaced by an older copy of itself since the last backup.',
      hint: 'Make a full backup.',
    })
  }

  // True when the map page is in the chain as it is now (B5).
  private isKept(index: number): boolean {
    const pointer = this.root.pointers[index]!
    if (pointer.epoch > this.baseEpoch) return false
    const old = this.before[index]
    const isSame = old !== undefined && old.epoch === pointer.epoch && old.crc === pointer.crc
      && old.blocks === pointer.blocks
    if (!isSame) throw this.diverged()
    return true
  }

  unchanged(path: string): BackupReport {
    this.root.pointers.forEach((_, index) => {
      if (!this.isKept(index)) throw this.diverged()
    })
    const { number, timeMs } = this.last!
    return { ...this.figures(path), kind: 'unchanged', link: number, pages: 0, bytes: 0, timeMs }
  }

  private figures(path: string): Pick<BackupReport, 'path' | 'totalPages' | 'commitId' | 'lsn' | 'laterCommits'> {
    const { commitId, redoLsn } = this.root.meta
    return { path, totalPages: this.totalPages, commitId, lsn: redoLsn, laterCommits: this.laterCommits }
  }

  /** Steps 2 to 6. */
  *write(path: string): Steps<BackupReport> {
    const { engine, root, file } = this
    const { meta } = root
    if (meta.epoch < this.baseEpoch || meta.commitId < (this.last?.commitId ?? 0)) throw this.diverged()
    const begin = this.chain?.header.end ?? FIRST_LINK_OFFSET
    const changed = root.pointers.flatMap((_, index) => (this.isKept(index) ? [] : [index]))
    const { images, blocks } = this.count(changed)
    const mapBlocks = changed.reduce((sum, index) => sum + root.pointers[index]!.blocks, 0)
    const frontBlocks = 1 + directoryBlocks(root.pointers.length) + mapBlocks
    const number = (this.last?.number ?? 0) + 1
    const { timeMs } = this
    const header = {
      number, baseEpoch: this.baseEpoch, epoch: meta.epoch, mapPages: root.pointers.length,
      storedMapPages: changed.length, images, bytes: (frontBlocks + blocks + 1) * BLOCK_SIZE,
      commitId: meta.commitId, redoLsn: meta.redoLsn, timeMs, previousHash: this.last?.hash ?? new Uint8Array(32),
    }
    const hash = this.writeFront(begin, encodeLinkHeader(header, encodeMetaSlot(meta)), changed, number)
    const copier = new ImageCopier(engine.pages.file, file, engine.memory, begin / BLOCK_SIZE + frontBlocks)
    try {
      yield* this.copyImages(copier, changed, blocks * BLOCK_SIZE)
    } finally {
      copier.close()
    }
    const end = begin + header.bytes
    file.write(end - BLOCK_SIZE, encodeTrailer(number, header.bytes, hash))
    yield { sync: file }
    this.isNamed = true
    file.write(slotOffset(number), encodeBackupHeader({
      databaseId: meta.databaseId, links: number, end, lastHash: hash,
    }))
    yield { sync: file }
    return {
      ...this.figures(path), kind: number === 1 ? 'full' : 'incremental', link: number, pages: images,
      bytes: header.bytes, timeMs,
    }
  }

  private mapImage(index: number): MapImage {
    const { pages } = this.engine
    return MapImage.read(pages.file, this.root.pointers[index]!, index, this.root.meta.pageCount)
  }

  // Counts what is to be copied, and checks that what is not is in the chain (B5).
  private count(changed: readonly number[]): { images: number; blocks: number } {
    let [images, blocks] = [0, 0]
    for (const index of changed) {
      const map = this.mapImage(index)
      const old = this.before[index]
      const stored = old === undefined ? null : MapImage.read(this.file, old, index, this.last!.meta.pageCount)
      for (let entry = 0; entry < map.count; entry++) {
        if (map.blocksOf(entry) === 0) continue
        if (map.epochOf(entry) > this.baseEpoch) {
          images++
          blocks += map.blocksOf(entry)
        } else if (stored === null || entry >= stored.count || !map.isSame(stored, entry)) throw this.diverged()
      }
    }
    return { images, blocks }
  }

  // Header, directory and map pages; returns their hash.
  private writeFront(
    begin: number, header: Uint8Array, changed: readonly number[], number: number,
  ): Uint8Array {
    const { pointers } = this.root
    const hash = new LinkHash()
    let offset = begin
    const put = (bytes: Uint8Array): void => {
      this.file.write(offset, bytes)
      hash.add(bytes)
      offset += bytes.length
    }
    let block = begin / BLOCK_SIZE + 1 + directoryBlocks(pointers.length)
    const isChanged = new Set(changed)
    const directory = pointers.map(({ crc, epoch, blocks }, index) => {
      if (!isChanged.has(index)) return this.before[index]!
      const entry = { block, crc, epoch, blocks, link: number }
      block += blocks
      return entry
    })
    put(header)
    if (directory.length > 0) put(encodeDirectory(directory))
    for (const index of changed) put(this.mapImage(index).bytes)
    return hash.finish()
  }

  private *copyImages(copier: ImageCopier, changed: readonly number[], total: number): Steps<void> {
    let done = 0
    for (const index of changed) {
      for (const image of this.mapImage(index).imagesAbove(this.baseEpoch)) {
        if (!copier.fits(image)) {
          done += copier.flush()
          yield { done, total }
          this.engine.assertUsable()
        }
        copier.add(image)
      }
    }
    done += copier.flush()
    yield { done, total }
  }
}
