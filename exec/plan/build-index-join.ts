// Chooses an index join: one side of a join is a table whose whole primary key is joined, or the first columns of one
// of its indexes, and the other side is expected to have so few rows that looking them up is far cheaper than reading
// the table.
// The estimate of the outer side may be wrong, so the advantage must be large (MARGIN).
import { isInteger, sameType } from '../../src/base/types.ts'
import type { IndexAccess } from '../../storage/access.ts'
import { IndexJoinOperator } from '../operators/index-join.ts'
import { IndexMatchJoinOperator } from '../operators/index-match-join.ts'
import type { Operator } from '../operators/operator.ts'
import type { OperatorBuilder } from './build.ts'
import { withoutWidening } from './convert-bound.ts'
import { columnsOf, conjuncts, remap } from './expression.ts'
import type { Expression, JoinPlan, LogicalPlan, ScanPlan } from './logical.ts'

/** A hash join must be expected to cost this many times more. */
const MARGIN = 5

/** A cursor for every outer row costs more than a range of a scan, which many rows share. */
const CURSOR_FACTOR = 3

/** The operators of both sides of a join. */
export interface JoinInputs {
  readonly left: Operator
  readonly right: Operator
  /** Output columns of the join that something reads, its own condition included. */
  readonly read: ReadonlySet<number>
}

interface Side {
  readonly outer: LogicalPlan
  readonly scan: ScanPlan
  /** Conditions on the inner table, over its scan. */
  readonly filters: readonly Expression[]
  /** Outer key expressions in key order. */
  readonly outerKeys: readonly Expression[]
  readonly outerFirst: boolean
  /** The secondary index to look up in; null = the primary key. */
  readonly index: IndexAccess | null
}

/** The index join of a plan if it is much cheaper than `hashCost`, else null. */
export function buildIndexJoin(
  builder: OperatorBuilder, plan: JoinPlan, inputs: JoinInputs, hashCost: number,
): Operator | null {
  let best: { built: IndexJoin; side: Side; conditions: readonly Expression[] } | null = null
  for (const side of [...sidesOf(builder, plan, true), ...sidesOf(builder, plan, false)]) {
    const conditions = outputConditions(plan, side)
    if (plan.join === 'left' && conditions.length > 0) continue
    const wanted = conditions.reduce((read, e) => columnsOf(e, read), new Set(inputs.read))
    const built = buildSide(builder, plan, side, { input: side.outerFirst ? inputs.left : inputs.right, wanted })
    if (built.estimate.cost * MARGIN > hashCost) continue
    if (best === null || built.estimate.cost < best.built.estimate.cost) best = { built, side, conditions }
  }
  if (best === null) return null
  const { built, side, conditions } = best
  const outer = built.children[0]!
  const through = side.index === null ? 'the learned index' : `index ${side.index.name}`
  const reason = `about ${Math.round(outer.estimate.rows)} rows look their key up in ${through}; `
    + `cost ${Math.round(built.estimate.cost)} against ${Math.round(hashCost)} for a hash join`
  const join = built instanceof IndexJoinOperator ? new IndexJoinOperator(outer, { ...built.spec, reason }, built)
    : new IndexMatchJoinOperator(outer, { ...built.spec, reason }, built)
  return builder.withConditions(join, conditions)
}

type IndexJoin = IndexJoinOperator | IndexMatchJoinOperator

/** The joins with the right (or left) side as the table to look up in, by primary key and by indexes. */
function sidesOf(builder: OperatorBuilder, plan: JoinPlan, innerIsRight: boolean): Side[] {
  if (plan.join !== 'inner' && plan.join !== 'left') return []
  if (plan.join === 'left' && !innerIsRight) return []
  const [inner, innerKeys] = innerIsRight ? [plan.right, plan.rightKeys] : [plan.left, plan.leftKeys]
  const [outer, outerKeys] = innerIsRight ? [plan.left, plan.leftKeys] : [plan.right, plan.rightKeys]
  const filters = inner.kind === 'filter' ? conjuncts(inner.predicate) : []
  const scan = inner.kind === 'filter' ? inner.input : inner
  if (scan.kind !== 'scan' || innerKeys.length === 0) return []
  const keys = { scan, innerKeys, outerKeys }
  const side = { outer, scan, filters, outerFirst: innerIsRight }
  const primary = innerKeys.length === scan.schema.key.length ? orderedKeys(keys, scan.schema.key) : null
  const sides: Side[] = primary === null ? [] : [{ ...side, outerKeys: primary, index: null }]
  if (plan.single !== undefined) return sides
  for (const index of builder.indexesOf(scan.table)) {
    if (index.definition.columns.length < innerKeys.length) continue
    const ordered = orderedKeys(keys, index.definition.columns.slice(0, innerKeys.length))
    if (ordered !== null) sides.push({ ...side, outerKeys: ordered, index })
  }
  return sides
}

/** The outer keys in the order of these columns of the inner table; null when they are not what is joined. */
function orderedKeys(
  { scan, innerKeys, outerKeys }: {
    scan: ScanPlan; innerKeys: readonly Expression[]; outerKeys: readonly Expression[]
  }, columns: readonly number[],
): Expression[] | null {
  const ordered: Expression[] = []
  for (const ordinal of columns) {
    const at = innerKeys.map(withoutWidening).findIndex((e) => e.kind === 'column' && scan.columns[e.index] === ordinal)
    if (at < 0) return null
    const outerKey = withoutWidening(outerKeys[at]!)
    const { type } = scan.schema.columns[ordinal]!
    if (!sameType(outerKey.type, type) && !(isInteger(outerKey.type) && isInteger(type))) return null
    ordered.push(outerKey)
  }
  return ordered
}

/** Conditions on the inner table and the residual, over the join's output. */
function outputConditions(plan: JoinPlan, side: Side): Expression[] {
  const offset = side.outerFirst ? plan.left.output.length : 0
  const filters = side.filters.map((e) => remap(e, (at) => at + offset))
  return plan.residual === null ? filters : [...filters, ...conjuncts(plan.residual)]
}

function buildSide(
  builder: OperatorBuilder, plan: JoinPlan, side: Side, from: { input: Operator; wanted: ReadonlySet<number> },
): IndexJoin {
  const { outer, scan, outerFirst, index } = side
  const { input, wanted } = from
  const { operator, positions } = builder.withColumns(input, side.outerKeys)
  const { rows, cost } = operator.estimate
  const { costs } = builder
  const perRow = costs.pointLookup + plan.output.length * costs.copyValue
  const spec = {
    join: plan.join === 'left' ? 'left' as const : 'inner' as const, table: scan.table, schema: scan.schema,
    columns: scan.columns, outerKeys: positions, outerWidth: outer.output.length, outerFirst, wanted, reason: '',
  }
  if (index !== null) {
    const { unique, columns } = index.definition
    const matches = unique && positions.length === columns.length ? 1 : index.typicalMatches(positions.length)
    const start = unique && matches === 1 ? costs.pointLookup : costs.rangeStart * CURSOR_FACTOR
    const estimate = { rows: rows * matches, cost: cost + rows * (start + matches * (costs.pointLookup + perRow)) }
    return new IndexMatchJoinOperator(operator, { ...spec, index: index.name }, { output: plan.output, estimate })
  }
  return new IndexJoinOperator(operator, spec, { output: plan.output, estimate: { rows, cost: cost + rows * perRow } })
}
