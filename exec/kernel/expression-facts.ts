// Facts about bound expressions that lowering asks again and again: which columns they read, and whether
// equal inputs give equal results. Remembered per expression object; expressions are immutable.
import { isNumeric, physicalOf } from '../../src/base/types.ts'
import { findImplementation } from '../functions/catalog.ts'
import type { Expression } from '../plan/logical.ts'

const columnSets = new WeakMap<Expression, ReadonlySet<number>>()
const stability = new WeakMap<Expression, boolean>()

/** Direct subexpressions (subquery plans excluded: they have their own columns). */
function childrenOf(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case 'call': return expression.args
    case 'cast': return [expression.arg]
    case 'in': return [expression.arg, ...expression.items]
    case 'subquery': return expression.arg === undefined ? [] : [expression.arg]
    case 'case': {
      const parts = expression.branches.flatMap(branch => [branch.when, branch.then])
      return expression.otherwise === null ? parts : [...parts, expression.otherwise]
    }
    default: return []
  }
}

/** Ordinals of the input columns an expression reads. */
export function columnsOf(expression: Expression): ReadonlySet<number> {
  const known = columnSets.get(expression)
  if (known !== undefined) return known
  const set = new Set<number>()
  if (expression.kind === 'column') set.add(expression.index)
  for (const child of childrenOf(expression)) for (const column of columnsOf(child)) set.add(column)
  columnSets.set(expression, set)
  return set
}

/** False when a volatile function (random) is inside. */
export function isStable(expression: Expression): boolean {
  const known = stability.get(expression)
  if (known !== undefined) return known
  let stable = childrenOf(expression).every(isStable)
  if (stable && expression.kind === 'call') {
    stable = findImplementation(expression.fn, expression.args.map(arg => arg.type))?.stable ?? true
  }
  stability.set(expression, stable)
  return stable
}

/** Whether a value may be NULL for some input, by structure alone (no batch needed). */
export function mayBeNull(expression: Expression): boolean {
  switch (expression.kind) {
    case 'column': return expression.nullable
    case 'constant': return expression.value === null
    case 'cast': return mayBeNull(expression.arg)
    case 'call': return NULL_SAFE.has(expression.fn) ? false
      : STRICT_ARITHMETIC.has(expression.fn) ? expression.args.some(mayBeNull) : true
    default: return true
  }
}

const NULL_SAFE = new Set(['is_null', 'is_not_null', 'is_distinct', 'is_not_distinct', 'is_true', 'is_false'])
const STRICT_ARITHMETIC = new Set([
  'add', 'sub', 'mul', 'div', 'mod', 'neg', 'plus', 'eq', 'ne', 'lt', 'le', 'gt', 'ge', 'and', 'or', 'not',
])

/** True when a subquery is inside: its value comes from the execution. */
export function hasSubquery(expression: Expression): boolean {
  return expression.kind === 'subquery' || childrenOf(expression).some(hasSubquery)
}

const NATIVE: ReadonlySet<string> = new Set([
  'and', 'or', 'not', 'is_null', 'is_not_null', 'is_distinct', 'is_not_distinct', 'is_true', 'is_false', 'is_not_true',
  'is_not_false', 'is_unknown', 'is_not_unknown', 'eq', 'ne', 'lt', 'le', 'gt', 'ge', 'coalesce', 'nullif', 'plus',
  'neg',  'add', 'sub', 'mul', 'div', 'mod', 'abs',
])

/** True when evaluating the expression calls the function catalogue, which costs far more than a table look-up. */
export function needsCatalog(expression: Expression): boolean {
  return needsCatalogItself(expression) || childrenOf(expression).some(needsCatalog)
}

function needsCatalogItself(expression: Expression): boolean {
  if (expression.kind === 'cast') {
    return physicalOf(expression.type) === 'bytes' || physicalOf(expression.arg.type) === 'bytes'
      || (isNumeric(expression.type) && physicalOf(expression.arg.type) === 'float')
  }
  if (expression.kind !== 'call') return false
  if (!NATIVE.has(expression.fn)) return true
  return expression.args.some(arg => physicalOf(arg.type) === 'bytes')
    || (expression.fn === 'div' && expression.type.kind === 'decimal')
}
