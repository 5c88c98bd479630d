// The rows of one query level between WHERE and the select list: its correlated subqueries joined in, grouped, filtered
// by HAVING, with its window functions; and the select items and sort keys over these rows. From the bottom:
//
//   input ─ subqueries in GROUP BY and aggregates ─ aggregate ─ subqueries ─ HAVING ─ subqueries ─ windows ─
//   QUALIFY
import { andAll } from '../../exec/plan/expression.ts'
import type { Expression, LogicalPlan, SortKey } from '../../exec/plan/logical.ts'
import { mapAggregate } from '../../exec/plan/map-plan.ts'
import { conjuncts } from './push-filter.ts'
import { isPending } from './correlation.ts'
import { Grouping } from './grouping.ts'
import type { Aggregates, GroupSets } from './grouping.ts'
import type { LevelColumn, Unnesting } from './unnest.ts'
import type { Windows } from './windows.ts'

/** One output column while the query is being bound. */
export interface Item {
  readonly name: string
  readonly expression: Expression
}

/** A query level, bound over the rows of FROM and WHERE. */
export interface Level {
  readonly input: LogicalPlan
  readonly items: readonly Item[]
  readonly groups: readonly Expression[]
  /** GROUPING SETS, by place in `groups`. */
  readonly sets: GroupSets | null
  readonly having: Expression | null
  /** Over the rows with their window functions. */
  readonly qualify: Expression | null
  readonly keys: readonly SortKey[]
  readonly aggregates: Aggregates
  readonly windows: Windows
  readonly unnesting: Unnesting
}

/** The rows, and items and keys over them. */
export interface LevelRows {
  readonly plan: LogicalPlan
  readonly items: readonly Item[]
  readonly keys: readonly SortKey[]
}

/** True when the level aggregates. */
export function isGrouped({ groups, sets, aggregates, having }: Level): boolean {
  return groups.length > 0 || sets !== null || aggregates.calls.length > 0 || having !== null
}

/** A filter of all conditions, or the plan itself without any. */
export function filterAbove(input: LogicalPlan, conditions: readonly Expression[]): LogicalPlan {
  const predicate = andAll(conditions)
  return predicate === null ? input : { kind: 'filter', input, predicate, output: input.output }
}

/** The rows of a level without aggregates. */
export function plainRows(level: Level): LevelRows {
  return withWindows(level, level.input, e => e)
}

/** The rows of a level with GROUP BY, aggregates or HAVING. */
export function groupedRows(level: Level): LevelRows {
  const { plan: input, map } = beforeGrouping(level)
  const groups = level.groups.map(map)
  const calls = level.aggregates.calls.map(call => mapAggregate(call, map))
  const grouping = new Grouping(input, groups, calls, level.sets)
  const over = (e: Expression): Expression => grouping.regroup(map(e))
  if (level.having === null) return withWindows(level, grouping.plan, over)
  const { unnesting } = level
  const conditions = conjuncts(over(level.having))
  const plain = filterAbove(grouping.plan, conditions.filter(e => !isPending(e)))
  const done = unnesting.where(plain, conditions.filter(isPending), column => over(column))
  return withWindows(level, filterAbove(done.plan, done.conditions), over)
}

/** Subqueries that GROUP BY or the arguments of aggregates read are columns of the input. */
function beforeGrouping(level: Level): { plan: LogicalPlan; map: (e: Expression) => Expression } {
  const read = [...level.groups]
  for (const call of level.aggregates.calls) {
    mapAggregate(call, e => {
      read.push(e)
      return e
    })
  }
  const needed = read.filter(isPending)
  if (needed.length === 0) return { plan: level.input, map: e => e }
  const { plan, valueOf } = level.unnesting.placed(level.input, needed)
  return { plan, map: valueOf }
}

/** Window functions and the subqueries of their arguments, of items and of keys. `over` maps onto the plan. */
function withWindows(level: Level, plan: LogicalPlan, over: (e: Expression) => Expression): LevelRows {
  const { windows, unnesting, items, keys, qualify } = level
  const all = [
    ...[...items, ...keys].map(each => over(each.expression)), ...windows.expressions().map(over),
    ...(qualify === null ? [] : [over(qualify)]),
  ]
  const column: LevelColumn = each => over(each)
  const { plan: joined, valueOf } = unnesting.placed(plan, all.filter(isPending), column)
  const placed = windows.place(joined, e => valueOf(over(e)))
  return {
    plan: qualify === null ? placed.plan : filterAbove(placed.plan, [placed.map(qualify)]),
    items: items.map(item => ({ ...item, expression: placed.map(item.expression) })),
    keys: keys.map(key => ({ ...key, expression: placed.map(key.expression) })),
  }
}

