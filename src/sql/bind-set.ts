// UNION, INTERSECT and EXCEPT to a logical plan. The columns are named after the first branch; their types are
// unified pairwise from the left, as PostgreSQL does: a NULL or an untyped literal of a branch takes the
// type of the other side, two of them together are text.
//
//   UNION ALL   append        a chain of them is one append
//   UNION       distinct over append; what is distinct below it need not be
import { CODE, DatabaseError } from '../base/errors.ts'
import type { SqlType } from '../base/types.ts'
import { sameType, typeName } from '../base/types.ts'
import { commonType } from '../../exec/functions/catalog.ts'
import type { Expression, LogicalPlan, OutputColumn } from '../../exec/plan/logical.ts'
import type { Query, SetOperation } from './ast.ts'
import type { BindContext } from './bind-context.ts'
import { bindError, invalid } from './bind-context.ts'
import { coerce } from './coerce.ts'
import { unsupported } from './node-reader.ts'

/** Binds a branch; untyped literals and parameters in its select list may stay so. */
export type BindBranch = (query: Query) => LogicalPlan

/** The plan of a set operation without its ORDER BY and LIMIT. Throws 42601 (column counts) and 42804 (types). */
export function bindSetOperation(set: SetOperation, context: BindContext, bindBranch: BindBranch): LogicalPlan {
  const left = bindBranch(set.left)
  const right = bindBranch(set.right)
  const name = set.operation.toUpperCase()
  if (left.output.length !== right.output.length) {
    throw invalid(`each ${name} query must have the same number of columns`, positionOf(set.right, 0))
  }
  if (left.output.length === 0 && !(set.operation === 'union' && set.all)) {
    throw unsupported(`${name} of queries without columns`, positionOf(set.right, 0))
  }
  const types = left.output.map((column, i) => unified(name, column.type, right.output[i]!.type, {
    position: positionOf(set.right, i), compared: set.operation !== 'union' || !set.all,
  }))
  const branches = [retyped(left, types, context), retyped(right, types, context)]
  const output = left.output.map(({ name: column }, i): OutputColumn => (
    { name: column, type: types[i]!, nullable: nullability(set, branches.map(branch => branch.output[i]!.nullable)) }
  ))
  if (set.operation !== 'union') {
    return { kind: 'set', operation: set.operation, all: set.all, inputs: branches, output }
  }
  const inputs = branches.flatMap(branch => appended(set.all ? branch : withoutDistinct(branch)))
  const union: LogicalPlan = { kind: 'set', operation: 'union', all: true, inputs, output }
  return set.all ? union : { kind: 'distinct', input: union, output }
}

function withoutDistinct(plan: LogicalPlan): LogicalPlan {
  return plan.kind === 'distinct' ? plan.input : plan
}

function appended(plan: LogicalPlan): readonly LogicalPlan[] {
  return plan.kind === 'set' && plan.operation === 'union' ? plan.inputs : [plan]
}

function nullability(set: SetOperation, [left, right]: readonly boolean[]): boolean {
  switch (set.operation) {
    case 'union': return left! || right!
    case 'intersect': return left! && right!
    case 'except': return left!
  }
}

function unified(
  name: string, left: SqlType, right: SqlType, about: { position: number | undefined; compared: boolean },
): SqlType {
  const type = commonOrNull(left, right)
  if (type === null) {
    throw bindError(CODE.DATATYPE_MISMATCH,
      `${name} types ${typeName(left)} and ${typeName(right)} cannot be matched`, about.position)
  }
  if (about.compared && type.kind === 'json') {
    throw bindError(CODE.UNDEFINED_FUNCTION, 'could not identify an equality operator for type json', about.position)
  }
  return type
}

function commonOrNull(left: SqlType, right: SqlType): SqlType | null {
  try {
    return commonType([left, right])
  } catch (error) {
    if (error instanceof DatabaseError && error.code === CODE.DATATYPE_MISMATCH) return null
    throw error
  }
}

/** The branch with columns of the given types: untyped items are decided where they stand, others are cast above. */
function retyped(plan: LogicalPlan, types: readonly SqlType[], context: BindContext): LogicalPlan {
  if (plan.output.every((column, i) => isSame(column.type, types[i]!))) return plan
  const isOpen = plan.kind === 'project' && plan.output.some(column => column.type.kind === 'null')
  const output = plan.output.map((column, i) => isSame(column.type, types[i]!) ? column
    : { ...column, type: types[i]! })
  const from = isOpen ? plan.expressions : plan.output.map((column, index): Expression => (
    { kind: 'column', index, ...column }
  ))
  const expressions = from.map((expression, i) => converted(expression, types[i]!, context))
  return { kind: 'project', input: isOpen ? plan.input : plan, expressions, output }
}

function converted(expression: Expression, type: SqlType, context: BindContext): Expression {
  if (isSame(expression.type, type)) return expression
  const bound = coerce(expression, type, 'implicit', context)
  // CHAR among texts loses its blanks, which comparing would not ask for.
  return isSame(bound.type, type) ? bound : { kind: 'cast', type, arg: bound, position: bound.position }
}

/** Texts of any declared length have one representation, CHAR excepted. */
function isSame(a: SqlType, b: SqlType): boolean {
  if (a.kind === 'text' && b.kind === 'text') return (a.blankPadded ?? false) === (b.blankPadded ?? false)
  return sameType(a, b)
}

/** Where column i of a branch is written: the first branch's item, where that is not a star. */
function positionOf(query: Query, i: number): number | undefined {
  if (query.set !== null) return positionOf(query.set.left, i)
  if (query.rows !== null) return query.rows[0]?.[i]?.position ?? query.rows[0]?.[0]?.position
  const star = query.items.findIndex(item => item.expr.kind === 'star')
  const item = query.items[star < 0 ? i : Math.min(star, i)] ?? query.items[0]
  return item?.position ?? item?.expr.position ?? query.position
}
