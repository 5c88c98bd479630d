// Sort elimination: whether reading a table in key order already gives the order a Sort asks for.
//
// The sort keys, traced through filters and projections to columns of one scan, must be the leading key
// columns in key order and all in one direction. Key columns that a filter fixes to one value may be
// missing, and whatever follows a complete key is irrelevant, because keys are unique.
import { conditionOf } from './column-condition.ts'
import { conjuncts } from './expression.ts'
import type { Expression, LogicalPlan, ScanPlan, SortPlan } from './logical.ts'

/** The scan direction that makes the sort needless, or null. */
export function keyOrderOf(sort: SortPlan): 'ascending' | 'descending' | null {
  return orderBy(sort, (scan) => scan.schema.key)?.direction ?? null
}

/** The scan below a sort, and the direction in which an index with these columns gives the sort's order, or null. */
export function indexOrderOf(
  sort: SortPlan, columns: readonly number[],
): { scan: ScanPlan; direction: 'ascending' | 'descending' } | null {
  const found = orderBy(sort, ({ schema }) => [...columns, ...schema.key.filter((c) => !columns.includes(c))])
  if (found === null) return null
  // Entries have NULLs last; read backwards they come first.
  const hasNullsRight = sort.keys.every(({ expression, nullsFirst, descending }) =>
    (expression.kind === 'column' && !expression.nullable) || nullsFirst === descending)
  return hasNullsRight ? found : null
}

/** The scan below a sort through filters and projections, or null. */
export function scanBelow(sort: SortPlan): ScanPlan | null {
  let plan: LogicalPlan = sort.input
  while (plan.kind === 'filter' || plan.kind === 'project') plan = plan.input
  return plan.kind === 'scan' ? plan : null
}

function orderBy(
  sort: SortPlan, keyOf: (scan: ScanPlan) => readonly number[],
): { scan: ScanPlan; direction: 'ascending' | 'descending' } | null {
  const fixed: Expression[] = []
  let positions: number[] = []
  for (const key of sort.keys) {
    if (key.expression.kind !== 'column') return null
    positions.push(key.expression.index)
  }
  let plan: LogicalPlan = sort.input
  while (plan.kind !== 'scan') {
    if (plan.kind === 'filter') fixed.push(...conjuncts(plan.predicate))
    else if (plan.kind === 'project') {
      const { expressions } = plan
      const columns: Expression[] = positions.map((at) => expressions[at]!)
      if (fixed.length > 0 || columns.some((e) => e.kind !== 'column')) return null
      positions = columns.map((e) => e.kind === 'column' ? e.index : -1)
    } else return null
    plan = plan.input
  }
  const direction = sort.keys[0]!.descending
  if (sort.keys.some((key) => key.descending !== direction)) return null
  if (!isKeyPrefix(plan, keyOf(plan), positions, fixedOrdinals(plan, fixed))) return null
  return { scan: plan, direction: direction ? 'descending' : 'ascending' }
}

function isKeyPrefix(
  scan: ScanPlan, keyColumns: readonly number[], positions: readonly number[], fixed: ReadonlySet<number>,
): boolean {
  const wanted = positions.map((at) => scan.columns[at]!).filter((ordinal) => !fixed.has(ordinal))
  const key = keyColumns.filter((ordinal) => !fixed.has(ordinal))
  for (let i = 0; i < wanted.length; i++) {
    if (i >= key.length) return true
    if (wanted[i] !== key[i]) return false
  }
  return true
}

/** Schema ordinals of columns that a conjunct sets equal to one value. */
function fixedOrdinals(scan: ScanPlan, filters: readonly Expression[]): Set<number> {
  const fixed = new Set<number>()
  for (const filter of filters) {
    const condition = conditionOf(filter)
    if (condition?.kind === 'compare' && condition.op === 'eq') fixed.add(scan.columns[condition.column]!)
  }
  return fixed
}
