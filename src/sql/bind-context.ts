// What binding one statement shares: the catalogue it reads names from, the types of its parameters as they
// become known, and the common table expressions in sight.
import { CODE, DatabaseError } from '../base/errors.ts'
import type { ErrorCode } from '../base/errors.ts'
import type { SqlType, TableSchema } from '../base/types.ts'
import { NULL_TYPE, TEXT } from '../base/types.ts'
import type {
  LogicalPlan, OutputColumn, ParameterExpression, SharedSource, WorkingTable,
} from '../../exec/plan/logical.ts'
import type { ViewObject } from '../../storage/mod.ts'
import type { CommonTable, Query } from './ast.ts'
import type { Scope } from './scope.ts'
import type { CatalogContents } from './system-facts.ts'

/** A unique index: ordinals of its columns. */
export interface UniqueColumns {
  readonly name: string
  readonly columns: readonly number[]
  /** A constraint of CREATE TABLE made it. */
  readonly isConstraint: boolean
}

/** Tables by name at one catalogue version. */
export interface Catalog {
  schema(name: string): TableSchema | undefined
  /** Unique indexes of a table; absent: nobody looks for any. */
  uniques?(name: string): readonly UniqueColumns[]
  names(): Iterable<string>
  /** The view that a name means; absent: there are none. */
  view?(name: string): ViewObject | undefined
  /** Full name of the relation that a statement makes. 3F000 when there is no such schema. */
  target?(name: string, temporary: boolean): string
  /** Columns of an open cursor: what FETCH returns. */
  cursor?(name: string): readonly OutputColumn[] | undefined
  /** True when a relation of any kind has this full name. */
  isTaken?(name: string): boolean
  /** The same catalogue with another search path: what a view looks its names up in. */
  withPath?(path: readonly string[]): Catalog
  /** Everything in it, for information_schema and pg_catalog. */
  contents?(): CatalogContents
}

/** A WITH query. */
export interface CommonTableBinding {
  readonly table: CommonTable
  /** The WITH queries visible inside it. */
  readonly visible: ReadonlyMap<string, CommonTableBinding>
  /** What the query around the WITH clause refers to. */
  readonly parent: Scope | null
  /** What its first use has made, for the others. */
  readonly found: { source: SharedSource | null }
  /** Inside the step of a recursive query: its rows of the round before. */
  readonly working?: { readonly table: WorkingTable; readonly output: readonly OutputColumn[] } | undefined
  /** Why a recursive query may not be named here. */
  readonly refused?: string
}

/** Binds a query with its own scope below `parent`; handed in, because expressions hold queries. */
export type BindQuery = (
  query: Query, context: BindContext, parent: Scope | null, visible: ReadonlyMap<string, CommonTableBinding>,
) => LogicalPlan

export interface BindContext {
  readonly catalog: Catalog
  readonly parameters: ParameterTypes
  readonly bindQuery: BindQuery
  /** Hears what a star stands for: names of columns, with their relation where a name alone is not enough. */
  readonly onStar?: (position: number | undefined, columns: readonly (readonly string[])[]) => void
}

/**
 * Types of the statement's parameters. A parameter takes the type that its first use wants (the other side
 * of a comparison, the target column, the function's argument, CAST, LIMIT); later uses cast from it. One
 * that nothing decides is text, as in PostgreSQL.
 */
export class ParameterTypes {
  readonly #types: (SqlType | null)[]
  readonly #compared = new Set<number>()

  constructor(count: number, known: readonly (SqlType | null)[] = []) {
    this.#types = Array.from({ length: count }, (_, i) => known[i] ?? null)
  }

  /** The parameter with the type known so far; `null` type when nothing decided yet. */
  expression(index: number, position?: number): ParameterExpression {
    return { kind: 'parameter', index, type: this.#types[index] ?? NULL_TYPE, position }
  }

  /** Decides the type unless an earlier use did. */
  decide(expression: ParameterExpression, type: SqlType, compared: boolean): ParameterExpression {
    if (compared && this.#types[expression.index] === null) this.#compared.add(expression.index)
    const decided = this.#types[expression.index] ??= type
    return { ...expression, type: decided }
  }

  /** True when the type came from an implicit context such as a comparison, not from a column or a cast. */
  isCompared(index: number): boolean {
    return this.#compared.has(index)
  }

  /** Final types. */
  types(): SqlType[] {
    return this.#types.map(type => type ?? TEXT)
  }
}

/** An error at a position of the statement. */
export function bindError(code: ErrorCode, message: string, position?: number, hint?: string): DatabaseError {
  return new DatabaseError(code, message, hint === undefined ? { position } : { position, hint })
}

/** Runs `run`; a DatabaseError without a position gets this one. */
export function at<T>(position: number | undefined, run: () => T): T {
  try {
    return run()
  } catch (error) {
    if (error instanceof DatabaseError) error.position ??= position
    throw error
  }
}

/** 42601 for structure that the grammar accepts but SQL does not. */
export function invalid(message: string, position?: number): DatabaseError {
  return bindError(CODE.SYNTAX, message, position)
}
