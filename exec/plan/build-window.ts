// Builds the operator of a Window node: its keys, arguments and filters become columns of the input (computed by
// a projection where they are more than a column), because the operator works on stored columns only.
import { WindowOperator } from '../operators/window.ts'
import type { Operator } from '../operators/operator.ts'
import type { WindowArgument, WindowSpec } from '../operators/window.ts'
import type { OperatorBuilder } from './build.ts'
import { digits } from './cost.ts'
import { isRowless } from './expression.ts'
import type { Expression, WindowCall, WindowPlan } from './logical.ts'

/** The Window operator above the plan's input. */
export function buildWindow(builder: OperatorBuilder, plan: WindowPlan): Operator {
  const read: Expression[] = plan.keys.map((key) => key.expression)
  for (const call of plan.calls) {
    read.push(...call.args.filter((arg, i) => isColumn(call, arg, i)), ...(call.filter === null ? [] : [call.filter]))
    const constants = call.args.filter((arg, i) => !isColumn(call, arg, i))
    const offsets = [call.frame.start.offset, call.frame.end.offset].filter((e) => e !== null)
    builder.registerAll([...constants, ...offsets])
  }
  builder.registerAll(read)
  const input = builder.build(plan.input)
  const { operator, positions } = builder.withColumns(input, read)
  let next = 0
  const keys = plan.keys.map((key) => ({
    column: positions[next++]!, descending: key.descending, nullsFirst: key.nullsFirst,
  }))
  const calls = plan.calls.map((call) => ({
    call,
    args: call.args.map((arg, i): WindowArgument => isColumn(call, arg, i)
      ? { column: positions[next++]!, value: null } : { column: -1, value: arg }),
    filter: call.filter === null ? -1 : positions[next++]!,
  }))
  const { rows, cost } = operator.estimate
  const perRow = digits(rows) * builder.costs.sortRow + calls.length * builder.costs.groupRow
  const spec: WindowSpec = { width: input.output.length, keys, written: plan.keys, calls }
  return new WindowOperator(operator, spec, plan.output, { rows, cost: cost + rows * perRow })
}

/** Values come from a column; offsets, counts and separators that are the same for all rows do not. */
function isColumn(call: WindowCall, arg: Expression, i: number): boolean {
  return (i === 0 && call.fn !== 'ntile') || !isRowless(arg)
}
