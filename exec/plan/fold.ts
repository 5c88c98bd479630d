// Constant folding: calls and casts whose operands are all literals become literals, AND / OR lose operands
// that decide nothing, and ORs of equalities on one operand become IN lists.
//
// An expression whose evaluation fails is left as it is: `CASE WHEN x <> 0 THEN 1 / 0 END` may never reach
// the failing part, and if a row does, the error belongs to the execution.
import { BOOLEAN, sameType } from '../../src/base/types.ts'
import { DatabaseError } from '../../src/base/errors.ts'
import type { Scalar } from '../../src/base/types.ts'
import { evaluateConstant } from '../kernel/compile.ts'
import { andAll, conjuncts, disjuncts, isVolatile, orAll, rewrite, shape } from './expression.ts'
import type { CallExpression, Expression, LogicalPlan } from './logical.ts'
import { mapExpressions, mapInputs } from './map-plan.ts'

/** Folds every expression of a plan. */
export function foldPlan(plan: LogicalPlan): LogicalPlan {
  return mapExpressions(mapInputs(plan, foldPlan), foldExpression)
}

/** Folds one expression. */
export function foldExpression(e: Expression): Expression {
  return rewrite(e, foldNode)
}

/** Functions of the statement's time: constant within an execution, not between executions. */
const TIME_FUNCTIONS: ReadonlySet<string> = new Set(['age'])

function foldNode(e: Expression): Expression {
  if (e.kind === 'cast') return e.arg.kind === 'constant' ? evaluated(e) : e
  if (e.kind !== 'call') return e
  if (e.fn === 'and') return foldAnd(e)
  if (e.fn === 'or') return foldOr(e)
  const foldable = e.args.length > 0 && e.args.every((arg) => arg.kind === 'constant')
  return foldable && !isVolatile(e) && !TIME_FUNCTIONS.has(e.fn) ? evaluated(e) : e
}

function evaluated(e: Expression): Expression {
  try {
    return constant(evaluateConstant(e, []), e)
  } catch (error) {
    // Left for the execution, which raises it if a row gets there.
    if (error instanceof DatabaseError) return e
    throw error
  }
}

function constant(value: Scalar, like: Expression): Expression {
  const { type, position } = like
  return position === undefined ? { kind: 'constant', value, type } : { kind: 'constant', value, type, position }
}

/** True for a literal TRUE or FALSE as asked. */
function isLiteral(e: Expression, value: 0 | 1): boolean {
  return e.kind === 'constant' && e.value === value && e.type.kind === 'boolean'
}

function foldAnd(e: CallExpression): Expression {
  const parts = conjuncts(e)
  const decisive = parts.find((part) => isLiteral(part, 0))
  if (decisive !== undefined) return decisive
  const kept = parts.filter((part) => !isLiteral(part, 1))
  return andAll(kept) ?? { kind: 'constant', value: 1, type: BOOLEAN }
}

function foldOr(e: CallExpression): Expression {
  const parts = disjuncts(e)
  const decisive = parts.find((part) => isLiteral(part, 1))
  if (decisive !== undefined) return decisive
  const kept = parts.filter((part) => !isLiteral(part, 0))
  if (kept.length === 0) return { kind: 'constant', value: 0, type: BOOLEAN }
  return inListOf(kept) ?? factored(kept) ?? orAll(kept)
}

/** `x = 1 OR x = 2 OR x IN (3)` as `x IN (1, 2, 3)`; null when the parts are not all alike. */
function inListOf(parts: readonly Expression[]): Expression | null {
  if (parts.length < 2) return null
  let arg: Expression | null = null
  const items: Expression[] = []
  for (const part of parts) {
    const [operand, values] = equalityOf(part)
    if (operand === null || (arg !== null && shape(arg) !== shape(operand))) return null
    arg = operand
    items.push(...values)
  }
  return { kind: 'in', arg: arg!, items, negated: false, type: BOOLEAN }
}

function equalityOf(e: Expression): [Expression | null, readonly Expression[]] {
  if (e.kind === 'in' && !e.negated && e.items.every(isValue)) return [e.arg, e.items]
  if (e.kind !== 'call' || e.fn !== 'eq') return [null, []]
  const [left, right] = e.args as [Expression, Expression]
  if (!sameType(left.type, right.type)) return [null, []]
  if (isValue(right)) return [left, [right]]
  return isValue(left) ? [right, [left]] : [null, []]
}

function isValue(e: Expression): boolean {
  return e.kind === 'constant' || e.kind === 'parameter'
}

/** `(a AND b) OR (a AND c)` as `a AND (b OR c)`, so that `a` can be pushed down; null without a common part. */
function factored(parts: readonly Expression[]): Expression | null {
  const branches = parts.map((part) => new Map(conjuncts(part).map((c) => [shape(c), c])))
  const common = [...branches[0]!.keys()].filter((key) => branches.every((branch) => branch.has(key)))
  if (common.length === 0) return null
  const shared = common.map((key) => branches[0]!.get(key)!)
  const rests = branches.map((branch) => [...branch].filter(([key]) => !common.includes(key)).map(([, c]) => c))
  if (rests.some((rest) => rest.length === 0)) return andAll(shared)
  return andAll([...shared, orAll(rests.map((rest) => andAll(rest)!))])
}
