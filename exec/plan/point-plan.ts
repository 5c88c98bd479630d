// Recognises the statement that prepared `get` runs millions of times: plain columns of one row by its whole primary
// key, or by all columns of a unique index. The API answers it with TableAccess.find, without opening an operator.
import { sameType } from '../../src/base/types.ts'
import { IndexScanOperator } from '../operators/index-scan.ts'
import { PickOperator } from '../operators/project.ts'
import type { Operator } from '../operators/operator.ts'
import { ScanOperator } from '../operators/scan.ts'
import { hasSubquery } from './expression.ts'
import type { Expression } from './logical.ts'
import type { PointPlan } from './physical.ts'

/** The point form of a query, or null when it is anything more than one key lookup. */
export function pointPlanOf(root: Operator): PointPlan | null {
  const picks: (readonly number[])[] = []
  let operator = root
  while (operator instanceof PickOperator) {
    picks.push(operator.picks)
    operator = operator.children[0]!
  }
  if (!(operator instanceof ScanOperator || operator instanceof IndexScanOperator)) return null
  if (operator.spec.path.kind !== 'point') return null
  const { table, schema, path } = operator.spec
  const keyExpressions: Expression[] = []
  for (const { ordinal, conditions } of path.keys) {
    const [only] = conditions
    if (conditions.length !== 1 || only!.kind !== 'compare' || only!.op !== 'eq') return null
    if (!sameType(only!.value.type, schema.columns[ordinal]!.type) || hasSubquery(only!.value)) return null
    keyExpressions.push(only!.value)
  }
  let columns: readonly number[] = operator.spec.columns
  for (const pick of picks.reverse()) columns = pick.map((at) => columns[at]!)
  return { table, index: 'index' in path ? path.index : null, keyExpressions, columns }
}
