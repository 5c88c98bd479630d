// How many rows a row group takes when its values are long: a group is closed when its text and bytes reach a budget,
// however few rows it has then. The whole stream of a group stands in linear memory while it is written and its
// offsets have 32 bits, so that rows of many megabytes would otherwise ask for more than there is. A row beyond the
// budget is a group of its own, which merges keep as it is (merge.ts).
//
// Lengths of text are counted in UTF-16 units: cheap, and at most three times too small.
import { physicalOf } from '../../src/base/types.ts'
import type { TableSchema } from '../../src/base/types.ts'
import type { ObjectArray, StagedColumn, StagedScalar } from './staged-column.ts'

type TextArray = Exclude<ObjectArray[number], bigint>[]

/** Counts the text and bytes of the group being collected. */
export class GroupBudget {
  private readonly columns: readonly number[]
  private readonly limit: number
  private used = 0
  private rows = 0

  constructor(schema: TableSchema, limit: number) {
    this.columns = schema.columns.flatMap(({ type }, c) => physicalOf(type) === 'bytes' ? [c] : [])
    this.limit = limit
  }

  /** A new group begins. */
  reset(): void {
    this.used = 0
    this.rows = 0
  }

  /** Counts as many of the rows [begin, end) as fit; a group that is empty takes at least one. */
  take(columns: readonly StagedColumn[], begin: number, end: number): number {
    if (this.columns.length === 0) return end - begin
    for (let row = begin; row < end; row++) {
      let bytes = 0
      for (const c of this.columns) bytes += (columns[c]!.values as TextArray)[row]?.length ?? 0
      if (this.rows > 0 && this.used + bytes > this.limit) return row - begin
      this.used += bytes
      this.rows++
    }
    return end - begin
  }

  /** Counts one row; false when the group has to be closed before it. */
  takeRow(row: readonly StagedScalar[]): boolean {
    if (this.columns.length === 0) return true
    let bytes = 0
    for (const c of this.columns) bytes += (row[c] as TextArray[number])?.length ?? 0
    if (this.rows > 0 && this.used + bytes > this.limit) return false
    this.used += bytes
    this.rows++
    return true
  }
}

/** Rows [begin, end) cut into groups of at most `groupRows` rows within the budget. */
export function* groupSpans(
  schema: TableSchema, columns: readonly StagedColumn[], count: number, limits: { rows: number; bytes: number },
): Generator<{ begin: number; rows: number }> {
  const budget = new GroupBudget(schema, limits.bytes)
  for (let begin = 0; begin < count;) {
    budget.reset()
    const rows = Math.max(1, budget.take(columns, begin, Math.min(count, begin + limits.rows)))
    yield { begin, rows }
    begin += rows
  }
}
