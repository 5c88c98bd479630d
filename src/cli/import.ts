// `secantdb import`: a file into a table, created with the file's column types when it does not exist. Rows go in
// through one bulk load, in bounded memory whatever the file's size and order. All or nothing: when anything
// fails, no row is imported, and a table made here is dropped again.

import { CODE, DatabaseError } from '../base/errors.ts'
import type { ColumnSchema } from '../base/types.ts'
import type { Source, SourceFormat } from '../formats/format.ts'
import { openSource } from '../formats/open-source.ts'
import { appendColumns } from '../formats/append-columns.ts'
import { count, Progress } from './progress.ts'
import { openSession, type Session } from './session.ts'
import { quoteName } from '../sql/quote-name.ts'
import { createTableSql } from './sql-text.ts'

/** Options of the import command. */
export interface ImportOptions {
  readonly table: string
  readonly key?: string
  readonly format?: SourceFormat
  readonly delimiter?: string
  readonly header?: boolean
  readonly sampleAll?: boolean
  readonly onConflict?: 'replace' | 'skip'
}

/** What an import did. */
export interface ImportReport { readonly rows: number; readonly seconds: number }

/** Runs the command. */
export async function importFile(database: string, path: string, options: ImportOptions): Promise<void> {
  const source = await openSource(path, options)
  try {
    const session = await openSession(database)
    try {
      const { rows, seconds } = await importSource(session, source, options)
      const rate = count(Math.round(rows / Math.max(seconds, 0.001)))
      const timing = `in ${seconds.toFixed(2)} s (${rate} rows/s)`
      process.stderr.write(`imported ${count(rows)} rows into ${options.table} ${timing}\n`)
    } finally {
      await session.close()
    }
  } finally {
    await source.close()
  }
}

/** Fills a table from an open source, creating it when needed. */
export async function importSource(session: Session, source: Source, options: ImportOptions): Promise<ImportReport> {
  const isNew = !session.tableNames().includes(options.table)
  if (isNew) session.database.exec(createTableSql(options.table, source.columns,
    keyColumns(options.key, source.columns)))
  else if (options.key !== undefined) {
    throw new DatabaseError(CODE.DUPLICATE_TABLE, `table "${options.table}" exists already, so --key has no meaning`)
  }
  const progress = new Progress(`import ${options.table}`)
  const table = session.database.table(options.table)
  const conflict = options.onConflict === undefined ? {} : { onConflict: options.onConflict }
  const loader = table.loader(conflict)
  let rows = 0
  try {
    for await (const batch of source.batches()) {
      loader.add(appendColumns(source.columns, batch.columns))
      rows += batch.rowCount
      progress.update(batch.bytesDone / source.bytesTotal, rows)
    }
    rows = loader.finish()
  } catch (error) {
    progress.finish()
    loader.abort()
    if (isNew) session.database.exec(`DROP TABLE ${quoteName(options.table)}`)
    throw error
  }
  return { rows, seconds: progress.finish() }
}

/** Key columns by name, as given after --key; the file's spelling or any case. */
function keyColumns(key: string | undefined, columns: readonly ColumnSchema[]): string[] {
  if (key === undefined) return []
  return key.split(',').map((part) => {
    const name = part.trim()
    const found = columns.find((column) => column.name === name)
      ?? columns.find((column) => column.name.toLowerCase() === name.toLowerCase())
    if (found !== undefined) return found.name
    throw new DatabaseError(CODE.UNDEFINED_COLUMN, `the file has no column "${name}"`, {
      hint: `It has: ${columns.map((column) => column.name).join(', ')}.`,
    })
  })
}
