// Group expressions that follow from others: GROUP BY a, a + 1, 7 groups as GROUP BY a does. What is computed from
// grouped columns, and constants, are taken out of the grouping and computed once per group above it. One group
// expression always stays: without any, no rows would be one group.
import { columnsOf, hasSubquery, isVolatile, some, substitute } from './expression.ts'
import type { AggregatePlan, Expression, LogicalPlan, OutputColumn } from './logical.ts'
import { mapInputs } from './map-plan.ts'

/** Takes dependent group expressions out of every aggregate of a plan. */
export function dropDependentGroups(plan: LogicalPlan): LogicalPlan {
  const mapped = mapInputs(plan, dropDependentGroups)
  return mapped.kind === 'aggregate' ? simplified(mapped) : mapped
}

function simplified(plan: AggregatePlan): LogicalPlan {
  const { groups } = plan
  // Padded texts group by their value without blanks, which a function of them may see.
  const columns = new Set(groups.filter((e) => e.kind === 'column' && e.type.blankPadded !== true)
    .map((e) => (e as { index: number }).index))
  const isDependent = groups.map((e) => e.kind !== 'column' && !some(e, isVolatile) && !hasSubquery(e)
    && [...columnsOf(e)].every((column) => columns.has(column)))
  if (groups.length > 0 && isDependent.every((dependent) => dependent)) isDependent[0] = false
  if (!isDependent.includes(true)) return plan
  const kept = groups.map((_, g) => g).filter((g) => !isDependent[g])
  const output = [...kept.map((g) => plan.output[g]!), ...plan.output.slice(groups.length)]
  const reference = (at: number, { name, type, nullable }: OutputColumn): Expression =>
    ({ kind: 'column', index: at, name, type, nullable })
  const expressions = plan.output.map((column, at): Expression => {
    if (at >= groups.length) return reference(at - groups.length + kept.length, column)
    if (!isDependent[at]) return reference(kept.indexOf(at), column)
    return substitute(groups[at]!, ({ index }) => {
      const place = kept.findIndex((g) => isColumn(groups[g]!, index))
      return reference(place, plan.output[kept[place]!]!)
    })
  })
  const grouped: AggregatePlan = { ...plan, groups: kept.map((g) => groups[g]!), output }
  return { kind: 'project', input: grouped, expressions, output: plan.output }
}

function isColumn(e: Expression, index: number): boolean {
  return e.kind === 'column' && e.index === index
}
