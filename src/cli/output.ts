// Results on standard output in the format asked for. Tables show the first and last rows of long results, as
// DuckDB does; every other format prints all rows, in pieces, so that memory stays bounded by the source.

import pc from 'picocolors'
import type { ColumnSchema } from '../base/types.ts'
import { isNumeric } from '../base/types.ts'
import type { SinkFormat } from '../formats/format.ts'
import { openSink } from '../formats/open-sink.ts'
import { plainText } from '../formats/text-sinks.ts'
import { formatTable } from './format-table.ts'
import { counted } from './progress.ts'

/** Formats of `--format`. */
export const OUTPUT_FORMATS = ['table', 'csv', 'json', 'jsonl', 'markdown', 'arrow'] as const
export type OutputFormat = (typeof OUTPUT_FORMATS)[number]

/** Rows of one statement. */
export interface ResultRows {
  readonly columns: readonly ColumnSchema[]
  readonly rows: Iterable<readonly unknown[]>
}

const EDGE_ROWS = 20
const PIECE_ROWS = 4096

/** Prints rows to a stream and waits until they are written. */
export async function printRows(result: ResultRows, format: OutputFormat, stream: NodeJS.WriteStream): Promise<void> {
  if (format === 'table') {
    stream.write(tableText(result, stream) + '\n')
    return
  }
  const sink = await openSink(stream, format satisfies SinkFormat, result.columns)
  let piece: (readonly unknown[])[] = []
  for (const row of result.rows) {
    piece.push(row)
    if (piece.length === PIECE_ROWS) {
      await sink.write(piece)
      piece = []
    }
  }
  if (piece.length > 0) await sink.write(piece)
  await sink.close()
}

/** The table and its footer. Plans are printed as plain lines: a box would cut them. */
function tableText({ columns, rows }: ResultRows, stream: NodeJS.WriteStream): string {
  if (columns.length === 1 && columns[0]!.name === 'QUERY PLAN') {
    return Array.from(rows, (row) => String(row[0])).join('\n')
  }
  const first: (string | null)[][] = []
  let last: (string | null)[][] = []
  let total = 0
  for (const row of rows) {
    const cells = columns.map((column, i) => {
      const value = row[i]
      return value === null || value === undefined ? null : plainText(value, column)
    })
    total++
    if (total <= EDGE_ROWS * 2) first.push(cells)
    else {
      last.push(cells)
      if (last.length > EDGE_ROWS * 4) last = last.slice(-EDGE_ROWS)
    }
  }
  const isElided = total > EDGE_ROWS * 2
  const shown = isElided ? [...first.slice(0, EDGE_ROWS), ...[...first, ...last].slice(-EDGE_ROWS)] : first
  const isTty = stream.isTTY === true
  const lines = formatTable(columns.map(({ name, type }) => ({ name, isNumber: isNumeric(type) })), shown, {
    // A terminal of unknown size reports no columns.
    maxWidth: isTty && stream.columns > 0 ? stream.columns : Infinity,
    gapAfter: isElided ? EDGE_ROWS : undefined,
    dim: isTty && pc.isColorSupported ? pc.dim : undefined,
  })
  const rowsText = counted(total, 'row')
  lines.push(isElided ? `(${rowsText}, ${shown.length} shown)` : `(${rowsText})`)
  return lines.join('\n')
}
