// Structural identity of bound expressions: equal keys mean "the same value for the same row". It decides
// whether a select item is a GROUP BY expression and whether two aggregate calls are one. Positions do not count.
import type { SqlType } from '../base/types.ts'
import { typeName } from '../base/types.ts'
import type { AggregateCall, Expression } from '../../exec/plan/logical.ts'

/** A text that is equal for structurally equal expressions. Subqueries equal only themselves. */
export function expressionKey(expression: Expression): string {
  const type = typeKey(expression.type)
  switch (expression.kind) {
    case 'column': return `#${expression.index}`
    case 'parameter': return `$${expression.index}:${type}`
    case 'constant': return `${typeof expression.value} ${JSON.stringify(String(expression.value))}:${type}`
    case 'call': return `${expression.fn}(${keys(expression.args)}):${type}`
    case 'cast': return `cast(${expressionKey(expression.arg)}):${type}`
    case 'case': {
      const branches = expression.branches.map(b => `${expressionKey(b.when)}>${expressionKey(b.then)}`)
      const otherwise = expression.otherwise === null ? '' : expressionKey(expression.otherwise)
      return `case(${branches.join(',')};${otherwise}):${type}`
    }
    case 'in': {
      const name = expression.negated ? 'not in' : 'in'
      return `${name}(${expressionKey(expression.arg)};${keys(expression.items)})`
    }
    case 'subquery': return `subquery ${identity(expression)}`
  }
}

/** Key of an aggregate call. */
export function aggregateKey(call: AggregateCall): string {
  const filter = call.filter === null ? '' : expressionKey(call.filter)
  const order = JSON.stringify(call.rowOrder ?? '')
  return `${call.fn}${call.distinct ? ' distinct' : ''}(${keys(call.args)})${order}${filter}`
}

function keys(expressions: readonly Expression[]): string {
  return expressions.map(expressionKey).join(',')
}

function typeKey(type: SqlType): string {
  return typeName(type)
}

const identities = new WeakMap<object, number>()
let identityCount = 0

function identity(object: object): number {
  let number = identities.get(object)
  if (number === undefined) identities.set(object, number = ++identityCount)
  return number
}
