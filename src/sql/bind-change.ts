// INSERT, UPDATE and DELETE to logical plans. The executor receives whole rows: missing columns are filled
// with their defaults here, and every value has the column's type.
import { CODE } from '../base/errors.ts'
import type { ColumnSchema, TableSchema } from '../base/types.ts'
import type { Expression, LogicalPlan, OutputColumn } from '../../exec/plan/logical.ts'
import type {
  Assignment, DeleteStatement, Expr, FromItem, InsertStatement, TableRef, UpdateStatement,
} from './ast.ts'
import type { BindContext } from './bind-context.ts'
import { bindConflict } from './bind-conflict.ts'
import { bindError, invalid } from './bind-context.ts'
import { bindExpr } from './bind-expression.ts'
import { checkAssigned, checkGiven } from './bind-generated.ts'
import type { ExprEnv } from './bind-expression.ts'
import { bindFrom, scanTable, tableSchema } from './bind-from.ts'
import { product } from './from-source.ts'
import { bindReturning } from './bind-returning.ts'
import { assign } from './coerce.ts'
import { isNullable } from './grouping.ts'
import { constant } from './literal.ts'
import { didYouMean } from './nearest-name.ts'
import { parse } from './parse.ts'
import { bindWhere } from './bind-query.ts'
import { Scope, relationColumns } from './scope.ts'
import type { ScopeColumn } from './scope.ts'
import { Unnesting } from './unnest.ts'

const NOTHING: readonly OutputColumn[] = []

/** Binds INSERT. */
export function bindInsert(statement: InsertStatement, context: BindContext): LogicalPlan {
  const schema = tableSchema(statement.table.name, context, statement.position)
  const targets = insertTargets(statement, schema)
  const input = statement.query === null ? defaultRow(schema, context)
    : statement.query.rows !== null && isPlainValues(statement)
      ? insertValues(statement, statement.query.rows, schema, targets, context)
      : insertQuery(statement, schema, targets, context)
  const { table, conflict, returning } = statement
  const plan: LogicalPlan = { kind: 'insert', table: schema.name, schema, input, output: NOTHING }
  const action = conflict === null ? {}
    : { conflict: bindConflict(statement, conflict, schema, context, bindAssignments) }
  const returned = returning === null ? {}
    : bindReturning(returning, { table, schema, shown: 'new', others: [], otherOutput: [] }, context)
  return { ...plan, ...action, ...returned }
}

function isPlainValues(statement: InsertStatement): boolean {
  const query = statement.query!
  return query.orderBy.length === 0 && query.limit === null && query.offset === null
}

/** Ordinals of the columns that receive values, in the order of the statement. */
function insertTargets(statement: InsertStatement, schema: TableSchema): number[] {
  const visible = visibleOrdinals(schema)
  if (statement.columns.length === 0) return visible
  const seen = new Set<number>()
  return statement.columns.map(({ name, position }) => {
    const index = columnOrdinal(schema, name, position)
    if (seen.has(index)) throw bindError(CODE.DUPLICATE_COLUMN, `column "${name}" specified more than once`, position)
    seen.add(index)
    return index
  })
}

function visibleOrdinals(schema: TableSchema): number[] {
  return schema.columns.flatMap((column, i) => column.hidden === true ? [] : [i])
}

function columnOrdinal(schema: TableSchema, name: string, position?: number): number {
  const index = schema.columns.findIndex(column => column.name === name && column.hidden !== true)
  if (index >= 0) return index
  const names = visibleOrdinals(schema).map(i => schema.columns[i]!.name)
  throw bindError(CODE.UNDEFINED_COLUMN, `column "${name}" of relation "${schema.name}" does not exist`, position,
    didYouMean(name, names))
}

/** The default of a column as an expression of its type; NULL without one. */
export function defaultValue(column: ColumnSchema, context: BindContext): Expression {
  if (column.defaultSql === undefined) return constant(column.type, null)
  const query = parse(`SELECT ${column.defaultSql}`)[0]!.statement
  if (query.kind !== 'select') throw invalid(`default of column "${column.name}" is not an expression`)
  const env: ExprEnv = {
    context, scope: Scope.empty, aggregates: null, clause: 'DEFAULT expressions', visible: new Map(),
  }
  return withoutPositions(assign(bindExpr(query.items[0]!.expr, env), column, context))
}

/** Positions inside a default refer to the CREATE TABLE of long ago. */
function withoutPositions(expression: Expression): Expression {
  const { position: _, ...rest } = expression
  return rest
}

function valueFor(expr: Expr, column: ColumnSchema, env: ExprEnv): Expression {
  if (expr.kind === 'default') return defaultValue(column, env.context)
  return assign(bindExpr(expr, env), column, env.context)
}

function rowOutput(schema: TableSchema): OutputColumn[] {
  return visibleOrdinals(schema).map(
    i => ({ name: schema.columns[i]!.name, type: schema.columns[i]!.type, nullable: true })
  )
}

function defaultRow(schema: TableSchema, context: BindContext): LogicalPlan {
  const row = visibleOrdinals(schema).map(i => defaultValue(schema.columns[i]!, context))
  return { kind: 'values', rows: [row], output: rowOutput(schema) }
}

function checkCount(given: number, targets: readonly number[], explicit: boolean, position?: number): void {
  if (given > targets.length) {
    throw invalid(`INSERT has more expressions (${given}) than target columns (${targets.length})`, position)
  }
  if (explicit && given < targets.length) {
    throw invalid(`INSERT has more target columns (${targets.length}) than expressions (${given})`, position)
  }
}

function insertValues(
  statement: InsertStatement, rows: readonly (readonly Expr[])[], schema: TableSchema, targets: readonly number[],
  context: BindContext,
): LogicalPlan {
  const env: ExprEnv = { context, scope: Scope.empty, aggregates: null, clause: 'VALUES', visible: new Map() }
  const visible = visibleOrdinals(schema)
  const places = visible.map(i => targets.indexOf(i))
  const defaults = new Map<number, Expression>()
  const bound = rows.map(row => {
    checkCount(row.length, targets, statement.columns.length > 0, row[targets.length]?.position ?? row[0]?.position)
    if (row.length !== rows[0]!.length) throw invalid('VALUES lists must all be the same length', row[0]?.position)
    return visible.map((ordinal, i) => {
      const place = places[i]!
      const column = schema.columns[ordinal]!
      if (place >= 0 && place < row.length) {
        const isIgnored = statement.overriding === 'user' && column.identity !== undefined
        checkGiven(column, row[place]!, statement.overriding)
        if (!isIgnored) return valueFor(row[place]!, column, env)
      }
      let value = defaults.get(ordinal)
      if (value === undefined) defaults.set(ordinal, value = defaultValue(schema.columns[ordinal]!, context))
      return value
    })
  })
  return { kind: 'values', rows: bound, output: rowOutput(schema) }
}

function insertQuery(
  statement: InsertStatement, schema: TableSchema, targets: readonly number[], context: BindContext,
): LogicalPlan {
  const input = context.bindQuery(statement.query!, context, null, new Map())
  checkCount(
    input.output.length, targets, statement.columns.length > 0, statement.query!.position ?? statement.position
  )
  const expressions = visibleOrdinals(schema).map(ordinal => {
    const place = targets.indexOf(ordinal)
    const column = schema.columns[ordinal]!
    if (place < 0 || place >= input.output.length) return defaultValue(column, context)
    checkGiven(column, null, statement.overriding)
    if (statement.overriding === 'user' && column.identity !== undefined) return defaultValue(column, context)
    const from: Expression = { kind: 'column', index: place, ...input.output[place]! }
    return assign(from, column, context)
  })
  return { kind: 'project', input, expressions, output: rowOutput(schema) }
}

/** The table and the others that a statement joins it with, under its condition. */
interface ChangeSource {
  readonly input: LogicalPlan
  readonly env: ExprEnv
  /** Columns of the other tables; the first has index 0. */
  readonly others: readonly ScopeColumn[]
  readonly otherOutput: readonly OutputColumn[]
}

/** Scan of every column, the other tables behind it, and the condition; the scope shows only what users may name. */
function changeSource(
  table: TableRef, others: readonly FromItem[], where: Expr | null, schema: TableSchema, context: BindContext,
): ChangeSource {
  const plan = scanTable(schema, true)
  const width = plan.output.length
  const columns = relationColumns(plan.output, table.alias ?? table.name)
    .filter(column => schema.columns[column.index]!.hidden !== true)
  const target = { plan, columns }
  const source = others.length === 0 ? target
    : product(target, bindFrom(others, { context, parent: null, visible: new Map(), locks: false }), table.position)
  const env: ExprEnv = {
    context, scope: new Scope(source.columns, null), aggregates: null, clause: 'WHERE', visible: new Map(),
  }
  const input = firstColumns(bindWhere(where, source.plan, env).plan, source.plan.output.length)
  return {
    input, env, otherOutput: source.plan.output.slice(width),
    others: source.columns.slice(columns.length).map(column => ({ ...column, index: column.index - width })),
  }
}

/** SET: ordinals of the columns, and a value of its type for each. */
function bindAssignments(
  given: readonly Assignment[], schema: TableSchema, env: ExprEnv,
): { assignments: number[]; values: Expression[] } {
  const assignments: number[] = []
  const values = given.map(({ column, value, position }) => {
    const ordinal = columnOrdinal(schema, column, position)
    if (assignments.includes(ordinal)) throw invalid(`multiple assignments to same column "${column}"`, position)
    assignments.push(ordinal)
    checkAssigned(schema.columns[ordinal]!, value, position)
    return valueFor(value, schema.columns[ordinal]!, { ...env, clause: 'UPDATE' })
  })
  return { assignments, values }
}

/** The plan without the columns that correlated subqueries of WHERE left behind its own. */
function firstColumns(plan: LogicalPlan, width: number): LogicalPlan {
  if (plan.output.length === width) return plan
  const output = plan.output.slice(0, width)
  return { kind: 'project', input: plan, expressions: columnsFrom(output, output.keys()), output }
}

function columnsFrom(output: readonly OutputColumn[], ordinals: Iterable<number>): Expression[] {
  return Array.from(ordinals, (index): Expression => ({ kind: 'column', index, ...output[index]! }))
}

/** Binds UPDATE: the input yields every column, then one value per assignment, then what RETURNING wants beside. */
export function bindUpdate(statement: UpdateStatement, context: BindContext): LogicalPlan {
  const schema = tableSchema(statement.table.name, context, statement.position)
  const { table, from, where } = statement
  const source = changeSource(table, from, where, schema, context)
  const unnesting = new Unnesting()
  const bound = bindAssignments(statement.assignments, schema, { ...source.env, unnesting })
  const { assignments } = bound
  const { plan: input, expressions: values } = unnesting.expressions(source.input, bound.values)
  const returned = statement.returning === null ? null
    : bindReturning(statement.returning, { table, schema, shown: 'new', ...source }, context)
  const width = schema.columns.length
  const own = columnsFrom(input.output, input.output.keys()).slice(0, width)
  const beside = returned === null ? [] : columnsFrom(source.input.output, source.input.output.keys()).slice(width)
  const output = [
    ...input.output.slice(0, width),
    ...values.map(
      (value, i) => ({ name: schema.columns[assignments[i]!]!.name, type: value.type, nullable: isNullable(value) })
    ),
    ...(returned === null ? [] : source.otherOutput),
  ]
  const rows: LogicalPlan = { kind: 'project', input, expressions: [...own, ...values, ...beside], output }
  return {
    kind: 'update', table: schema.name, schema, input: rows, assignments, joined: from.length > 0,
    ...(returned ?? { output: NOTHING }),
  }
}

/** Binds DELETE: the input yields the key columns in key order; for RETURNING everything behind them. */
export function bindDelete(statement: DeleteStatement, context: BindContext): LogicalPlan {
  const schema = tableSchema(statement.table.name, context, statement.position)
  const { table, using, where } = statement
  const source = changeSource(table, using, where, schema, context)
  const { input } = source
  const returned = statement.returning === null ? null
    : bindReturning(statement.returning, { table, schema, shown: 'old', ...source }, context)
  const ordinals = returned === null ? schema.key : [...schema.key, ...input.output.keys()]
  const keys: LogicalPlan = {
    kind: 'project', input, expressions: columnsFrom(input.output, ordinals),
    output: ordinals.map(i => input.output[i]!),
  }
  return { kind: 'delete', table: schema.name, schema, input: keys, ...(returned ?? { output: NOTHING }) }
}
