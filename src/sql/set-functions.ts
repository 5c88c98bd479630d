// Functions that give rows in a select list, `SELECT x, generate_series(1, x) FROM t`: moved to FROM as one item of
// table functions over the others, which is what PostgreSQL makes of them where nothing is grouped.
import { isTableFunctionName } from '../../exec/functions/series.ts'
import type { CallExpr, Expr, Query, SelectItem } from './ast.ts'
import type { FunctionRef, TableCall } from './ast-from.ts'
import { mapExpr } from './map-expr.ts'
import { unsupported } from './node-reader.ts'

const RELATION = '\0rows'

/** The query with its set-returning functions in FROM; the query itself without any. */
export function withSetFunctions(query: Query): Query {
  if (query.set !== null || query.rows !== null) return query
  const calls: TableCall[] = []
  const items = query.items.map((item): SelectItem => {
    const before = calls.length
    const expr = mapExpr(item.expr, part => isSetFunction(part) ? moved(part, calls) : null)
    if (calls.length === before) return item
    const isWhole = item.expr.kind === 'call' && isSetFunction(item.expr)
    return { ...item, expr, alias: item.alias ?? (isWhole ? calls[before]!.name : null) }
  })
  if (calls.length === 0) return query
  if (query.groupBy.length > 0 || query.having !== null) {
    throw unsupported('a function that gives rows in the select list of a grouped query', calls[0]!.position)
  }
  const functions: FunctionRef = {
    kind: 'function', calls, ordinality: false, alias: RELATION, position: calls[0]!.position,
    columnAliases: calls.map((_, i) => `\0${i}`),
  }
  return { ...query, items, from: [...query.from, functions] }
}

function isSetFunction(expr: Expr): expr is CallExpr {
  return expr.kind === 'call' && expr.over === undefined && isTableFunctionName(expr.name)
}

function moved(expr: CallExpr, calls: TableCall[]): Expr {
  const { name, args, position } = expr
  const place = calls.push({ name, args, lists: null, position }) - 1
  return { kind: 'name', path: [RELATION, `\0${place}`], position }
}
