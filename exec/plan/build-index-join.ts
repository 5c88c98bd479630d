// Chooses the learned index join: one side of a join is a table whose whole primary key is joined, and the
// other side is expected to have so few rows that looking them up is far cheaper than reading the table.
// The estimate of the outer side may be wrong, so the advantage must be large (MARGIN).
import { isInteger, sameType } from '../../src/base/types.ts'
import { IndexJoinOperator } from '../operators/index-join.ts'
import type { Operator } from '../operators/operator.ts'
import type { OperatorBuilder } from './build.ts'
import { withoutWidening } from './convert-bound.ts'
import { columnsOf, conjuncts, remap } from './expression.ts'
import type { Expression, JoinPlan, LogicalPlan, ScanPlan } from './logical.ts'

/** A hash join must be expected to cost this many times more. */
const MARGIN = 5

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
}

/** The index join of a plan if it is much cheaper than `hashCost`, else null. */
export function buildIndexJoin(
  builder: OperatorBuilder, plan: JoinPlan, inputs: JoinInputs, hashCost: number,
): Operator | null {
  for (const side of [sideOf(plan, true), sideOf(plan, false)]) {
    if (side === null) continue
    const conditions = outputConditions(plan, side)
    if (plan.join === 'left' && conditions.length > 0) continue
    const wanted = conditions.reduce((read, e) => columnsOf(e, read), new Set(inputs.read))
    const built = buildSide(builder, plan, side, { input: side.outerFirst ? inputs.left : inputs.right, wanted })
    if (built.estimate.cost * MARGIN > hashCost) continue
    const reason = `about ${Math.round(built.children[0]!.estimate.rows)} rows look their key up in the learned index; `
      + `cost ${Math.round(built.estimate.cost)} against ${Math.round(hashCost)} for a hash join`
    const join = new IndexJoinOperator(built.children[0]!, { ...built.spec, reason }, built)
    return builder.withConditions(join, conditions)
  }
  return null
}

/** The join with the right (or left) side as the table to look up in; null when it is not one. */
function sideOf(plan: JoinPlan, innerIsRight: boolean): Side | null {
  if (plan.join === 'cross' || plan.join === 'semi' || plan.join === 'anti') return null
  if (plan.join === 'left' && !innerIsRight) return null
  const [inner, innerKeys] = innerIsRight ? [plan.right, plan.rightKeys] : [plan.left, plan.leftKeys]
  const [outer, outerKeys] = innerIsRight ? [plan.left, plan.leftKeys] : [plan.right, plan.rightKeys]
  const filters = inner.kind === 'filter' ? conjuncts(inner.predicate) : []
  const scan = inner.kind === 'filter' ? inner.input : inner
  if (scan.kind !== 'scan' || innerKeys.length !== scan.schema.key.length) return null
  const ordered: Expression[] = []
  for (const ordinal of scan.schema.key) {
    const at = innerKeys.map(withoutWidening).findIndex((e) => e.kind === 'column' && scan.columns[e.index] === ordinal)
    if (at < 0) return null
    const outerKey = withoutWidening(outerKeys[at]!)
    const { type } = scan.schema.columns[ordinal]!
    if (!sameType(outerKey.type, type) && !(isInteger(outerKey.type) && isInteger(type))) return null
    ordered.push(outerKey)
  }
  return { outer, scan, filters, outerKeys: ordered, outerFirst: innerIsRight }
}

/** Conditions on the inner table and the residual, over the join's output. */
function outputConditions(plan: JoinPlan, side: Side): Expression[] {
  const offset = side.outerFirst ? plan.left.output.length : 0
  const filters = side.filters.map((e) => remap(e, (at) => at + offset))
  return plan.residual === null ? filters : [...filters, ...conjuncts(plan.residual)]
}

function buildSide(
  builder: OperatorBuilder, plan: JoinPlan, side: Side, from: { input: Operator; wanted: ReadonlySet<number> },
): IndexJoinOperator {
  const { outer, scan, outerFirst } = side
  const { input, wanted } = from
  const { operator, positions } = builder.withColumns(input, side.outerKeys)
  const { rows, cost } = operator.estimate
  const { costs } = builder
  const perRow = costs.pointLookup + plan.output.length * costs.copyValue
  const spec = {
    join: plan.join === 'left' ? 'left' as const : 'inner' as const, table: scan.table, schema: scan.schema,
    columns: scan.columns, outerKeys: positions, outerWidth: outer.output.length, outerFirst, wanted, reason: '',
  }
  return new IndexJoinOperator(operator, spec, { output: plan.output, estimate: { rows, cost: cost + rows * perRow } })
}
