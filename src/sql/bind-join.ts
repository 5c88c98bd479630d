// JOIN: INNER, LEFT, RIGHT, FULL and CROSS, with ON, USING or NATURAL, to a plan and the scope of its columns.
//
//   ON        any condition: equalities between the sides become keys, the rest is looked at pair by pair
//   USING     each column stands once in `*`, first: the left side's value, for RIGHT the right one's, for FULL
//             coalesce(left, right), of the common type. Both sides stay reachable by their tables' names
//   RIGHT     a LEFT JOIN of the swapped sides; only the order of `*` keeps the original ones
//   AS j      after parentheses: the columns are j's alone; after USING: j's are the merged columns too
import { CODE } from '../base/errors.ts'
import { BOOLEAN, sameType } from '../base/types.ts'
import type { SqlType } from '../base/types.ts'
import { commonType } from '../../exec/functions/catalog.ts'
import type { Expression, LogicalPlan, OutputColumn } from '../../exec/plan/logical.ts'
import type { FromItem, JoinRef } from './ast.ts'
import { at, bindError } from './bind-context.ts'
import { isOuter, isPending, isPendingIndex } from './correlation.ts'
import { columnsOf, remap } from '../../exec/plan/expression.ts'
import { isLateral, joinLateral } from './bind-lateral.ts'
import { condition } from './bind-expression.ts'
import type { ExprEnv } from './bind-expression.ts'
import { operate } from './bind-operator.ts'
import { checkRelations, moved, product, renamed } from './from-source.ts'
import type { FromEnv, Source } from './from-source.ts'
import { filterAbove } from './level-rows.ts'
import { didYouMean } from './nearest-name.ts'
import { unsupported } from './node-reader.ts'
import { conjuncts, joinOn } from './push-filter.ts'
import type { ScopeColumn } from './scope.ts'
import { Scope, columnExpression } from './scope.ts'
import { Unnesting } from './unnest.ts'

/** Binds a join. `bindItem` binds a side. */
export function bindJoin(item: JoinRef, env: FromEnv, bindItem: (item: FromItem, env: FromEnv) => Source): Source {
  const left = bindItem(item.left, env)
  const lateral = new Scope(left.columns, env.lateral ?? env.parent)
  const right = bindItem(item.right, { ...env, lateral })
  const source = isLateral(right, lateral) ? joinedLateral(item, left, right, lateral, env)
    : joined(item, left, right, env)
  return aliased(source, item)
}

/** A right side that refers to the left one. USING is put as the condition it stands for. */
function joinedLateral(item: JoinRef, left: Source, right: Source, lateral: Scope, env: FromEnv): Source {
  const { join, position } = item
  if (join === 'right' || join === 'full') {
    throw bindError(CODE.INVALID_REFERENCE,
      'invalid reference to FROM-clause entry: the combining JOIN type must be INNER or LEFT for a LATERAL reference',
      position)
  }
  if (item.using.length > 0 || item.natural) throw unsupported('USING or NATURAL with a LATERAL reference', position)
  return joinLateral(left, right, lateral, {
    join: join === 'left' ? 'left' : 'inner', position,
    on: columns => {
      if (item.on === null) return []
      const scope = new Scope(columns, env.lateral ?? env.parent)
      const bound = condition(item.on, 'JOIN/ON', {
        context: env.context, scope, aggregates: null, clause: 'JOIN conditions', visible: env.visible,
      })
      return conjuncts(bound).filter(part => !isTrue(part))
    },
  })
}

function joined(item: JoinRef, left: Source, right: Source, env: FromEnv): Source {
  if (item.join === 'cross') return product(left, right, item.position)
  checkRelations(left, right, item.position)
  const swap = item.join === 'right'
  const [outer, inner] = swap ? [right, left] : [left, right]
  const outerColumns = nullableIf(item.join === 'full', outer.columns)
  const innerColumns = nullableIf(item.join !== 'inner', moved(inner.columns, outer.plan.output.length))
  const [leftColumns, rightColumns] = swap ? [innerColumns, outerColumns] : [outerColumns, innerColumns]
  const using = item.natural ? sharedNames(leftColumns, rightColumns) : item.using
  const exprEnv: ExprEnv = {
    context: env.context, aggregates: null,
    scope: new Scope([...leftColumns, ...rightColumns], env.lateral ?? env.parent),
    clause: 'JOIN conditions', visible: env.visible, unnesting: new Unnesting(),
  }
  const all = item.on === null ? [] : conjuncts(condition(item.on, 'JOIN/ON', exprEnv))
  const on = all.filter(part => !isPending(part))
  const pairs = using.map(name => usingPair(name, leftColumns, rightColumns, item.position))
  on.push(...pairs.map(([a, b]) => (
    operate('=', columnExpression(a, item.position), columnExpression(b, item.position), exprEnv, item.position)
  )))
  const kind = item.join === 'right' ? 'left' : item.join
  const sides = withSubqueries(kind, outer.plan, inner.plan, all.filter(isPending), exprEnv.unnesting!)
  const plan = sides.above(joinOn(kind, outer.plan, sides.inner, on.filter(part => !isTrue(part))))
  if (using.length === 0) return { plan, columns: [...leftColumns, ...rightColumns] }
  checkOnce(using, item.position)
  return merged(plan, pairs, [leftColumns, rightColumns], item)
}

/** Correlated subqueries of ON: above an inner join; below an outer one when they concern its inner side only. */
function withSubqueries(
  kind: 'inner' | 'left' | 'full', outer: LogicalPlan, inner: LogicalPlan, parts: readonly Expression[],
  unnesting: Unnesting,
): { readonly inner: LogicalPlan; above(join: LogicalPlan): LogicalPlan } {
  if (parts.length === 0) return { inner, above: join => join }
  if (kind === 'inner') {
    return {
      inner, above: join => {
        const done = unnesting.where(join, parts)
        return filterAbove(done.plan, done.conditions)
      },
    }
  }
  const width = outer.output.length
  const moved = parts.map(part => remap(part, index => isPendingIndex(index) || isOuter(index) ? index : index - width))
  const reads = [...moved.flatMap(part => [...columnsOf(part)]), ...unnesting.reads().map(index => index - width)]
  if (kind === 'full' || reads.some(index => index < 0)) {
    throw unsupported('a correlated subquery over both sides in the condition of an outer join', parts[0]!.position)
  }
  const done = unnesting.where(inner, moved, column => ({ ...column, index: column.index - width }))
  const filtered = filterAbove(done.plan, done.conditions)
  const output = inner.output
  const expressions = output.map((column, index): Expression => ({ kind: 'column', index, ...column }))
  return { inner: { kind: 'project', input: filtered, expressions, output }, above: join => join }
}

function isTrue(part: Expression): boolean {
  return part.kind === 'constant' && part.type.kind === BOOLEAN.kind && part.value === 1
}

function nullableIf(isNullable: boolean, columns: readonly ScopeColumn[]): readonly ScopeColumn[] {
  return isNullable ? columns.map(column => ({ ...column, nullable: true })) : columns
}

function sharedNames(left: readonly ScopeColumn[], right: readonly ScopeColumn[]): string[] {
  const names = new Set(right.filter(column => column.plain).map(column => column.name))
  return left.filter(column => column.plain && names.has(column.name)).map(column => column.name)
}

function usingPair(
  name: string, left: readonly ScopeColumn[], right: readonly ScopeColumn[], position?: number,
): [ScopeColumn, ScopeColumn] {
  return [usingColumn(name, left, 'left', position), usingColumn(name, right, 'right', position)]
}

function usingColumn(name: string, columns: readonly ScopeColumn[], side: string, position?: number): ScopeColumn {
  const found = columns.filter(column => column.plain && column.name === name)
  if (found.length === 1) return found[0]!
  if (found.length > 1) {
    throw bindError(
      CODE.AMBIGUOUS_COLUMN, `common column name "${name}" appears more than once in ${side} table`, position
    )
  }
  throw bindError(CODE.UNDEFINED_COLUMN, `column "${name}" specified in USING clause does not exist in ${side} table`,
    position, didYouMean(name, columns.map(column => column.name)))
}

function checkOnce(using: readonly string[], position?: number): void {
  const twice = using.find((name, i) => using.indexOf(name) < i)
  if (twice !== undefined) {
    throw bindError(CODE.DUPLICATE_COLUMN, `column name "${twice}" appears more than once in USING clause`, position)
  }
}

/** The join with its merged columns: a side's own where it has the common type, else computed above the join. */
function merged(
  join: LogicalPlan, pairs: readonly (readonly [ScopeColumn, ScopeColumn])[],
  sides: readonly [readonly ScopeColumn[], readonly ScopeColumn[]], item: JoinRef,
): Source {
  const width = join.output.length
  const computed: Expression[] = []
  const using = pairs.map(([left, right], place): ScopeColumn => {
    const type = at(item.position, () => commonType([left.type, right.type], item.position))
    const kept = item.join === 'right' ? right : left
    const nullable = item.join === 'full' ? left.nullable || right.nullable : kept.nullable
    if (item.join !== 'full' && isLike(kept.type, type)) {
      return item.usingAlias === null ? kept : { ...kept, relation: item.usingAlias, place }
    }
    const relation = item.usingAlias
    const args = [left, right].map(column => converted(columnExpression(column), type))
    const value: Expression = item.join !== 'full' ? converted(columnExpression(kept), type)
      : { kind: 'call', fn: 'coalesce', type, args }
    return { name: left.name, relation, index: width + computed.push(value) - 1, type, nullable, plain: true, place }
  })
  const isMerged = (column: ScopeColumn): boolean => pairs.some(pair => pair.includes(column))
  // A side that lends its column under its own name is reachable by it already.
  const hidden = sides.flat().filter(column => isMerged(column)
    && !using.some(other => other.index === column.index && other.relation === column.relation))
  const columns = [
    ...using, ...hidden.map(column => ({ ...column, plain: false })),
    ...sides.flat().filter(column => !isMerged(column)),
  ]
  return { plan: withComputed(join, computed, using), columns }
}

function withComputed(join: LogicalPlan, computed: readonly Expression[], using: readonly ScopeColumn[]): LogicalPlan {
  if (computed.length === 0) return join
  const width = join.output.length
  const added = using.filter(column => column.index >= width)
    .map(({ name, type, nullable }): OutputColumn => ({ name, type, nullable }))
  const kept = join.output.map((column, index): Expression => ({ kind: 'column', index, ...column }))
  return { kind: 'project', input: join, expressions: [...kept, ...computed], output: [...join.output, ...added] }
}

function isLike(a: SqlType, b: SqlType): boolean {
  return sameType(a, b) || (a.kind === 'text' && b.kind === 'text' && a.blankPadded === b.blankPadded)
}

function converted(e: Expression, type: SqlType): Expression {
  return isLike(e.type, type) ? e : { kind: 'cast', type, arg: e, position: e.position }
}

/** The columns under the alias of a parenthesised join. */
function aliased(source: Source, { alias, columnAliases, position }: JoinRef): Source {
  if (alias === null) return source
  const shown = source.columns.filter(column => column.plain)
    .map((column, place) => ({ ...column, relation: alias, place }))
  return { plan: source.plan, columns: renamed(shown, columnAliases, position) }
}
