// UPDATE: materialises old rows and new values, then replaces row by row. Keys may change; a key that is
// taken at that moment is 23505 at once, as in PostgreSQL (see change.ts).
import type { Row, TableSchema } from '../../src/base/types.ts'
import { checkColumnCount } from './change.ts'
import { keyText } from './changed-rows.ts'
import type { OutputColumn } from '../plan/logical.ts'
import type { Run } from '../run.ts'
import type { ChangeOperator } from './change.ts'
import { materialise } from './materialise.ts'
import type { Description, Estimate, Operator } from './operator.ts'
import { pointRows } from './point-rows.ts'
import { forEachRow } from './rows.ts'

/** What is updated. */
interface UpdateTarget {
  readonly table: string
  readonly schema: TableSchema
  readonly assignments: readonly number[]
  readonly joined?: boolean
}

/** Replaces the rows the input yields, each with its new values behind it. */
export class UpdateOperator implements ChangeOperator {
  readonly output: readonly OutputColumn[] = []
  readonly children: readonly Operator[]
  readonly estimate: Estimate
  readonly table: string
  readonly #schema: TableSchema
  readonly returning: Operator | null
  readonly #assignments: readonly number[]
  readonly #joined: boolean

  constructor(input: Operator, target: UpdateTarget, returning: Operator | null, estimate: Estimate) {
    this.children = [input]
    this.table = target.table
    this.estimate = estimate
    this.#schema = target.schema
    this.#assignments = target.assignments
    this.#joined = target.joined ?? false
    this.returning = returning
    checkColumnCount(input, target.schema.columns.length + target.assignments.length)
  }

  describe(): Description {
    const names = this.#assignments.map((ordinal) => this.#schema.columns[ordinal]!.name)
    return { op: 'Update', table: this.table, details: [['set', names.join(', ')]] }
  }

  change(run: Run): number {
    const { writer, memory } = run.context
    const { columns, key } = this.#schema
    const { returning, table } = this
    const seen = this.#joined ? new Set<string>() : null
    let count = 0
    const replace = (values: Row): void => {
      const oldKey = key.map((ordinal) => values[ordinal]!)
      if (seen !== null && isKnown(seen, oldKey)) return
      const row = values.slice(0, columns.length)
      this.#assignments.forEach((ordinal, i) => {
        row[ordinal] = values[columns.length + i]!
      })
      if (!writer.update(table, oldKey, row)) return
      count++
      if (returning === null) return
      const rest = values.slice(columns.length + this.#assignments.length)
      run.changedRows.push([...writer.fit(table, row), ...values.slice(0, columns.length), ...rest])
    }
    const few = pointRows(run, this.children[0]!)
    if (few !== null) few.forEach(replace)
    else materialise(run, this.children[0]!, (store) => {
      for (let c = 0; c < store.chunkCount(); c++) {
        run.check()
        forEachRow(memory, store.chunk(c), replace)
      }
    })
    return count
  }
}

/** True for a key that was met before: a join may yield a row several times, and the first counts. */
function isKnown(seen: Set<string>, key: Row): boolean {
  const text = keyText(key)
  if (seen.has(text)) return true
  seen.add(text)
  return false
}
