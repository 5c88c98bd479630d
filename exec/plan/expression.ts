// Walking and rewriting bound expressions: the small vocabulary all planner rules are written in.
// Expressions are immutable; every rewrite returns the same object when nothing below it changed, so
// rules can be applied until they change nothing.
import { BOOLEAN } from '../../src/base/types.ts'
import { listFunctions } from '../functions/catalog.ts'
import type { CaseExpression, ColumnExpression, Expression } from './logical.ts'

/** Direct operands of an expression. The plan of a subquery is not one; its `arg` is. */
export function operandsOf(e: Expression): readonly Expression[] {
  switch (e.kind) {
    case 'column': case 'constant': case 'parameter': return []
    case 'call': return e.args
    case 'cast': return [e.arg]
    case 'in': return [e.arg, ...e.items]
    case 'subquery': return e.arg === undefined ? [] : [e.arg]
    case 'case': {
      const parts = e.branches.flatMap((branch) => [branch.when, branch.then])
      return e.otherwise === null ? parts : [...parts, e.otherwise]
    }
  }
}

/** The expression with every operand replaced by `change(operand)`. */
export function mapOperands(e: Expression, change: (operand: Expression) => Expression): Expression {
  switch (e.kind) {
    case 'column': case 'constant': case 'parameter': return e
    case 'call': {
      const args = mapList(e.args, change)
      return args === e.args ? e : { ...e, args }
    }
    case 'cast': {
      const arg = change(e.arg)
      return arg === e.arg ? e : { ...e, arg }
    }
    case 'in': {
      const arg = change(e.arg)
      const items = mapList(e.items, change)
      return arg === e.arg && items === e.items ? e : { ...e, arg, items }
    }
    case 'subquery': {
      if (e.arg === undefined) return e
      const arg = change(e.arg)
      return arg === e.arg ? e : { ...e, arg }
    }
    case 'case': return mapCase(e, change)
  }
}

function mapCase(e: CaseExpression, change: (operand: Expression) => Expression): Expression {
  let changed = false
  const branches = e.branches.map((branch) => {
    const when = change(branch.when)
    const then = change(branch.then)
    if (when === branch.when && then === branch.then) return branch
    changed = true
    return { when, then }
  })
  const otherwise = e.otherwise === null ? null : change(e.otherwise)
  return changed || otherwise !== e.otherwise ? { ...e, branches, otherwise } : e
}

/** Maps a list, returning the same list when no element changed. */
export function mapList<T>(list: readonly T[], change: (item: T) => T): readonly T[] {
  let changed = false
  const mapped = list.map((item) => {
    const next = change(item)
    if (next !== item) changed = true
    return next
  })
  return changed ? mapped : list
}

/** Rewrites bottom-up: operands first, then the node itself. */
export function rewrite(e: Expression, change: (e: Expression) => Expression): Expression {
  return change(mapOperands(e, (operand) => rewrite(operand, change)))
}

/** True when `test` holds for the expression or anything below it. */
export function some(e: Expression, test: (e: Expression) => boolean): boolean {
  return test(e) || operandsOf(e).some((operand) => some(operand, test))
}

/** Adds the input columns an expression reads to `into` and returns it. */
export function columnsOf(e: Expression, into: Set<number> = new Set()): Set<number> {
  if (e.kind === 'column') into.add(e.index)
  for (const operand of operandsOf(e)) columnsOf(operand, into)
  return into
}

/** True when no column is read: the value is the same for every row of one execution. */
export function isRowless(e: Expression): boolean {
  return !some(e, (part) => part.kind === 'column' || isVolatile(part))
}

/** True for calls whose value differs from call to call. */
export function isVolatile(e: Expression): boolean {
  return e.kind === 'call' && VOLATILE.has(e.fn)
}

const VOLATILE: ReadonlySet<string> = new Set(listFunctions().filter((f) => !f.stable).map((f) => f.id))

/** True when a subquery occurs. */
export function hasSubquery(e: Expression): boolean {
  return some(e, (part) => part.kind === 'subquery')
}

/** Replaces input column i by `replacement(i)`. */
export function substitute(e: Expression, replacement: (column: ColumnExpression) => Expression): Expression {
  return rewrite(e, (part) => part.kind === 'column' ? replacement(part) : part)
}

/** Renumbers input columns. */
export function remap(e: Expression, to: (index: number) => number): Expression {
  return substitute(e, (column) => {
    const index = to(column.index)
    return index === column.index ? column : { ...column, index }
  })
}

/** The operands of nested ANDs, in order. */
export function conjuncts(e: Expression, into: Expression[] = []): Expression[] {
  if (e.kind === 'call' && e.fn === 'and') for (const arg of e.args) conjuncts(arg, into)
  else into.push(e)
  return into
}

/** The operands of nested ORs, in order. */
export function disjuncts(e: Expression, into: Expression[] = []): Expression[] {
  if (e.kind === 'call' && e.fn === 'or') for (const arg of e.args) disjuncts(arg, into)
  else into.push(e)
  return into
}

/** AND of the parts; null when there is none. */
export function andAll(parts: readonly Expression[]): Expression | null {
  if (parts.length === 0) return null
  if (parts.length === 1) return parts[0]!
  return { kind: 'call', fn: 'and', args: parts, type: BOOLEAN }
}

/** OR of the parts, of which there is at least one. */
export function orAll(parts: readonly Expression[]): Expression {
  return parts.length === 1 ? parts[0]! : { kind: 'call', fn: 'or', args: parts, type: BOOLEAN }
}

/** A text that is equal for structurally equal expressions. */
export function shape(e: Expression): string {
  return JSON.stringify(e, (key, value: unknown) => {
    if (key === 'position' || key === 'name' || key === 'nullable') return undefined
    if (typeof value === 'bigint') return `${value}n`
    if (typeof value === 'number' && !Number.isFinite(value)) return `float ${value}`
    return value
  })
}
