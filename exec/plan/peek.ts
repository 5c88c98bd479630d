// The values of parameters that a plan is made for. A path holds for all values; how many rows it finds does not, and
// with it which side of a join to look up, or whether to sort. So a statement is planned with the values at hand, every
// estimate that they decided is remembered as a guess, and an execution whose values find far more or fewer rows asks
// for another plan (src/api/plan-cache.ts). Nothing but estimates depends on the values seen.
import { DatabaseError } from '../../src/base/errors.ts'
import type { Scalar } from '../../src/base/types.ts'
import type { TableAccess } from '../../storage/access.ts'
import { evaluateConstant } from '../kernel/compile.ts'
import type { ConditionValues } from './column-condition.ts'
import { some } from './expression.ts'
import type { Expression } from './logical.ts'

/** Rows of a path through a table for some values. Throws what evaluating its bounds throws. */
type CountRows = (table: TableAccess, values: ConditionValues) => number

/** An estimate that parameters decided. */
export interface Guess {
  readonly table: string
  readonly rows: number
  readonly count: CountRows
}

/** Parameter values while a statement is planned. */
export class Peek {
  readonly guesses: Guess[] = []
  readonly #tables: (name: string) => TableAccess
  readonly #values: ConditionValues

  constructor(tables: (name: string) => TableAccess, parameters: readonly Scalar[]) {
    this.#tables = tables
    this.#values = valuesOfParameters(parameters)
  }

  /** The rows of a path for these values, noted as a guess; null when its bounds cannot be evaluated now. */
  rows(name: string, bounds: readonly Expression[], count: CountRows): number | null {
    if (bounds.some((e) => some(e, (part) => part.kind === 'subquery'))) return null
    const rows = countOrNull(this.#tables(name), this.#values, count)
    if (rows !== null) this.guesses.push({ table: name, rows, count })
    return rows
  }
}

/** Rows that differ by a factor of this or less do not ask for another plan. */
const FACTOR = 8

/** True when every guess is about right for other parameters. Cost: about 1 µs per guess. */
export function isGuessRight(
  guesses: readonly Guess[], tables: (name: string) => TableAccess, parameters: readonly Scalar[],
): boolean {
  if (guesses.length === 0) return true
  const values = valuesOfParameters(parameters)
  return guesses.every(({ table, rows, count }) => {
    const now = countOrNull(tables(table), values, count)
    return now !== null && now <= (rows + 1) * FACTOR && rows <= (now + 1) * FACTOR
  })
}

function valuesOfParameters(parameters: readonly Scalar[]): ConditionValues {
  return {
    evaluate: (e) => e.kind === 'constant' ? e.value
      : e.kind === 'parameter' ? parameters[e.index] ?? null : evaluateConstant(e, parameters),
    subqueryValues: () => [],
  }
}

// Bounds that cannot be evaluated are the business of the execution, which throws their error.
function countOrNull(table: TableAccess, values: ConditionValues, count: CountRows): number | null {
  try {
    return count(table, values)
  } catch (error) {
    if (error instanceof DatabaseError) return null
    throw error
  }
}
