// A sealed run: what once was a stretch of the delta, as row groups of its own, sorted by key, with a Bloom filter
// over its keys. Runs overlap the base and each other in key; rule R1 says which of several copies counts.
//
//   base      [ group ][ group ][ group ][ group ]
//   run 1     [ group            ][ group        ]     filter: which keys may be here
//   run 2          [ group ]                           the newest, still growing: a new root lists more groups
//
// A SealedRun is immutable like everything in a root: growing it or dropping groups makes another object, which
// shares the number and the filter.
import { GroupDirectory } from './group-directory.ts'
import type { KeyOrder } from './key.ts'
import type { BloomFilter } from './bloom-filter.ts'
import type { RowGroup } from '../row-group/row-group.ts'

/** The filter of a run and where it was last stored; shared by all objects of the run. */
export interface RunFilter {
  readonly bloom: BloomFilter
  /** First page and bytes of the stored filter; bytes 0 = never stored. */
  page: number
  bytes: number
  /** Keys it had when it was stored: another number now means that it must be stored again. */
  storedKeys: number
}

/** One run of a root. */
export class SealedRun extends GroupDirectory {
  readonly number: number
  readonly filter: RunFilter

  constructor(number: number, groups: readonly RowGroup[], order: KeyOrder, filter: RunFilter) {
    super(groups, order)
    this.number = number
    this.filter = filter
  }

  /** Rows that are not sealed as dead. */
  get liveRows(): number {
    let live = this.rows
    for (const group of this.groups) live -= group.dead.sealedCount
    return live
  }
}
