// `x IN (subquery)` among the conditions of a filter becomes a semi-join with the subquery's rows, NOT IN an
// anti-join, where the values compare by their key words; other places keep the expression.
import { isInteger, sameType } from '../../src/base/types.ts'
import type { SqlType } from '../../src/base/types.ts'
import type { Operator } from '../operators/operator.ts'
import { PickOperator } from '../operators/project.ts'
import { SemiJoinOperator } from '../operators/semi-join.ts'
import type { OperatorBuilder } from './build.ts'
import { SELECTIVITY } from './cost.ts'
import type { Expression, SubqueryExpression } from './logical.ts'

/** Separates IN and NOT IN subqueries that can be joined from the other conditions. */
export function splitMemberships(
  conditions: readonly Expression[],
): { plain: Expression[]; memberships: SubqueryExpression[] } {
  const plain: Expression[] = []
  const memberships: SubqueryExpression[] = []
  for (const e of conditions) {
    const joins = e.kind === 'subquery' && e.mode === 'in' && sameWords(e.arg!.type, e.plan.output[0]!.type)
    if (joins) memberships.push(e)
    else plain.push(e)
  }
  return { plain, memberships }
}

function sameWords(a: SqlType, b: SqlType): boolean {
  if (a.blankPadded === true || b.blankPadded === true) return false
  return sameType(a, b) || (isInteger(a) && isInteger(b)) || (a.kind === 'text' && b.kind === 'text')
}

/** Semi- and anti-joins above an operator, one per membership. */
export function withMemberships(
  builder: OperatorBuilder, input: Operator, memberships: readonly SubqueryExpression[],
): Operator {
  let operator = input
  for (const e of memberships) {
    builder.registerAll([e.arg!])
    const subquery = builder.subqueryOperator(e)
    const { operator: keyed, positions } = builder.withColumns(operator, [e.arg!])
    const { rows, cost } = keyed.estimate
    const { costs } = builder
    const estimate = {
      rows: rows * (e.negated === true ? 1 - SELECTIVITY.range : SELECTIVITY.range),
      cost: cost + subquery.estimate.cost + subquery.estimate.rows * costs.buildRow + rows * costs.probeRow,
    }
    const test = { column: positions[0]!, negated: e.negated === true }
    const joined = new SemiJoinOperator(keyed, subquery, test, estimate)
    operator = keyed === operator ? joined : new PickOperator(joined, [...operator.output.keys()], operator.output)
  }
  return operator
}
