// UNION ALL becomes an Append of its inputs, INTERSECT and EXCEPT a hash table over rows with counts. UNION is
// DISTINCT over an Append, built where every DISTINCT is. Estimates: an intersection keeps at most its smaller
// side, a difference most of its left one.
import { AppendOperator } from '../operators/append.ts'
import { CountedSetOperator } from '../operators/counted-set.ts'
import type { Operator } from '../operators/operator.ts'
import type { OperatorBuilder } from './build.ts'
import { SELECTIVITY } from './cost.ts'
import type { SetPlan } from './logical.ts'

/** The operator of a set operation. */
export function buildSet(builder: OperatorBuilder, plan: SetPlan): Operator {
  const inputs = plan.inputs.map((input) => builder.build(input))
  const rows = inputs.reduce((sum, { estimate }) => sum + estimate.rows, 0)
  const cost = inputs.reduce((sum, { estimate }) => sum + estimate.cost, 0)
  if (plan.operation === 'union') return new AppendOperator(inputs, plan.output, { rows, cost })
  const [left, right] = inputs as [Operator, Operator]
  const kept = plan.operation === 'intersect' ? Math.min(left.estimate.rows, right.estimate.rows)
    : left.estimate.rows * (1 - SELECTIVITY.range)
  const estimate = { rows: Math.max(1, kept), cost: cost + rows * builder.costs.groupRow }
  return new CountedSetOperator([left, right], { operation: plan.operation, all: plan.all }, plan.output, estimate)
}
