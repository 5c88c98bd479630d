// Bound expressions as SQL-like text for EXPLAIN: for people, never parsed again. Casts the binder added
// are shown with `::`, constants as SQL literals, parameters as $n.
import { formatScalar } from '../src/base/scalar-format.ts'
import { isNumeric, typeName } from '../src/base/types.ts'
import type { Scalar, SqlType } from '../src/base/types.ts'
import type { AggregateCall, CallExpression, Expression, SortKey } from './plan/logical.ts'

const INFIX: Readonly<Record<string, string>> = {
  and: 'AND', or: 'OR', eq: '=', ne: '<>', lt: '<', le: '<=', gt: '>', ge: '>=', add: '+', sub: '-', mul: '*',
  div: '/', mod: '%', concat: '||', like: 'LIKE', not_like: 'NOT LIKE', ilike: 'ILIKE',
  is_distinct: 'IS DISTINCT FROM', is_not_distinct: 'IS NOT DISTINCT FROM',
}

/** Longest IN list printed in full. */
const LIST_LIMIT = 8

/** An expression as text. */
export function expressionText(e: Expression): string {
  switch (e.kind) {
    case 'column': return e.name
    case 'constant': return literalText(e.value, e.type)
    case 'parameter': return `$${e.index + 1}`
    case 'call': return callText(e)
    case 'cast': return `${expressionText(e.arg)}::${typeName(e.type)}`
    case 'case': {
      const parts = e.branches.map((b) => `WHEN ${expressionText(b.when)} THEN ${expressionText(b.then)}`)
      if (e.otherwise !== null) parts.push(`ELSE ${expressionText(e.otherwise)}`)
      return `CASE ${parts.join(' ')} END`
    }
    case 'in': {
      const items = e.items.slice(0, LIST_LIMIT).map(expressionText).join(', ')
      const more = e.items.length > LIST_LIMIT ? `, … ${e.items.length} in all` : ''
      return `(${expressionText(e.arg)} ${e.negated ? 'NOT IN' : 'IN'} (${items}${more}))`
    }
    case 'subquery': {
      if (e.mode === 'scalar') return '(subquery)'
      if (e.mode === 'exists') return `${e.negated ? 'NOT ' : ''}EXISTS (subquery)`
      return `(${expressionText(e.arg!)} ${e.negated ? 'NOT IN' : 'IN'} (subquery))`
    }
  }
}

function callText(e: CallExpression): string {
  const args = e.args.map(expressionText)
  if (e.fn === 'not') return `NOT ${args[0]}`
  if (e.fn === 'neg') return `-${args[0]}`
  if (e.fn === 'is_null') return `(${args[0]} IS NULL)`
  if (e.fn === 'is_not_null') return `(${args[0]} IS NOT NULL)`
  const infix = INFIX[e.fn]
  if (infix !== undefined && args.length >= 2) return `(${args.join(` ${infix} `)})`
  return `${e.fn}(${args.join(', ')})`
}

function orderText({ args, rowOrder = [] }: AggregateCall): string {
  if (rowOrder.length === 0) return ''
  const first = args.length - rowOrder.length
  return ` ORDER BY ${rowOrder.map((key, i) => sortKeyText({ expression: args[first + i]!, ...key })).join(', ')}`
}

/** A Scalar as a SQL literal. */
function literalText(value: Scalar, type: SqlType): string {
  if (value === null) return 'NULL'
  if (type.kind === 'boolean') return value === 1 ? 'true' : 'false'
  const text = formatScalar(type, value)
  if (isNumeric(type)) return text
  return `'${text.replaceAll("'", "''")}'`
}

/** `sum(x)`, `count(DISTINCT x) FILTER (WHERE y)`. */
export function aggregateText(call: AggregateCall): string {
  const { rowOrder = [] } = call
  const own = call.args.slice(0, call.args.length - rowOrder.length)
  const args = call.fn === 'count_star' ? '*' : own.map(expressionText).join(', ') + orderText(call)
  const name = call.fn === 'count_star' ? 'count' : call.fn
  const filter = call.filter === null ? '' : ` FILTER (WHERE ${expressionText(call.filter)})`
  return `${name}(${call.distinct ? 'DISTINCT ' : ''}${args})${filter}`
}

/** `a DESC NULLS LAST`. */
export function sortKeyText(key: SortKey): string {
  const nulls = key.nullsFirst === key.descending ? '' : key.nullsFirst ? ' NULLS FIRST' : ' NULLS LAST'
  return `${expressionText(key.expression)}${key.descending ? ' DESC' : ''}${nulls}`
}
