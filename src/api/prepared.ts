// From SQL text to something that runs: parse once, bind and plan when first used and again when the
// catalogue changed, when a table grew out of the size it was planned for, or when a parameter value needs a
// wider decimal than its column has. Cached by SQL text in the database.
import { CODE, DatabaseError } from '../base/errors.ts'
import type { Scalar, SqlType } from '../base/types.ts'
import { planStatement } from '../../exec/mod.ts'
import type { PhysicalPlan } from '../../exec/mod.ts'
import type { BoundStatement, LogicalPlan } from '../../exec/plan/logical.ts'
import type { StoreAccess } from '../../storage/mod.ts'
import { convertParameter, orderParameters, widerDecimal } from './parameters.ts'
import type { Parameters } from './parameters.ts'
import type { Session } from './session.ts'
import { bindWithParameters } from '../sql/bind.ts'
import type { BoundParameter } from '../sql/bind.ts'
import { executorAccess } from './wide-key-access.ts'
import { decorateError } from '../sql/error-position.ts'
import type { ParsedStatement } from '../sql/parse.ts'

type Query = Extract<BoundStatement, { kind: 'query' }>

/** A bound statement with the plan that was made of it. */
export interface Bound {
  readonly statement: BoundStatement
  readonly parameters: readonly BoundParameter[]
  readonly version: number
}

/** Where a plan finds its tables: a transaction, or a view of one. */
interface Tables {
  tables(name: string): StoreAccess
}

interface Planned {
  readonly plan: PhysicalPlan
  readonly of: Query
  /** log2 of the rows of the planned tables. */
  readonly size: number
}

/** One statement of a text, prepared. Shared by every Statement object with the same text. */
export class Prepared {
  readonly text: string
  readonly parsed: ParsedStatement
  readonly session: Session
  #bound: Bound | null = null
  #planned: Planned | null = null

  constructor(text: string, parsed: ParsedStatement, session: Session) {
    this.text = text
    this.parsed = parsed
    this.session = session
  }

  /** Runs something that may throw an error with a position in this statement's text. */
  guard<T>(run: () => T): T {
    try {
      return run()
    } catch (error) {
      throw decorateError(error, this.text)
    }
  }

  /** Binds, or returns what was bound before while it holds. `known` fixes parameter types. */
  bind(known: readonly (SqlType | null)[] = []): Bound {
    const { session } = this
    if (this.#bound !== null && this.#bound.version === session.catalogVersion && known.length === 0) return this.#bound
    const { statement, parameters } = this.#bindNow(known)
    const bound: Bound = { statement, parameters, version: session.catalogVersion }
    if (known.length === 0) this.#bound = bound
    return bound
  }

  /** A statement that cannot be bound fails an open transaction, as in PostgreSQL. */
  #bindNow(known: readonly (SqlType | null)[]): ReturnType<typeof bindWithParameters> {
    const { session } = this
    try {
      return this.guard(() => bindWithParameters(this.parsed, session.catalog, known))
    } catch (error) {
      session.fail()
      throw error
    }
  }

  /** The plan of a query, made anew when its tables have grown or shrunk eightfold. */
  plan(query: Query, read: Tables): PhysicalPlan {
    const size = sizeOf(query.plan, read)
    const known = this.#planned
    const holds = known !== null && known.of === query && Math.abs(known.size - size) < 3
    if (holds && known.plan.indexes.every(({ table, index }) => hasIndex(read, table, index))) return known.plan
    const { memory } = this.session.engine
    const plan = this.guard(() => planStatement(query.plan, name => executorAccess(read.tables(name), memory)))
    this.#planned = { plan, of: query, size }
    return plan
  }

  /** Parameter values, and the binding they go with. */
  convert(given: Parameters): { bound: Bound; values: Scalar[] } {
    const names = this.parsed.parameterNames
    const ordered = orderParameters(given, names)
    const bound = this.#fitting(this.bind(), ordered)
    const values = ordered.map((value, i) => convertParameter(bound.parameters[i]!.type, value, i, names[i]!))
    return { bound, values }
  }

  #fitting(bound: Bound, values: readonly unknown[]): Bound {
    const known = bound.parameters.map((parameter, i) =>
      parameter.compared ? widerDecimal(parameter.type, values[i]) : null)
    return known.some(type => type !== null) ? this.bind(known) : bound
  }
}

/** A snapshot older than an index must not read it, and a dropped one is gone. */
function hasIndex(read: Tables, table: string, index: string): boolean {
  return read.tables(table).indexes().some(known => known.name === index)
}

/** log2 of the rows of all tables of a plan; -1 for a plan without tables. */
function sizeOf(plan: LogicalPlan, read: Tables): number {
  const rows = tableRows(plan, read)
  return rows < 0 ? -1 : Math.log2(rows + 1)
}

function tableRows(plan: LogicalPlan, read: Tables): number {
  switch (plan.kind) {
    case 'scan': return read.tables(plan.table).estimateRows()
    case 'values': return 0
    case 'join': return tableRows(plan.left, read) + tableRows(plan.right, read)
    case 'set': return plan.inputs.reduce((rows, input) => rows + tableRows(input, read), 0)
    default: return tableRows(plan.input, read)
  }
}

/** The query of a statement. Throws for statements that are no query. */
export function queryOf(statement: BoundStatement): Query {
  if (statement.kind === 'query') return statement
  throw new DatabaseError(CODE.INTERNAL, 'the statement is not a query')
}
