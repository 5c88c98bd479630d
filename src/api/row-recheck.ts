// What READ COMMITTED does after an UPDATE or DELETE had to wait: PostgreSQL changes the rows that the statement's
// first snapshot found and that still match in their newest version, and no others. Here the statement runs again
// on a new snapshot, and only touches rows that its first run had found.
//
//   first run    row, row, conflict → from here on rows are only noted → the conflict is thrown at the end
//   later runs   rows that were not noted are left alone
import type { Row, Scalar } from '../base/types.ts'
import { LockConflict } from '../../storage/mod.ts'
import type { LockStrength, TableWriter } from '../../storage/mod.ts'

/** Memory of one statement that may wait. */
export class RowRecheck {
  /** Keys of the first run; null while it has not ended in a conflict. */
  #known: Set<string> | null = null
  #found = new Set<string>()
  #conflict: unknown = null

  /** A run begins. */
  begin(): void {
    this.#found = new Set()
    this.#conflict = null
  }

  /** A run has gone through all its rows. Throws the conflict it met. */
  finish(): void {
    if (this.#conflict === null) return
    this.#known ??= this.#found
    throw this.#conflict
  }

  /** The writer of one run. */
  over(writer: TableWriter): TableWriter {
    return {
      insert: (table: string, row: Row) => writer.insert(table, row),
      insertUnless: (table, row, arbiters) => writer.insertUnless(table, row, arbiters),
      replace: (table, key, row) => writer.replace(table, key, row),
      fit: (table, row) => writer.fit(table, row),
      lock: (table: string, key: readonly Scalar[], strength: LockStrength) => writer.lock(table, key, strength),
      update: (table: string, key: readonly Scalar[], row: Row) =>
        this.#each(table, key, () => writer.update(table, key, row)),
      delete: (table: string, key: readonly Scalar[]) => this.#each(table, key, () => writer.delete(table, key)),
    }
  }

  #each(table: string, key: readonly Scalar[], change: () => boolean): boolean {
    const text = JSON.stringify([table, ...key.map(part)])
    if (this.#known !== null && !this.#known.has(text)) return false
    if (this.#known === null) this.#found.add(text)
    if (this.#conflict !== null) return true
    try {
      return change()
    } catch (error) {
      if (LockConflict.of(error) === null) throw error
      this.#conflict = error
      return true
    }
  }
}

function part(value: Scalar): string {
  return value instanceof Uint8Array ? `x${Buffer.from(value).toString('hex')}` : `${typeof value}${String(value)}`
}
