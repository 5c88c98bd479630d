// `SELECT min(k) FROM t`, `max(k)` over the first key column: the first row in key order answers it, so the
// aggregate gets `ORDER BY k LIMIT 1` below it, which key-order.ts turns into reading one window.
// Only without GROUP BY, for one aggregate, directly over a scan with or without a filter: key columns are
// never NULL, so the first row that passes the filter has the extreme.
import { BIGINT, BOOLEAN } from '../../src/base/types.ts'
import { andAll, conjuncts } from './expression.ts'
import type { AggregatePlan, ColumnExpression, Expression, LogicalPlan, ScanPlan } from './logical.ts'
import { mapInputs } from './map-plan.ts'

/** Applies the rule everywhere in a plan. */
export function extremeOfKey(plan: LogicalPlan): LogicalPlan {
  const inner = mapInputs(plan, extremeOfKey)
  return inner.kind === 'aggregate' ? firstRowOnly(inner) : inner
}

function firstRowOnly(plan: AggregatePlan): LogicalPlan {
  const extreme = extremeColumn(plan)
  if (extreme === null || extreme.scan.columns[extreme.column.index] !== extreme.scan.schema.key[0]) return plan
  return withFirstRow(plan, plan.input, extreme)
}

/**
 * The plan with the first row in the order of the column, NULLs left out, below the aggregate: what an index on the
 * column makes cheap. Null for plans of another shape.
 */
export function extremeByOrder(plan: AggregatePlan): { plan: AggregatePlan; table: string } | null {
  const extreme = extremeColumn(plan)
  if (extreme === null) return null
  const { column, scan } = extreme
  const isThere: Expression = { kind: 'call', fn: 'is_not_null', args: [column], type: BOOLEAN }
  const { input } = plan
  const predicate = input.kind === 'filter' ? andAll([...conjuncts(input.predicate), isThere])! : isThere
  const filtered: LogicalPlan = { kind: 'filter', input: scan, predicate, output: scan.output }
  const found = withFirstRow(plan, column.nullable ? filtered : input, extreme)
  return { plan: found, table: scan.table }
}

interface Extreme { readonly column: ColumnExpression; readonly scan: ScanPlan; readonly descending: boolean }

function extremeColumn(plan: AggregatePlan): Extreme | null {
  const [call] = plan.aggregates
  if (plan.groups.length > 0 || plan.aggregates.length !== 1 || call!.filter !== null) return null
  if (call!.fn !== 'min' && call!.fn !== 'max') return null
  const [column] = call!.args
  const scan = plan.input.kind === 'filter' ? plan.input.input : plan.input
  if (scan.kind !== 'scan' || column!.kind !== 'column') return null
  return { column, scan, descending: call!.fn === 'max' }
}

function withFirstRow(plan: AggregatePlan, input: LogicalPlan, { column: arg, descending }: Extreme): AggregatePlan {
  const { output } = input
  const sort: LogicalPlan = {
    kind: 'sort', input, output, keys: [{ expression: arg, descending, nullsFirst: descending }],
  }
  const one = { kind: 'constant', value: 1, type: BIGINT } as const
  return { ...plan, input: { kind: 'limit', input: sort, limit: one, offset: null, output } }
}
