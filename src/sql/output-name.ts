// Names of select items without an alias, as PostgreSQL picks them: the column's name, the function's name,
// the type of a cast constant, and ?column? for everything else.
import type { Expr } from './ast.ts'

/** Output column name of an expression. */
export function outputName(expr: Expr): string {
  return nameOf(expr) ?? '?column?'
}

function nameOf(expr: Expr): string | null {
  switch (expr.kind) {
    case 'name': return expr.path[expr.path.length - 1]!
    case 'call': return expr.name.startsWith('extract_') ? 'extract' : expr.name
    case 'cast': return nameOf(expr.arg) ?? CAST_NAMES[expr.type.name] ?? expr.type.name
    case 'case': return (expr.otherwise === null ? null : nameOf(expr.otherwise)) ?? 'case'
    case 'subquery': {
      if (expr.mode === 'exists') return 'exists'
      let { query } = expr
      while (query.set !== null) query = query.set.left
      const item = query.items[0]
      return expr.mode === 'in' || item === undefined ? null : item.alias ?? nameOf(item.expr)
    }
    case 'literal': return expr.form === 'boolean' ? 'bool' : null
    case 'row': return 'row'
    default: return null
  }
}

const CAST_NAMES: Readonly<Record<string, string>> = { integer: 'int4', bigint: 'int8', boolean: 'bool' }
