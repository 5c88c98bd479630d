// `SELECT min(k) FROM t`, `max(k)` over the first key column: the first row in key order answers it, so the
// aggregate gets `ORDER BY k LIMIT 1` below it, which key-order.ts turns into reading one window.
// Only without GROUP BY, for one aggregate, directly over a scan with or without a filter: key columns are
// never NULL, so the first row that passes the filter has the extreme. Several aggregates are divided into parts, which
// the builder plans one by one.
import { BIGINT, BOOLEAN } from '../../src/base/types.ts'
import { andAll, conjuncts, isVolatile, some } from './expression.ts'
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

/** A part of an aggregate without GROUP BY: some of its calls, and where they stand in the output. */
export interface AggregatePart {
  readonly plan: AggregatePlan
  readonly places: readonly number[]
}

/**
 * An aggregate whose min and max calls could each be answered by an index, in parts: one for each of those calls and
 * one for all others. Null when there is nothing to divide or when the input must not be read twice.
 */
export function extremeParts(plan: AggregatePlan): readonly AggregatePart[] | null {
  const { input, aggregates, groups } = plan
  if (groups.length > 0 || aggregates.length < 2) return null
  const isRepeatable = input.kind !== 'filter' || !some(input.predicate, (e) => e.kind === 'subquery' || isVolatile(e))
  if (!isRepeatable) return null
  const part = (places: readonly number[]): AggregatePart => ({
    plan: { ...plan, aggregates: places.map((at) => aggregates[at]!), output: places.map((at) => plan.output[at]!) },
    places,
  })
  const extremes = [...aggregates.keys()].filter((at) => extremeColumn(part([at]).plan) !== null)
  const others = [...aggregates.keys()].filter((at) => !extremes.includes(at))
  if (extremes.length === 0) return null
  return [...extremes.map((at) => part([at])), ...(others.length === 0 ? [] : [part(others)])]
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
