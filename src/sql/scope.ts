// Names in sight at one level of a query: the columns of its FROM clause with their ordinals in the input row.
// Names that a level does not have are looked for in the levels around it: outer references (correlation.ts).
import { CODE } from '../base/errors.ts'
import type { SqlType } from '../base/types.ts'
import type { ColumnExpression, OutputColumn } from '../../exec/plan/logical.ts'
import { bindError } from './bind-context.ts'
import { newSerial, outerReference } from './correlation.ts'
import { didYouMean } from './nearest-name.ts'
import { unsupported } from './node-reader.ts'

export interface ScopeColumn {
  readonly name: string
  /** Name or alias of the table it comes from; null for the columns of an unnamed subquery. */
  readonly relation: string | null
  /** Ordinal in the input row. */
  readonly index: number
  readonly type: SqlType
  readonly nullable: boolean
  /** False for the other side of a USING column: only reachable as t.c, and not part of `*`. */
  readonly plain: boolean
  /** Where it stands in `t.*`; absent: as `index` says. */
  readonly place?: number
}

/** The columns in sight at one level, and the level around it. */
export class Scope {
  /** In the order of `*`. */
  readonly columns: readonly ScopeColumn[]
  readonly parent: Scope | null
  /** Tells its columns from those of other scopes, in references from inside subqueries (correlation.ts). */
  readonly serial: number = newSerial()

  constructor(columns: readonly ScopeColumn[], parent: Scope | null) {
    this.columns = columns
    this.parent = parent
  }

  static readonly empty = new Scope([], null)

  /** The column a name means, here or in a query around this one. Throws 42703, 42P01, 42702. */
  resolve(path: readonly string[], position?: number): ColumnExpression {
    const [table, name] = splitPath(path, position)
    const found = this.#find(table, name, position)
    if (found !== null) return columnExpression(found, position)
    for (let outer = this.parent; outer !== null; outer = outer.parent) {
      const column = outer.#find(table, name, position)
      if (column !== null) return outerReference(outer.serial, columnExpression(column, position))
    }
    throw this.#unknown(table, name, position)
  }

  #find(table: string | null, name: string, position?: number): ScopeColumn | null {
    let found: ScopeColumn | null = null
    for (const column of this.columns) {
      if (column.name !== name || (table === null ? !column.plain : column.relation !== table)) continue
      if (found !== null) throw bindError(CODE.AMBIGUOUS_COLUMN, `column reference "${name}" is ambiguous`, position)
      found = column
    }
    return found
  }

  #unknown(table: string | null, name: string, position?: number): Error {
    if (table !== null && !this.columns.some(column => column.relation === table)) {
      const relations = this.columns.map(column => column.relation ?? '')
      return bindError(CODE.UNDEFINED_TABLE, `missing FROM-clause entry for table "${table}"`, position,
        didYouMean(table, relations))
    }
    const candidates = this.columns.filter(column => table === null || column.relation === table)
    const shown = table === null ? `"${name}"` : `${table}.${name}`
    return bindError(CODE.UNDEFINED_COLUMN, `column ${shown} does not exist`, position,
      didYouMean(name, candidates.map(column => column.name)))
  }

  /** How the column at this ordinal is written so that nothing else is meant. */
  pathOf(index: number): readonly string[] {
    const column = this.columns.find(each => each.index === index)!
    const isAlone = this.columns.filter(each => each.plain && each.name === column.name).length === 1
    return isAlone || column.relation === null ? [column.name] : [column.relation, column.name]
  }

  /** True when an unqualified name means exactly one column here. */
  has(name: string): boolean {
    return this.columns.some(column => column.plain && column.name === name)
  }

  /** Columns of `*` or `table.*`. */
  expand(table: string | null, position?: number): ColumnExpression[] {
    const chosen = this.columns.filter(column => table === null ? column.plain : column.relation === table)
    if (chosen.length === 0) {
      if (table === null) throw bindError(CODE.SYNTAX, 'SELECT * with no tables specified is not valid', position)
      const relations = this.columns.map(column => column.relation ?? '')
      throw bindError(CODE.UNDEFINED_TABLE, `missing FROM-clause entry for table "${table}"`, position,
        didYouMean(table, relations))
    }
    // USING columns stand first in `*`, but where the table has them in `t.*`.
    if (table !== null) chosen.sort((a, b) => (a.place ?? a.index) - (b.place ?? b.index))
    return chosen.map(column => columnExpression(column, position))
  }
}

/** A column of the scope as an expression. */
export function columnExpression(column: ScopeColumn, position?: number): ColumnExpression {
  const { index, type, nullable, name } = column
  return { kind: 'column', index, type, nullable, name, position }
}

/** Scope columns of a plan's output under one relation name. */
export function relationColumns(output: readonly OutputColumn[], relation: string | null): ScopeColumn[] {
  return output.map((column, index) => ({ ...column, index, relation, plain: true }))
}

function splitPath(path: readonly string[], position?: number): [string | null, string] {
  if (path.length === 1) return [null, path[0]!]
  if (path.length === 2) return [path[0]!, path[1]!]
  // A table of FROM is known by its name alone: that of its schema adds nothing.
  if (path.length === 3) return [path[1]!, path[2]!]
  throw unsupported(`the qualified name ${path.join('.')}`, position)
}
