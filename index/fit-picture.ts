// A picture of a fit for the terminal: keys against rows as braille dots (2 x 4 per character) under the
// lines of the segments, and a bar chart of the prediction errors. Pure: numbers in, lines of text out, no
// colour and no terminal control, so the demo, the shell's `.index` and tests share it.
//
//   braille cell, bit of each dot:   0 3      U+2800 + bits
//                                    1 4
//                                    2 5
//                                    6 7
import { assert } from '../src/base/assert.ts'
import type { ErrorHistogram } from './index-stats.ts'
import { createSearchBound, searchBound } from './learned-index.ts'
import type { SegmentTable } from './segment-table.ts'

/** What to draw; keys are ascending and finite, `rows[i]` is the row of `keys[i]`. */
export interface FitPicture {
  readonly keys: ArrayLike<number>
  readonly rows: ArrayLike<number>
  /** The lines drawn among the points: predicted rows at `lineKeys` (see {@link sampleFit}). */
  readonly lineKeys: ArrayLike<number>
  readonly lineRows: ArrayLike<number>
}

/** Size of a picture in characters. */
export interface PictureSize {
  readonly columns: number
  readonly rows: number
}

const DOT_BITS = [[0, 1, 2, 6], [3, 4, 5, 7]] as const

/**
 * Samples at most `points` finite keys and as many predictions on an even grid of keys, so that the picture's
 * cost does not depend on the table's size. `rowOffset` is added to all rows (a group inside its table).
 */
export function sampleFit(
  model: SegmentTable, keys: Float64Array, points: number, rowOffset = 0,
): FitPicture {
  assert(keys.length >= model.keys && points >= 2, 'fit picture: keys or points are missing')
  const { begin, end } = model
  const count = Math.min(points, end - begin)
  const step = count > 1 ? (end - 1 - begin) / (count - 1) : 0
  const rows = Float64Array.from({ length: count }, (_, i) => begin + Math.round(i * step))
  const sampled = rows.map((row) => keys[row]!)
  const first = sampled[0] ?? 0
  const span = (sampled[count - 1] ?? 0) - first
  const bound = createSearchBound()
  const line = { length: count === 0 ? 0 : points }
  const lineKeys = Float64Array.from(line, (_, i) => first + span * (i / (points - 1)))
  const lineRows = lineKeys.map((key) => {
    searchBound(model, key, bound)
    return bound.pos + rowOffset
  })
  return { keys: sampled, rows: rows.map((row) => row + rowOffset), lineKeys, lineRows }
}

/**
 * Draws the picture: keys to the right, rows upwards, a frame with the first and last key and row. Returns
 * size.rows + 3 lines of size.columns characters plus labels; without points a single line says so.
 */
export function drawFit(picture: FitPicture, size: PictureSize): string[] {
  const { keys, rows } = picture
  if (keys.length === 0) return ['(no finite keys)']
  const width = Math.max(2, size.columns), height = Math.max(2, size.rows)
  const cells = new Uint8Array(width * height)
  const minKey = keys[0]!, maxKey = keys[keys.length - 1]!
  const minRow = rows[0]!, maxRow = rows[rows.length - 1]!
  const plot = (key: number, row: number): void => {
    const x = scale(key, minKey, maxKey, width * 2)
    const y = height * 4 - 1 - scale(row, minRow, maxRow, height * 4)
    const at = (y >> 2) * width + (x >> 1)
    cells[at] = cells[at]! | (1 << DOT_BITS[x & 1]![y & 3]!)
  }
  for (let i = 0; i < keys.length; i++) plot(keys[i]!, rows[i]!)
  for (let i = 0; i < picture.lineKeys.length; i++) plot(picture.lineKeys[i]!, picture.lineRows[i]!)
  const top = String(maxRow), bottom = String(minRow)
  const margin = Math.max(top.length, bottom.length)
  const lines = ['row'.padStart(margin)]
  for (let line = 0; line < height; line++) {
    const label = line === 0 ? top : line === height - 1 ? bottom : ''
    const bits = cells.subarray(line * width, (line + 1) * width)
    const dots = Array.from(bits, (dot) => String.fromCharCode(0x2800 + dot))
    lines.push(`${label.padStart(margin)} │${dots.join('')}`)
  }
  const from = shortNumber(minKey), to = shortNumber(maxKey)
  lines.push(`${' '.repeat(margin)} └${'─'.repeat(width)} key`)
  lines.push(`${' '.repeat(margin + 2)}${from} ${to.padStart(width - from.length - 1)}`)
  return lines
}

// Dot of a value in [min, max] among `dots`; spans that overflow are halved first.
function scale(value: number, min: number, max: number, dots: number): number {
  const span = max / 2 - min / 2
  const share = span > 0 ? (value / 2 - min / 2) / span : 0
  return Math.max(0, Math.min(dots - 1, Math.round(share * (dots - 1))))
}

const BARS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉']

/**
 * One line per bucket: the errors it spans (row - predicted row), a bar, the number of keys and their share.
 */
export function drawErrors(histogram: ErrorHistogram, barColumns: number): string[] {
  const { edges, counts } = histogram
  let most = 0
  let total = 0
  for (const count of counts) {
    most = Math.max(most, count)
    total += count
  }
  if (total === 0) return ['(no finite keys)']
  const labels = Array.from(counts, (_, i) => bucketLabel(edges[i]!, edges[i + 1]!))
  const margin = Math.max(...labels.map((label) => label.length))
  return Array.from(counts, (count, i) => {
    const eighths = Math.round(count / most * barColumns * 8)
    const bar = '█'.repeat(eighths >> 3) + BARS[eighths & 7]!
    return `${labels[i]!.padStart(margin)} │${bar} ${count} (${(count / total * 100).toFixed(1)} %)`
  })
}

// The whole errors in [from, to): '-2', or '-16..-12'.
function bucketLabel(from: number, to: number): string {
  const first = Math.ceil(from - 1e-9), last = Math.ceil(to - 1e-9) - 1
  return first >= last ? String(first) : `${first}..${last}`
}

function shortNumber(value: number): string {
  const plain = String(value)
  return plain.length <= 16 ? plain : value.toPrecision(6)
}
