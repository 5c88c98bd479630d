// Conditions sink into joins: equalities between the two sides become join keys, conditions on one side become
// filters of that side, the rest stays as residual. Under a left join only what concerns its left side
// may sink from WHERE; what the ON clause says about the right side filters the right side. Nothing sinks into or
// out of a full join but the equalities that are its keys.
import type { SqlType } from '../base/types.ts'
import { BOOLEAN, sameType } from '../base/types.ts'
import { commonType } from '../../exec/functions/catalog.ts'
import { isOuter } from './correlation.ts'
import { mapOperands, operandsOf } from '../../exec/plan/expression.ts'
import type { Expression, JoinPlan, LogicalPlan, OutputColumn } from '../../exec/plan/logical.ts'

/** The AND-connected parts of a condition. */
export function conjuncts(condition: Expression): Expression[] {
  return condition.kind === 'call' && condition.fn === 'and' ? condition.args.flatMap(conjuncts) : [condition]
}

function conjunction(parts: readonly Expression[]): Expression {
  return parts.length === 1
    ? parts[0]!
    : { kind: 'call', fn: 'and', type: BOOLEAN, args: parts, position: parts[0]!.position }
}

/** Filter of `plan` by all parts, sunk as deep as joins allow. */
export function pushFilter(plan: LogicalPlan, parts: readonly Expression[]): LogicalPlan {
  if (parts.length === 0) return plan
  if (plan.kind !== 'join') return { kind: 'filter', input: plan, predicate: conjunction(parts), output: plan.output }
  const width = plan.left.output.length
  if (plan.join === 'semi' || plan.join === 'anti') return { ...plan, left: pushFilter(plan.left, parts) }
  if (plan.join === 'full') {
    return { kind: 'filter', input: plan, predicate: conjunction(parts), output: plan.output }
  }
  if (plan.join === 'left') {
    const left = parts.filter(part => sideOf(part, width) === 'left')
    const above = parts.filter(part => !left.includes(part))
    const sunk: JoinPlan = { ...plan, left: pushFilter(plan.left, left) }
    return above.length === 0 ? sunk
      : { kind: 'filter', input: sunk, predicate: conjunction(above), output: plan.output }
  }
  return joinWith(plan, parts)
}

/** The join with its ON condition taken apart. */
export function joinOn(
  join: 'inner' | 'left' | 'full' | 'cross', left: LogicalPlan, right: LogicalPlan, on: readonly Expression[],
): LogicalPlan {
  const outer = (columns: readonly OutputColumn[], isOuter: boolean): readonly OutputColumn[] =>
    isOuter ? columns.map(column => ({ ...column, nullable: true })) : columns
  const output = [...outer(left.output, join === 'full'), ...outer(right.output, join === 'left' || join === 'full')]
  const plain: JoinPlan = { kind: 'join', join, left, right, leftKeys: [], rightKeys: [], residual: null, output }
  return joinWith(plan(plain, on), on)
}

function plan(plain: JoinPlan, on: readonly Expression[]): JoinPlan {
  return plain.join === 'inner' && on.length === 0 ? { ...plain, join: 'cross' } : plain
}

/** Adds conditions to a join: those of one side sink where no row of that side must be kept. */
function joinWith(join: JoinPlan, parts: readonly Expression[]): JoinPlan {
  const sinkLeft = join.join !== 'left' && join.join !== 'full'
  const width = join.left.output.length
  const [toLeft, toRight, residual]: [Expression[], Expression[], Expression[]] = [[], [], []]
  const [leftKeys, rightKeys] = [[...join.leftKeys], [...join.rightKeys]]
  for (const part of parts) {
    const side = sideOf(part, width)
    if (side === 'left' && sinkLeft) toLeft.push(part)
    else if (side === 'right' && join.join !== 'full') toRight.push(shift(part, width))
    else {
      const pair = side === 'both' ? keyPair(part, width) : null
      if (pair === null) residual.push(part)
      else {
        leftKeys.push(pair[0])
        rightKeys.push(pair[1])
      }
    }
  }
  const rest = join.residual === null ? residual : [...conjuncts(join.residual), ...residual]
  const kind = join.join === 'cross' && (leftKeys.length > 0 || rest.length > 0) ? 'inner' : join.join
  return {
    ...join, join: kind, leftKeys, rightKeys, residual: rest.length === 0 ? null : conjunction(rest),
    left: pushFilter(join.left, toLeft), right: pushFilter(join.right, toRight),
  }
}

/** Which side's columns an expression reads; constants and what refers to outer queries may go nowhere. */
function sideOf(expression: Expression, width: number): 'left' | 'right' | 'both' | 'none' {
  let [left, right, fixed] = [false, false, false]
  const visit = (e: Expression): void => {
    if (e.kind === 'column') {
      if (isOuter(e.index)) fixed = true
      else if (e.index < width) left = true
      else right = true
    } else if (e.kind === 'call' && VOLATILE.has(e.fn)) fixed = true
    operandsOf(e).forEach(visit)
  }
  visit(expression)
  if (fixed || (!left && !right)) return 'none'
  return left && right ? 'both' : left ? 'left' : 'right'
}

const VOLATILE = new Set(['random'])

function shift(expression: Expression, width: number): Expression {
  if (expression.kind === 'column') return { ...expression, index: expression.index - width }
  return mapOperands(expression, operand => shift(operand, width))
}

/** `left = right` with one side's columns each: the key pair with one type, else null. */
function keyPair(part: Expression, width: number): [Expression, Expression] | null {
  if (part.kind !== 'call' || part.fn !== 'eq') return null
  const [a, b] = part.args as [Expression, Expression]
  const sides = [sideOf(a, width), sideOf(b, width)]
  if (sides[0] === 'left' && sides[1] === 'right') return sameTypes(a, shift(b, width))
  if (sides[0] === 'right' && sides[1] === 'left') return sameTypes(b, shift(a, width))
  return null
}

function sameTypes(left: Expression, right: Expression): [Expression, Expression] {
  if (sameType(left.type, right.type)) return [left, right]
  const type = commonType([left.type, right.type])
  return [castTo(left, type), castTo(right, type)]
}

function castTo(expression: Expression, type: SqlType): Expression {
  return sameType(expression.type, type) || type.kind === 'text' ? expression
    : { kind: 'cast', type, arg: expression, position: expression.position }
}
