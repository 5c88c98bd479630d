// Walking logical plans: rules are written against these instead of against every node kind. Nodes are
// immutable; a node comes back as the same object when nothing below it changed.
import { mapList } from './expression.ts'
import type { AggregateCall, Expression, FrameBound, LogicalPlan, WindowPlan } from './logical.ts'

/** The node with each input replaced by `change(input)`; the same object when nothing changed. */
export function mapInputs(plan: LogicalPlan, change: (input: LogicalPlan) => LogicalPlan): LogicalPlan {
  switch (plan.kind) {
    case 'scan': case 'values': case 'shared': case 'working': return plan
    case 'recursive': {
      const seed = change(plan.seed)
      const step = change(plan.step)
      return seed === plan.seed && step === plan.step ? plan : { ...plan, seed, step }
    }
    case 'join': {
      const left = change(plan.left)
      const right = change(plan.right)
      return left === plan.left && right === plan.right ? plan : { ...plan, left, right }
    }
    case 'set': {
      const inputs = mapList(plan.inputs, change)
      return inputs === plan.inputs ? plan : { ...plan, inputs }
    }
    default: {
      const input = change(plan.input)
      return input === plan.input ? plan : { ...plan, input }
    }
  }
}

/** The node with each of its own expressions replaced by `change(expression)`. */
export function mapExpressions(plan: LogicalPlan, change: (e: Expression) => Expression): LogicalPlan {
  const optional = (e: Expression | null): Expression | null => e === null ? null : change(e)
  switch (plan.kind) {
    case 'shared': case 'working': case 'recursive': return plan
    case 'scan': case 'distinct': case 'set': case 'lock': case 'insert': case 'update': case 'delete': return plan
    case 'filter': return { ...plan, predicate: change(plan.predicate) }
    case 'project': return { ...plan, expressions: mapList(plan.expressions, change) }
    case 'aggregate': {
      const aggregates = plan.aggregates.map((call) => mapAggregate(call, change))
      return { ...plan, groups: mapList(plan.groups, change), aggregates }
    }
    case 'window': return mapWindow(plan, change)
    case 'sort': {
      const keys = plan.keys.map((key) => ({ ...key, expression: change(key.expression) }))
      return { ...plan, keys }
    }
    case 'limit': return { ...plan, limit: optional(plan.limit), offset: optional(plan.offset) }
    case 'join': return {
      ...plan, leftKeys: mapList(plan.leftKeys, change), rightKeys: mapList(plan.rightKeys, change),
      residual: optional(plan.residual),
    }
    case 'sample': return { ...plan, percent: change(plan.percent), seed: optional(plan.seed) }
    case 'unfold': {
      return { ...plan, calls: plan.calls.map((call) => ({ ...call, args: mapList(call.args, change) })) }
    }
    case 'values': return { ...plan, rows: plan.rows.map((row) => mapList(row, change)) }
  }
}

/** An aggregate call with its arguments and filter replaced. */
export function mapAggregate(call: AggregateCall, change: (e: Expression) => Expression): AggregateCall {
  return { ...call, args: mapList(call.args, change), filter: call.filter === null ? null : change(call.filter) }
}

function mapWindow(plan: WindowPlan, change: (e: Expression) => Expression): WindowPlan {
  const bound = (end: FrameBound): FrameBound => end.offset === null ? end : { ...end, offset: change(end.offset) }
  return {
    ...plan, keys: plan.keys.map((key) => ({ ...key, expression: change(key.expression) })),
    calls: plan.calls.map((call) => ({
      ...call, args: mapList(call.args, change), filter: call.filter === null ? null : change(call.filter),
      frame: { ...call.frame, start: bound(call.frame.start), end: bound(call.frame.end) },
    })),
  }
}
