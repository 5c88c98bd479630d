// Builds the operator of table functions: their arguments become columns of the input. How many rows a function gives
// is known where its arguments are constants, and guessed otherwise.
import type { Operator } from '../operators/operator.ts'
import { UnfoldOperator } from '../operators/unfold.ts'
import type { OperatorBuilder } from './build.ts'
import type { Expression, UnfoldPlan } from './logical.ts'

const GUESSED_ROWS = 1000

/** The operator of a table function node. */
export function buildUnfold(builder: OperatorBuilder, plan: UnfoldPlan): Operator {
  const read = plan.calls.flatMap((call) => call.args)
  builder.registerAll(read)
  const input = builder.build(plan.input)
  const { operator, positions } = builder.withColumns(input, read)
  let next = 0
  const args = plan.calls.map((call) => call.args.map(() => positions[next++]!))
  const each = Math.max(...plan.calls.map((call) => rowsOf(call.args)))
  const { rows, cost } = operator.estimate
  const estimate = { rows: rows * each, cost: cost + rows * each * builder.costs.expressionRow }
  return new UnfoldOperator(operator, { plan, width: plan.input.output.length, args }, estimate)
}

function rowsOf(args: readonly Expression[]): number {
  const values = args.map((e) => e.kind === 'constant' && e.value !== null && typeof e.value !== 'object'
    ? Number(e.value) : null)
  const [start, stop, step = 1] = values
  if (start === null || stop === null || step === null || start === undefined || stop === undefined) {
    return GUESSED_ROWS
  }
  const rows = Math.floor((stop - start) / step) + 1
  return Number.isFinite(rows) ? Math.max(0, rows) : GUESSED_ROWS
}
