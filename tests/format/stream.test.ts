// Where docs/FORMAT.md says the parts of a row group lie: fixed parts aligned so that a scan batch stays in
// one page (two for 16-byte values), text so that no string straddles a page, everything inside, nothing
// twice.
import { expect, test } from 'vitest'
import { Random } from '../../src/base/random.ts'
import { BOOLEAN, DOUBLE, INTEGER, SMALLINT, TEXT, decimalType } from '../../src/base/types.ts'
import type { Scalar, SqlType } from '../../src/base/types.ts'
import { BATCH_ROWS, LAYOUT_WIDTH } from '../../storage/column-buffers.ts'
import { NO_PART } from '../../storage/row-group/column-chunk.ts'
import { ColumnStage } from '../../storage/row-group/staged-column.ts'
import { planStream } from '../../storage/row-group/stream.ts'
import type { StreamPlan } from '../../storage/row-group/stream.ts'

const PAGE = 65536
const WIDE = decimalType(30, 0)
const TYPES: readonly SqlType[] = [INTEGER, TEXT, WIDE, BOOLEAN, DOUBLE, SMALLINT, TEXT]

function value(random: Random, type: SqlType, row: number, longest: number): Scalar {
  if (random.chance(0.1)) return null
  if (type === TEXT) return `${row}${'x'.repeat(random.below(random.chance(0.01) ? longest : 30))}`
  if (type === WIDE) return BigInt(row) ** 3n
  if (type === DOUBLE) return row / 7
  return type === INTEGER ? random.below(1e9) : random.below(type === BOOLEAN ? 2 : 1000)
}

function plan(random: Random, rows: number, longest: number): StreamPlan {
  const columns = TYPES.map((type) => {
    const stage = new ColumnStage(type, rows)
    for (let row = 0; row < rows; row++) stage.append(value(random, type, row, longest))
    return stage
  })
  return planStream(columns, 0, rows)
}

/** Pages a batch of a part of values of `width` bytes lies in, at most. */
function pagesOfBatch(offset: number, width: number, rows: number): number {
  let most = 0
  for (let row = 0; row < rows; row += BATCH_ROWS) {
    const end = offset + Math.min(rows, row + BATCH_ROWS) * width - 1
    most = Math.max(most, Math.floor(end / PAGE) - Math.floor((offset + row * width) / PAGE) + 1)
  }
  return most
}

test.each([[1, 10], [100, 1000], [5000, 70_000], [20_000, 2000], [65_536, 100]])(
  '%i rows, strings of up to %i bytes', (rows, longest) => {
    const { chunks, placed, texts, end } = plan(new Random(rows), rows, longest)
    const extents: [number, number][] = placed.map(({ part, offset }) => [offset, offset + part.bytes])
    for (const { valuesOffset, validityOffset, dictionaryOffset, layout } of chunks) {
      const width = LAYOUT_WIDTH[layout]!
      if (valuesOffset !== NO_PART) {
        expect(pagesOfBatch(valuesOffset, width, rows)).toBeLessThanOrEqual(width === 16 ? 2 : 1)
      }
      if (validityOffset !== NO_PART) expect(pagesOfBatch(validityOffset, 1 / 8, rows)).toBe(1)
      if (dictionaryOffset !== NO_PART) expect(dictionaryOffset % 64).toBe(0)
    }
    for (const { offsets, lengths } of texts) {
      for (let i = 0; i < lengths.length; i++) {
        const [offset, length] = [offsets[i]!, lengths[i]!]
        if (length === 0) continue
        extents.push([offset, offset + length])
        const straddles = Math.floor(offset / PAGE) !== Math.floor((offset + length - 1) / PAGE)
        expect(straddles && (length <= PAGE || offset % PAGE !== 0), `string at ${offset}`).toBe(false)
      }
    }
    extents.sort((a, b) => a[0] - b[0])
    for (let i = 1; i < extents.length; i++) expect(extents[i]![0]).toBeGreaterThanOrEqual(extents[i - 1]![1])
    expect(extents.at(-1)![1]).toBeLessThanOrEqual(end)
    expect(end % 64).toBe(0)
  })
