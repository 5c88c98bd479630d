// Limit push-down: `Limit(Project(x))` becomes `Project(Limit(x))`, which lets the limit meet the sort or
// the scan below, and evaluates the projection only for rows that are kept.
import { isVolatile, some } from './expression.ts'
import type { LogicalPlan } from './logical.ts'
import { mapInputs } from './map-plan.ts'

/** Moves limits below projections everywhere in a plan. */
export function hoistLimits(plan: LogicalPlan): LogicalPlan {
  if (plan.kind === 'limit' && plan.input.kind === 'project') {
    const project = plan.input
    if (!project.expressions.some((e) => some(e, isVolatile))) {
      const limited = hoistLimits({ ...plan, input: project.input, output: project.input.output })
      return { ...project, input: limited }
    }
  }
  return mapInputs(plan, hoistLimits)
}
