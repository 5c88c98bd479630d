// CREATE TABLE to a schema: types, keys, nullability, defaults. A table without a primary key gets a hidden
// bigint row id as its key.
import { CODE } from '../base/errors.ts'
import type { ColumnSchema, SqlType, TableSchema } from '../base/types.ts'
import { BIGINT, COMPRESSIONS } from '../base/types.ts'
import type { ColumnDefinition, CreateTableStatement } from './ast.ts'
import type { BindContext } from './bind-context.ts'
import { at, bindError } from './bind-context.ts'
import { defaultValue } from './bind-change.ts'
import { resolveType } from './column-type.ts'
import { didYouMean } from './nearest-name.ts'
import { unsupported } from './node-reader.ts'

/** Name of the implicit row id; SQL cannot name it. */
const ROW_ID = '__rowid'

/** PostgreSQL's limit on columns. */
const COLUMNS_MAX = 1600

/** The schema that a CREATE TABLE describes. Throws 42701, 42P16, 42703, 42804 and what types throw. */
export function bindCreateTable(statement: CreateTableStatement, context: BindContext): TableSchema {
  const { columns: definitions, position, table } = statement
  if (definitions.length === 0) throw unsupported('a table without columns', position)
  if (definitions.length > COLUMNS_MAX) {
    throw bindError(
      CODE.PROGRAM_LIMIT, `tables can have at most ${COLUMNS_MAX} columns, not ${definitions.length}`, position
    )
  }
  checkDuplicates(definitions)
  const key = keyColumns(statement)
  const columns = definitions.map((definition, i) => bindColumn(definition, key.includes(i), context))
  for (const i of key) checkKeyType(columns[i]!, definitions[i]!.position)
  const options = tableOptions(statement)
  if (key.length > 0) return { name: table, columns, key, ...options }
  const hidden: ColumnSchema = { name: ROW_ID, type: BIGINT, nullable: false, hidden: true }
  return { name: table, columns: [...columns, hidden], key: [columns.length], ...options }
}

function tableOptions(statement: CreateTableStatement): Pick<TableSchema, 'compression'> {
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

function checkDuplicates(definitions: readonly ColumnDefinition[]): void {
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

function bindColumn(definition: ColumnDefinition, inKey: boolean, context: BindContext): ColumnSchema {
  const { name, defaultSql, position } = definition
  const type = columnType(definition)
  const column: ColumnSchema = { name, type, nullable: !inKey && !definition.notNull }
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
  if (['json', 'interval', 'boolean'].includes(column.type.kind)) {
    throw unsupported(`a primary key of type ${column.type.kind} (column "${column.name}")`, position)
  }
}
