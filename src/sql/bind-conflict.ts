// ON CONFLICT: which unique indexes decide, and what DO UPDATE does. Columns must be exactly those of the primary
// key or of a unique index, in any order, as in PostgreSQL (42P10 otherwise).
import { CODE } from '../base/errors.ts'
import type { TableSchema } from '../base/types.ts'
import type { ConflictAction, Expression } from '../../exec/plan/logical.ts'
import type { Assignment, ConflictClause, InsertStatement } from './ast.ts'
import type { BindContext } from './bind-context.ts'
import { bindError } from './bind-context.ts'
import { condition } from './bind-expression.ts'
import type { ExprEnv } from './bind-expression.ts'
import { didYouMean } from './nearest-name.ts'
import { bareOf, besideOf } from './relation-name.ts'
import { Scope, relationColumns } from './scope.ts'
import type { ScopeColumn } from './scope.ts'

/** Binds the values of SET; handed in, because defaults are the business of bind-change.ts. */
export type BindAssignments = (
  assignments: readonly Assignment[], schema: TableSchema, env: ExprEnv,
) => { readonly assignments: readonly number[]; readonly values: readonly Expression[] }

/** Binds the clause. 42P10 and 42704 for arbiters that are not there; DO UPDATE must name one (42601). */
export function bindConflict(
  statement: InsertStatement, clause: ConflictClause, schema: TableSchema, context: BindContext,
  bindAssignments: BindAssignments,
): ConflictAction {
  if (clause.replaces) return bindReplace(clause, schema, context)
  const arbiters = arbitersOf(clause, schema, context)
  if (clause.update === null) return { arbiters, update: null }
  if (arbiters === 'all') {
    throw bindError(CODE.SYNTAX, 'ON CONFLICT DO UPDATE requires columns or a constraint name', clause.position,
      'For example, ON CONFLICT (column_name).')
  }
  const { table } = statement
  const width = schema.columns.length
  const rows = (relation: string, offset: number, plain: boolean): ScopeColumn[] =>
    relationColumns(schema.columns, relation).filter(column => schema.columns[column.index]!.hidden !== true)
      .map(column => ({ ...column, index: column.index + offset, plain }))
  const scope = new Scope([...rows(table.alias ?? table.name, 0, true), ...rows('excluded', width, false)], null)
  const env: ExprEnv = { context, scope, aggregates: null, clause: 'ON CONFLICT', visible: new Map() }
  const { assignments, values } = bindAssignments(clause.update.assignments, schema, env)
  const where = clause.update.where === null ? null : condition(clause.update.where, 'WHERE', env)
  return { arbiters, update: { assignments, values, where } }
}

// INSERT OR REPLACE. Where one key decides, a row that is there takes all values of the proposed one; without any,
// it is a plain INSERT. Several could name several rows to delete, which is not one row's update.
function bindReplace(
  clause: ConflictClause, schema: TableSchema, context: BindContext,
): ConflictAction {
  const uniques = context.catalog.uniques?.(schema.name) ?? []
  const isKeyed = schema.columns[schema.key[0]!]!.hidden !== true
  const arbiters = [...(isKeyed ? [null] : []), ...uniques.map(index => index.name)]
  if (arbiters.length > 1) {
    throw bindError(CODE.UNSUPPORTED, `INSERT OR REPLACE into a table with ${arbiters.length} unique keys`,
      clause.position, 'Use INSERT … ON CONFLICT (columns) DO UPDATE SET ….')
  }
  if (arbiters.length === 0) return { arbiters: 'all', update: null }
  const width = schema.columns.length
  const key = isKeyed ? schema.key : uniques[0]!.columns
  const assignments = schema.columns.flatMap((column, at) => column.hidden === true || key.includes(at) ? [] : [at])
  const values = assignments.map((at): Expression => {
    const { name, type, nullable } = schema.columns[at]!
    return { kind: 'column', index: width + at, name, type, nullable }
  })
  return { arbiters, update: assignments.length === 0 ? null : { assignments, values, where: null } }
}

function arbitersOf(
  clause: ConflictClause, schema: TableSchema, context: BindContext,
): ConflictAction['arbiters'] {
  const uniques = context.catalog.uniques?.(schema.name) ?? []
  if (clause.constraint !== null) return [constraintNamed(clause.constraint, clause, schema, uniques)]
  if (clause.columns.length === 0) return 'all'
  const wanted = clause.columns.map(({ name, position }) => {
    const ordinal = schema.columns.findIndex(column => column.name === name && column.hidden !== true)
    if (ordinal >= 0) return ordinal
    throw bindError(CODE.UNDEFINED_COLUMN, `column "${name}" does not exist`, position,
      didYouMean(name, schema.columns.filter(column => column.hidden !== true).map(column => column.name)))
  })
  const isSame = (columns: readonly number[]): boolean =>
    columns.every(column => wanted.includes(column)) && wanted.every(column => columns.includes(column))
  const found = [
    ...(isSame(schema.key) ? [null] : []), ...uniques.filter(index => isSame(index.columns)).map(index => index.name),
  ]
  if (found.length > 0) return found
  throw bindError(CODE.INVALID_REFERENCE,
    'there is no unique or exclusion constraint matching the ON CONFLICT specification', clause.position)
}

function constraintNamed(
  name: string, clause: ConflictClause, schema: TableSchema,
  uniques: readonly { readonly name: string; readonly isConstraint: boolean }[],
): string | null {
  const bare = bareOf(schema.name)
  const hasKey = schema.columns[schema.key[0]!]!.hidden !== true
  if (hasKey && name === (schema.keyName ?? `${bare}_pkey`)) return null
  const constraints = uniques.filter(index => index.isConstraint).map(index => index.name)
  const full = besideOf(schema.name, name)
  if (constraints.includes(full)) return full
  throw bindError(CODE.UNDEFINED_OBJECT, `constraint "${name}" for table "${schema.name}" does not exist`,
    clause.position, didYouMean(name, hasKey ? [...constraints, `${bare}_pkey`] : constraints))
}
