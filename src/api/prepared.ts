// From SQL text to something that runs: parse once, bind and plan when first used and again when the
// catalogue changed, when no plan fits the sizes of tables and the values at hand (plan-cache.ts), or when a parameter
// value needs a wider decimal than its column has. Cached by SQL text in the database.
import { CODE, DatabaseError } from '../base/errors.ts'
import type { Scalar, SqlType } from '../base/types.ts'
import { planStatement } from '../../exec/mod.ts'
import type { PhysicalPlan } from '../../exec/mod.ts'
import type { BoundStatement } from '../../exec/plan/logical.ts'
import { convertParameter, orderParameters, widerDecimal } from './parameters.ts'
import type { Parameters } from './parameters.ts'
import { PlanCache } from './plan-cache.ts'
import type { Tables } from './plan-cache.ts'
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

/** One statement of a text, prepared. Shared by every Statement object with the same text. */
export class Prepared {
  readonly text: string
  readonly parsed: ParsedStatement
  readonly session: Session
  #bound: Bound | null = null
  readonly #plans = new PlanCache()

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

  /** The plan of a query for these parameters; made when none of those known holds (plan-cache.ts). */
  plan(query: Query, read: Tables, parameters: readonly Scalar[] = []): PhysicalPlan {
    const { costs, engine: { memory } } = this.session
    const known = this.#plans.find(query.plan, read, memory, parameters)
    if (known !== null) return known
    const plan = this.guard(() =>
      planStatement(query.plan, name => executorAccess(read.tables(name), memory), { parameters, costs }))
    this.#plans.add(query.plan, read, plan)
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

/** The query of a statement. Throws for statements that are no query. */
export function queryOf(statement: BoundStatement): Query {
  if (statement.kind === 'query') return statement
  throw new DatabaseError(CODE.INTERNAL, 'the statement is not a query')
}
