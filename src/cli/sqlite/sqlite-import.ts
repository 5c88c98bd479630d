// `secantdb import` of a SQLite database: every table with its rows, keys, defaults and indexes. A table is imported
// whole or not at all; one that cannot be is named with the reason, and the others are imported all the same.
//
// Types: sqlite-types.ts. An INTEGER PRIMARY KEY, a composite or a WITHOUT ROWID key becomes the primary key, unless
// it holds NULLs, which SQLite allows. Names keep their spelling; views, triggers and virtual tables are listed.

import { CODE, DatabaseError } from '../../base/errors.ts'
import { BIGINT, TEXT, typeName } from '../../base/types.ts'
import { open } from '../../index.ts'
import { printRows } from '../output.ts'
import { count, counted, Progress } from '../progress.ts'
import { openSession, type Session } from '../session.ts'
import { quoteName } from '../../sql/quote-name.ts'
import { SqliteFile, sqliteName } from './sqlite-file.ts'
import { readSchema, type SqliteColumn, type SqliteTable } from './sqlite-schema.ts'
import { chooseTypes, type ColumnChoice } from './sqlite-types.ts'

/** Options of the import of a SQLite file. */
export interface SqliteImportOptions {
  /** Only these tables; all when empty. */
  readonly tables?: readonly string[]
}

const BATCH_ROWS = 8192
const RESULT_COLUMNS = [
  { name: 'table', type: TEXT, nullable: false }, { name: 'rows', type: BIGINT, nullable: true },
  { name: 'key', type: TEXT, nullable: true }, { name: 'indexes', type: BIGINT, nullable: true },
  { name: 'result', type: TEXT, nullable: false },
]

interface Outcome {
  readonly rows: number
  readonly key: string
  readonly indexes: number
}

/** Imports a SQLite database and prints what became of each table. Throws when a table was not imported. */
export async function importSqlite(database: string, path: string, options: SqliteImportOptions = {}): Promise<void> {
  const source = await SqliteFile.open(path)
  try {
    const { tables, skipped } = readSchema(source)
    const chosen = chooseTables(path, tables, options.tables ?? [])
    const session = await openSession(database)
    const lines: unknown[][] = []
    const notes = skipped.map(({ what, reason }) => `${what}: ${reason}`)
    let failed = 0
    try {
      refuseExisting(session, chosen)
      for (const table of chosen) {
        try {
          const { rows, key, indexes } = await new TableImport(session, source, table, notes).run()
          lines.push([table.name, rows, key, indexes, 'imported'])
        } catch (error) {
          if (!(error instanceof DatabaseError)) throw error
          failed++
          lines.push([table.name, null, null, null, error.message.split('\n')[0]])
        }
      }
    } finally {
      await session.close()
    }
    await printRows({ columns: RESULT_COLUMNS, rows: lines }, 'table', process.stdout)
    for (const note of notes) process.stderr.write(`not kept: ${note}\n`)
    if (failed > 0) {
      const text = `${failed} of ${counted(chosen.length, 'table')} of "${path}" could not be imported`
      throw new DatabaseError(CODE.DATATYPE_MISMATCH, text, { file: path })
    }
  } finally {
    source.close()
  }
}

function chooseTables(path: string, tables: readonly SqliteTable[], names: readonly string[]): readonly SqliteTable[] {
  if (names.length === 0) return tables
  return names.map((name) => {
    const found = tables.find((table) => table.name === name)
      ?? tables.find((table) => table.name.toLowerCase() === name.toLowerCase())
    if (found !== undefined) return found
    throw new DatabaseError(CODE.UNDEFINED_TABLE, `"${path}" has no table "${name}"`, {
      hint: `It has: ${tables.map((table) => table.name).join(', ')}.`,
    })
  })
}

// Before anything is written.
function refuseExisting(session: Session, tables: readonly SqliteTable[]): void {
  const names = session.tableNames()
  const found = tables.find((table) => names.includes(table.name))
  if (found === undefined) return
  throw new DatabaseError(CODE.DUPLICATE_TABLE, `table "${found.name}" exists already in "${session.path}"`, {
    hint: 'Import into a new database, name other tables with --table, or drop it first.',
  })
}

/** The import of one table. */
class TableImport {
  private readonly session: Session
  private readonly source: SqliteFile
  private readonly table: SqliteTable
  private readonly notes: string[]

  constructor(session: Session, source: SqliteFile, table: SqliteTable, notes: string[]) {
    this.session = session
    this.source = source
    this.table = table
    this.notes = notes
  }

  private note(text: string): void {
    this.notes.push(`${this.table.name}: ${text}`)
  }

  async run(): Promise<Outcome> {
    const { session, table } = this
    const { rows, choices } = chooseTypes(this.source, table)
    const key = this.keyColumns(choices)
    session.database.exec(await this.createSql(choices, key))
    try {
      this.load(rows, choices)
      for (const note of table.notes) this.note(note)
      return { rows, key: key.join(', '), indexes: this.makeIndexes() }
    } catch (error) {
      session.database.exec(`DROP TABLE ${quoteName(table.name)}`)
      throw error
    }
  }

  private keyColumns(choices: readonly ColumnChoice[]): string[] {
    const { columns } = this.table
    const key = columns.map((column, i) => ({ column, choice: choices[i]! }))
      .filter(({ column }) => column.keyPosition > 0)
      .sort((a, b) => a.column.keyPosition - b.column.keyPosition)
    const holed = key.find(({ choice }) => choice.nulls > 0)
    if (holed !== undefined) {
      this.note(`the primary key, because ${holed.column.name} holds NULL in ${counted(holed.choice.nulls, 'row')}`)
      return []
    }
    return key.map(({ column }) => column.name)
  }

  private async createSql(choices: readonly ColumnChoice[], key: readonly string[]): Promise<string> {
    const { name, columns } = this.table
    const lines: string[] = []
    for (const [i, column] of columns.entries()) {
      const { type, nulls } = choices[i]!
      const base = `${quoteName(column.name)} ${typeName(type)}`
      const isRequired = column.notNull || key.includes(column.name)
      if (isRequired && nulls > 0) this.note(`NOT NULL of ${column.name}, which holds NULL`)
      const defaultSql = await this.defaultOf(column, base)
      lines.push(`  ${base}${isRequired && nulls === 0 ? ' NOT NULL' : ''}${defaultSql}`)
    }
    if (key.length > 0) lines.push(`  PRIMARY KEY (${key.map(quoteName).join(', ')})`)
    return `CREATE TABLE ${quoteName(name)} (\n${lines.join(',\n')}\n)`
  }

  // A default is kept when a table with it can be made, tried on a database of its own.
  private async defaultOf(column: SqliteColumn, base: string): Promise<string> {
    if (column.defaultSql === null) return ''
    const clause = ` DEFAULT ${defaultText(column.defaultSql)}`
    const scratch = await open(':memory:', { memory: '8MB' })
    try {
      scratch.exec(`CREATE TABLE scratch (${base}${clause}); INSERT INTO scratch DEFAULT VALUES`)
      return clause
    } catch (error) {
      if (!(error instanceof DatabaseError)) throw error
      this.note(`the default ${column.defaultSql} of ${column.name}`)
      return ''
    } finally {
      scratch.close()
    }
  }

  private load(rows: number, choices: readonly ColumnChoice[]): void {
    const { columns, name } = this.table
    const list = choices.map(({ expression }, i) => `${expression} AS c${i}`).join(', ')
    const progress = new Progress(`import ${name}`)
    const loader = this.session.database.table(name).loader()
    let batch: unknown[][] = columns.map(() => [])
    let done = 0
    const flush = (): void => {
      loader.add(Object.fromEntries(columns.map((column, i) => [column.name, batch[i]!])))
      batch = columns.map(() => [])
      progress.update(done / Math.max(rows, 1), done)
    }
    try {
      for (const row of this.source.iterate(`SELECT ${list} FROM ${sqliteName(name)}`)) {
        done++
        for (let i = 0; i < choices.length; i++) {
          batch[i]!.push(this.converted(row[`c${i}`], i, done, choices[i]!))
        }
        if (batch[0]!.length === BATCH_ROWS) flush()
      }
      if (batch[0]!.length > 0) flush()
      loader.finish()
    } catch (error) {
      loader.abort()
      throw error
    } finally {
      progress.finish()
    }
  }

  private converted(value: unknown, column: number, row: number, { convert }: ColumnChoice): unknown {
    if (value === null || convert === null) return value
    try {
      return convert(value)
    } catch (error) {
      if (!(error instanceof DatabaseError)) throw error
      const where = `row ${count(row)}, column ${this.table.columns[column]!.name}`
      throw new DatabaseError(error.code, `${where}: ${error.message}`, { cause: error })
    }
  }

  private makeIndexes(): number {
    let made = 0
    for (const { name, isUnique, columns, obstacle, sql } of this.table.indexes) {
      if (obstacle !== null) {
        this.note(`${sql}, because ${obstacle}`)
        continue
      }
      const place = `${quoteName(this.table.name)} (${columns.map(quoteName).join(', ')})`
      const text = `CREATE ${isUnique ? 'UNIQUE ' : ''}INDEX ${quoteName(name)} ON ${place}`
      try {
        this.session.database.exec(text)
        made++
      } catch (error) {
        if (!(error instanceof DatabaseError) || error.code === CODE.IO || error.code === CODE.DISK_FULL) throw error
        this.note(`${sql} (${error.message.split('\n')[0]})`)
      }
    }
    return made
  }
}

/** A default's text in our dialect: blobs and SQLite's double-quoted strings are spelt differently. */
function defaultText(sql: string): string {
  const blob = /^x'([0-9a-f]*)'$/i.exec(sql)
  if (blob !== null) return `'\\x${blob[1]}'`
  const quoted = /^"(.*)"$/s.exec(sql)
  return quoted === null ? sql : `'${quoted[1]!.replaceAll('""', '"').replaceAll("'", "''")}'`
}
