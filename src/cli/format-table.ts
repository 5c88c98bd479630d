// Results as box tables. Numbers are right-aligned, widths are terminal columns (East Asian characters take two),
// NULL is shown as NULL, control characters as escapes, and what does not fit is cut with an ellipsis: long
// cells first, then whole columns in the middle, as DuckDB does.

import stringWidth from 'string-width'

/** A column of a printed table. */
export interface TableColumn {
  readonly name: string
  readonly isNumber: boolean
}

/** What to print besides the rows. */
export interface TableOptions {
  /** Terminal columns available; Infinity never cuts. */
  readonly maxWidth: number
  /** Insert a line of dots after this many rows. */
  readonly gapAfter?: number
  /** Marks up NULL (dim on a terminal). */
  readonly dim?: (text: string) => string
}

const ELLIPSIS = '…'
const CELL_MIN = 10

/** Lines of the table, without a footer. Cells are text or null for NULL. */
export function formatTable(
  columns: readonly TableColumn[], rows: readonly (readonly (string | null)[])[], options: TableOptions,
): string[] {
  const cells = rows.map((row) => row.map((cell) => (cell === null ? null : visible(cell))))
  const names = columns.map((column) => visible(column.name))
  const natural = names.map((name, i) =>
    cells.reduce((most, row) => Math.max(most, stringWidth(row[i] ?? 'NULL')), stringWidth(name)))
  const { kept, widths } = fit(natural, options.maxWidth)
  const hasGap = kept.length < columns.length
  const middle = Math.ceil(kept.length / 2)
  const line = (parts: string[], left: string, between: string, right: string): string =>
    left + parts.join(between) + right
  const layout = (cell: (i: number, width: number) => string, dots: string): string[] => {
    const parts = kept.map((column, i) => cell(column, widths[i]!))
    if (hasGap) parts.splice(middle, 0, dots)
    return parts
  }
  const rule = (left: string, between: string, right: string): string =>
    line(layout((_, width) => '─'.repeat(width + 2), '───'), left, between, right)
  const lines = [rule('┌', '┬', '┐'), line(layout((i, width) =>
    ` ${align(names[i]!, width, columns[i]!.isNumber)} `, ` ${ELLIPSIS} `), '│', '│', '│'), rule('├', '┼', '┤')]
  cells.forEach((row, r) => {
    if (r === options.gapAfter) {
      lines.push(line(layout((i, width) => ` ${align('·', width, columns[i]!.isNumber)} `, ' · '), '│', '│', '│'))
    }
    lines.push(line(layout((i, width) => ` ${cellText(row[i]!, width, columns[i]!.isNumber, options)} `,
      ` ${ELLIPSIS} `),
      '│', '│', '│'))
  })
  lines.push(rule('└', '┴', '┘'))
  return lines
}

function cellText(cell: string | null, width: number, isNumber: boolean, options: TableOptions): string {
  if (cell !== null) return align(cell, width, isNumber)
  const text = align('NULL', width, isNumber)
  return options.dim === undefined ? text : options.dim(text)
}

/** Pads to a width, or cuts with an ellipsis. */
function align(text: string, width: number, right: boolean): string {
  const size = stringWidth(text)
  if (size > width) return cut(text, width)
  const blanks = ' '.repeat(width - size)
  return right ? blanks + text : text + blanks
}

function cut(text: string, width: number): string {
  let kept = ''
  let size = 0
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    const step = stringWidth(segment)
    if (size + step > width - 1) break
    kept += segment
    size += step
  }
  return kept + ELLIPSIS + ' '.repeat(width - 1 - size)
}

/** Shrinks the widest columns, then drops columns from the middle, until the table fits. */
function fit(natural: readonly number[], maxWidth: number): { kept: number[]; widths: number[] } {
  let kept = natural.map((_, i) => i)
  for (;;) {
    const isCut = kept.length < natural.length
    const budget = maxWidth - 1 - kept.length * 3 - (isCut ? 4 : 0)
    const widths = shrink(kept.map((i) => natural[i]!), budget)
    if (widths !== null) return { kept, widths }
    if (kept.length <= 2) return { kept, widths: kept.map((i) => Math.min(natural[i]!, CELL_MIN)) }
    const middle = Math.floor(kept.length / 2)
    kept = [...kept.slice(0, middle), ...kept.slice(middle + 1)]
  }
}

/** Widths with the given sum at most, the widest cut first; null when even the narrowest do not fit. */
function shrink(natural: readonly number[], budget: number): number[] | null {
  const sum = (limit: number): number => natural.reduce((total, width) => total + Math.min(width, limit), 0)
  if (sum(Infinity) <= budget) return [...natural]
  let limit = Math.max(...natural)
  while (limit > CELL_MIN && sum(limit) > budget) limit--
  return sum(limit) <= budget ? natural.map((width) => Math.min(width, limit)) : null
}

/** Line breaks and other characters that would break the table, as escapes. */
function visible(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, (char) => {
    if (char === '\n') return '\\n'
    if (char === '\r') return '\\r'
    if (char === '\t') return '\\t'
    // Joiners inside emoji and Indic clusters are part of what is shown.
    return char === '\u200d' ? char : `\\u${char.codePointAt(0)!.toString(16).padStart(4, '0')}`
  })
}
