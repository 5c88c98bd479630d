// The binder's door: syntax tree in, bound statement out (exec/plan/logical.ts). Names are resolved against a
// catalogue, types decided, implicit casts made explicit. Errors carry positions; nothing is executed.
import { CODE, DatabaseError } from '../base/errors.ts'
import type { CheckConstraint, ColumnSchema, SqlType, TableSchema } from '../base/types.ts'
import type { BoundStatement, Expression, LogicalPlan, NewIndex } from '../../exec/plan/logical.ts'
import type { ViewObject } from '../../storage/mod.ts'
import type { Expr, Query, Statement } from './ast.ts'
import type { ElementList } from './ast-definition.ts'
import { bindDelete, bindInsert, bindUpdate, defaultValue } from './bind-change.ts'
import type { BindContext, Catalog } from './bind-context.ts'
import { ParameterTypes, at } from './bind-context.ts'
import { bindCheck, bindChecks } from './bind-check.ts'
import { bindExpr } from './bind-expression.ts'
import { bindGeneratedIn, bindSequences, checkGenerated } from './bind-generated.ts'
import type { OwnedSequence } from './bind-generated.ts'
import { tableSchema } from './bind-from.ts'
import { bindCreateIndex, bindUniques } from './bind-index.ts'
import { bindQuery, bindSelect } from './bind-query.ts'
import { bindView } from './bind-view.ts'
import { bindColumn, bindCreateTable, bindCreateTableAs } from './bind-table.ts'
import { assign } from './coerce.ts'
import type { ParsedStatement } from './parse.ts'
import { bareOf } from './relation-name.ts'
import { Scope, relationColumns } from './scope.ts'

export type { Catalog } from './bind-context.ts'

/** A parameter after binding. */
export interface BoundParameter {
  readonly type: SqlType
  /** Its type comes from a comparison: a value with more digits may ask for a wider decimal. */
  readonly compared: boolean
}

/** As {@link bind}, with what is known about every parameter. */
export function bindWithParameters(
  parsed: ParsedStatement, catalog: Catalog, known: readonly (SqlType | null)[] = [],
): { statement: BoundStatement; parameters: readonly BoundParameter[] } {
  const parameters = new ParameterTypes(parsed.parameterNames.length, known)
  const statement = bindStatement(parsed.statement, { catalog, parameters, bindQuery })
  return { statement, parameters: parameters.types().map((type, i) => ({ type, compared: parameters.isCompared(i) })) }
}

/**
 * Binds one statement. `known` fixes parameter types from outside (null = infer). Throws the 42xxx family
 * with positions and, for misspelt names, the nearest one in the hint.
 */
export function bind(
  parsed: ParsedStatement, catalog: Catalog, known: readonly (SqlType | null)[] = [],
): BoundStatement {
  return bindWithParameters(parsed, catalog, known).statement
}

const NO_CATALOG: Catalog = { schema: () => undefined, names: () => [] }

/** The default of a column as an expression without columns; NULL when it has none. */
export function bindDefault(column: ColumnSchema, catalog: Catalog = NO_CATALOG): Expression {
  return defaultValue(column, { catalog, parameters: new ParameterTypes(0), bindQuery })
}

/** A CHECK constraint of a table as a condition over all its columns. */
export function bindTableCheck(check: CheckConstraint, schema: TableSchema): Expression {
  return bindCheck(check, schema, { catalog: NO_CATALOG, parameters: new ParameterTypes(0), bindQuery })
}

/** The expression of a generated column over all columns of its table, as a value of the column. */
export function bindGenerated(column: ColumnSchema, schema: TableSchema): Expression {
  return bindGeneratedIn(column, schema, { catalog: NO_CATALOG, parameters: new ParameterTypes(0), bindQuery })
}

/** An expression over the visible columns of a table, as a value for `column`: ALTER COLUMN TYPE … USING. */
export function bindForColumn(
  expr: Expr, schema: TableSchema, column: ColumnSchema, catalog: Catalog,
): Expression {
  const context = { catalog, parameters: new ParameterTypes(0), bindQuery }
  const columns = relationColumns(schema.columns.filter(({ hidden }) => hidden !== true), bareOf(schema.name))
  const env = { context, scope: new Scope(columns, null), aggregates: null, clause: 'USING', visible: new Map() }
  return assign(bindExpr(expr, env), column, context)
}

/** The columns and constraints that ALTER TABLE adds, bound over the table with its new columns. */
export function bindElements(
  elements: ElementList, schema: TableSchema, catalog: Catalog,
): {
  columns: readonly ColumnSchema[]; checks: readonly CheckConstraint[]; uniques: readonly NewIndex[]
  sequences: readonly OwnedSequence[]
} {
  const context = { catalog, parameters: new ParameterTypes(0), bindQuery }
  const plain = elements.columns.map(column => bindColumn(column, false, context))
  const { columns, sequences } = bindSequences(elements.columns, plain, schema.name, context)
  const visible = schema.columns.filter(({ hidden }) => hidden !== true)
  const whole = { ...schema, columns: [...visible, ...columns] }
  checkGenerated(elements.columns, whole, context)
  const statement = { checks: elements.checks, uniques: elements.uniques }
  return {
    columns, sequences, checks: elements.checks.length === 0 ? [] : bindChecks(statement, whole, context),
    uniques: bindUniques(statement, whole),
  }
}

/** The query of a view that is being made; `onStar` hears what its stars stand for. */
export function bindViewQuery(view: Query, catalog: Catalog, onStar?: BindContext['onStar']): LogicalPlan {
  const context = { catalog, parameters: new ParameterTypes(0), bindQuery, ...(onStar === undefined ? {} : { onStar }) }
  return bindQuery(view, context, null, new Map())
}

/** A view that there is, as a plan. */
export function bindViewObject(view: ViewObject, catalog: Catalog): LogicalPlan {
  return bindView(view, { catalog, parameters: new ParameterTypes(0), bindQuery })
}

function bindStatement(statement: Statement, context: BindContext): BoundStatement {
  switch (statement.kind) {
    case 'select': return query(bindSelect(statement, context, null, new Map()), context)
    case 'insert': return query(bindInsert(statement, context), context)
    case 'update': return query(bindUpdate(statement, context), context)
    case 'delete': return query(bindDelete(statement, context), context)
    case 'create_table': {
      const { schema, sequences } = bindCreateTable({ ...statement, table: targetOf(statement, context) }, context)
      return {
        kind: 'create_table', schema, uniques: bindUniques(statement, schema), ifNotExists: statement.ifNotExists,
          sequences,
      }
    }
    case 'create_table_as':
      return bindCreateTableAs({ ...statement, table: targetOf(statement, context) }, context)
    case 'truncate':
      return {
        kind: 'truncate', restart: statement.restart, cascade: statement.cascade,
        tables: statement.tables.map(({ name, position }) => tableSchema(name, context, position).name),
      }
    case 'create_index': return bindCreateIndex(statement, context)
    case 'drop_index': return { kind: 'drop_index', names: statement.names, ifExists: statement.ifExists }
    case 'reindex': return { kind: 'reindex', target: statement.target, name: statement.name }
    case 'definition': {
      const { definition } = statement
      const output = definition.kind === 'fetch' ? context.catalog.cursor?.(definition.name) ?? [] : []
      return { kind: 'definition', definition, output }
    }
    case 'begin': return { kind: 'begin', modes: statement.modes }
    case 'commit': case 'rollback': return { kind: statement.kind }
    case 'set_transaction': return { kind: 'set_transaction', scope: statement.scope, modes: statement.modes }
    case 'show': return { kind: 'show', name: statement.name }
    case 'savepoint': case 'release': case 'rollback_to': return { kind: statement.kind, name: statement.name }
    case 'explain': {
      const { analyze, format } = statement
      return { kind: 'explain', analyze, format, statement: bindStatement(statement.statement, context) }
    }
    case 'pragma':
      return { kind: 'pragma', name: statement.name, value: statement.value, argument: statement.argument }
    case 'backup': case 'restore': case 'attach': case 'detach': return statement
    case 'copy':
      throw new DatabaseError(CODE.UNSUPPORTED, 'COPY reads or writes a file without blocking, so it must be awaited', {
        position: statement.position, hint: "Use await db.execute('COPY …').",
      })
    case 'show_tables': return { kind: 'show_tables' }
    case 'describe': {
      const schema = tableSchema(statement.table, context, statement.position)
      return { kind: 'describe', schema, columns: schema.columns.filter(column => column.hidden !== true) }
    }
  }
}

// The full name of the relation that a statement makes.
function targetOf(
  statement: { readonly table: string; readonly temporary?: boolean; readonly position?: number }, context: BindContext,
): string {
  const { target } = context.catalog
  if (target === undefined) return statement.table
  return at(statement.position, () => context.catalog.target!(statement.table, statement.temporary === true))
}

function query(plan: ReturnType<typeof bindQuery>, context: BindContext): BoundStatement {
  return { kind: 'query', plan, parameters: context.parameters.types() }
}
