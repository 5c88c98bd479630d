// Rewriting expressions of the syntax tree before they are bound. Subqueries are not entered: they have levels of
// their own, and neither are the windows of calls.
import type { Expr } from './ast.ts'

/** The expression with every part for which `change` gives another replaced, outermost first. */
export function mapExpr(expr: Expr, change: (part: Expr) => Expr | null): Expr {
  const changed = change(expr)
  if (changed !== null) return changed
  const inner = (part: Expr): Expr => mapExpr(part, change)
  switch (expr.kind) {
    case 'operator': return {
      ...expr, left: expr.left === null ? null : inner(expr.left), right: inner(expr.right),
      ...(expr.escape === undefined ? {} : { escape: inner(expr.escape) }),
    }
    case 'logic': return { ...expr, args: expr.args.map(inner) }
    case 'call': return {
      ...expr, args: expr.args.map(inner),
      ...(expr.orderBy === undefined ? {} : { orderBy: expr.orderBy.map(key => ({ ...key, expr: inner(key.expr) })) }),
    }
    case 'is': case 'cast': return { ...expr, arg: inner(expr.arg) }
    case 'distinct': return { ...expr, left: inner(expr.left), right: inner(expr.right) }
    case 'between': return { ...expr, arg: inner(expr.arg), low: inner(expr.low), high: inner(expr.high) }
    case 'in': case 'quantified': return { ...expr, arg: inner(expr.arg), items: expr.items.map(inner) }
    case 'subquery': return expr.arg === undefined ? expr : { ...expr, arg: inner(expr.arg) }
    case 'row': return { ...expr, items: expr.items.map(inner) }
    case 'case': return {
      ...expr, arg: expr.arg === null ? null : inner(expr.arg),
      branches: expr.branches.map(({ when, then }) => ({ when: inner(when), then: inner(then) })),
      otherwise: expr.otherwise === null ? null : inner(expr.otherwise),
    }
    default: return expr
  }
}
