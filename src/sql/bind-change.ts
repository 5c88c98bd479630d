// INSERT, UPDATE and DELETE to logical plans. The executor receives whole rows: missing columns are filled
// with their defaults here, and every value has the column's type.
import { CODE } from '../base/errors.ts'
import type { ColumnSchema, TableSchema } from '../base/types.ts'
import type { Expression, LogicalPlan, OutputColumn } from '../../exec/plan/logical.ts'
import type { DeleteStatement, Expr, InsertStatement, TableRef, UpdateStatement } from './ast.ts'
import type { BindContext } from './bind-context.ts'
import { bindError, invalid } from './bind-context.ts'
import { bindExpr, condition } from './bind-expression.ts'
import type { ExprEnv } from './bind-expression.ts'
import { scanTable, tableSchema } from './bind-from.ts'
import { assign } from './coerce.ts'
import { isNullable } from './grouping.ts'
import { constant } from './literal.ts'
import { didYouMean } from './nearest-name.ts'
import { parse } from './parse.ts'
import { conjuncts, pushFilter } from './push-filter.ts'
import { Scope, relationColumns } from './scope.ts'

const NOTHING: readonly OutputColumn[] = []

/** Binds INSERT. */
export function bindInsert(statement: InsertStatement, context: BindContext): LogicalPlan {
  const schema = tableSchema(statement.table.name, context, statement.position)
  const targets = insertTargets(statement, schema)
  const input = statement.query === null ? defaultRow(schema, context)
    : statement.query.rows !== null && isPlainValues(statement)
      ? insertValues(statement, statement.query.rows, schema, targets, context)
      : insertQuery(statement, schema, targets, context)
  return { kind: 'insert', table: schema.name, schema, input, output: NOTHING }
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
      if (place >= 0 && place < row.length) return valueFor(row[place]!, schema.columns[ordinal]!, env)
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
    const from: Expression = { kind: 'column', index: place, ...input.output[place]! }
    return assign(from, column, context)
  })
  return { kind: 'project', input, expressions, output: rowOutput(schema) }
}

/** Scan of every column with the condition; the scope shows only what users may name. */
function filteredScan(
  table: TableRef, where: Expr | null, schema: TableSchema, context: BindContext,
): { input: LogicalPlan; env: ExprEnv } {
  const plan = scanTable(schema, true)
  const columns = relationColumns(plan.output, table.alias ?? table.name)
    .filter(column => schema.columns[column.index]!.hidden !== true)
  const env: ExprEnv = {
    context, scope: new Scope(columns, null), aggregates: null, clause: 'WHERE', visible: new Map(),
  }
  if (where === null) return { input: plan, env }
  return { input: pushFilter(plan, conjuncts(condition(where, 'WHERE', env))), env }
}

/** Binds UPDATE: the input yields every column, then one value per assignment. */
export function bindUpdate(statement: UpdateStatement, context: BindContext): LogicalPlan {
  const schema = tableSchema(statement.table.name, context, statement.position)
  const { input, env } = filteredScan(statement.table, statement.where, schema, context)
  const assignments: number[] = []
  const values = statement.assignments.map(({ column, value, position }) => {
    const ordinal = columnOrdinal(schema, column, position)
    if (assignments.includes(ordinal)) throw invalid(`multiple assignments to same column "${column}"`, position)
    assignments.push(ordinal)
    return valueFor(value, schema.columns[ordinal]!, { ...env, clause: 'UPDATE' })
  })
  const columns = input.output.map((column, index): Expression => ({ kind: 'column', index, ...column }))
  const output = [
    ...input.output,
    ...values.map(
      (value, i) => ({ name: schema.columns[assignments[i]!]!.name, type: value.type, nullable: isNullable(value) })
    ),
  ]
  const rows: LogicalPlan = { kind: 'project', input, expressions: [...columns, ...values], output }
  return { kind: 'update', table: schema.name, schema, input: rows, assignments, output: NOTHING }
}

/** Binds DELETE: the input yields the key columns in key order. */
export function bindDelete(statement: DeleteStatement, context: BindContext): LogicalPlan {
  const schema = tableSchema(statement.table.name, context, statement.position)
  const { input } = filteredScan(statement.table, statement.where, schema, context)
  const output = schema.key.map(i => input.output[i]!)
  const expressions = schema.key.map((index): Expression => ({ kind: 'column', index, ...input.output[index]! }))
  const keys: LogicalPlan = { kind: 'project', input, expressions, output }
  return { kind: 'delete', table: schema.name, schema, input: keys, output: NOTHING }
}
