// Join order. Joins are done in the order they are written, except where that would multiply two tables that
// no condition connects: `FROM a, b, c WHERE a.x = c.x AND b.y = c.y`. There the tables of the whole group of
// inner joins are put into an order in which each, where possible, is connected to those before it.
import { BOOLEAN } from '../../src/base/types.ts'
import { andAll, columnsOf, conjuncts, remap } from './expression.ts'
import type { Expression, JoinPlan, LogicalPlan, OutputColumn } from './logical.ts'
import { mapInputs } from './map-plan.ts'
import { pushDown } from './push-down.ts'

/** Re-orders groups of inner joins that contain a needless cross join. Expects pushed-down filters. */
export function orderJoins(plan: LogicalPlan): LogicalPlan {
  if (!isInner(plan)) return mapInputs(plan, orderJoins)
  const group: Group = { relations: [], conditions: [], hasCross: false }
  flatten(plan, 0, group)
  const relations = group.relations.map(({ plan: relation, offset }) => ({ plan: orderJoins(relation), offset }))
  const order = connectedOrder(relations, group.conditions)
  if (!group.hasCross || order.every((at, i) => at === i)) return mapInputs(plan, orderJoins)
  return rebuild(plan, order.map((at) => relations[at]!), group.conditions)
}

function isInner(plan: LogicalPlan): plan is JoinPlan {
  return plan.kind === 'join' && (plan.join === 'inner' || plan.join === 'cross')
}

interface Relation {
  readonly plan: LogicalPlan
  /** Position of its first column in the group's output. */
  readonly offset: number
}

interface Group {
  readonly relations: Relation[]
  /** Over the group's output. */
  readonly conditions: Expression[]
  hasCross: boolean
}

function flatten(plan: LogicalPlan, offset: number, into: Group): void {
  if (!isInner(plan)) {
    into.relations.push({ plan, offset })
    return
  }
  const width = plan.left.output.length
  flatten(plan.left, offset, into)
  flatten(plan.right, offset + width, into)
  if (plan.leftKeys.length === 0) into.hasCross = true
  plan.leftKeys.forEach((left, i) => {
    const args = [remap(left, (at) => at + offset), remap(plan.rightKeys[i]!, (at) => at + offset + width)]
    into.conditions.push({ kind: 'call', fn: 'eq', args, type: BOOLEAN })
  })
  if (plan.residual !== null) into.conditions.push(...conjuncts(remap(plan.residual, (at) => at + offset)))
}

/** Relations in written order, but a connected one first whenever the next is not connected. */
function connectedOrder(relations: readonly Relation[], conditions: readonly Expression[]): number[] {
  const touched = conditions.map((condition) => relationsOf(condition, relations))
  const order = [0]
  while (order.length < relations.length) {
    const rest = relations.map((_, at) => at).filter((at) => !order.includes(at))
    const connected = rest.find((at) =>
      touched.some((set) => set.has(at) && [...set].every((other) => other === at || order.includes(other))
        && set.size > 1))
    order.push(connected ?? rest[0]!)
  }
  return order
}

function relationsOf(condition: Expression, relations: readonly Relation[]): Set<number> {
  const set = new Set<number>()
  for (const column of columnsOf(condition)) {
    set.add(relations.findLastIndex((relation) => relation.offset <= column))
  }
  return set
}

/** Joins the relations in the given order, lets push-down place the conditions, and restores the columns. */
function rebuild(plan: JoinPlan, relations: readonly Relation[], conditions: readonly Expression[]): LogicalPlan {
  const position = new Map<number, number>()
  let joined: LogicalPlan | null = null
  let width = 0
  for (const { plan: relation, offset } of relations) {
    relation.output.forEach((_, i) => position.set(offset + i, width + i))
    width += relation.output.length
    joined = joined === null ? relation : crossJoin(joined, relation)
  }
  const moved = conditions.map((condition) => remap(condition, (at) => position.get(at)!))
  const predicate = andAll(moved)!
  const filtered = pushDown({ kind: 'filter', input: joined!, predicate, output: joined!.output })
  const expressions = plan.output.map((column: OutputColumn, at): Expression => ({
    kind: 'column', index: position.get(at)!, name: column.name, nullable: column.nullable, type: column.type,
  }))
  return { kind: 'project', input: filtered, expressions, output: plan.output }
}

function crossJoin(left: LogicalPlan, right: LogicalPlan): JoinPlan {
  return {
    kind: 'join', join: 'cross', left, right, leftKeys: [], rightKeys: [], residual: null,
    output: [...left.output, ...right.output],
  }
}
