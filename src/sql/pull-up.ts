// Takes a correlated query apart where that is all it takes to join it: FROM and its own conditions on one side, the
// conditions that refer to the scope around it on the other. Works through projections, filters, inner joins and the
// kept side of other joins; not through anything that counts, cuts or compares rows.
import { andAll, conjuncts, remap, substitute } from '../../exec/plan/expression.ts'
import type { Expression, JoinPlan, LogicalPlan } from '../../exec/plan/logical.ts'
import { BOOLEAN } from '../base/types.ts'
import { outerColumnsOf, isOuter, refersTo } from './correlation.ts'

export interface PulledUp {
  /** Refers to nothing of the scope. */
  readonly input: LogicalPlan
  /** Conditions with references to the scope, over the input. */
  readonly conditions: readonly Expression[]
  /** The query's output columns over the input; they may refer to the scope. */
  readonly items: readonly Expression[]
}

/** The parts of a plan, or null. `bag`: how often a row occurs matters. */
export function pullUp(plan: LogicalPlan, serial: number, bag: boolean): PulledUp | null {
  if (outerColumnsOf(plan, serial).size === 0) return { input: plan, conditions: [], items: columnsOfPlan(plan) }
  switch (plan.kind) {
    case 'project': {
      const inner = pullUp(plan.input, serial, bag)
      return inner === null ? null : { ...inner, items: plan.expressions.map(e => over(e, inner.items)) }
    }
    case 'filter': {
      const inner = pullUp(plan.input, serial, bag)
      return inner === null ? null : withConditions(inner, [plan.predicate], serial)
    }
    case 'sort': return pullUp(plan.input, serial, bag)
    case 'distinct': return bag ? null : pullUp(plan.input, serial, bag)
    case 'join': return pullUpJoin(plan, serial, bag)
    default: return null
  }
}

/** The plan's columns as expressions over itself. */
export function columnsOfPlan(plan: LogicalPlan): Expression[] {
  return plan.output.map((column, index): Expression => ({ kind: 'column', index, ...column }))
}

function over(e: Expression, items: readonly Expression[]): Expression {
  return substitute(e, column => isOuter(column.index) ? column : items[column.index]!)
}

function withConditions(inner: PulledUp, predicates: readonly Expression[], serial: number): PulledUp {
  const all = predicates.flatMap(e => conjuncts(over(e, inner.items)))
  const own = andAll(all.filter(e => !refersTo(e, serial)))
  const { input } = inner
  return {
    ...inner, input: own === null ? input : { kind: 'filter', input, predicate: own, output: input.output },
    conditions: [...inner.conditions, ...all.filter(e => refersTo(e, serial))],
  }
}

function pullUpJoin(plan: JoinPlan, serial: number, bag: boolean): PulledUp | null {
  const left = pullUp(plan.left, serial, bag)
  if (left === null) return null
  const isInner = plan.join === 'inner' || plan.join === 'cross'
  return isInner ? pullUpInner(plan, left, serial, bag) : pullUpKept(plan, left, serial)
}

function pullUpInner(plan: JoinPlan, left: PulledUp, serial: number, bag: boolean): PulledUp | null {
  const right = pullUp(plan.right, serial, bag)
  if (right === null) return null
  const width = left.input.output.length
  const shifted = (e: Expression): Expression => remap(e, index => isOuter(index) ? index : index + width)
  const crossed: JoinPlan = {
    kind: 'join', join: 'cross', left: left.input, right: right.input, leftKeys: [], rightKeys: [], residual: null,
    output: [...left.input.output, ...right.input.output],
  }
  const rightItems = right.items.map(shifted)
  const equalities = plan.leftKeys.map((key, i): Expression => ({
    kind: 'call', fn: 'eq', type: BOOLEAN, args: [over(key, left.items), over(plan.rightKeys[i]!, rightItems)],
  }))
  const items = [...left.items, ...rightItems]
  const all = [
    ...equalities, ...(plan.residual === null ? [] : conjuncts(plan.residual)).map(e => over(e, items)),
  ]
  const own = andAll(all.filter(e => !refersTo(e, serial)))
  return {
    input: own === null ? crossed : { kind: 'filter', input: crossed, predicate: own, output: crossed.output },
    conditions: [...left.conditions, ...right.conditions.map(shifted), ...all.filter(e => refersTo(e, serial))],
    items,
  }
}

/** Left, semi and anti joins keep or drop rows of their left side: conditions on these may as well come later. */
function pullUpKept(plan: JoinPlan, left: PulledUp, serial: number): PulledUp | null {
  if (plan.join === 'full' || outerColumnsOf(plan.right, serial).size > 0) return null
  const width = left.input.output.length
  const rightColumns = columnsOfPlan(plan.right).map(e => remap(e, index => index + width))
  const leftKeys = plan.leftKeys.map(key => over(key, left.items))
  const residual = plan.residual === null ? null : over(plan.residual, [...left.items, ...rightColumns])
  const own = [...leftKeys, ...plan.rightKeys, ...(residual === null ? [] : [residual])]
  if (own.some(e => refersTo(e, serial))) return null
  const isLeft = plan.join === 'left'
  const right = plan.right.output.map(column => ({ ...column, nullable: true }))
  const input: JoinPlan = {
    ...plan, left: left.input, leftKeys, residual, output: [...left.input.output, ...(isLeft ? right : [])],
  }
  const missing = rightColumns.map(e => ({ ...e, nullable: true }) as Expression)
  const items = isLeft ? [...left.items, ...missing] : left.items
  return { input, conditions: left.conditions, items }
}
