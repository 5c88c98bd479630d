// COPY, as execute() runs it: a file into a table, or a table or query into a file.
//
// FROM reads with the types of the table, not with guessed ones. Outside of a transaction, when all columns are given,
// rows go through a bulk load in bounded memory; else, and when that load is refused, they are gathered and
// inserted one by one in one transaction (a savepoint of the one that is open), where keys, checks, foreign keys,
// generated and identity columns hold as in any INSERT.
// Either way all rows come, or none: an error names file and line.
import { extname } from 'node:path'
import { CODE, DatabaseError } from '../base/errors.ts'
import type { ColumnSchema, TableSchema } from '../base/types.ts'
import { appendColumns } from '../formats/append-columns.ts'
import type { AppendColumn } from '../formats/append-columns.ts'
import { openByteSink } from '../formats/byte-sink.ts'
import { isEmptyFile, replaceFile, spoolStream } from '../formats/copy-files.ts'
import { copyTextSink, openCopyText } from '../formats/copy-text.ts'
import type { TextLayout } from '../formats/copy-text.ts'
import type { Sink, Source } from '../formats/format.ts'
import { openSink } from '../formats/open-sink.ts'
import { formatOfName, openSource } from '../formats/open-source.ts'
import type { CopyFormat, CopyOptions, CopyStatement } from '../sql/ast-copy.ts'
import { quoteName } from '../sql/quote-name.ts'
import type { ExecuteOptions } from './execute.ts'
import type { Session } from './session.ts'
import type { Statement } from './statement.ts'
import { TableHandle } from './table-handle.ts'
import { transaction } from './transaction.ts'

const PIECE_ROWS = 4096

/** What COPY needs of its connection. */
export interface CopyHost {
  readonly session: Session
  readonly prepare: (sql: string) => Statement
}

/** Runs the statement; resolves with the number of rows. */
export async function copy(host: CopyHost, statement: CopyStatement, given: ExecuteOptions): Promise<number> {
  host.session.assertReady()
  const timeoutMs = given.timeoutMs || host.session.statementTimeoutMs
  const signals = [given.signal ?? [], timeoutMs > 0 ? AbortSignal.timeout(timeoutMs) : []].flat()
  const options = signals.length === 0 ? given : { ...given, signal: AbortSignal.any(signals) }
  assertNotAborted(options.signal)
  const format = formatOf(statement)
  checkOptions(statement.options, format)
  try {
    if (statement.direction === 'to') return await copyTo(host, statement, format, options)
    if (statement.path !== null) return await copyFrom(host, statement, format, statement.path, options)
    if (options.stdin === undefined) throw noStream('FROM STDIN', 'stdin')
    return await spoolStream(options.stdin, path => copyFrom(host, statement, format, path, options))
  } catch (error) {
    // As any statement that fails in a transaction.
    host.session.fail()
    throw error
  }
}

function noStream(what: string, option: string): DatabaseError {
  return new DatabaseError(CODE.UNSUPPORTED, `COPY ${what} needs a stream`, {
    hint: `Give one: db.execute('COPY …', [], { ${option} }), or name a file.`,
  })
}

function assertNotAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted !== true) return
  throw new DatabaseError(CODE.CANCELLED, 'the statement was cancelled', { cause: signal.reason })
}

// What the statement says, else what the name ends in, else PostgreSQL's text.
function formatOf({ options, path }: CopyStatement): CopyFormat {
  if (options.format !== undefined) return options.format
  if (path === null || extname(path).toLowerCase() === '.txt') return 'text'
  return formatOfName(path) ?? 'text'
}

function checkOptions(options: CopyOptions, format: CopyFormat): void {
  const refuse = (name: string): DatabaseError =>
    new DatabaseError(CODE.UNSUPPORTED, `COPY ${name} does not apply to the format ${format}`)
  const isText = format === 'csv' || format === 'text'
  if (options.delimiter !== undefined && !isText) throw refuse('DELIMITER')
  if (options.nullText !== undefined && !isText) throw refuse('NULL')
  if (options.header !== undefined && !isText) throw refuse('HEADER')
  if (options.quote !== undefined && format !== 'csv') throw refuse('QUOTE')
  if (options.escape !== undefined && format !== 'csv') throw refuse('ESCAPE')
}

function layoutOf(options: CopyOptions, format: 'csv' | 'text', path: string | null): TextLayout {
  const { header } = options
  const isTabs = format === 'text' || (path !== null && extname(path).toLowerCase() === '.tsv')
  const delimiter = options.delimiter ?? (isTabs ? '\t' : ',')
  if (format === 'text') {
    return { delimiter, nullText: options.nullText ?? '\\N', quote: null, escape: '\\', header: header ?? false }
  }
  const quote = options.quote ?? '"'
  return { delimiter, nullText: options.nullText ?? '', quote, escape: options.escape ?? quote, header }
}

/** The table and the columns that take part: those listed, else all but the generated ones. */
function targetOf(session: Session, statement: CopyStatement): { schema: TableSchema; columns: ColumnSchema[] } {
  const name = statement.table.join('.')
  const schema = session.catalog.schema(name)
  if (schema === undefined) throw new DatabaseError(CODE.UNDEFINED_TABLE, `table "${name}" does not exist`)
  const visible = schema.columns.filter(column => column.hidden !== true)
  if (statement.columns === null) return { schema, columns: visible.filter(one => one.generatedSql === undefined) }
  const columns = statement.columns.map(wanted => {
    const found = visible.find(column => column.name === wanted)
      ?? visible.find(column => column.name.toLowerCase() === wanted.toLowerCase())
    if (found !== undefined) return found
    throw new DatabaseError(CODE.UNDEFINED_COLUMN, `column "${wanted}" of table "${name}" does not exist`)
  })
  const twice = columns.find((column, i) => columns.indexOf(column) !== i)
  if (twice === undefined) return { schema, columns }
  throw new DatabaseError(CODE.DUPLICATE_COLUMN, `column "${twice.name}" specified more than once`)
}

async function copyTo(
  host: CopyHost, statement: CopyStatement, format: CopyFormat, options: ExecuteOptions,
): Promise<number> {
  const { path } = statement
  const prepared = host.prepare(statement.query ?? selectOf(host.session, statement))
  if (prepared.columns.length === 0) {
    throw new DatabaseError(CODE.UNSUPPORTED, 'COPY query must have a RETURNING clause or be a query')
  }
  if (path === null && options.stdout === undefined) throw noStream('TO STDOUT', 'stdout')
  const write = async (target: string | NonNullable<ExecuteOptions['stdout']>): Promise<number> => {
    const sink = await sinkOf(target, format, prepared.columns, statement)
    try {
      const rows = await writeRows(prepared, sink, options.signal)
      await sink.close()
      return rows
    } catch (error) {
      if (path !== null) await sink.close().catch(() => undefined)
      throw error
    }
  }
  return path === null ? write(options.stdout!) : replaceFile(path, write)
}

function selectOf(session: Session, statement: CopyStatement): string {
  const { columns } = targetOf(session, statement)
  const names = columns.map(({ name }) => quoteName(name)).join(', ')
  return `SELECT ${names} FROM ${statement.table.map(quoteName).join('.')}`
}

async function sinkOf(
  target: string | NonNullable<ExecuteOptions['stdout']>, format: CopyFormat, columns: readonly ColumnSchema[],
  { options, path }: CopyStatement,
): Promise<Sink> {
  if (format !== 'csv' && format !== 'text') return openSink(target, format, columns)
  const layout = layoutOf(options, format, path)
  return copyTextSink(await openByteSink(target), columns, { ...layout, header: layout.header ?? true })
}

async function writeRows(prepared: Statement, sink: Sink, signal: AbortSignal | undefined): Promise<number> {
  const names = prepared.columns.map(column => column.name)
  // Row objects come in bounded memory; they cannot hold two columns of one name.
  const isNamed = new Set(names).size === names.length
  const rows: Iterable<unknown> = isNamed ? prepared.iterate() : prepared.raw()
  let total = 0
  let piece: (readonly unknown[])[] = []
  const flush = async (): Promise<void> => {
    await sink.write(piece)
    total += piece.length
    piece = []
    assertNotAborted(signal)
  }
  for (const row of rows) {
    piece.push(isNamed ? names.map(name => (row as Record<string, unknown>)[name]) : row as readonly unknown[])
    if (piece.length === PIECE_ROWS) await flush()
  }
  if (piece.length > 0) await flush()
  return total
}

async function copyFrom(
  host: CopyHost, statement: CopyStatement, format: CopyFormat, path: string, options: ExecuteOptions,
): Promise<number> {
  const target = targetOf(host.session, statement)
  const generated = target.columns.find(column => column.generatedSql !== undefined)
  if (generated !== undefined) {
    throw new DatabaseError(CODE.SYNTAX, `column "${generated.name}" is a generated column`,
      { detail: 'Generated columns cannot be used in COPY.' })
  }
  const shown = statement.path ?? 'STDIN'
  if (format !== 'parquet' && format !== 'arrow' && await isEmptyFile(path)) return 0
  const source = await openTyped(path, format, target.columns, statement).catch((error: unknown) => {
    throw named(error, shown)
  })
  try {
    const columns = fileColumns(source, target.columns, shown)
    const job = { host, statement, source, columns, signal: options.signal, schema: target.schema }
    const loaded = await bulkLoad(job)
    return loaded ?? await insertRows(job)
  } catch (error) {
    throw named(error, shown)
  } finally {
    await source.close()
  }
}

interface CopyJob {
  readonly host: CopyHost
  readonly statement: CopyStatement
  readonly source: Source
  readonly columns: readonly ColumnSchema[]
  readonly schema: TableSchema
  readonly signal: AbortSignal | undefined
}

function named(error: unknown, path: string): unknown {
  if (!(error instanceof DatabaseError) || error.message.includes(`"${path}"`)) return error
  const { line, column, detail } = error
  return new DatabaseError(error.code, `"${path}", ${error.message}`, {
    file: path, cause: error, ...(line === undefined ? {} : { line }), ...(column === undefined ? {} : { column }),
    ...(detail === undefined ? {} : { detail }),
  })
}

function openTyped(
  path: string, format: CopyFormat, columns: readonly ColumnSchema[], { options, path: given }: CopyStatement,
): Promise<Source> {
  if (format !== 'csv' && format !== 'text') return openSource(path, { format, columns })
  const layout = layoutOf(options, format, given)
  const { delimiter, header } = layout
  const isUsual = layout.quote === '"' && layout.escape === '"' && layout.nullText === ''
  if (!isUsual) return openCopyText(path, columns, layout)
  return openSource(path, { format: 'csv', columns, delimiter, ...(header === undefined ? {} : { header }) })
}

/** The columns of the source under the names of the table: by name when all are there, else by position. */
function fileColumns(source: Source, wanted: readonly ColumnSchema[], path: string): ColumnSchema[] {
  const byName = (name: string): ColumnSchema | undefined =>
    wanted.find(one => one.name === name) ?? wanted.find(one => one.name.toLowerCase() === name.toLowerCase())
  if (source.columns.every(({ name }) => byName(name) !== undefined)) {
    return source.columns.map(one => ({ ...one, name: byName(one.name)!.name }))
  }
  if (source.columns.length === wanted.length) {
    return source.columns.map((one, i) => ({ ...one, name: wanted[i]!.name }))
  }
  throw new DatabaseError(CODE.INVALID_TEXT,
    `"${path}" has ${source.columns.length} columns, expected ${wanted.length}`, {
      hint: `It has: ${source.columns.map(({ name }) => name).join(', ')}.`,
    })
}

/** Rows loaded, or null when they have to be inserted one by one. */
async function bulkLoad({ host, statement, source, columns, schema, signal }: CopyJob): Promise<number | null> {
  const { session } = host
  const given = new Set(columns.map(({ name }) => name))
  const isPlain = schema.columns.every(one => one.generatedSql === undefined && one.identity === undefined
    && (one.hidden === true || given.has(one.name) || one.defaultSql === undefined))
  if (session.transaction !== null || !isPlain) return null
  let loader: ReturnType<TableHandle['loader']>
  try {
    loader = new TableHandle(session, schema.name || statement.table.join('.')).loader()
  } catch (error) {
    if (error instanceof DatabaseError && error.code === CODE.UNSUPPORTED) return null
    throw error
  }
  try {
    for await (const batch of source.batches()) {
      assertNotAborted(signal)
      loader.add(appendColumns(columns, batch.columns))
    }
    return loader.finish()
  } catch (error) {
    loader.abort()
    // A load does not know the line of a row that breaks a constraint; inserts do.
    if (error instanceof DatabaseError && error.code.startsWith('23')) return null
    throw error
  }
}

interface Piece {
  readonly data: readonly AppendColumn[]
  readonly rowCount: number
  readonly first: number
  readonly lines: Int32Array | undefined
}

async function insertRows({ host, statement, source, columns, signal }: CopyJob): Promise<number> {
  const pieces: Piece[] = []
  let rows = 0
  for await (const { rowCount, columns: data, lines } of source.batches()) {
    assertNotAborted(signal)
    const values = appendColumns(columns, data)
    pieces.push({ data: columns.map(({ name }) => values[name]!), rowCount, first: rows, lines })
    rows += rowCount
  }
  const names = columns.map(({ name }) => quoteName(name)).join(', ')
  const marks = columns.map(() => '?').join(', ')
  const table = statement.table.map(quoteName).join('.')
  // Identity columns take what the file says, as in PostgreSQL.
  const insert = host.prepare(`INSERT INTO ${table} (${names}) OVERRIDING SYSTEM VALUE VALUES (${marks})`)
  transaction(host.session, () => {
    for (const piece of pieces) insertPiece(insert, piece)
  })
  return rows
}

function insertPiece(insert: Statement, { data, rowCount, first, lines }: Piece): void {
  for (let row = 0; row < rowCount; row++) {
    try {
      insert.run(data.map(column => column[row]) as never)
    } catch (error) {
      if (!(error instanceof DatabaseError)) throw error
      const place = lines === undefined ? `record ${first + row + 1}` : `line ${lines[row]}`
      throw new DatabaseError(error.code, `${place}: ${error.message}`, {
        cause: error, line: lines?.[row] ?? first + row + 1,
        ...(error.detail === undefined ? {} : { detail: error.detail }),
      })
    }
  }
}
