// Share of rows that a condition keeps, from its shape alone; zone maps and the learned index know better
// where they apply (choose-access.ts). Conjuncts count as independent.
import { SELECTIVITY } from './cost.ts'
import type { Expression } from './logical.ts'

/** Expected share of rows for which all conditions are TRUE. */
export function selectivityOf(conditions: readonly Expression[]): number {
  return conditions.reduce((share, e) => share * selectivity(e), 1)
}

function selectivity(e: Expression): number {
  switch (e.kind) {
    case 'constant': return e.value === 1 ? 1 : 0
    case 'in': {
      const share = Math.min(1, e.items.length * SELECTIVITY.equal)
      return e.negated ? 1 - share : share
    }
    case 'subquery': return e.negated === true ? 1 - SELECTIVITY.range : SELECTIVITY.range
    case 'call': return callSelectivity(e.fn, e.args)
    default: return SELECTIVITY.other
  }
}

function callSelectivity(fn: string, args: readonly Expression[]): number {
  switch (fn) {
    case 'and': return selectivityOf(args)
    case 'or': return Math.min(1, args.reduce((sum, arg) => sum + selectivity(arg), 0))
    case 'not': return 1 - selectivity(args[0]!)
    case 'eq': return SELECTIVITY.equal
    case 'ne': return 1 - SELECTIVITY.equal
    case 'lt': case 'le': case 'gt': case 'ge': return SELECTIVITY.range
    case 'like': case 'ilike': return SELECTIVITY.like
    case 'is_null': return SELECTIVITY.isNull
    case 'is_not_null': return 1 - SELECTIVITY.isNull
    default: return SELECTIVITY.other
  }
}
