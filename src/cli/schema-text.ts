// CREATE TABLE as SQL text, put together from what DESCRIBE says about a table.
// It is for reading and for making the same table elsewhere, not a dump of the data.

import type { Session } from './session.ts'
import { quoteName } from '../sql/quote-name.ts'

/** The statements that would make the table and its indexes. Throws 42P01. */
export function createTableText(session: Session, table: string): string {
  const { rows } = session.run(`DESCRIBE ${quoteName(table)}`)
  const lines: string[] = []
  const key: string[] = []
  // Columns of DESCRIBE: column, type, nullable, place in the key (from 1) or NULL, default.
  for (const [column, type, isNullable, place, fallback] of rows!.rows) {
    const name = quoteName(String(column))
    if (place !== null) key[Number(place) - 1] = name
    lines.push(`  ${name} ${String(type)}${isNullable === true ? '' : ' NOT NULL'}`
      + (fallback === null ? '' : ` DEFAULT ${String(fallback)}`))
  }
  if (key.length > 0) lines.push(`  PRIMARY KEY (${key.join(', ')})`)
  // Rows of the pragma: the database's compression, then tables that have their own.
  const settings = [...session.run('PRAGMA compression').rows!.rows].slice(1)
  const own = settings.find(([name]) => name === table)
  const options = own === undefined ? '' : ` WITH (compression = '${String(own[1]).toLowerCase()}')`
  const listed = [...session.run(`PRAGMA index_list(${quoteName(table)})`).rows!.rows]
  const indexes = listed.map(([, text]) => `\n${String(text)};`)
  return `CREATE TABLE ${quoteName(table)} (\n${lines.join(',\n')}\n)${options};${indexes.join('')}`
}
