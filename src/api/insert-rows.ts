// The fast path of INSERT … VALUES: rows of parameters, constants and expressions without columns go straight
// to the transaction, without planning, without an operator or a vector.
import { NULL_TYPE } from '../base/types.ts'
import type { Row, Scalar, SqlType } from '../base/types.ts'
import { evaluateConstant } from '../../exec/kernel/compile.ts'
import { operandsOf } from '../../exec/plan/expression.ts'
import type { Expression, LogicalPlan } from '../../exec/plan/logical.ts'
import type { Transaction } from '../../storage/mod.ts'
import { fitRow, needsFitting } from './fit-row.ts'
import { convertParameter, orderParameters } from './parameters.ts'
import type { Parameters } from './parameters.ts'
import type { Session } from './session.ts'

/** One row: its constants, and where the other columns come from. */
interface RowSource {
  readonly constants: Row
  /** Columns that are parameters, and which: parallel lists. */
  readonly columns: readonly number[]
  readonly parameters: readonly number[]
  readonly evaluated: readonly (readonly [number, Expression])[]
}

const NO_SOURCES = { columns: [], parameters: [], evaluated: [] } as const

/** An INSERT of such rows over one version of the catalogue. */
export class InsertRows {
  readonly #session: Session
  readonly #plan: Extract<LogicalPlan, { kind: 'insert' }>
  readonly #names: readonly (string | null)[]
  readonly #types: readonly SqlType[]
  readonly #rows: readonly RowSource[]
  readonly #fits: boolean
  readonly #needsNow: boolean

  private constructor(
    session: Session, plan: Extract<LogicalPlan, { kind: 'insert' }>, names: readonly (string | null)[],
    types: readonly SqlType[], rows: readonly RowSource[],
  ) {
    this.#session = session
    this.#plan = plan
    this.#names = names
    this.#types = types
    this.#rows = rows
    this.#fits = needsFitting(plan.schema)
    this.#needsNow = rows.some(row => row.evaluated.length > 0)
  }

  /** The fast path of a plan, or null when a row needs the executor or a parameter is used twice. */
  static of(session: Session, plan: LogicalPlan, names: readonly (string | null)[]): InsertRows | null {
    if (plan.kind !== 'insert' || plan.input.kind !== 'values') return null
    if (plan.conflict !== undefined || plan.returning !== undefined) return null
    const types: SqlType[] = names.map(() => NULL_TYPE)
    const hidden = plan.schema.columns.findIndex(column => column.hidden === true)
    let uses = 0
    for (const row of plan.input.rows) {
      for (const expression of row) {
        if (expression.kind === 'constant') continue
        if (expression.kind === 'parameter') {
          types[expression.index] = expression.type
          uses++
        } else if (!isSelfContained(expression)) return null
      }
    }
    if (uses !== names.length || types.includes(NULL_TYPE)) return null
    return new InsertRows(session, plan, names, types, plan.input.rows.map(row => rowSource(row, hidden)))
  }

  /** Inserts the rows; returns how many. */
  run(parameters: Parameters): number {
    this.#session.assertReady()
    return this.#session.write(txn => this.#insertAll(txn, parameters))
  }

  #insertAll(txn: Transaction, parameters: Parameters): number {
    const values = this.#convert(orderParameters(parameters, this.#names))
    const now = this.#needsNow ? Date.now() * 1000 : 0
    const rows = this.#rows
    for (let i = 0; i < rows.length; i++) this.#insert(txn, rows[i]!, values, now)
    return rows.length
  }

  #convert(given: readonly unknown[]): Scalar[] {
    const values = new Array<Scalar>(given.length)
    for (let i = 0; i < given.length; i++) {
      values[i] = convertParameter(this.#types[i]!, given[i], i, this.#names[i]!)
    }
    return values
  }

  #insert(txn: Transaction, source: RowSource, values: readonly Scalar[], now: number): void {
    const { columns, parameters, evaluated } = source
    const row = source.constants.slice()
    for (let i = 0; i < columns.length; i++) row[columns[i]!] = values[parameters[i]!]!
    for (let i = 0; i < evaluated.length; i++) {
      const [column, expression] = evaluated[i]!
      row[column] = evaluateConstant(expression, [], now)
    }
    txn.insert(this.#plan.table, this.#fits ? fitRow(this.#plan.schema, row) : row)
  }
}

/** Sources by column of the table; the hidden row id is left to the transaction. */
function rowSource(given: readonly Expression[], hidden: number): RowSource {
  const columns: (Expression | null)[] = given.slice()
  if (hidden >= 0) columns.splice(hidden, 0, null)
  // Long lists of literals are common, and an empty list for each of their rows is not free.
  if (columns.every(column => column === null || column.kind === 'constant')) {
    return { constants: columns.map(column => column?.kind === 'constant' ? column.value : null), ...NO_SOURCES }
  }
  return {
    constants: columns.map(column => column?.kind === 'constant' ? column.value : null),
    columns: columns.flatMap((column, c) => column?.kind === 'parameter' ? [c] : []),
    parameters: columns.flatMap(column => column?.kind === 'parameter' ? [column.index] : []),
    evaluated: columns.flatMap((column, c) =>
      column === null || column.kind === 'parameter' || column.kind === 'constant' ? [] : [[c, column] as const]),
  }
}

/** True when no parameter and no subquery is inside. */
function isSelfContained(expression: Expression): boolean {
  return expression.kind !== 'parameter' && expression.kind !== 'subquery'
    && operandsOf(expression).every(isSelfContained)
}
