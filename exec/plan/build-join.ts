// Builds joins: keys become columns (computed ones are appended to an input), and the smaller side by
// estimate is the one kept in memory. A left join keeps its right side, because the left must be streamed.
import { JoinOperator } from '../operators/join.ts'
import type { Operator } from '../operators/operator.ts'
import type { OperatorBuilder } from './build.ts'
import { buildIndexJoin } from './build-index-join.ts'
import { SELECTIVITY } from './cost.ts'
import { withoutWidening } from './convert-bound.ts'
import type { JoinInputs } from './build-index-join.ts'
import { columnsOf, conjuncts } from './expression.ts'
import type { JoinPlan } from './logical.ts'
import { selectivityOf } from './selectivity.ts'

/** The operator of a join of which only the `wanted` output columns are read. */
export function buildJoin(builder: OperatorBuilder, plan: JoinPlan, wanted: ReadonlySet<number>): Operator {
  builder.registerAll([...plan.leftKeys, ...plan.rightKeys, ...(plan.residual === null ? [] : [plan.residual])])
  const width = plan.left.output.length
  const read = new Set(wanted)
  if (plan.residual !== null) columnsOf(plan.residual, read)
  const leftReads = new Set([...read].filter((at) => at < width))
  const rightReads = new Set([...read].filter((at) => at >= width).map((at) => at - width))
  for (const key of plan.leftKeys) columnsOf(key, leftReads)
  for (const key of plan.rightKeys) columnsOf(key, rightReads)
  const inputs: JoinInputs = {
    left: builder.build(plan.left, 'none', leftReads), right: builder.build(plan.right, 'none', rightReads), read,
  }
  const hash = buildHashJoin(builder, plan, inputs)
  return buildIndexJoin(builder, plan, inputs, hash.estimate.cost) ?? hash
}

function buildHashJoin(builder: OperatorBuilder, plan: JoinPlan, inputs: JoinInputs): JoinOperator {
  const { left: leftInput, right: rightInput, read } = inputs
  const left = builder.withColumns(leftInput, plan.leftKeys.map(withoutWidening))
  const right = builder.withColumns(rightInput, plan.rightKeys.map(withoutWidening))
  const leftRows = leftInput.estimate.rows
  const rightRows = rightInput.estimate.rows
  const isInner = plan.join === 'inner' || plan.join === 'cross'
  const build = isInner && leftRows < rightRows ? 'left' : 'right'
  const [kept, streamed] = build === 'left' ? [leftRows, rightRows] : [rightRows, leftRows]
  const reason = !isInner ? `the right side (about ${Math.round(kept)} rows) is kept in memory`
    : `the ${build} side is expected to be smaller (${Math.round(kept)} against ${Math.round(streamed)} rows)`
  const { costs } = builder
  const share = plan.residual === null ? 1 : selectivityOf(conjuncts(plan.residual))
  const keys = plan.leftKeys.map((key, i) => [key, plan.rightKeys[i]!] as const)
  const least = Math.min(1, leftRows, rightRows)
  const matched = Math.max(least, leftRows * rightRows / builder.estimates.distinctPairs([plan.left, plan.right], keys))
  const rows = plan.join === 'semi' ? leftRows * SELECTIVITY.range
    : plan.join === 'anti' ? leftRows * (1 - SELECTIVITY.range)
      : Math.max(plan.join === 'left' ? leftRows : plan.join === 'full' ? leftRows + rightRows : least, matched * share)
  const cost = left.operator.estimate.cost + right.operator.estimate.cost + kept * costs.buildRow
    + streamed * costs.probeRow + matched * plan.output.length * costs.copyValue
  const spec = {
    join: plan.join, leftKeys: left.positions, rightKeys: right.positions, leftWidth: leftInput.output.length,
    rightWidth: rightInput.output.length, residual: plan.residual, wanted: read, build,
    reason, ...(plan.single === undefined ? {} : { single: plan.single }),
  } as const
  return new JoinOperator(left.operator, right.operator, spec, { output: plan.output, estimate: { rows, cost } })
}
