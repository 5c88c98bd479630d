// RESTORE DATABASE: the last root of a backup as a new database file.
//
//   1 verify the whole chain (chain.ts), nothing is written before   2 pages, map and root to `<target>.restoring`
//   3 sync; with UNTIL: replay the archived log (point-in-time.ts)   4 an empty log folder
//   5 rename to the target, sync the folder
//
// Page ids, entries and the root are those of the backup; only block numbers change, and the database gets an id of
// its own: its history leaves that of the source here, so logs and backups of the two can never be mixed up.
//
// B7  The target has its name only when all of it is durable. What an interrupted restore leaves is the file
//     `.restoring` and at most an empty log folder; the next restore to the same place replaces both.
import { randomBytes } from 'node:crypto'
import { crc32c } from '../../src/base/checksum.ts'
import { CODE, DatabaseError } from '../../src/base/errors.ts'
import { folderOf } from '../file/file.ts'
import type { FileHandle, FileLock, FileSystem } from '../file/file.ts'
import { LinearMemory } from '../memory/linear-memory.ts'
import { walFolder } from '../wal/wal-folder.ts'
import { encodeMetaSlot } from '../page/meta-slot.ts'
import type { Meta } from '../page/meta-slot.ts'
import { BLOCK_SIZE } from '../page/page-map.ts'
import { Wal } from '../wal/wal-writer.ts'
import { verifyChain } from './chain.ts'
import type { Link, VerifiedChain } from './chain.ts'
import { ImageCopier } from './image-copier.ts'
import { MapImage } from './map-image.ts'
import { changeIdentity, checkLog, clearFolder, linkBefore, replayLog } from './point-in-time.ts'
import type { PointInTime } from './point-in-time.ts'
import { runStepsSoon } from './steps.ts'
import type { Progress, StepOptions, Steps } from './steps.ts'

// Frames for copying and a little room: this memory only ever holds one slice.
const MEMORY_BYTES = 4 << 20

/** What to restore and where to. */
export interface RestoreOptions {
  readonly from: string
  readonly to: string
  /** Replace the database at `to`. Only restoreDatabase() makes sure that nobody has it open. */
  readonly force?: boolean
  /** Number of the link whose state is wanted; the last one when left out. */
  readonly link?: number
  /** Restore to a time: the newest link before it, then the archived log. Not together with `link`. */
  readonly until?: PointInTime
}

/** What a restore did. */
export interface RestoreReport {
  readonly path: string
  /** Links of the backup that were verified. */
  readonly links: number
  readonly pages: number
  readonly bytes: number
  /** The last commit of the restored database, from the log when it was replayed. */
  readonly commitId: number
  /** When the backup was made, milliseconds since 1970. */
  readonly timeMs: number
}

/**
 * Restores in steps. 58P01: no backup there; 58P02: the target exists; XX001: the backup is damaged, with file and
 * offset; 0A000: of a newer format. Nothing exists at the target unless it is whole.
 */
export function* restoreSteps(files: FileSystem, options: RestoreOptions): Steps<RestoreReport> {
  const { from, to } = options
  if (files.isDirectory(from)) {
    throw new DatabaseError(CODE.WRONG_OBJECT, `"${from}" is a folder, not a backup`, { file: from })
  }
  checkTarget(files, options)
  const source = files.open(from, 'read')
  let memory: LinearMemory | null = null
  try {
    memory = LinearMemory.create(MEMORY_BYTES)
    const chain = yield* half(verifyChain(source, memory, (links) => chosenLink(from, links, options)), 0)
    const last = chain.chosen
    if (options.until !== undefined) checkLog(files, last, options.until)
    const temporary = `${to}.restoring`
    const written = yield* writeDatabase(files, temporary, { source, memory, chain })
    const { meta, commitId } = finish(files, temporary, last, options)
    publish(files, options, meta)
    const { pages, bytes } = written
    return { path: to, links: chain.links.length, pages, bytes, commitId, timeMs: last.timeMs }
  } finally {
    memory?.release()
    source.close()
  }
}

/** Restores in the background; see restoreSteps. With `force`, 55006 when the database it replaces is open. */
export async function restoreDatabase(
  files: FileSystem, options: RestoreOptions, how: StepOptions = {},
): Promise<RestoreReport> {
  let lock: FileLock | null = null
  const { force = false, to } = options
  if (force && files.exists(to) && !files.isDirectory(to)) lock = await files.lock(to)
  try {
    return await runStepsSoon(restoreSteps(files, options), how)
  } finally {
    lock?.release()
  }
}

// Replays the log, if that is asked for, and gives the file an id of its own.
function finish(
  files: FileSystem, path: string, link: Link, { until }: RestoreOptions,
): { meta: Meta; commitId: number } {
  let isDone = false
  try {
    const commitId = until === undefined ? link.commitId : replayLog(files, path, link, until)
    const file = files.open(path, 'write')
    try {
      const meta = changeIdentity(file, randomBytes(16))
      isDone = true
      return { meta, commitId }
    } finally {
      file.close()
    }
  } finally {
    if (!isDone) quietly(() => files.unlink(path))
  }
}

function chosenLink(from: string, links: readonly Link[], { link = links.length, until }: RestoreOptions): Link {
  if (until !== undefined) return linkBefore(from, links, until.untilMs)
  const found = links[link - 1]
  if (found !== undefined) return found
  const text = `"${from}" has ${links.length} links, not ${link}`
  throw new DatabaseError(CODE.INVALID_PARAMETER, text, { file: from })
}

function checkTarget(files: FileSystem, { from, to, force = false }: RestoreOptions): void {
  const refuse = (code: typeof CODE.WRONG_OBJECT | typeof CODE.DUPLICATE_FILE, text: string, hint: string): never => {
    throw new DatabaseError(code, text, { file: to, hint })
  }
  if (to === from) refuse(CODE.WRONG_OBJECT, `"${to}" cannot be restored onto itself`, 'Choose another target.')
  if (files.isDirectory(to)) refuse(CODE.WRONG_OBJECT, `"${to}" is a folder`, 'Name the new database file.')
  if (force) return
  const hint = 'Choose another path, or move it away first.'
  if (files.exists(to)) refuse(CODE.DUPLICATE_FILE, `"${to}" exists already`, hint)
  const folder = walFolder(to)
  const isLeftover = files.exists(`${to}.restoring`)
  if (!isLeftover && files.isDirectory(folder) && files.list(folder).length > 0) {
    refuse(CODE.DUPLICATE_FILE, `"${folder}" exists already: it may hold commits of a database`, hint)
  }
}

// Verifying is one half of the progress, writing the other.
function* half<T>(steps: Generator<Progress, T, void>, begin: number): Steps<T> {
  let next = steps.next()
  while (next.done !== true) {
    const { done, total } = next.value
    yield { done: begin + done, total: total * 2 }
    next = steps.next()
  }
  return next.value
}

interface Source {
  readonly source: FileHandle
  readonly memory: LinearMemory
  readonly chain: VerifiedChain
}

interface Written {
  readonly pages: number
  readonly bytes: number
}

function* writeDatabase(files: FileSystem, path: string, from: Source): Steps<Written> {
  const file = files.open(path, 'create')
  let isDone = false
  try {
    clearFolder(files, walFolder(path))
    file.truncate(0)
    const written = yield* writePages(file, from)
    yield { sync: file }
    isDone = true
    return written
  } finally {
    file.close()
    if (!isDone) quietly(() => files.unlink(path))
  }
}

// Undoing is best effort: the error that made it necessary is the one to report.
function quietly(undo: () => void): void {
  try {
    undo()
  } catch (error) {
    if (!(error instanceof Error)) throw error
  }
}

// Layout of the new file: meta slots, map root, map pages, pages in the order of their ids.
function* writePages(file: FileHandle, { source, memory, chain }: Source): Steps<Written> {
  const { directory, images, chosen: last } = chain
  const rootBlocks = directory.length === 0 ? 0 : Math.ceil((directory.length * 16) / BLOCK_SIZE)
  let mapBlock = 2 + rootBlocks
  let next = mapBlock + directory.reduce((sum, { blocks }) => sum + blocks, 0)
  const copier = new ImageCopier(source, file, memory, next)
  const root = new Uint32Array((rootBlocks * BLOCK_SIZE) / 4)
  let pages = 0
  try {
    for (const [index, entry] of directory.entries()) {
      const map = MapImage.read(source, entry, index, last.meta.pageCount)
      for (let i = 0; i < map.count; i++) {
        if (map.blocksOf(i) === 0) continue
        const block = images.blockOf(map.imageOf(i), map.epochOf(i))
        const image = { ...map.imageOf(i), block }
        map.moveTo(i, next)
        next += image.blocks
        pages++
        if (!copier.fits(image)) {
          copier.flush()
          yield* half(told(next * BLOCK_SIZE, chain), chain.header.end)
        }
        copier.add(image)
      }
      file.write(mapBlock * BLOCK_SIZE, map.bytes)
      root.set([mapBlock, crc32c(map.bytes), entry.epoch, entry.blocks], index * 4)
      mapBlock += entry.blocks
    }
    copier.flush()
  } finally {
    copier.close()
  }
  const meta = newRoot(last, new Uint8Array(root.buffer), directory.length)
  file.write(2 * BLOCK_SIZE, new Uint8Array(root.buffer))
  file.write(0, new Uint8Array(2 * BLOCK_SIZE))
  file.write((meta.epoch & 1) * BLOCK_SIZE, encodeMetaSlot(meta))
  return { pages, bytes: next * BLOCK_SIZE }
}

function* told(done: number, chain: VerifiedChain): Generator<Progress, void, void> {
  const total = chain.header.end
  yield { done: Math.min(done, total), total }
}

function newRoot(last: Link, root: Uint8Array, mapPages: number): Meta {
  const mapRoot = mapPages === 0 ? { block: 0, blocks: 0, crc: 0, byteLength: 0 }
    : { block: 2, blocks: root.length / BLOCK_SIZE, crc: crc32c(root), byteLength: mapPages * 16 }
  return { ...last.meta, mapRoot }
}

// Steps 4 and 5. With `force` the old database goes only now, when all of the new one is on the disk.
// From then on there is nothing to go back to: a failure leaves the finished `.restoring` beside it.
function publish(files: FileSystem, { to, force = false }: RestoreOptions, meta: Meta): void {
  const folder = walFolder(to)
  const isReplacing = force && files.exists(to)
  if (isReplacing) {
    files.unlink(to)
    files.syncDir(folderOf(to))
  }
  let isDone = false
  try {
    name(files, to, meta)
    isDone = true
  } finally {
    if (!isDone && !isReplacing) quietly(() => {
      if (files.exists(to)) return
      files.unlink(`${to}.restoring`)
      clearFolder(files, folder)
      files.removeFolder(folder)
    })
  }
}

function name(files: FileSystem, to: string, meta: Meta): void {
  const folder = walFolder(to)
  clearFolder(files, folder)
  const options = { synchronous: 'full' as const, databaseId: meta.databaseId, allowMissing: true }
  Wal.open(files, folder, options, meta.redoLsn, () => {}).close()
  files.rename(`${to}.restoring`, to)
  files.syncDir(folderOf(to))
}
