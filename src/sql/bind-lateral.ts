// Items of FROM that refer to the items before them: LATERAL subqueries and functions. The reference is one to the
// scope of these items, and dependent.ts makes a join of it.
import { isOuter, outerColumnsOf, outerReference, refersTo, substituteOuter } from './correlation.ts'
import { substitute } from '../../exec/plan/expression.ts'
import type { Expression, LogicalPlan, OutputColumn, UnfoldPlan } from '../../exec/plan/logical.ts'
import { joinDependent } from './dependent.ts'
import { checkRelations, moved } from './from-source.ts'
import type { Source } from './from-source.ts'
import { isNullable } from './grouping.ts'
import type { Scope, ScopeColumn } from './scope.ts'

/** How a lateral item is joined. `on` binds the condition over the columns of both. */
export interface LateralJoin {
  readonly join: 'inner' | 'left'
  readonly position: number | undefined
  readonly on?: (columns: readonly ScopeColumn[]) => readonly Expression[]
}

/** True when an item refers to the scope of those before it. */
export function isLateral(item: Source, scope: Scope): boolean {
  return outerColumnsOf(item.plan, scope.serial).size > 0
}

/** The rows of `left`, each with those of `right` for it. */
export function joinLateral(left: Source, right: Source, scope: Scope, how: LateralJoin): Source {
  checkRelations(left, right, how.position)
  const width = left.plan.output.length
  const shifted = moved(right.columns, width)
    .map(column => how.join === 'left' ? { ...column, nullable: true } : column)
  const on = (how.on?.([...left.columns, ...shifted]) ?? []).map(e => asCondition(e, width, scope.serial))
  if (on.length === 0) {
    const unfolded = unfold(left.plan, right.plan, scope.serial, how.join)
    if (unfolded !== null) return { plan: unfolded, columns: [...left.columns, ...shifted] }
  }
  const joined = joinDependent(left.plan, {
    plan: right.plan, serial: scope.serial, position: how.position,
    columnOf: (ordinal, column) => ({ ...column, index: ordinal } as Expression),
  }, how.join, on)
  return placed(left, shifted, joined, width)
}

/** A condition over the columns of both sides, as one over the right side that refers to the left. */
function asCondition(e: Expression, width: number, serial: number): Expression {
  return substitute(e, column => isOuter(column.index) ? column
    : column.index < width ? outerReference(serial, column) : { ...column, index: column.index - width })
}

/** The source whose right columns are the values of a join, computed above it where they are no columns. */
function placed(
  left: Source, right: readonly ScopeColumn[], joined: { plan: LogicalPlan; values: readonly Expression[] },
  width: number,
): Source {
  const { plan, values } = joined
  const computed: Expression[] = []
  const places = values.map(e => e.kind === 'column' ? e.index : plan.output.length + computed.push(e) - 1)
  const columns = [...left.columns, ...right.map(column => ({ ...column, index: places[column.index - width]! }))]
  if (computed.length === 0) return { plan, columns }
  const kept = plan.output.map((column, index): Expression => ({ kind: 'column', index, ...column }))
  const added = computed.map((e): OutputColumn => ({ name: 'value', type: e.type, nullable: isNullable(e) }))
  return {
    plan: { kind: 'project', input: plan, expressions: [...kept, ...computed], output: [...plan.output, ...added] },
    columns,
  }
}

/** Functions of the columns before them run over these rows directly. */
function unfold(left: LogicalPlan, right: LogicalPlan, serial: number, join: 'inner' | 'left'): UnfoldPlan | null {
  if (right.kind !== 'unfold' || right.input.kind !== 'values' || right.input.output.length > 0) return null
  const calls = right.calls.map(call => ({
    ...call, args: call.args.map(e => refersTo(e, serial)
      ? substituteOuter(e, serial, (ordinal, column) => ({ ...column, index: ordinal })) : e),
  }))
  const output = [
    ...left.output, ...right.output.map(column => join === 'left' ? { ...column, nullable: true } : column),
  ]
  return { ...right, input: left, calls, outer: join === 'left', output }
}
