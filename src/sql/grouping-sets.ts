// GROUPING SETS, ROLLUP and CUBE: an aggregate for every set of columns, one after the other, with NULL where a column
// is not in the set. What they read of the input is projected first, and computed once where that is dear.
//
//   input ─ project (groups, arguments) ─┬─ aggregate by set 0 ─ project ─┐
//                                        ├─ aggregate by set 1 ─ project ─┼─ union all: groups, then calls
//                                        └─ …                             ┘
import { CODE } from '../base/errors.ts'
import { INTEGER } from '../base/types.ts'
import { mapAggregate } from '../../exec/plan/map-plan.ts'
import type { AggregateCall, Expression, LogicalPlan, OutputColumn } from '../../exec/plan/logical.ts'
import { bindError } from './bind-context.ts'
import { isOpenPlan } from './correlation.ts'
import { expressionKey } from './expression-key.ts'
import { constant } from './literal.ts'

/** The id of GROUPING(…) among aggregate calls. */
export const GROUPING = 'grouping'

/** The value of GROUPING(…) for rows of a set: a bit for each argument, the last one lowest, 1 = not in the set. */
function groupingBits(call: AggregateCall, groups: readonly Expression[], set: readonly number[]): number {
  const keys = groups.map(expressionKey)
  let bits = 0
  for (const arg of call.args) {
    const at = keys.indexOf(expressionKey(arg))
    if (at < 0) {
      throw bindError(CODE.GROUPING, 'arguments to GROUPING must be grouping expressions of the associated query level',
        arg.position ?? call.position)
    }
    bits = bits * 2 + (set.includes(at) ? 0 : 1)
  }
  return bits
}

/** The rows of every set; `output` are the groups and the calls. */
export function groupedBySets(
  input: LogicalPlan, groups: readonly Expression[], calls: readonly AggregateCall[],
  sets: readonly (readonly number[])[], output: readonly OutputColumn[],
): LogicalPlan {
  const { plan, moved, movedCalls } = projected(input, groups, calls)
  const base: LogicalPlan = isOpenPlan(plan) ? plan
    : { kind: 'shared', source: { name: 'grouping sets', plan, materialized: false }, output: plan.output }
  const inputs = sets.map((set): LogicalPlan => {
    const real = movedCalls.filter(call => call.fn !== GROUPING)
    const aggregate: LogicalPlan = {
      kind: 'aggregate', input: base, groups: set.map(at => moved[at]!), aggregates: real,
      output: [
        ...set.map(at => output[at]!),
        ...real.map(call => ({ ...output[groups.length + movedCalls.indexOf(call)]! })),
      ],
    }
    let next = set.length
    const columnAt = (index: number): Expression => ({ kind: 'column', index, ...aggregate.output[index]! })
    const expressions = [
      ...groups.map((group, at): Expression => (
        set.includes(at) ? columnAt(set.indexOf(at)) : constant(group.type, null)
      )),
      ...calls.map((call): Expression => call.fn !== GROUPING ? columnAt(next++)
        : constant(INTEGER, groupingBits(call, groups, set))),
    ]
    return { kind: 'project', input: aggregate, expressions, output }
  })
  return inputs.length === 1 ? inputs[0]! : { kind: 'set', operation: 'union', all: true, inputs, output }
}

/** The input with what groups and calls read as its only columns. */
function projected(
  input: LogicalPlan, groups: readonly Expression[], calls: readonly AggregateCall[],
): { plan: LogicalPlan; moved: Expression[]; movedCalls: AggregateCall[] } {
  const expressions: Expression[] = []
  const places = new Map<string, Expression>()
  const move = (e: Expression): Expression => {
    const key = expressionKey(e)
    let column = places.get(key)
    if (column === undefined) {
      const index = expressions.push(e) - 1
      column = { kind: 'column', index, name: e.kind === 'column' ? e.name : 'value', type: e.type, nullable: true,
        ...(e.position === undefined ? {} : { position: e.position }) }
      places.set(key, column)
    }
    return column
  }
  const moved = groups.map(move)
  // Constants such as the separator of string_agg stay where they are.
  const movedCalls = calls.map(call => (
    call.fn === GROUPING ? call : mapAggregate(call, e => e.kind === 'constant' || e.kind === 'parameter' ? e : move(e))
  ))
  const output = expressions.map((e, i) => ({ name: `column${i + 1}`, type: e.type, nullable: true }))
  return { plan: { kind: 'project', input, expressions, output }, moved, movedCalls }
}
