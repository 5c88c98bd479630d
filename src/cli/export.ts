// `secantdb export`: a table or a query into a file or to standard output. Values go out with all their digits:
// decimals and microseconds as text, bigints as bigints. A file that could not be finished is removed.

import { unlinkSync } from 'node:fs'
import { extname } from 'node:path'
import type { SinkFormat } from '../formats/format.ts'
import { openSink } from '../formats/open-sink.ts'
import { formatOfName } from '../formats/open-source.ts'
import { count, Progress } from './progress.ts'
import { UsageError } from './report-error.ts'
import { openSession } from './session.ts'
import { quoteName } from '../sql/quote-name.ts'

/** Formats of `export --format`. */
export const SINK_FORMATS = ['csv', 'jsonl', 'json', 'arrow', 'parquet', 'markdown'] as const

/** Options of the export command. */
export interface ExportOptions {
  readonly table?: string
  readonly query?: string
  readonly format?: SinkFormat
}

const PIECE_ROWS = 8192

/** Runs the command. Throws UsageError unless exactly one of table and query is given. */
export async function exportTable(database: string, path: string, options: ExportOptions): Promise<void> {
  if ((options.table === undefined) === (options.query === undefined)) {
    throw new UsageError('export needs either --table or --query')
  }
  const format = options.format ?? formatOfFile(path)
  const sql = options.query ?? `SELECT * FROM ${quoteName(options.table!)}`
  const session = await openSession(database, { readOnly: true })
  try {
    const { rows: result } = session.run(sql)
    if (result === null) throw new UsageError('the query returns no rows to export')
    const target = path === '-' ? process.stdout : path
    const sink = await openSink(target, format, result.columns)
    const progress = new Progress('export')
    let total = 0
    try {
      let piece: (readonly unknown[])[] = []
      for (const row of result.rows) {
        piece.push(row)
        if (piece.length < PIECE_ROWS) continue
        await sink.write(piece)
        total += piece.length
        piece = []
        progress.update(0, total)
      }
      await sink.write(piece)
      total += piece.length
      await sink.close()
    } catch (error) {
      if (path !== '-') unlinkSync(path)
      throw error
    } finally {
      progress.finish()
    }
    process.stderr.write(`exported ${count(total)} rows${path === '-' ? '' : ` to ${path}`}\n`)
  } finally {
    await session.close()
  }
}

function formatOfFile(path: string): SinkFormat {
  if (path === '-') return 'csv'
  const format = extname(path).toLowerCase() === '.md' ? 'markdown' : formatOfName(path)
  if (format !== undefined) return format
  throw new UsageError(`cannot tell the format from the name "${path}"; use --format`)
}
