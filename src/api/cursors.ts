// Cursors of a session: DECLARE, FETCH, MOVE, CLOSE. A cursor is a running result; rows are read when they are asked
// for and kept for the way back, unless it is NO SCROLL. One WITH HOLD reads the rest when its transaction commits.
//
//   position   0 before the first row    1 … n on a row    n + 1 behind the last
import { CODE, DatabaseError } from '../base/errors.ts'
import type { Scalar } from '../base/types.ts'
import { planStatement } from '../../exec/mod.ts'
import { aliveRows } from '../../exec/vector/batch.ts'
import { readScalar } from '../../exec/vector/reader.ts'
import type { Declare, Fetch } from '../sql/ast-definition.ts'
import { bind } from '../sql/bind.ts'
import { didYouMean } from '../sql/nearest-name.ts'
import { queryOf } from './prepared.ts'
import { Result } from './result.ts'
import type { Session } from './session.ts'
import { executorAccess } from './wide-key-access.ts'

/** One cursor. */
class Cursor {
  readonly hold: boolean
  readonly #scroll: boolean
  #result: Result | null
  /** Rows from `#first` on. */
  #rows: Scalar[][] = []
  /** Number of rows that are no longer kept. */
  #dropped = 0
  #position = 0
  /** It belongs to no transaction any more. */
  isHeld = false

  constructor(result: Result, { scroll, hold }: Declare) {
    this.#result = result
    this.#scroll = scroll
    this.hold = hold
  }

  get #known(): number {
    return this.#dropped + this.#rows.length
  }

  // Reads until row `number` is known or there are no more.
  #readTo(number: number): void {
    while (this.#result !== null && this.#known < number) {
      const batch = this.#result.next()
      if (batch === null) {
        this.#result = null
        return
      }
      const { memory } = this.#result
      const alive = new Int32Array(batch.windowRows)
      const count = aliveRows(memory, batch, alive)
      for (let i = 0; i < count; i++) this.#rows.push(batch.columns.map(column =>
        readScalar(memory, column, alive[i]!)))
    }
  }

  #at(number: number): Scalar[] | null {
    this.#readTo(number)
    return number < 1 ? null : this.#rows[number - 1 - this.#dropped] ?? null
  }

  /** Rows of a FETCH; the position moves along. */
  fetch({ direction, count }: Fetch): Scalar[][] {
    if (direction === 'absolute' || direction === 'relative') return this.#jump(direction, count ?? 0)
    const isBack = (direction === 'backward') !== (count !== null && count < 0)
    const wanted = count === null ? Infinity : Math.abs(count)
    if (wanted === 0) return this.#single(this.#position)
    if (isBack) this.#refuseBack()
    const rows: Scalar[][] = []
    while (rows.length < wanted) {
      const next = this.#position + (isBack ? -1 : 1)
      const row = this.#at(next)
      this.#position = Math.max(0, Math.min(next, this.#known + 1))
      if (row === null) break
      rows.push(row)
      if (!this.#scroll) this.#forget()
    }
    return rows
  }

  #jump(direction: 'absolute' | 'relative', count: number): Scalar[][] {
    let target = direction === 'relative' ? this.#position + count : count
    if (direction === 'absolute' && count < 0) {
      this.#refuseBack()
      this.#readTo(Infinity)
      target = this.#known + 1 + count
    }
    if (target < this.#position) this.#refuseBack()
    this.#readTo(target)
    this.#position = Math.max(0, Math.min(target, this.#known + 1))
    return this.#single(target)
  }

  #single(position: number): Scalar[][] {
    const row = this.#at(position)
    return row === null ? [] : [row]
  }

  #refuseBack(): void {
    if (this.#scroll) return
    throw new DatabaseError(CODE.NOT_OPEN, 'cursor can only scan forward', {
      hint: 'Declare it with SCROLL option to enable backward scan.',
    })
  }

  // Rows before the present one are never asked for again.
  #forget(): void {
    const over = this.#position - 1 - this.#dropped
    if (over < 1024) return
    this.#rows = this.#rows.slice(over)
    this.#dropped += over
  }

  /** Reads what is left, so that the cursor needs its transaction no more. */
  keep(): void {
    this.#readTo(Infinity)
    this.isHeld = true
  }

  close(): void {
    this.#result?.finish()
    this.#result = null
  }
}

/** The cursors of one session. */
export class Cursors {
  readonly #session: Session
  readonly #cursors = new Map<string, Cursor>()

  constructor(session: Session) {
    this.#session = session
  }

  /** DECLARE. 25P01 outside of a transaction unless WITH HOLD, 42P03 for a name that is taken. */
  declare(statement: Declare): void {
    const session = this.#session
    const { name, query, hold } = statement
    if (session.transaction === null && !hold) {
      throw new DatabaseError(CODE.NO_TRANSACTION, 'DECLARE CURSOR can only be used in transaction blocks')
    }
    if (this.#cursors.has(name)) throw new DatabaseError(CODE.DUPLICATE_CURSOR, `cursor "${name}" already exists`)
    const { plan: logical } = queryOf(bind({ statement: query, parameterNames: [] }, session.catalog))
    const read = session.startRead()
    const { memory } = session.engine
    const result = Result.start(session, read, [], context =>
      planStatement(logical, table => executorAccess(read.tables(table), memory)).execute(context))
    const cursor = new Cursor(result, statement)
    this.#cursors.set(name, cursor)
    session.names.cursorColumns.set(name, logical.output)
    if (session.transaction === null) cursor.keep()
    session.forgetPlans()
  }

  /** FETCH and MOVE: the rows. 34000 for an unknown name. */
  fetch(statement: Fetch): Scalar[][] {
    const cursor = this.#cursors.get(statement.name)
    if (cursor === undefined) throw this.#unknown(statement.name)
    return cursor.fetch(statement)
  }

  /** CLOSE; null: ALL. */
  close(name: string | null): void {
    if (name !== null && !this.#cursors.has(name)) throw this.#unknown(name)
    for (const known of name === null ? [...this.#cursors.keys()] : [name]) this.#remove(known)
  }

  /** A transaction is about to commit: those WITH HOLD stay. */
  hold(): void {
    for (const cursor of this.#cursors.values()) if (cursor.hold && !cursor.isHeld) cursor.keep()
    this.ended()
  }

  /** A transaction has ended, or is about to: its cursors are gone. */
  ended(): void {
    for (const [name, cursor] of [...this.#cursors]) if (!cursor.isHeld) this.#remove(name)
  }

  #remove(name: string): void {
    this.#cursors.get(name)!.close()
    this.#cursors.delete(name)
    this.#session.names.cursorColumns.delete(name)
    this.#session.forgetPlans()
  }

  #unknown(name: string): DatabaseError {
    const hint = didYouMean(name, this.#cursors.keys())
    return new DatabaseError(CODE.UNDEFINED_CURSOR, `cursor "${name}" does not exist`,
      hint === undefined ? {} : { hint })
  }
}
