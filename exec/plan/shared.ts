// WITH queries that several places of a statement read: computed once per execution and kept (MATERIALIZED, and what
// is dear or would differ the second time), or put in place of the reference (all others).
import { hasSubquery, isVolatile, some } from './expression.ts'
import type { Expression, LogicalPlan, SharedSource } from './logical.ts'
import { mapExpressions, mapInputs } from './map-plan.ts'

/** The sources of a statement that are computed once. */
export function keptSources(plan: LogicalPlan): ReadonlySet<SharedSource> {
  const uses = new Map<SharedSource, number>()
  countUses(plan, uses)
  const kept = [...uses].filter(([source, count]) => source.materialized || (count > 1 && !isCheap(source.plan)))
  return new Set(kept.map(([source]) => source))
}

function countUses(plan: LogicalPlan, uses: Map<SharedSource, number>): void {
  if (plan.kind === 'shared') {
    const before = uses.get(plan.source) ?? 0
    uses.set(plan.source, before + 1)
    if (before === 0) countUses(plan.source.plan, uses)
    return
  }
  forEachExpression(plan, (e) => {
    if (hasSubquery(e)) some(e, (part) => countIn(part, uses))
  })
  mapInputs(plan, (input) => {
    countUses(input, uses)
    return input
  })
}

function countIn(e: Expression, uses: Map<SharedSource, number>): false {
  if (e.kind === 'subquery') countUses(e.plan, uses)
  return false
}

function forEachExpression(plan: LogicalPlan, visit: (e: Expression) => void): void {
  mapExpressions(plan, (e) => {
    visit(e)
    return e
  })
}

/** Scans with filters and projections: conditions from above make them cheaper than a copy of all their rows. */
function isCheap(plan: LogicalPlan): boolean {
  if (plan.kind === 'scan' || plan.kind === 'values') return true
  if (plan.kind !== 'filter' && plan.kind !== 'project') return false
  let cheap = true
  forEachExpression(plan, (e) => {
    cheap &&= !some(e, (part) => isVolatile(part) || part.kind === 'subquery')
  })
  return cheap && isCheap(plan.input)
}

/** The plan with the queries of all other references in their place. */
export function inlineShared(plan: LogicalPlan, kept: ReadonlySet<SharedSource>): LogicalPlan {
  if (plan.kind === 'shared') return kept.has(plan.source) ? plan : inlineShared(plan.source.plan, kept)
  return mapInputs(plan, (input) => inlineShared(input, kept))
}
