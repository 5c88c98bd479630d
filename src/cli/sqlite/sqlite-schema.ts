// What a SQLite database consists of. Names and types come from SQLite (PRAGMA table_xinfo), which has read its own
// dialect already; what the pragmas do not tell is read from the CREATE statements with sqlite-parser: UNIQUE, CHECK,
// foreign keys, partial and expression indexes. Where it cannot parse a statement (STRICT, generated columns), the
// pragmas are all there is.

import parse, { type SqliteNode } from 'sqlite-parser'
import { sqliteName, type SqliteFile, type SqliteRow } from './sqlite-file.ts'

/** A column as declared. */
export interface SqliteColumn {
  readonly name: string
  /** Declared type, '' when there is none. */
  readonly declared: string
  readonly notNull: boolean
  /** Position in the primary key from 1, 0 when outside. */
  readonly keyPosition: number
  /** SQL text of the default. */
  readonly defaultSql: string | null
}

/** An index of a table. `obstacle` says why it cannot be made here. */
export interface SqliteIndex {
  readonly name: string
  readonly isUnique: boolean
  readonly columns: readonly string[]
  readonly obstacle: string | null
  /** Its statement, or what stands for it. */
  readonly sql: string
}

/** A table of rows. */
export interface SqliteTable {
  readonly name: string
  readonly columns: readonly SqliteColumn[]
  readonly indexes: readonly SqliteIndex[]
  /** What is declared and not kept. */
  readonly notes: readonly string[]
}

/** Something that is not imported. */
export interface Skipped { readonly what: string; readonly reason: string }

/** The whole schema. */
export interface SqliteSchema {
  readonly tables: readonly SqliteTable[]
  readonly skipped: readonly Skipped[]
}

interface Constraints {
  readonly unique: readonly (readonly string[])[]
  readonly notes: readonly string[]
}

/** Reads the schema of a file. */
export function readSchema(file: SqliteFile): SqliteSchema {
  const objects = file.all("SELECT type, name, tbl_name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite\\_%' "
    + "ESCAPE '\\' ORDER BY rowid")
  const kinds = new Map(file.all('PRAGMA table_list').map((row) => [String(row.name), String(row.type)]))
  const tables: SqliteTable[] = []
  const skipped: Skipped[] = []
  for (const { type, name, sql } of objects) {
    if (type === 'view' || type === 'trigger') {
      skipped.push({ what: `${type} ${String(name)}`, reason: 'views and triggers are not imported' })
    }
    if (type !== 'table') continue
    const kind = kinds.get(String(name)) ?? 'table'
    if (kind === 'table') tables.push(readTable(file, String(name), String(sql)))
    else skipped.push({ what: `${kind} table ${String(name)}`, reason: 'virtual tables are not imported' })
  }
  return { tables, skipped }
}

function readTable(file: SqliteFile, name: string, sql: string): SqliteTable {
  const rows = file.all(`PRAGMA table_xinfo(${sqliteName(name)})`).filter((row) => row.hidden !== 1)
  const columns = rows.map((row) => ({
    name: String(row.name), declared: String(row.type ?? '').toUpperCase(), notNull: row.notnull === 1,
    keyPosition: Number(row.pk), defaultSql: row.dflt_value === null ? null : String(row.dflt_value),
  }))
  const names = columns.map((column) => column.name)
  const { unique, notes } = constraintsOf(sql, names) ?? pragmaConstraints(file, name)
  const constraints = unique.map((parts) => ({
    name: [name, ...parts, 'key'].join('_'), isUnique: true, columns: parts, obstacle: null,
    sql: `UNIQUE (${parts.join(', ')})`,
  }))
  const generated = rows.filter((row) => Number(row.hidden) > 1).map((row) => `generated column ${String(row.name)}`)
  return {
    name, columns, indexes: [...constraints, ...declaredIndexes(file, name, names)],
    notes: [...notes, ...generated.map((text) => `${text}: its values are kept, its expression is not`)],
  }
}

function parsed(sql: string): SqliteNode | null {
  try {
    return parse(sql).statement[0] ?? null
  } catch (error) {
    // Its errors are plain: what it cannot read is told by the pragmas.
    if (error instanceof Error) return null
    throw error
  }
}

/** Constraints that only the text tells; null when it cannot be parsed. */
export function constraintsOf(sql: string, names: readonly string[]): Constraints | null {
  const tree = parsed(sql)
  if (tree?.format !== 'table' || tree.definition === undefined) return null
  const unique: (readonly string[])[] = []
  const notes: string[] = []
  let ordinal = 0
  for (const part of tree.definition) {
    const isColumn = part.variant === 'column'
    const own = isColumn ? names[ordinal++] : undefined
    for (const { variant } of part.definition ?? []) {
      if (variant === 'unique') {
        const columns = own === undefined ? namesOf(part.columns ?? [], names) : [own]
        if (columns !== null) unique.push(columns)
      } else if (variant === 'check') notes.push(`a CHECK constraint${own === undefined ? '' : ` of ${own}`}`)
      else if (variant === 'foreign key') notes.push('a foreign key')
      else if (variant === 'collate') notes.push(`the collation of ${own ?? 'a key'}: text compares by bytes`)
    }
  }
  return ordinal === names.length ? { unique, notes } : null
}

// Spelling as SQLite has it; null when a part is an expression.
function namesOf(parts: readonly SqliteNode[], names: readonly string[]): string[] | null {
  const found = parts.map((part) => {
    const node = part.variant === 'order' ? part.expression : part
    const { name } = node ?? {}
    if (node?.type !== 'identifier' || typeof name !== 'string') return undefined
    return names.find((one) => one.toLowerCase() === name.toLowerCase())
  })
  return found.every((name) => name !== undefined) ? found as string[] : null
}

function pragmaConstraints(file: SqliteFile, name: string): Constraints {
  const unique = indexRows(file, name).filter((row) => row.origin === 'u')
    .map((row) => indexColumns(file, row).columns)
  const foreign = new Set(file.all(`PRAGMA foreign_key_list(${sqliteName(name)})`).map((row) => row.id))
  return { unique, notes: [...foreign].map(() => 'a foreign key') }
}

function indexRows(file: SqliteFile, table: string): SqliteRow[] {
  return file.all(`PRAGMA index_list(${sqliteName(table)})`).reverse()
}

function indexColumns(file: SqliteFile, index: SqliteRow): { columns: string[]; hasExpression: boolean } {
  const parts = file.all(`PRAGMA index_xinfo(${sqliteName(String(index.name))})`).filter((row) => row.key === 1)
  const columns = parts.flatMap((row) => (row.name === null ? [] : [String(row.name)]))
  return { columns, hasExpression: columns.length < parts.length }
}

// Indexes that were made by CREATE INDEX.
function declaredIndexes(file: SqliteFile, table: string, names: readonly string[]): SqliteIndex[] {
  return indexRows(file, table).filter((row) => row.origin === 'c').map((row) => {
    const name = String(row.name)
    const sql = String(file.all('SELECT sql FROM sqlite_master WHERE name = ?', [name])[0]?.sql)
    const known = indexColumns(file, row)
    const tree = parsed(sql)
    const columns = (tree?.format === 'index' ? namesOf(tree.on?.columns ?? [], names) : null) ?? known.columns
    const obstacle = known.hasExpression ? 'it is over an expression' : row.partial === 1 ? 'it is partial' : null
    return { name, isUnique: row.unique === 1, columns, obstacle, sql }
  })
}
