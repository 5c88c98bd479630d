// `npm start`: makes a database file, loads real data into it (every character this Node's Unicode tables assign,
// and two million orders), and shows one point, one range and one scan query on each with the plan that ran, the
// learned index's figures and a picture of its fit. `npm start -- FILE --key COLUMN` does the same with a CSV,
// JSON, Parquet or Arrow file of the user's. On a terminal it ends in the SQL shell.

import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, extname, join } from 'node:path'
import { parseArgs } from 'node:util'
import pc from 'picocolors'
import { CODE, DatabaseError } from '../src/base/errors.ts'
import { Random } from '../src/base/random.ts'
import { isNumeric } from '../src/base/types.ts'
import { appendColumns } from '../src/formats/append-columns.ts'
import { importSource } from '../src/cli/import.ts'
import { indexLines } from '../src/cli/index-figures.ts'
import { printRows } from '../src/cli/output.ts'
import { count, Progress } from '../src/cli/progress.ts'
import { EXIT, printError, UsageError } from '../src/cli/report-error.ts'
import { openSession, type Session } from '../src/cli/session.ts'
import { runShell } from '../src/cli/shell.ts'
import { quoteName } from '../src/sql/quote-name.ts'
import { openSource } from '../src/formats/open-source.ts'
import { ordersTable } from './orders.ts'
import { unicodeTable, type TableData } from './unicode.ts'

const ORDERS = 2_000_000
const PIECE_ROWS = 250_000
const GETS = 100_000

/** Three queries that show the three access paths. */
interface Tour { readonly point: string; readonly range: string; readonly scan: string }

function say(text = ''): void {
  process.stdout.write(text + '\n')
}

function heading(text: string): void {
  say('\n' + pc.bold(text))
}

/** Creates a table and loads its rows piece by piece. */
function load(session: Session, table: TableData): void {
  session.database.exec(table.createSql)
  const progress = new Progress(`loading ${table.name}`)
  const loader = session.database.table(table.name).loader()
  for (let begin = 0; begin < table.rowCount; begin += PIECE_ROWS) {
    loader.add(appendColumns(table.columns, table.data.map((data) => data.slice(begin, begin + PIECE_ROWS))))
    const done = Math.min(table.rowCount, begin + PIECE_ROWS)
    progress.update(done / table.rowCount, done)
  }
  loader.finish()
  const seconds = progress.finish()
  say(`${table.name}: ${count(table.rowCount)} rows appended in ${seconds.toFixed(2)} s `
    + `(${count(Math.round(table.rowCount / seconds))} rows/s)`)
}

/** Shows the index and runs the three queries with their plans. */
async function show(session: Session, table: string, tour: Partial<Tour>): Promise<void> {
  const [title, ...figures] = indexLines(session, table)
  heading(title!)
  for (const line of figures) say(line)
  for (const [path, sql] of Object.entries(tour)) {
    heading(`${table}: a ${path} query`)
    say(pc.cyan(sql))
    await printRows(session.run(`EXPLAIN ANALYZE ${sql}`).rows!, 'table', process.stdout)
    const started = performance.now()
    const { columns, rows } = session.run(sql).rows!
    const all = [...rows]
    const first = performance.now() - started
    await printRows({ columns, rows: all }, 'table', process.stdout)
    say(pc.dim(`first run ${first.toFixed(2)} ms, prepared and warm ${warmMs(session, sql).toFixed(3)} ms`))
  }
}

/** Median of repeated runs of a prepared statement, within a quarter of a second. */
function warmMs(session: Session, sql: string): number {
  const statement = session.database.prepare(sql)
  const times: number[] = []
  const stop = performance.now() + 250
  do {
    const started = performance.now()
    statement.raw()
    times.push(performance.now() - started)
  } while (performance.now() < stop && times.length < 1000)
  return times.sort((a, b) => a - b)[times.length >> 1]!
}

/** Cost of `table.get` on random existing keys. */
function timeGets(session: Session, name: string, keys: ArrayLike<number>): void {
  const table = session.database.table(name)
  const random = new Random(7)
  const picked = Array.from({ length: GETS }, () => keys[random.below(keys.length)]!)
  for (let i = 0; i < 20_000; i++) table.get(picked[i]!)
  const started = performance.now()
  let found = 0
  for (const key of picked) if (table.get(key) !== undefined) found++
  const micros = ((performance.now() - started) * 1000) / GETS
  say(`table('${name}').get(key): ${micros.toFixed(2)} µs each over ${count(GETS)} random keys, ${count(found)} found`)
}

const UNICODE_TOUR: Tour = {
  point: 'SELECT code_point, char, category, script, width, utf8_bytes FROM unicode WHERE code_point = 128512',
  range: 'SELECT notation, char, category, lower, decomposition FROM unicode WHERE code_point BETWEEN 192 AND 203',
  scan: `SELECT script, count(*) AS characters, min(code_point) AS first, max(code_point) AS last,
  sum(utf8_bytes) AS bytes
FROM unicode WHERE category <> 'Co' GROUP BY script ORDER BY characters DESC LIMIT 10`,
}

function ordersTour(ids: ArrayLike<number>): Tour {
  const middle = ids[ids.length >> 1]!
  return {
    point: `SELECT * FROM orders WHERE order_id = ${middle}`,
    range: `SELECT order_id, order_date, status, quantity, price, note FROM orders
WHERE order_id >= ${middle} AND order_id < ${middle + 12}`,
    scan: `SELECT status, count(*) AS orders, sum(quantity) AS pieces, sum(price * quantity) AS revenue,
  max(order_date) AS latest
FROM orders WHERE order_date >= DATE '2018-01-01' GROUP BY status ORDER BY revenue DESC`,
  }
}

async function showBuiltIn(session: Session): Promise<void> {
  const unicode = unicodeTable()
  load(session, unicode)
  const orders = ordersTable(ORDERS)
  load(session, orders)
  await show(session, 'unicode', UNICODE_TOUR)
  const ids = orders.data[0] as Float64Array
  await show(session, 'orders', ordersTour(ids))
  heading('Point reads without SQL')
  timeGets(session, 'unicode', unicode.data[0] as Int32Array)
  timeGets(session, 'orders', ids)
}

/** Imports a user's file; without --key, its first column when that is unique. */
async function showFile(session: Session, path: string, key: string | undefined): Promise<void> {
  const table = basename(path, extname(path)).toLowerCase().replace(/[^a-z0-9_]+/g, '_') || 'data'
  const keyName = await importWithKey(session, path, table, key)
  await show(session, table, fileTour(session, table, keyName))
}

async function importWithKey(session: Session, path: string, table: string,
  key: string | undefined): Promise<string | null> {
  const source = await openSource(path)
  try {
    const wanted = key ?? source.columns[0]!.name
    const run = async (chosen: string | undefined): Promise<void> => {
      const { rows, seconds } = await importSource(session, source,
        { table, key: chosen })
      say(`${table}: ${count(rows)} rows imported in ${seconds.toFixed(2)} s`
        + (chosen === undefined ? ', without a key' : `, key ${chosen}`))
    }
    try {
      await run(wanted)
      return wanted
    } catch (error) {
      const isNoKey = error instanceof DatabaseError && (error.code === CODE.UNIQUE || error.code === CODE.NOT_NULL)
      if (key !== undefined || !isNoKey) throw error
      say(pc.dim(`${wanted} is not unique: ${error.message}`))
      await run(undefined)
      return null
    }
  } finally {
    await source.close()
  }
}

/** Queries over whatever the file holds: one key, ten keys in a row, and an aggregate. */
function fileTour(session: Session, table: string, key: string | null): Partial<Tour> {
  const name = quoteName(table)
  const columns = session.run(`SELECT * FROM ${name} LIMIT 0`).rows!.columns
  const numbers = columns.filter((column) => isNumeric(column.type) && column.name !== key).slice(0, 3)
  const sums = numbers.flatMap(({ name: one }) => ['min', 'avg', 'max'].map((figure) =>
    `, ${figure}(${quoteName(one)}) AS ${quoteName(`${figure} ${one}`)}`))
  const scan = `SELECT count(*) AS rows${sums.join('')} FROM ${name}`
  if (key === null) return { scan }
  const column = quoteName(key)
  const total = Number([...session.run(`SELECT count(*) FROM ${name}`).rows!.rows][0]![0])
  const offset = Math.max(0, (total >> 1) - 5)
  const keys = session.run(`SELECT ${column} FROM ${name} ORDER BY ${column} LIMIT 10 OFFSET ${offset}`).rows!
  const middle = [...keys.rows].map((row) => literal(row[0]))
  if (middle.length === 0) return { scan }
  return {
    point: `SELECT * FROM ${name} WHERE ${column} = ${middle[middle.length >> 1]}`,
    range: `SELECT * FROM ${name} WHERE ${column} BETWEEN ${middle[0]} AND ${middle.at(-1)}`,
    scan,
  }
}

function literal(value: unknown): string {
  return typeof value === 'number' || typeof value === 'bigint' ? String(value)
    : `'${String(value).replaceAll("'", "''")}'`
}

async function start(argv: readonly string[]): Promise<void> {
  const { values, positionals } = parseArgs({ args: [...argv], options: { key: { type: 'string' } },
    allowPositionals: true })
  if (positionals.length > 1) throw new UsageError('usage: npm start [-- FILE [--key COLUMN]]')
  const path = join(mkdtempSync(join(tmpdir(), 'secantdb-')), 'demo.sdb')
  const started = performance.now()
  const session = await openSession(path)
  try {
    say(`database file: ${pc.bold(path)}`)
    if (positionals[0] === undefined) await showBuiltIn(session)
    else await showFile(session, positionals[0], values.key)
    session.database.checkpoint()
    const { file } = session.database.stats()
    heading('Done')
    say(`${((performance.now() - started) / 1000).toFixed(1)} s in all; ${count(file.bytes)} bytes in ${path}`)
    say(`Look further with: npx secantdb ${path}`)
    if (process.stdin.isTTY && process.stdout.isTTY) await runShell(session, 'table')
  } finally {
    await session.close()
  }
}

try {
  await start(process.argv.slice(2))
} catch (error) {
  const isUsage = error instanceof UsageError || (error as { code?: string })
    .code?.startsWith('ERR_PARSE_ARGS') === true
  printError(isUsage && error instanceof Error ? new UsageError(error.message) : error)
  process.exitCode = isUsage ? EXIT.usage : EXIT.error
}
