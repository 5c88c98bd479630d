// `SELECT min(k) FROM t`, `max(k)` over the first key column: the first row in key order answers it, so the
// aggregate gets `ORDER BY k LIMIT 1` below it, which key-order.ts turns into reading one window.
// Only without GROUP BY, for one aggregate, directly over a scan with or without a filter: key columns are
// never NULL, so the first row that passes the filter has the extreme.
import { BIGINT } from '../../src/base/types.ts'
import type { AggregatePlan, LogicalPlan } from './logical.ts'
import { mapInputs } from './map-plan.ts'

/** Applies the rule everywhere in a plan. */
export function extremeOfKey(plan: LogicalPlan): LogicalPlan {
  const inner = mapInputs(plan, extremeOfKey)
  return inner.kind === 'aggregate' ? firstRowOnly(inner) : inner
}

function firstRowOnly(plan: AggregatePlan): LogicalPlan {
  const [call] = plan.aggregates
  if (plan.groups.length > 0 || plan.aggregates.length !== 1 || call!.filter !== null) return plan
  if (call!.fn !== 'min' && call!.fn !== 'max') return plan
  const [arg] = call!.args
  const { input } = plan
  const scan = input.kind === 'filter' ? input.input : input
  if (scan.kind !== 'scan' || arg!.kind !== 'column' || scan.columns[arg!.index] !== scan.schema.key[0]) return plan
  const descending = call!.fn === 'max'
  const { output } = input
  const sort: LogicalPlan = { kind: 'sort', input, output, keys: [{ expression: arg!, descending, nullsFirst: false }] }
  const one = { kind: 'constant', value: 1, type: BIGINT } as const
  return { ...plan, input: { kind: 'limit', input: sort, limit: one, offset: null, output } }
}
