// A table root: what a snapshot reads besides the delta, the base (row groups in key order) and the sealed runs,
// newest last. Replaced as a whole when rows are sealed, merged or appended in bulk; old roots live on in the
// snapshots that captured them (rule S1). Its bytes: root-codec.ts.
//
// R1  A key has at most one row over base and runs that is not sealed as dead, so their order does not matter.
import type { TableModel } from '../../index/mod.ts'
import { GroupDirectory } from './group-directory.ts'
import type { KeyOrder, KeyValue } from './key.ts'
import type { RowGroup } from '../row-group/row-group.ts'
import type { SealedRun } from './sealed-run.ts'

/** The base, the model that finds the row group for a key, and the runs. */
export class TableRoot {
  /** Grows with every replaced root of the database; snapshots compare it (rule D2). */
  readonly number: number
  readonly base: GroupDirectory
  readonly runs: readonly SealedRun[]
  // Fields of the base, at hand for point reads.
  readonly groups: readonly RowGroup[]
  readonly order: KeyOrder
  readonly firstKeys: Float64Array
  readonly model: TableModel
  /** A key's row may be elsewhere than in the base, or dead in it, without the delta knowing. */
  isLayered: boolean

  /** `groups` may be the directory of another root, which is then shared. */
  constructor(
    number: number, groups: readonly RowGroup[] | GroupDirectory, order: KeyOrder, runs: readonly SealedRun[] = [],
  ) {
    const base = groups instanceof GroupDirectory ? groups : new GroupDirectory(groups, order)
    this.number = number
    this.base = base
    this.runs = runs
    this.groups = base.groups
    this.order = order
    this.firstKeys = base.firstKeys
    this.model = base.model
    this.isLayered = runs.length > 0 || this.groups.some((group) => group.dead.sealedCount > 0)
  }

  /** Ordinal of the last base group whose first key is <= key, -1 when the key lies before all of them. */
  groupOf(key: KeyValue): number {
    return this.base.groupOf(key)
  }

  /** Rows of all groups of base and runs, dead ones included. */
  get rows(): number {
    let { rows } = this.base
    for (const run of this.runs) rows += run.rows
    return rows
  }

  /** All groups, of the base and of the runs. */
  allGroups(): RowGroup[] {
    return this.runs.length === 0 ? [...this.groups] : [...this.groups, ...this.runs.flatMap((run) => run.groups)]
  }
}
