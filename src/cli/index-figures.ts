// The learned index of a table as text: its figures beside those a B+-tree would have, and a picture of the fit.
// Used by the shell's `.index`, `inspect index` and the demo.

import { BTREE_FANOUT } from '../../index/baseline/btree-index.ts'
import { drawFit, type FitPicture } from '../../index/fit-picture.ts'
import type { GroupFigures, IndexFigures } from '../../storage/mod.ts'
import { isNumeric } from '../base/types.ts'
import { count, counted } from './progress.ts'
import type { Session } from './session.ts'
import { quoteName } from '../sql/quote-name.ts'

const PICTURE_POINTS = 400

/** Bytes of a B+-tree over as many keys, as index/baseline/btree-index.ts lays it out: full nodes, no pointers. */
function btreeBytes(keys: number): number {
  let bytes = keys * 4
  for (let level = keys; ; level = Math.ceil(level / BTREE_FANOUT)) {
    bytes += level * 8
    if (level <= BTREE_FANOUT) return bytes
  }
}

/**
 * Figures of the primary key's index with a picture when the key is one number, and the names of the other indexes;
 * or the figures of one of these.
 */
export function indexLines(session: Session, table: string, index?: string): string[] {
  const handle = session.database.table(table)
  if (index !== undefined) return figureLines(`${table}, ${index}`, handle.index(index), false)
  const { rows } = session.run(`PRAGMA index_list(${quoteName(table)})`).rows!
  return [...keyLines(session, table), ...[...rows].map(([, text]) => String(text))]
}

function keyLines(session: Session, table: string): string[] {
  return figureLines(table, session.database.table(table).index(), keyColumn(session, table) !== null)
}

/** As {@link indexLines}, of figures from anywhere. */
export function figureLines(table: string, figures: IndexFigures, hasNumberKey: boolean): string[] {
  const btree = btreeBytes(figures.keys)
  const { epsilon, maxError, meanError, groups } = figures
  const lines = [
    `learned index of ${table}: ${figures.kind}, ${counted(figures.keys, 'key')} `
      + `in ${counted(groups.length, 'row group')}`,
    `  segments     ${count(figures.segments)} (${count(Math.round(figures.keysPerSegment))} keys each)`,
    `  epsilon      ${epsilon} rows; real error at most ${maxError}, ${meanError.toFixed(2)} on average`,
    `  size         ${count(figures.bytes)} bytes, ${figures.bytesPerKey.toFixed(4)} bytes per key`,
  ]
  if (figures.keys > 0) {
    lines.push(`  B+-tree      ${count(btree)} bytes, ${(btree / figures.keys).toFixed(2)} bytes per key `
      + `(full nodes, no pointers): ${count(Math.round(btree / figures.bytes))} times as many`)
  }
  if (figures.keys > 0) lines.push(`  advice       ${figures.advice}`)
  if (figures.deltaEntries > 0) lines.push(`  not merged   ${count(figures.deltaEntries)} rows wait in the delta`)
  const picture = hasNumberKey ? fitPicture(groups) : null
  return picture === null ? lines : [...lines, '', ...drawFit(picture, { columns: 64, rows: 14 })]
}

/**
 * Keys against rows: the points are keys that start a segment or end a row group, the lines are what the segments
 * predict between them. Null for an empty table.
 */
function fitPicture(groups: readonly GroupFigures[]): FitPicture | null {
  if (groups.length === 0) return null
  const keys: number[] = []
  const rows: number[] = []
  const lineKeys: number[] = []
  const lineRows: number[] = []
  const span = Number(groups.at(-1)!.lastKey) - Number(groups[0]!.firstKey)
  let firstRow = 0
  for (const group of groups) {
    const last = Number(group.lastKey)
    // Keys beyond 2^53 are fitted relative to the group's first key.
    const base = group.lines.length > 0 ? Number(group.firstKey) - group.lines[0]!.key : 0
    group.lines.forEach((line, i) => {
      const from = base + line.key
      const next = group.lines[i + 1]
      const to = next === undefined ? last : base + next.key
      keys.push(from)
      rows.push(firstRow + line.row)
      const steps = Math.max(1, Math.round(((to - from) / span) * PICTURE_POINTS))
      for (let step = 0; step <= steps; step++) {
        const key = from + ((to - from) * step) / steps
        const row = line.row + line.slope * (key - from)
        lineKeys.push(key)
        lineRows.push(firstRow + Math.min(row, next?.row ?? group.rows - 1))
      }
    })
    keys.push(last)
    rows.push(firstRow + group.rows - 1)
    firstRow += group.rows
  }
  return { keys, rows, lineKeys, lineRows }
}

/** The single numeric key column, or null. */
function keyColumn(session: Session, table: string): string | null {
  const { key, columns } = session.database.table(table)
  const only = key.length === 1 ? columns.find((column) => column.name === key[0]) : undefined
  return only !== undefined && isNumeric(only.type) ? only.name : null
}
