// The learned index of a table as text: its figures beside those a B+-tree would have, and a picture of the fit.
// Used by the shell's `.index`, `inspect index` and the demo.

import { drawFit, type FitPicture } from '../../index/fit-picture.ts'
import { isNumeric } from '../base/types.ts'
import { count } from './progress.ts'
import type { Session } from './session.ts'

const PICTURE_POINTS = 400

/**
 * Bytes per key of a B+-tree over the same keys: 4 KiB nodes two thirds full, 8-byte keys and 8-byte row
 * addresses in the leaves, one key and one pointer per child above them.
 */
function btreeBytesPerKey(keys: number): number {
  const perNode = Math.floor((4096 * 2 / 3) / 16)
  let nodes = 0
  for (let level = Math.ceil(keys / perNode); ; level = Math.ceil(level / perNode)) {
    nodes += level
    if (level <= 1) break
  }
  return keys === 0 ? 0 : (nodes * 4096) / keys
}

/** Figures of the primary key's index, and a picture when the key is one number. */
export function indexLines(session: Session, table: string): string[] {
  const figures = session.database.table(table).index()
  const btree = btreeBytesPerKey(figures.keys)
  const { epsilon, maxError, meanError, groups } = figures
  const lines = [
    `learned index of ${table}: ${figures.kind}, ${count(figures.keys)} keys in ${count(groups.length)} row groups`,
    `  segments     ${count(figures.segments)} (${count(Math.round(figures.keysPerSegment))} keys each)`,
    `  epsilon      ${epsilon} rows; real error at most ${maxError}, ${meanError.toFixed(2)} on average`,
    `  size         ${count(figures.bytes)} bytes, ${figures.bytesPerKey.toFixed(4)} bytes per key`,
  ]
  if (figures.keys > 0) {
    lines.push(`  B+-tree      ${btree.toFixed(2)} bytes per key (4 KiB nodes, two thirds full): `
      + `${count(Math.round(btree / Math.max(figures.bytesPerKey, 1e-9)))} times as many`)
  }
  lines.push(`  advice       ${figures.advice}`)
  if (figures.deltaEntries > 0) lines.push(`  not merged   ${count(figures.deltaEntries)} rows wait in the delta`)
  const picture = fitPicture(session, table)
  return picture === null ? lines : [...lines, '', ...drawFit(picture, { columns: 64, rows: 14 })]
}

/** One line per row group. */
export function groupLines(session: Session, table: string): string[] {
  return session.database.table(table).index().groups.map((group, i) => [
    `group ${i}: keys ${group.firstKey} to ${group.lastKey}`, `${count(group.rows)} rows`,
    `${count(group.deadRows)} dead`, group.kind, `${count(group.segments)} segments`, `epsilon ${group.epsilon}`, `error at most ${group.maxError}`,
    `${group.meanError.toFixed(2)} on average`, `${count(group.bytes)} bytes`,
  ].join(', '))
}

/** Keys against rows, sampled; null unless the key is a single number. */
function fitPicture(session: Session, table: string): FitPicture | null {
  const key = keyColumn(session, table)
  if (key === null) return null
  const { groups } = session.database.table(table).index()
  const keys: number[] = []
  const rows: number[] = []
  const lineKeys: number[] = []
  const lineRows: number[] = []
  let firstRow = 0
  for (const group of groups) {
    const first = Number(group.firstKey)
    const last = Number(group.lastKey)
    // The ends of each group are exact points; between them the segments say how keys run.
    keys.push(first, last)
    rows.push(firstRow, firstRow + group.rows - 1)
    const step = Math.max(1, Math.ceil((group.lines.length * groups.length) / PICTURE_POINTS))
    for (let i = 0; i < group.lines.length; i += step) {
      const line = group.lines[i]!
      lineKeys.push(first + line.key)
      lineRows.push(firstRow + line.row)
    }
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
