// The fast path of `prepare('INSERT INTO t VALUES ($1, …)').run([...])`: one row of parameters and constants
// goes straight to the transaction, without an operator or a vector.
import { NULL_TYPE } from './base/types.ts'
import type { Row, SqlType } from './base/types.ts'
import { evaluateConstant } from '../exec/kernel/compile.ts'
import { operandsOf } from '../exec/plan/expression.ts'
import type { Expression, LogicalPlan } from '../exec/plan/logical.ts'
import { convertParameter, orderParameters } from './parameters.ts'
import type { Parameters } from './parameters.ts'
import type { Session } from './session.ts'

/** A prepared INSERT of one simple row over one version of the catalogue. */
export class InsertRow {
  readonly #session: Session
  readonly #table: string
  readonly #names: readonly (string | null)[]
  readonly #types: readonly SqlType[]
  /** Per column of the table: the parameter number, or -1 for a constant. */
  readonly #sources: readonly number[]
  readonly #constants: Row
  /** Columns with other expressions without columns, such as DEFAULT now(). */
  readonly #evaluated: readonly (readonly [number, Expression])[]

  private constructor(
    session: Session, table: string, names: readonly (string | null)[], columns: readonly (Expression | null)[],
  ) {
    this.#session = session
    this.#table = table
    this.#names = names
    const types: SqlType[] = names.map(() => NULL_TYPE)
    for (const column of columns) if (column?.kind === 'parameter') types[column.index] = column.type
    this.#types = types
    this.#sources = columns.map(column => column?.kind === 'parameter' ? column.index : -1)
    this.#evaluated = columns.flatMap((column, c) =>
      column === null || column.kind === 'parameter' || column.kind === 'constant' ? [] : [[c, column] as const])
    this.#constants = columns.map(column => column?.kind === 'constant' ? column.value : null)
  }

  /** The fast path of a plan, or null when it is more than one row of constants and parameters. */
  static of(session: Session, plan: LogicalPlan, names: readonly (string | null)[]): InsertRow | null {
    if (plan.kind !== 'insert' || plan.input.kind !== 'values' || plan.input.rows.length !== 1) return null
    const given = plan.input.rows[0]!
    const uses = new Map<number, SqlType>()
    for (const expression of given) {
      if (expression.kind === 'parameter') {
        if (uses.has(expression.index)) return null
        uses.set(expression.index, expression.type)
      } else if (expression.kind !== 'constant' && !isSelfContained(expression)) return null
    }
    if (uses.size !== names.length) return null
    let at = 0
    const columns = plan.schema.columns.map(column => column.hidden === true ? null : given[at++]!)
    return new InsertRow(session, plan.table, names, columns)
  }

  /** Inserts one row; returns 1. */
  run(parameters: Parameters): number {
    const session = this.#session
    session.assertReady()
    return session.write(txn => {
      const values = orderParameters(parameters, this.#names)
      const row = this.#constants.slice()
      for (let c = 0; c < row.length; c++) {
        const p = this.#sources[c]!
        if (p >= 0) row[c] = convertParameter(this.#types[p]!, values[p], p, this.#names[p]!)
      }
      for (const [c, expression] of this.#evaluated) row[c] = evaluateConstant(expression, [], Date.now() * 1000)
      txn.insert(this.#table, row)
      return 1
    })
  }
}

/** True when no parameter and no subquery is inside. */
function isSelfContained(expression: Expression): boolean {
  return expression.kind !== 'parameter' && expression.kind !== 'subquery'
    && operandsOf(expression).every(isSelfContained)
}
