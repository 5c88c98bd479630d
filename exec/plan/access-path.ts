// How a scan reaches its rows: POINT (all key columns fixed to single values: `key = ?`, IN lists),
// RANGE (bounded intervals of the key, one or many) or SCAN (everything, less what zone maps exclude).
//
// A path is chosen once, by cost, when the statement is planned; it names the conditions on each key
// column. Executions evaluate these conditions with their own parameters (bindAccess): a NULL or
// contradictory bound gives no keys at all, and IN lists are deduplicated and put in key order. So a
// POINT path yields rows in key order, and so does a RANGE path whose windows are asked for in order.
import type { Scalar, TableSchema } from '../../src/base/types.ts'
import type { KeyRange } from '../../storage/access.ts'
import type { ZonePredicate } from '../../storage/column-buffers.ts'
import type { AccessKind } from '../operators/operator.ts'
import type { ColumnCondition, ConditionValues } from './column-condition.ts'
import { valuesOf } from './column-condition.ts'
import { hull, isPointSet } from './interval-set.ts'
import type { Interval, IntervalSet } from './interval-set.ts'

/** Conditions on one table column, by schema ordinal. */
export interface ConditionsOn {
  readonly ordinal: number
  readonly conditions: readonly ColumnCondition[]
}

export interface AccessPath {
  readonly kind: AccessKind
  /** Conditions on a prefix of the key columns, in key order; all of them for 'point', none for 'scan'. */
  readonly keys: readonly ConditionsOn[]
  /** Conditions on further columns, to skip row groups by. */
  readonly zones: readonly ConditionsOn[]
  readonly reason: string
}

/** An access path with its bounds computed. */
export type BoundAccess =
  | { readonly kind: 'empty' }
  | { readonly kind: 'points'; readonly keys: readonly (readonly Scalar[])[] }
  | { readonly kind: 'ranges'; readonly ranges: readonly KeyRange[]; readonly zones: readonly ZonePredicate[] }
  | { readonly kind: 'all'; readonly zones: readonly ZonePredicate[] }

/** Evaluates the bounds of a path. Cost: microseconds, plus n log n for IN lists. */
export function bindAccess(path: AccessPath, schema: TableSchema, values: ConditionValues): BoundAccess {
  const zones = bindZones(path.zones, schema, values)
  if (zones === null) return { kind: 'empty' }
  if (path.kind === 'scan') return { kind: 'all', zones }
  const sets = path.keys.map(({ ordinal, conditions }) => valuesOf(conditions, schema.columns[ordinal]!.type, values))
  if (sets.some((set) => set.length === 0)) return { kind: 'empty' }
  if (path.kind === 'point') return { kind: 'points', keys: product(sets) }
  return { kind: 'ranges', ranges: rangesOf(sets, path.keys, schema), zones }
}

/** Zone predicates of the conditions; null when one of them can hold for no row. */
export function bindZones(
  zones: readonly ConditionsOn[], schema: TableSchema, values: ConditionValues,
): ZonePredicate[] | null {
  const predicates: ZonePredicate[] = []
  for (const { ordinal, conditions } of zones) {
    const { type } = schema.columns[ordinal]!
    const set = valuesOf(conditions, type, values)
    if (set.length === 0) return null
    if (isPointSet(type, set)) {
      const points = set.map((interval) => interval.lower!)
      predicates.push({ column: ordinal, op: points.length === 1 ? '=' : 'in', values: points })
      continue
    }
    const { lower, lowerInclusive, upper, upperInclusive } = hull(set)
    if (lower !== null) predicates.push({ column: ordinal, op: lowerInclusive ? '>=' : '>', values: [lower] })
    if (upper !== null) predicates.push({ column: ordinal, op: upperInclusive ? '<=' : '<', values: [upper] })
  }
  return predicates
}

/** All combinations of the points of each set, in key order. */
function product(sets: readonly IntervalSet[]): Scalar[][] {
  let keys: Scalar[][] = [[]]
  for (const set of sets) {
    keys = keys.flatMap((prefix) => set.map((interval) => [...prefix, interval.lower]))
  }
  return keys
}

/** Key ranges in key order: combinations of points, with the intervals of the first set that has any. */
function rangesOf(sets: readonly IntervalSet[], keys: readonly ConditionsOn[], schema: TableSchema): KeyRange[] {
  let fixed = 0
  while (fixed < sets.length && isPointSet(schema.columns[keys[fixed]!.ordinal]!.type, sets[fixed]!)) fixed++
  const prefixes = product(sets.slice(0, fixed))
  const intervals: readonly Interval[] = fixed < sets.length ? sets[fixed]! : [{
    lower: null, lowerInclusive: true, upper: null, upperInclusive: true,
  }]
  return prefixes.flatMap((prefix) => intervals.map((interval) => keyRange(prefix, interval)))
}

function keyRange(prefix: readonly Scalar[], interval: Interval): KeyRange {
  const bound = (value: Scalar): readonly Scalar[] | null =>
    value !== null ? [...prefix, value] : prefix.length > 0 ? prefix : null
  return {
    lower: bound(interval.lower), lowerInclusive: interval.lower === null || interval.lowerInclusive,
    upper: bound(interval.upper), upperInclusive: interval.upper === null || interval.upperInclusive,
  }
}
