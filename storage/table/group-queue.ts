// The row groups a scan has before it, and reading ahead in them: when the scan comes to a group, the columns of the
// next two and the meta of the third are asked for (row-group/read-ahead.ts).
import type { ReadAhead } from '../row-group/read-ahead.ts'
import type { RowGroup } from '../row-group/row-group.ts'
import type { TableStore } from './table-store.ts'

const COLUMNS_AHEAD = 2

/** Follows one scan through its groups. */
export class GroupQueue {
  private readonly table: TableStore
  private readonly ahead: ReadAhead
  private readonly groups: readonly RowGroup[]
  private readonly columns: readonly number[]
  private at = -1
  private asked = 0

  /** `groups` in the order of the scan. */
  constructor(table: TableStore, ahead: ReadAhead, groups: readonly RowGroup[], columns: readonly number[]) {
    this.table = table
    this.ahead = ahead
    this.groups = groups
    this.columns = columns
  }

  /** The scan comes to this group. Groups that are not the queue's, of runs, are passed over. */
  enter(group: RowGroup): void {
    const { groups, ahead, table } = this
    if (groups[this.at + 1] !== group) return
    this.at++
    if (!ahead.pays()) return
    const last = Math.min(groups.length - 1, this.at + COLUMNS_AHEAD)
    for (this.asked = Math.max(this.asked, this.at + 1); this.asked <= last; this.asked++) {
      const next = groups[this.asked]!
      table.metaOf(next)
      ahead.columns(next, this.columns)
    }
    const following = groups[last + 1]
    if (following !== undefined) ahead.meta(following)
  }
}
