// Conditions that follow from others within a group of inner joins. They are added, not exchanged: the original ones
// stay and decide.
//
//   a.x = b.x AND a.x < 5                      b.x < 5        also through chains of equalities
//   (a.x = 1 AND b.y = 2) OR (a.x = 3 AND …)   a.x IN (1, 3) as an OR, b.y likewise
import { sameType } from '../../src/base/types.ts'
import {
  andAll, columnsOf, conjuncts, disjuncts, hasSubquery, isVolatile, orAll, shape, some, substitute,
} from './expression.ts'
import type { ColumnExpression, Expression } from './logical.ts'

const COMPARISONS = new Set(['eq', 'lt', 'le', 'gt', 'ge'])

/** What follows from the conditions, all over the columns of one group; `relationOf` says whose a column is. */
export function inferFilters(
  conditions: readonly Expression[], relationOf: (column: number) => number,
): Expression[] {
  const known = new Set(conditions.map(shape))
  const found: Expression[] = []
  const add = (e: Expression): void => {
    const text = shape(e)
    if (known.has(text)) return
    known.add(text)
    found.push(e)
  }
  const classes = equalColumns(conditions)
  for (const condition of conditions) {
    for (const e of moved(condition, classes)) add(e)
    for (const e of factored(condition, relationOf)) add(e)
  }
  return found
}

/** Columns that are equal to one another, by column. */
function equalColumns(conditions: readonly Expression[]): Map<number, Map<number, ColumnExpression>> {
  const classes = new Map<number, Map<number, ColumnExpression>>()
  for (const e of conditions) {
    if (e.kind !== 'call' || e.fn !== 'eq') continue
    const [a, b] = e.args as [Expression, Expression]
    if (a.kind !== 'column' || b.kind !== 'column' || !sameType(a.type, b.type)) continue
    const all = new Map([...classes.get(a.index) ?? [], ...classes.get(b.index) ?? [], [a.index, a], [b.index, b]])
    for (const column of all.keys()) classes.set(column, all)
  }
  return classes
}

/** A comparison of one column with constants, of every column that is equal to it. */
function moved(e: Expression, classes: Map<number, Map<number, ColumnExpression>>): Expression[] {
  const columns = [...columnsOf(e)]
  if (columns.length !== 1 || !isPlain(e)) return []
  const others = classes.get(columns[0]!)
  if (others === undefined) return []
  return [...others.values()].filter((other) => other.index !== columns[0])
    .map((other) => substitute(e, () => other))
}

/** Cheap, and NULL or false wherever the column is NULL: comparisons and lists without subqueries. */
function isPlain(e: Expression): boolean {
  if (some(e, isVolatile) || hasSubquery(e)) return false
  if (e.kind === 'in') return e.arg.kind === 'column' && !e.negated
  return e.kind === 'call' && COMPARISONS.has(e.fn) && e.args.some((arg) => arg.kind === 'column')
    && e.args.some((arg) => columnsOf(arg).size === 0)
}

/** Of an OR over several relations: for each of them that every branch restricts, what the branches ask of it. */
function factored(e: Expression, relationOf: (column: number) => number): Expression[] {
  const branches = disjuncts(e)
  if (branches.length < 2 || some(e, isVolatile) || hasSubquery(e)) return []
  const relations = new Set([...columnsOf(e)].map(relationOf))
  if (relations.size < 2) return []
  const found: Expression[] = []
  for (const relation of relations) {
    const parts = branches.map((branch) => andAll(conjuncts(branch).filter((part) => {
      const columns = [...columnsOf(part)]
      return columns.length === 1 && relationOf(columns[0]!) === relation && isPlain(part)
    })))
    if (parts.every((part) => part !== null)) found.push(orAll(parts))
  }
  return found
}
