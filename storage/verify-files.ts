// The part of the integrity check that looks at files rather than tables: the log back to the older root (F4, W1, W4)
// and the heap pages with their free-space buckets (H1, H3). verify.ts puts the parts together.
import { CODE, DatabaseError } from '../src/base/errors.ts'
import { heapFreeBytes, checkHeapPage } from './delta/heap-page.ts'
import type { Engine } from './engine.ts'
import { FRAME_SIZE } from './memory/linear-memory.ts'
import { MEMORY_PATH } from './open-engine.ts'
import { decodeMetaSlot } from './page/meta-slot.ts'
import type { Meta } from './page/meta-slot.ts'
import { BLOCK_SIZE, MAX_PAGE_BYTES } from './page/page-map.ts'
import { PAGE_KIND } from './page/page-store.ts'
import type { Problem } from './verify.ts'
import { standsAlone } from './wal/record.ts'
import { walFolder } from './wal/wal-folder.ts'
import { readLog } from './wal/wal-reader.ts'

const BUCKET_BYTES = MAX_PAGE_BYTES / 16

/** Whole roots in the meta slots on disk, newest first. */
function rootsOnDisk(engine: Engine): Meta[] {
  const bytes = new Uint8Array(2 * BLOCK_SIZE)
  const { file, path } = engine.parts
  if (file.read(0, bytes) < bytes.length) return []
  const roots = new Map<number, Meta>()
  for (const slot of [0, 1]) {
    for (const { meta } of decodeMetaSlot(bytes.subarray(slot * BLOCK_SIZE, (slot + 1) * BLOCK_SIZE), path)) {
      if (meta !== null) roots.set(meta.epoch, meta)
    }
  }
  return [...roots.values()].sort((a, b) => b.epoch - a.epoch)
}

/** Looks at a log that a live writer may shorten meanwhile. */
const LOG_LOOKS = 20

/** Reads the log as recovery would, from the older root on; returns the records of committed transactions. */
export function verifyLog(engine: Engine, problems: Problem[]): number {
  for (let look = 1; ; look++) {
    const { records, found, isMoving } = lookAtLog(engine)
    if (isMoving && look < LOG_LOOKS) continue
    problems.push(...found)
    return records
  }
}

// `isMoving`: the writer took a segment back between its listing and its reading, or wrote another root meanwhile.
function lookAtLog(engine: Engine): { records: number; found: Problem[]; isMoving: boolean } {
  const { files, path } = engine.parts
  const roots = rootsOnDisk(engine)
  const newest = roots[0]
  const found: Problem[] = []
  if (engine.wal === null || path === MEMORY_PATH || newest === undefined) return { records: 0, found, isMoving: false }
  const folder = walFolder(path)
  const redoLsn = Math.min(...roots.map((root) => root.redoLsn))
  let records = 0
  let lastCommit = newest.commitId
  try {
    const { databaseId, commitId } = newest
    readLog(files, { folder, databaseId, redoLsn, mayBeMissing: commitId === 0 }, (record) => {
      if (standsAlone(record.type)) return
      records++
      if (record.lsn < newest.redoLsn || record.commitId === lastCommit) return
      if (record.commitId !== lastCommit + 1) {
        const text = `commit ${record.commitId} at LSN ${record.lsn} follows commit ${lastCommit}`
        found.push({ message: `violates W4: ${text}`, file: folder })
      }
      lastCommit = record.commitId
    })
  } catch (error) {
    if (!(error instanceof DatabaseError)) throw error
    const rule = /missing/.test(error.message) ? 'F4' : 'W1'
    found.push({ message: `violates ${rule}: ${error.message}`, file: error.file, offset: error.offset })
    return { records, found, isMoving: engine.follower !== null && error.code === CODE.UNDEFINED_FILE }
  }
  // A commit that a newer root has is not in the log.
  const hasMoved = found.length > 0 && rootsOnDisk(engine)[0]?.epoch !== newest.epoch
  return { records, found, isMoving: engine.follower !== null && hasMoved }
}

/** Checks the structure of every heap page, and its bucket in the page map. */
export function verifyHeap(engine: Engine, problems: Problem[]): void {
  const { pages, pool, memory } = engine
  for (const page of [...pages.pagesOfKind(PAGE_KIND.HEAP)]) {
    try {
      const base = pool.fetch(page) * FRAME_SIZE
      const broken = checkHeapPage(memory, base, page)
      if (broken !== null) {
        const message = broken.startsWith('violates') ? broken : `violates H1: ${broken}`
        problems.push({ message, page })
        continue
      }
      const bucket = Math.max(0, Math.floor(heapFreeBytes(memory, base) / BUCKET_BYTES))
      if (bucket !== pages.fillOf(page)) {
        const text = `heap page ${page} is in bucket ${pages.fillOf(page)} but has the free bytes of ${bucket}`
        problems.push({ message: `violates H3: ${text}`, page })
      }
    } catch (error) {
      if (!(error instanceof DatabaseError)) throw error
      problems.push({ message: error.message, page, offset: error.offset })
    }
  }
}
