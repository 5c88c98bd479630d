// Drops sorts whose order nobody can see: below aggregates, DISTINCT, joins, INTERSECT, EXCEPT and other sorts. A
// sort below a LIMIT, of the statement's own result or feeding an INSERT (row ids follow its order) stays.
import type { LogicalPlan } from './logical.ts'
import { mapInputs } from './map-plan.ts'

/** Aggregates whose result depends on the order of their input. */
const ORDERED_AGGREGATES: ReadonlySet<string> = new Set(['string_agg', 'array_agg', 'first', 'last'])

/** Removes needless sorts. `seen` says whether the order of the plan's rows matters above it. */
export function dropSorts(plan: LogicalPlan, seen = true): LogicalPlan {
  switch (plan.kind) {
    case 'sort': return seen ? mapInputs(plan, (input) => dropSorts(input, false)) : dropSorts(plan.input, false)
    case 'aggregate': {
      const ordered = plan.aggregates.some((call) => ORDERED_AGGREGATES.has(call.fn))
      return mapInputs(plan, (input) => dropSorts(input, ordered))
    }
    case 'distinct': case 'join': return mapInputs(plan, (input) => dropSorts(input, false))
    case 'set': return mapInputs(plan, (input) => dropSorts(input, seen && plan.operation === 'union'))
    case 'filter': case 'project': return mapInputs(plan, (input) => dropSorts(input, seen))
    default: return mapInputs(plan, (input) => dropSorts(input, true))
  }
}
