// Join order. The relations of a group of inner joins first get the conditions that follow from the group's
// (infer-filters.ts); then the tree that is expected to cost least is taken (join-tree.ts), unless the written order
// costs little more. Without estimates joins are done as they are written, except where that would multiply two tables
// that no condition connects: `FROM a, b, c WHERE a.x = c.x AND b.y = c.y`.
import { BOOLEAN } from '../../src/base/types.ts'
import type { RowEstimates } from './estimate-rows.ts'
import { andAll, columnsOf, conjuncts, remap } from './expression.ts'
import { inferFilters } from './infer-filters.ts'
import { cheapestTree, RELATIONS_MAX, writtenCost } from './join-tree.ts'
import type { JoinGraph, JoinTree } from './join-tree.ts'
import type { Expression, JoinPlan, LogicalPlan, OutputColumn } from './logical.ts'
import { mapInputs } from './map-plan.ts'
import { pushDown } from './push-down.ts'
import { selectivityOf } from './selectivity.ts'

/**
 * Re-orders groups of inner joins: by cost with estimates, else those that contain a needless cross join. Expects
 * pushed-down filters.
 */
export function orderJoins(plan: LogicalPlan, estimates: RowEstimates | null = null): LogicalPlan {
  if (!isInner(plan)) return mapInputs(plan, (input) => orderJoins(input, estimates))
  const group: Group = { relations: [], conditions: [], hasCross: false }
  flatten(plan, 0, group)
  const ordered = group.relations.map(({ plan: relation, offset }) => ({
    plan: orderJoins(relation, estimates), offset,
  }))
  const relations = withInferred(ordered, group.conditions)
  if (estimates !== null && relations.length > 2 && relations.length <= RELATIONS_MAX) {
    const graph = graphOf(relations, group.conditions, estimates)
    const { tree, cost } = cheapestTree(graph)
    if (cost < writtenCost(graph) * WORTH_IT) return rebuild(plan, relations, tree, group.conditions)
  }
  const order = connectedOrder(relations, group.conditions)
  const isAsWritten = !group.hasCross || order.every((at, i) => at === i)
  if (isAsWritten && relations.every((relation, i) => relation.plan === ordered[i]!.plan)) {
    return mapInputs(plan, (input) => orderJoins(input, estimates))
  }
  const sequence = isAsWritten ? relations.map((_, at) => at) : order
  return rebuild(plan, relations, sequence.slice(1).reduce<JoinTree>((tree, at) => [tree, at], sequence[0]!),
    group.conditions)
}

/** Estimates are rough: the written order stays unless another one is expected to cost less than this share. */
const WORTH_IT = 0.7

/** The relations with the conditions on each that follow from the group's. */
function withInferred(relations: readonly Relation[], conditions: readonly Expression[]): Relation[] {
  const own = relations.flatMap(({ plan, offset }) => plan.kind !== 'filter' ? []
    : conjuncts(plan.predicate).map((e) => remap(e, (at) => at + offset)))
  const relationOf = (column: number): number => relations.findLastIndex(({ offset }) => offset <= column)
  const inferred = inferFilters([...conditions, ...own], relationOf)
  return relations.map((relation, r) => {
    const mine = inferred.filter((e) => [...columnsOf(e)].every((column) => relationOf(column) === r))
    const predicate = andAll(mine.map((e) => remap(e, (at) => at - relation.offset)))
    if (predicate === null) return relation
    const { plan, offset } = relation
    return { plan: pushDown({ kind: 'filter', input: plan, predicate, output: plan.output }), offset }
  })
}

/** What the search for the cheapest tree needs to know. */
function graphOf(
  relations: readonly Relation[], conditions: readonly Expression[], estimates: RowEstimates,
): JoinGraph {
  const edges: { relations: number; share: number }[] = []
  const pairs = new Map<number, { sides: [Relation, Relation]; keys: [Expression, Expression][] }>()
  for (const condition of conditions) {
    const set = [...relationsOf(condition, relations)].sort((a, b) => a - b)
    const bits = set.reduce((all, at) => all | (1 << at), 0)
    const sides = equalSides(condition, relations)
    if (sides === null || set.length !== 2) {
      if (set.length > 1) edges.push({ relations: bits, share: selectivityOf([condition]) })
      continue
    }
    const [first, second] = [relations[set[0]!]!, relations[set[1]!]!]
    const pair = pairs.get(bits) ?? { sides: [first, second], keys: [] }
    pairs.set(bits, pair)
    const [left, right] = sides.relation === set[0] ? [sides.a, sides.b] : [sides.b, sides.a]
    pair.keys.push([remap(left, (at) => at - first.offset), remap(right, (at) => at - second.offset)])
  }
  for (const [bits, { sides, keys }] of pairs) {
    edges.push({ relations: bits, share: 1 / estimates.distinctPairs([sides[0].plan, sides[1].plan], keys) })
  }
  return { rows: relations.map(({ plan }) => estimates.rows(plan)), edges }
}

/** The sides of an equality of which each reads one relation, and the relation of the first. */
function equalSides(
  e: Expression, relations: readonly Relation[],
): { a: Expression; b: Expression; relation: number } | null {
  if (e.kind !== 'call' || e.fn !== 'eq') return null
  const [a, b] = e.args as [Expression, Expression]
  const [left, right] = [relationsOf(a, relations), relationsOf(b, relations)]
  return left.size === 1 && right.size === 1 ? { a, b, relation: [...left][0]! } : null
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

/** Joins the relations as the tree says, lets push-down place the conditions, and restores the columns. */
function rebuild(
  plan: JoinPlan, relations: readonly Relation[], tree: JoinTree, conditions: readonly Expression[],
): LogicalPlan {
  const position = new Map<number, number>()
  let width = 0
  const join = (part: JoinTree): LogicalPlan => {
    if (typeof part !== 'number') return crossJoin(join(part[0]), join(part[1]))
    const { plan: relation, offset } = relations[part]!
    relation.output.forEach((_, i) => position.set(offset + i, width + i))
    width += relation.output.length
    return relation
  }
  const joined = join(tree)
  const predicate = andAll(conditions.map((condition) => remap(condition, (at) => position.get(at)!)))
  const filtered = predicate === null ? joined
    : pushDown({ kind: 'filter', input: joined, predicate, output: joined.output })
  if (plan.output.every((_, at) => position.get(at) === at)) return filtered
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
