// Spilling: what operators that keep rows do when they have kept more than their share of the memory. Rows go to
// temporary files as blocks (row-file.ts) and come back as batches. Three shapes cover every operator:
//
//   sort, window       sorted runs, merged block by block (sorted-runs.ts)
//   grouping, sets     rows parted by a hash of their keys, one part after the other (parts.ts)
//   hash joins         both sides parted by a hash of their keys
//
// A part that is still too large is parted again by other bits of the hash, DEPTH_MAX times. What has no keys to
// part by keeps going in memory until 53200 says that there is none left.
import type { TempFile } from '../../storage/file/temp-space.ts'
import type { PlanNode } from '../operators/operator.ts'
import type { Run } from '../run.ts'

/** Where rows go, and how much an operator may keep before they do. */
export interface SpillSpace {
  /** Bytes of linear memory that one operator may hold. */
  readonly budgetBytes: number
  create(): TempFile
}

/** Settings that tests change to make every operator spill; 0 = a share of the memory. */
export const SPILL_DEFAULTS: { budgetBytes: number } = { budgetBytes: 0 }

/** One operator may hold this share of the memory: several run at a time, and pages need some. */
const SHARE = 8

/** The budget of an operator in a memory of so many bytes. */
export function spillBudget(memoryBytes: number): number {
  return SPILL_DEFAULTS.budgetBytes > 0 ? SPILL_DEFAULTS.budgetBytes : Math.floor(memoryBytes / SHARE)
}

/** Parts that rows are divided into at once, a power of two. */
export const PARTS = 8
/** How often a part may be parted again. */
export const DEPTH_MAX = 6
/** Parts of fewer rows are never parted again, whatever they need. */
export const PART_ROWS_MIN = 4096

/** Lets EXPLAIN ANALYZE say that an operator spilled, and into how many files. */
export function noteSpill(run: Run, operator: PlanNode, files: number): void {
  if (run.profiles !== null) run.profileOf(operator).notes.set('spilled', `${files} temporary files`)
}
