// CREATE TABLE to a schema: types, keys, nullability, defaults. A table without a primary key gets a hidden
// bigint row id as its key.
import { CODE } from '../base/errors.ts'
import type { ColumnSchema, SqlType, TableSchema } from '../base/types.ts'
import { BIGINT, COMPRESSIONS, TEXT } from '../base/types.ts'
import type { BoundStatement, Expression, LogicalPlan } from '../../exec/plan/logical.ts'
import type { ColumnDefinition, CreateTableAsStatement, CreateTableStatement } from './ast.ts'
import type { BindContext } from './bind-context.ts'
import { at, bindError } from './bind-context.ts'
import { bindChecks } from './bind-check.ts'
import { bindForeignKeys } from './bind-foreign.ts'
import { bindSequences, checkGenerated } from './bind-generated.ts'
import type { OwnedSequence } from './bind-generated.ts'
import { defaultValue } from './bind-change.ts'
import { resolveType } from './column-type.ts'
import { didYouMean } from './nearest-name.ts'
import { unsupported } from './node-reader.ts'
import { bareOf, isTemporaryName } from './relation-name.ts'

/** Name of the implicit row id; SQL cannot name it. */
const ROW_ID = '__rowid'

/** PostgreSQL's limit on columns. */
const COLUMNS_MAX = 1600

/** The schema that a CREATE TABLE describes. Throws 42701, 42P16, 42703, 42804 and what types throw. */
export function bindCreateTable(
  statement: CreateTableStatement, context: BindContext,
): { readonly schema: TableSchema; readonly sequences: readonly OwnedSequence[] } {
  const { columns: definitions, position, table } = statement
  if (definitions.length === 0) throw unsupported('a table without columns', position)
  if (definitions.length > COLUMNS_MAX) {
    throw bindError(
      CODE.PROGRAM_LIMIT, `tables can have at most ${COLUMNS_MAX} columns, not ${definitions.length}`, position
    )
  }
  checkDuplicates(definitions)
  const key = keyColumns(statement)
  const plain = definitions.map((definition, i) => bindColumn(definition, key.includes(i), context))
  const { columns, sequences } = bindSequences(definitions, plain, table, context)
  for (const i of key) checkKeyType(columns[i]!, definitions[i]!.position)
  const keyName = statement.keys[0]?.name ?? definitions.find(column => column.primaryKey)?.keyName
  const named = keyName === undefined || keyName === null || keyName === `${bareOf(table)}_pkey` ? {} : { keyName }
  const options = { ...tableOptions(statement), ...lifetime(statement), ...named }
  const hidden: ColumnSchema = { name: ROW_ID, type: BIGINT, nullable: false, hidden: true }
  const schema: TableSchema = key.length > 0 ? { name: table, columns, key, ...options }
    : { name: table, columns: [...columns, hidden], key: [columns.length], ...options }
  checkGenerated(definitions, schema, context)
  const checked = statement.checks.length === 0 ? schema
    : { ...schema, checks: bindChecks(statement, schema, context) }
  const uniques = statement.uniques.map(unique => unique.columns.map(name => columns.findIndex(c => c.name === name)))
  const foreign = bindForeignKeys(statement.foreign ?? [], { schema: checked, uniques }, context.catalog)
  return { schema: foreign.length === 0 ? checked : { ...checked, foreign }, sequences }
}

/** CREATE TABLE AS: columns named and typed as the query's, all of them nullable. */
export function bindCreateTableAs(statement: CreateTableAsStatement, context: BindContext): BoundStatement {
  const { table, position, query, ifNotExists } = statement
  const input = context.bindQuery(query, context, null, new Map())
  if (input.output.length === 0) throw unsupported('a table without columns', position)
  if (statement.columns.length > input.output.length) {
    throw bindError(CODE.SYNTAX, 'too many column names were specified', position)
  }
  const columns = input.output.map(({ name, type }, i): ColumnSchema => (
    { name: statement.columns[i] ?? name, type: type.kind === 'null' ? TEXT : type, nullable: true }
  ))
  checkDuplicates(columns.map(({ name }) => ({ name, position })))
  const hidden: ColumnSchema = { name: ROW_ID, type: BIGINT, nullable: false, hidden: true }
  const schema: TableSchema = {
    name: table, columns: [...columns, hidden], key: [columns.length],
    ...tableOptions(statement), ...lifetime(statement),
  }
  const expressions = input.output.map((column, index): Expression => {
    const from: Expression = { kind: 'column', index, ...column }
    return column.type.kind === 'null' ? { kind: 'cast', type: TEXT, arg: from } : from
  })
  const rows: LogicalPlan = { kind: 'project', input, expressions, output: columns }
  const fill: LogicalPlan = { kind: 'insert', table, schema, input: rows, output: [] }
  return { kind: 'create_table_as', schema, ifNotExists, fill: statement.withData ? fill : null }
}

// What COMMIT does to a temporary table; its name says that it is one.
function lifetime(
  { table, onCommit, position }: Pick<CreateTableStatement, 'table' | 'onCommit' | 'position'>,
): Pick<TableSchema, 'temporary'> {
  if (isTemporaryName(table)) return { temporary: onCommit ?? 'preserve' }
  if (onCommit === undefined) return {}
  throw bindError(CODE.INVALID_DEFINITION, 'ON COMMIT can only be used on temporary tables', position)
}

function tableOptions(statement: Pick<CreateTableStatement, 'options'>): Pick<TableSchema, 'compression'> {
  let options: Pick<TableSchema, 'compression'> = {}
  for (const { name, value, position } of statement.options) {
    if (name !== 'compression') {
      throw bindError(CODE.INVALID_PARAMETER, `unrecognized table option "${name}"`, position,
        didYouMean(name, ['compression']) ?? 'Table options are compression.')
    }
    const compression = COMPRESSIONS.find(known => known === value)
    if (compression === undefined) {
      throw bindError(CODE.INVALID_PARAMETER, `unknown compression "${value}"`, position,
        `Compressions are ${COMPRESSIONS.join(', ')}.`)
    }
    options = { compression }
  }
  return options
}

function checkDuplicates(definitions: readonly Pick<ColumnDefinition, 'name' | 'position'>[]): void {
  const seen = new Set<string>()
  for (const { name, position } of definitions) {
    if (seen.has(name)) throw bindError(CODE.DUPLICATE_COLUMN, `column "${name}" specified more than once`, position)
    if (name === ROW_ID) throw bindError(CODE.DUPLICATE_COLUMN, `column name "${name}" is reserved`, position)
    seen.add(name)
  }
}

function keyColumns(statement: CreateTableStatement): number[] {
  const keys = [
    ...statement.columns.filter(column => column.primaryKey)
      .map(column => ({ columns: [column.name], position: column.position })),
    ...statement.keys,
  ]
  if (keys.length > 1) {
    throw bindError(CODE.INVALID_DEFINITION,
      `multiple primary keys for table "${statement.table}" are not allowed`, keys[1]!.position)
  }
  const names = statement.columns.map(column => column.name)
  const ordinals = (keys[0]?.columns ?? []).map(name => {
    const index = names.indexOf(name)
    if (index >= 0) return index
    throw bindError(CODE.UNDEFINED_COLUMN, `column "${name}" named in key does not exist`, keys[0]!.position,
      didYouMean(name, names))
  })
  if (new Set(ordinals).size !== ordinals.length) {
    throw bindError(CODE.DUPLICATE_COLUMN, 'a column appears twice in the primary key', keys[0]!.position)
  }
  return ordinals
}

/** A column of a table. */
export function bindColumn(definition: ColumnDefinition, inKey: boolean, context: BindContext): ColumnSchema {
  const { name, defaultSql, position } = definition
  const type = columnType(definition)
  const { generatedSql } = definition
  const column: ColumnSchema = {
    name, type, nullable: !inKey && !definition.notNull, ...(generatedSql === undefined ? {} : { generatedSql }),
  }
  if (defaultSql === null) return column
  const withDefault = { ...column, defaultSql }
  at(position, () => defaultValue(withDefault, context))
  return withDefault
}

function columnType(definition: ColumnDefinition): SqlType {
  const type = resolveType(definition.type)
  if (type.kind === 'decimal' && type.precision === undefined) {
    throw bindError(CODE.UNSUPPORTED,
      `NUMERIC without a precision is not supported (column "${definition.name}")`, definition.type.position,
      'Write DECIMAL(p, s) with p up to 38: columns have a fixed scale here.')
  }
  return type
}

function checkKeyType(column: ColumnSchema, position?: number): void {
  if (['json', 'jsonb', 'array', 'interval', 'boolean'].includes(column.type.kind)) {
    throw unsupported(`a primary key of type ${column.type.kind} (column "${column.name}")`, position)
  }
}
