// How well the file is used, for stats() and PRAGMA storage_info: free space between pages and inside heap pages, what
// was written for each byte of row data, and when the last checkpoint was.
import type { Engine } from './engine.ts'
import { PAGE_KIND } from './page/page-store.ts'

/** Buckets of free bytes that a heap page's map entry tells apart. */
const FILL_BUCKETS = 16

/** Shares are 0 to 1. */
export interface SpaceFigures {
  /** Free blocks inside the file as a share of all. */
  fragmentation: number
  /** Pages of delta rows, and how full they are on average (to a sixteenth). */
  heapPages: number
  averageFill: number
  /** Fetches that found their page in memory. */
  poolHitRate: number
  /** Bytes of rows committed since open, and bytes written for each of them, log and merges included. */
  rowBytes: number
  amplification: number
  /** Milliseconds since the last checkpoint; since opening when there was none. */
  lastCheckpointMs: number
  /** Longest step of maintenance, in ms. */
  longestStepMs: number
}

/** Cost: a walk over the page map. */
export function spaceFigures(engine: Engine): SpaceFigures {
  const { pages, pool, parts, counters, snapshots, jobs } = engine
  const { freeBlocks, usedBlocks } = pages.stats
  let heapPages = 0
  let free = 0
  for (const page of pages.pagesOfKind(PAGE_KIND.HEAP)) {
    heapPages++
    free += (pages.fillOf(page) + 0.5) / FILL_BUCKETS
  }
  const { hits, misses } = pool.stats
  return {
    fragmentation: freeBlocks / Math.max(1, freeBlocks + usedBlocks),
    heapPages, averageFill: heapPages === 0 ? 0 : 1 - free / heapPages,
    poolHitRate: hits / Math.max(1, hits + misses),
    rowBytes: counters.rowBytes,
    amplification: counters.rowBytes === 0 ? 0 : parts.files.counters.bytesWritten / counters.rowBytes,
    lastCheckpointMs: Math.max(0, snapshots.now() - engine.checkpointAtMs),
    longestStepMs: jobs.longestStepMs,
  }
}
