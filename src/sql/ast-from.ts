// Items of FROM that are no tables, subqueries or joins, and TABLESAMPLE: a part of the syntax tree of ast.ts, as
// immutable as that. `position` is the 1-based character in the text the user gave.
import type { Expr } from './ast.ts'

/** Table functions in FROM: one, or ROWS FROM (…). */
export interface FunctionRef {
  readonly position?: number
  readonly kind: 'function'
  readonly calls: readonly TableCall[]
  readonly ordinality: boolean
  readonly alias: string | null
  readonly columnAliases: readonly string[]
}
/** A call in FROM. `lists`: the arguments of unnest, ARRAY[…] each, nested ones flat; null for other functions. */
export interface TableCall {
  readonly position?: number
  readonly name: string
  readonly args: readonly Expr[]
  readonly lists: readonly (readonly Expr[])[] | null
}
/** TABLESAMPLE method (percent) [REPEATABLE (seed)]. */
export interface SampleClause {
  readonly position?: number
  readonly method: string
  readonly args: readonly Expr[]
  readonly seed: Expr | null
}
