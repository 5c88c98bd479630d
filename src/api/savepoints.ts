// The savepoints of an open transaction, outermost first: those of SAVEPOINT with their names, and those of nested
// transaction() calls without. A name may repeat; the innermost one is meant.
import { CODE, DatabaseError } from '../base/errors.ts'
import type { Savepoint } from '../../storage/mod.ts'

interface Mark {
  readonly name: string | null
  readonly at: Savepoint
}

/** Where the transaction begins. */
const START: Savepoint = { writes: 0, ddl: 0, objects: 0, locks: 0 }

/** Savepoints of one transaction. */
export class Savepoints {
  readonly #marks: Mark[] = []

  get count(): number {
    return this.#marks.length
  }

  /** The place a failed statement falls back to. */
  get innermost(): Savepoint {
    return this.#marks[this.#marks.length - 1]?.at ?? START
  }

  /** Adds one inside all others. */
  push(name: string | null, at: Savepoint): void {
    this.#marks.push({ name, at })
  }

  /** Forgets those from number `count` on. */
  keep(count: number): void {
    this.#marks.length = Math.min(this.#marks.length, count)
  }

  /** Number of the innermost savepoint of a name. Throws 3B001. */
  find(name: string): number {
    for (let i = this.#marks.length - 1; i >= 0; i--) if (this.#marks[i]!.name === name) return i
    throw new DatabaseError(CODE.UNDEFINED_SAVEPOINT, `savepoint "${name}" does not exist`)
  }

  /** The place of savepoint number `index`. */
  at(index: number): Savepoint {
    return this.#marks[index]!.at
  }
}
