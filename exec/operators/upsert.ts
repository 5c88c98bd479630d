// INSERT … ON CONFLICT: each row is inserted, or meets the row that has its values under an arbiter (the primary
// key or a unique index). Rows are written one by one in the order of the input, so a row meets what its
// predecessors have written. A row that the same statement has written cannot be updated again (21000), as in
// PostgreSQL: which of several updates wins would depend on the order of the input. DO NOTHING passes over it.
import { CODE, DatabaseError } from '../../src/base/errors.ts'
import type { Row, TableSchema } from '../../src/base/types.ts'
import type { ConflictAction } from '../plan/logical.ts'
import type { Run } from '../run.ts'
import { keyText, noRow } from './changed-rows.ts'
import { valueOf } from './point-rows.ts'

/** The conflict clause of an INSERT. */
export class Upsert {
  readonly #table: string
  readonly #schema: TableSchema
  readonly #action: ConflictAction

  constructor(table: string, schema: TableSchema, action: ConflictAction) {
    this.#table = table
    this.#schema = schema
    this.#action = action
  }

  /** For EXPLAIN. */
  get details(): [string, string][] {
    const { update, arbiters } = this.#action
    const names = arbiters === 'all' ? 'any' : arbiters.map((name) => name ?? 'primary key').join(', ')
    return [['on conflict', update === null ? 'nothing' : 'update'], ['arbiters', names]]
  }

  /** How one execution writes a row: true when that changed the table. Notes rows for RETURNING when asked to. */
  writing(run: Run, notes: boolean): (row: Row) => boolean {
    const { writer } = run.context
    const { arbiters, update } = this.#action
    const nothing = noRow(this.#schema.columns.length)
    const written = new Set<string>()
    // Subqueries see the table as it was before the first row.
    const bound = update === null ? null : {
      assignments: update.assignments, values: update.values.map((value) => run.bind(value)),
      where: update.where === null ? null : run.bind(update.where),
    }
    return (proposed) => {
      const { row, inserted } = writer.insertUnless(this.#table, proposed, arbiters)
      if (inserted) {
        if (bound !== null) written.add(this.#key(row))
        if (notes) run.changedRows.push([...row, ...nothing])
        return true
      }
      if (bound === null) return false
      const changed = this.#changed(run, bound, { existing: row, proposed }, written)
      if (changed === null) return false
      if (notes) run.changedRows.push([...changed, ...row])
      return true
    }
  }

  #key(row: Row): string {
    return keyText(this.#schema.key.map((ordinal) => row[ordinal]!))
  }

  // Updates the row that is there; null when WHERE says no.
  #changed(
    run: Run, { assignments, values, where }: NonNullable<ConflictAction['update']>,
    { existing, proposed }: { readonly existing: Row; readonly proposed: Row }, written: Set<string>,
  ): Row | null {
    const { writer } = run.context
    if (written.has(this.#key(existing))) throw this.#again(existing)
    const both = [...existing, ...writer.fit(this.#table, proposed)]
    if (where !== null && valueOf(run, where, both) !== 1) {
      written.add(this.#key(existing))
      return null
    }
    const changed = existing.slice()
    assignments.forEach((ordinal, i) => {
      changed[ordinal] = valueOf(run, values[i]!, both)
    })
    const key = this.#schema.key.map((ordinal) => existing[ordinal]!)
    writer.replace(this.#table, key, changed)
    const fitted = writer.fit(this.#table, changed)
    written.add(this.#key(fitted))
    return fitted
  }

  #again(row: Row): DatabaseError {
    const names = this.#schema.key.map((ordinal) => this.#schema.columns[ordinal]!.name).join(', ')
    const isHidden = this.#schema.columns[this.#schema.key[0]!]!.hidden === true
    const what = isHidden ? 'a row' : `row (${names}) = (${this.#schema.key.map((c) => String(row[c])).join(', ')})`
    return new DatabaseError(
      CODE.CARDINALITY, `ON CONFLICT DO UPDATE cannot change ${what} of table "${this.#table}" a second time`,
      { hint: 'Make sure that no two rows proposed for insertion have the same values under the arbiter.' },
    )
  }
}
