// WITH: names for queries, bound at their first use. A reference is a SharedPlan, about which the planner decides
// whether it is computed once; NOT MATERIALIZED puts the query itself in place of each reference.
//
//   WITH RECURSIVE r AS (seed UNION [ALL] step)    the step is bound with r as the rows of the round before. Columns
//                                                  have the types of the seed; decimals have 38 digits
import { CODE } from '../base/errors.ts'
import type { SqlType } from '../base/types.ts'
import { TEXT, decimalType, sameType, typeName } from '../base/types.ts'
import { commonType } from '../../exec/functions/catalog.ts'
import type { Expression, LogicalPlan, OutputColumn, WorkingTable } from '../../exec/plan/logical.ts'
import { mapInputs } from '../../exec/plan/map-plan.ts'
import type { CommonTable, Query } from './ast.ts'
import type { BindContext, CommonTableBinding } from './bind-context.ts'
import { at, bindError } from './bind-context.ts'
import { coerce } from './coerce.ts'
import { isOpenPlan } from './correlation.ts'
import type { Scope } from './scope.ts'

type Visible = ReadonlyMap<string, CommonTableBinding>

/** The names in sight below a WITH clause. Throws 42712 for one that is there twice. */
export function withTables(tables: readonly CommonTable[], outer: Visible, parent: Scope | null): Visible {
  if (tables.length === 0) return outer
  const visible = new Map(outer)
  const own = new Set<string>()
  for (const table of tables) {
    const { name, position } = table
    if (own.has(name)) {
      throw bindError(CODE.DUPLICATE_ALIAS, `WITH query name "${name}" specified more than once`, position)
    }
    own.add(name)
    visible.set(name, { table, visible: new Map(visible), parent, found: { source: null } })
  }
  return visible
}

/** The names in sight inside an expression's subquery: the rows of a round are not. */
export function withoutWorking(visible: Visible): Visible {
  if (![...visible.values()].some(binding => binding.working !== undefined)) return visible
  const refused = 'must not appear within a subquery'
  return new Map([...visible].map(([name, binding]) => [
    name, binding.working === undefined ? binding : { ...binding, working: undefined, refused },
  ]))
}

/** The plan of a reference to a WITH query, its columns under the names of the WITH clause. */
export function bindCommon(binding: CommonTableBinding, context: BindContext, position?: number): LogicalPlan {
  const { table, found, refused, working } = binding
  if (refused !== undefined) {
    throw bindError(CODE.INVALID_RECURSION, `recursive reference to query "${table.name}" ${refused}`, position)
  }
  if (working !== undefined) return { kind: 'working', ...working }
  if (table.materialized === 'never') return bindTable(binding, context)
  if (found.source === null) {
    const plan = bindTable(binding, context)
    // One that reads the rows of a round is another one in each round, one that refers outwards in each place.
    if (readsWorking(plan) || isOpenPlan(plan)) return plan
    found.source = { name: table.name, plan, materialized: table.materialized === 'always' }
  }
  return { kind: 'shared', source: found.source, output: found.source.plan.output }
}

function readsWorking(plan: LogicalPlan): boolean {
  if (plan.kind === 'working') return true
  if (plan.kind === 'recursive') return false
  let reads = false
  mapInputs(plan, input => {
    reads ||= readsWorking(input)
    return input
  })
  return reads
}

function bindTable(binding: CommonTableBinding, context: BindContext): LogicalPlan {
  const { table, visible, parent } = binding
  const plan = table.recursive ? bindRecursive(binding, context)
    : context.bindQuery(table.query, context, parent, visible)
  return { ...plan, output: named(plan.output, table) }
}

function named(output: readonly OutputColumn[], { columnAliases, name, position }: CommonTable): OutputColumn[] {
  if (columnAliases.length > output.length) {
    throw bindError(CODE.INVALID_REFERENCE,
      `WITH query "${name}" has ${output.length} columns available but ${columnAliases.length} columns specified`,
      position)
  }
  return output.map((column, i) => ({ ...column, name: columnAliases[i] ?? column.name }))
}

/** A query of WITH RECURSIVE; one that does not refer to itself is like any other. */
function bindRecursive(binding: CommonTableBinding, context: BindContext): LogicalPlan {
  const { table, visible, parent } = binding
  const { name, query, position } = table
  const refusing = (refused: string): Visible => new Map(visible).set(name, { ...binding, refused })
  const bind = (part: Query, seen: Visible): LogicalPlan => context.bindQuery(part, context, parent, seen)
  if (query.set?.operation !== 'union') {
    return bind(query, refusing('does not have the form non-recursive-term UNION [ALL] recursive-term'))
  }
  const { left, right, all } = query.set
  if (query.with.length > 0 || query.orderBy.length > 0 || query.limit !== null || query.offset !== null) {
    return bind(query, refusing('is not possible beside WITH, ORDER BY, LIMIT or OFFSET of the whole query'))
  }
  const seed = bind(left, refusing('must not appear within its non-recursive term'))
  const working: WorkingTable = { name }
  const bindStep = (types: readonly SqlType[]): LogicalPlan => {
    const output = named(seed.output.map((column, i) => ({ ...column, type: types[i]!, nullable: true })), table)
    return bind(right, new Map(visible).set(name, { ...binding, working: { table: working, output } }))
  }
  const types = seed.output.map(({ type }) => workingType(type))
  const first = bindStep(types)
  if (!readsWorking(first)) return bind(query, visible)
  if (first.output.length !== seed.output.length) {
    throw bindError(CODE.SYNTAX, 'each UNION query must have the same number of columns', right.position ?? position)
  }
  const settled = types.map((type, i) => settledType(type, first.output[i]!.type))
  const step = settled.every((type, i) => sameType(type, types[i]!)) ? first : bindStep(settled)
  const output = seed.output.map((column, i) => ({ ...column, type: settled[i]!, nullable: true }))
  return {
    kind: 'recursive', table: working, all, output,
    seed: converted(seed, output, table, context), step: converted(step, output, table, context),
  }
}

/** Texts have no length in a recursive query, decimals all digits. */
function workingType(type: SqlType): SqlType {
  return type.kind === 'text' || type.kind === 'null' ? TEXT
    : type.kind === 'decimal' ? decimalType(38, type.scale ?? 0) : type
}

/** Decimals whose digits after the point grow from round to round have 16 of them. */
function settledType(type: SqlType, step: SqlType): SqlType {
  if (type.kind !== 'decimal' || step.kind !== 'decimal') return type
  const [before, after] = [type.scale ?? 0, step.scale ?? 0]
  return after <= before ? type : decimalType(38, Math.max(before, 16))
}

/** A term with columns of the given types. 42804 where the recursive term is of a wider one. */
function converted(
  plan: LogicalPlan, output: readonly OutputColumn[], table: CommonTable, context: BindContext,
): LogicalPlan {
  if (plan.output.every((column, i) => sameType(column.type, output[i]!.type))) return { ...plan, output }
  const expressions = plan.output.map((column, index): Expression => {
    const { type } = output[index]!
    const value: Expression = { kind: 'column', index, ...column }
    if (sameType(column.type, type)) return value
    const common = at(table.position, () => commonType([type, column.type], table.position))
    if (common.kind !== type.kind) {
      throw bindError(CODE.DATATYPE_MISMATCH, `recursive query "${table.name}" column ${index + 1} has type ` +
        `${typeName(type)} in non-recursive term but type ${typeName(common)} overall`, table.position,
      'Cast the output of the non-recursive term to the correct type.')
    }
    if (column.type.kind === 'decimal') return { kind: 'cast', type, arg: value }
    return coerce(value, type, 'implicit', context)
  })
  return { kind: 'project', input: plan, expressions, output }
}
