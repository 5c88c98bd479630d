// The choice between an index and the way by primary key (or a scan) that is left to each execution, since it depends
// on parameters. Both costs are computed as choose-access.ts does, with the values known:
//
//   index   ranges * rangeStart + rows between the ranks of the bounds * (look-up + columns + filter)
//   other   scan or key ranges: rows * (columns + filter), less the row groups that zone maps exclude
import { CODE, DatabaseError } from '../../src/base/errors.ts'
import type { IndexAccess, KeyRange, TableAccess } from '../../storage/access.ts'
import { bindAccess } from './access-path.ts'
import type { AccessPath } from './access-path.ts'
import type { ConditionValues } from './column-condition.ts'
import type { CostModel } from './cost.ts'

/** What an execution needs to compare the costs; rows in microseconds, conditions that remain included. */
export interface RunChoice {
  readonly indexRow: number
  readonly otherRow: number
  readonly other: AccessPath
  readonly costs: CostModel
}

/** True when the index is expected to be cheaper for these values. Cost: 1 µs per range, and per row group a bit. */
export function isIndexCheaper(
  choice: RunChoice, { entries }: IndexAccess, ranges: readonly KeyRange[], table: TableAccess, values: ConditionValues,
): boolean {
  const { costs } = choice
  const rows = ranges.reduce((sum, range) => sum + entries.estimateRange(range), 0)
  const cost = ranges.length * costs.rangeStart + rows * choice.indexRow
  return cost <= costs.scanStart + costs.groupStart || cost <= otherCost(choice, table, values)
}

function otherCost({ other, otherRow, costs }: RunChoice, table: TableAccess, values: ConditionValues): number {
  const bound = bindAccess(other, table.schema, values)
  const total = table.estimateRows()
  switch (bound.kind) {
    case 'empty': return 0
    case 'points': return bound.keys.length * costs.pointLookup
    case 'ranges': {
      const rows = bound.ranges.reduce((sum, range) => sum + table.estimateRange(range), 0)
      return bound.ranges.length * costs.rangeStart + Math.min(total, rows) * otherRow
    }
    case 'all': {
      const fraction = bound.zones.length === 0 ? 1 : table.estimateZones(bound.zones)
      return costs.scanStart + fraction * (table.groupCount() * costs.groupStart + total * otherRow)
    }
  }
}

/** The index as the statement's snapshot sees it. 40001 when it is not there for it any more. */
export function findIndex(table: TableAccess, name: string): IndexAccess {
  const index = table.indexes().find((known) => known.name === name)
  if (index !== undefined) return index
  throw new DatabaseError(CODE.SERIALIZATION, `index "${name}" is not visible to this transaction any more`)
}
