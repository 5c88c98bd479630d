// SQL that the tools write themselves: names quoted only where they must be, and the CREATE TABLE of an import.
// Names keep the spelling of the file, so a column called `US Gross` is "US Gross" in SQL.

import { typeName, type ColumnSchema } from '../base/types.ts'
import { quoteName } from '../sql/quote-name.ts'

/** CREATE TABLE for the columns of a file. */
export function createTableSql(table: string, columns: readonly ColumnSchema[], key: readonly string[]): string {
  const lines = columns.map(({ name, type }) =>
    `  ${quoteName(name)} ${typeName(type)}${key.includes(name) ? ' NOT NULL' : ''}`)
  if (key.length > 0) lines.push(`  PRIMARY KEY (${key.map(quoteName).join(', ')})`)
  return `CREATE TABLE ${quoteName(table)} (\n${lines.join(',\n')}\n)`
}
