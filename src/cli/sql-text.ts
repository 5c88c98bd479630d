// SQL that the tools write themselves: names quoted only where they must be, and the CREATE TABLE of an import.
// Names keep the spelling of the file, so a column called `US Gross` is "US Gross" in SQL.

import { typeName, type ColumnSchema } from '../base/types.ts'

/** CREATE TABLE for the columns of a file. */
export function createTableSql(table: string, columns: readonly ColumnSchema[], key: readonly string[]): string {
  const lines = columns.map(({ name, type }) =>
    `  ${quoteName(name)} ${typeName(type)}${key.includes(name) ? ' NOT NULL' : ''}`)
  if (key.length > 0) lines.push(`  PRIMARY KEY (${key.map(quoteName).join(', ')})`)
  return `CREATE TABLE ${quoteName(table)} (\n${lines.join(',\n')}\n)`
}

/** A name as SQL text; quoted only when it needs to be. */
export function quoteName(name: string): string {
  return /^[a-z_][a-z0-9_]*$/.test(name) && !RESERVED.has(name) ? name : `"${name.replaceAll('"', '""')}"`
}

/** Reserved words of PostgreSQL that are likely column names. */
const RESERVED = new Set(['all', 'analyse', 'analyze', 'and', 'any', 'array', 'as', 'asc', 'both', 'case', 'cast',
  'check',
  'collate', 'column', 'constraint', 'create', 'default', 'desc', 'distinct', 'do', 'else', 'end', 'except', 'false',
  'fetch',
  'for', 'foreign', 'from', 'grant', 'group', 'having', 'in', 'initially', 'intersect', 'into', 'lateral', 'leading',
  'limit',
  'localtime', 'localtimestamp', 'not', 'null', 'offset', 'on', 'only', 'or', 'order', 'placing', 'primary',
  'references',
  'returning', 'select', 'some', 'symmetric', 'table', 'then', 'to', 'trailing', 'true', 'union', 'unique', 'user',
  'using',
  'variadic', 'when', 'where', 'window', 'with'])
