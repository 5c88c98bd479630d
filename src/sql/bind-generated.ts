// Columns whose values nobody gives: identity columns, serial, GENERATED ALWAYS AS (…) STORED. Here their definitions
// are checked and their sequences named, and statements that give them a value all the same are refused (428C9).
//
// An identity column is a default on a sequence that belongs to the column; a generated one is computed by whoever
// stores the row (src/api/table-checks.ts), so that it holds on every way into a table.
import { CODE, DatabaseError } from '../base/errors.ts'
import type { ColumnSchema, TableSchema } from '../base/types.ts'
import { columnsOf, isVolatile, rewrite, some } from '../../exec/plan/expression.ts'
import type { Expression } from '../../exec/plan/logical.ts'
import type { ColumnDefinition, Expr } from './ast.ts'
import type { SequenceOption } from './ast-definition.ts'
import type { BindContext } from './bind-context.ts'
import { bindError, invalid } from './bind-context.ts'
import { bindExpr } from './bind-expression.ts'
import { assign } from './coerce.ts'
import { unsupported } from './node-reader.ts'
import { parse } from './parse.ts'
import { quoteName } from './quote-name.ts'
import { bareOf, besideOf } from './relation-name.ts'
import { Scope, relationColumns } from './scope.ts'

/** A sequence that a column brings along. */
export interface OwnedSequence {
  readonly column: string
  readonly name: string
  readonly type: 'smallint' | 'integer' | 'bigint'
  readonly options: readonly SequenceOption[]
}

/** Columns with the defaults of their own sequences, and these sequences. */
export function bindSequences(
  definitions: readonly ColumnDefinition[], columns: readonly ColumnSchema[], table: string, context: BindContext,
): { readonly columns: readonly ColumnSchema[]; readonly sequences: readonly OwnedSequence[] } {
  const sequences: OwnedSequence[] = []
  const bound = columns.map((column, c) => {
    const { serial, identity, defaultSql, position } = definitions[c]!
    if (serial !== true && identity === undefined) return column
    const { kind } = column.type
    if (kind !== 'smallint' && kind !== 'integer' && kind !== 'bigint') {
      throw bindError(CODE.INVALID_PARAMETER, 'identity column type must be smallint, integer, or bigint', position)
    }
    if (defaultSql !== null) {
      throw invalid(serial === true
        ? `multiple default values specified for column "${column.name}" of table "${bareOf(table)}"`
        : `both default and identity specified for column "${column.name}" of table "${bareOf(table)}"`, position)
    }
    const name = freeName(table, column.name, sequences, context)
    sequences.push({ column: column.name, name, type: kind, options: identity?.options ?? [] })
    const own = { ...column, nullable: false, defaultSql: `nextval('${sequenceText(name)}')` }
    return identity === undefined ? own : { ...own, identity: { sequence: name, always: identity.always } }
  })
  return { columns: bound, sequences }
}

/** The text by which nextval() knows a sequence. */
export function sequenceText(name: string): string {
  const dot = name.indexOf('.')
  const parts = dot < 0 ? [name] : [name.slice(0, dot), name.slice(dot + 1)]
  return parts.map(quoteName).join('.').replaceAll("'", "''")
}

// PostgreSQL's name, numbered when it is taken.
function freeName(table: string, column: string, others: readonly OwnedSequence[], { catalog }: BindContext): string {
  const base = besideOf(table, `${bareOf(table)}_${column}_seq`)
  let name = base
  for (let n = 1; catalog.isTaken?.(name) === true || others.some(other => other.name === name); n++) {
    name = `${base}${n}`
  }
  return name
}

/** The expression of a generated column over all columns of its table. Its places are those of long ago: none. */
export function bindGeneratedIn(column: ColumnSchema, schema: TableSchema, context: BindContext): Expression {
  const { statement } = parse(`SELECT (${column.generatedSql!})`)[0]!
  if (statement.kind !== 'select') throw invalid(`the expression of column "${column.name}" is not an expression`)
  const columns = relationColumns(schema.columns, bareOf(schema.name))
    .filter(({ index }) => schema.columns[index]!.hidden !== true)
  const env = {
    context, scope: new Scope(columns, null), aggregates: null, clause: 'column generation expressions',
    visible: new Map(),
  }
  const value = assign(bindExpr(statement.items[0]!.expr, env), column, context)
  return rewrite(value, ({ position: _, ...rest }) => rest)
}

/** Checks generated columns over their whole table. 42P17, 42601, 0A000. */
export function checkGenerated(
  definitions: readonly ColumnDefinition[], schema: TableSchema, context: BindContext,
): void {
  for (const { name, defaultSql, identity, position } of definitions) {
    const ordinal = schema.columns.findIndex(column => column.name === name)
    const column = schema.columns[ordinal]!
    if (column.generatedSql === undefined) continue
    if (defaultSql !== null || identity !== undefined) {
      const other = defaultSql === null ? 'identity' : 'default'
      throw invalid(`both ${other} and generation expression specified for column "${name}" of table `
        + `"${bareOf(schema.name)}"`, position)
    }
    const expression = placed(position, () => bindGeneratedIn(column, schema, context))
    if (some(expression, part => part.kind === 'subquery')) {
      throw unsupported('a subquery in a column generation expression', position)
    }
    if (some(expression, part => part.kind === 'parameter')) throw unsupported('a parameter in a generated column',
      position)
    if (isVolatile(expression)) throw bindError(CODE.RECURSION, 'generation expression is not immutable', position)
    const other = [...columnsOf(expression)].find(c => c === ordinal || schema.columns[c]!.generatedSql !== undefined)
    if (other === undefined) continue
    throw bindError(CODE.RECURSION,
      `cannot use generated column "${schema.columns[other]!.name}" in column generation expression`, position)
  }
}

function placed<T>(position: number | undefined, run: () => T): T {
  try {
    return run()
  } catch (error) {
    if (error instanceof DatabaseError && position !== undefined) error.position = position
    throw error
  }
}

/** 428C9 for a value given to a column that takes none; `overriding` says what INSERT does about identities. */
export function checkGiven(column: ColumnSchema, given: Expr | null, overriding?: 'user' | 'system'): void {
  if (given?.kind === 'default') return
  const isIdentity = column.identity?.always === true
  if (column.generatedSql === undefined && (!isIdentity || overriding !== undefined)) return
  throw new DatabaseError(CODE.GENERATED_ALWAYS, `cannot insert a non-DEFAULT value into column "${column.name}"`, {
    ...(given?.position === undefined ? {} : { position: given.position }),
    detail: column.generatedSql !== undefined ? `Column "${column.name}" is a generated column.`
      : `Column "${column.name}" is an identity column defined as GENERATED ALWAYS.`,
    ...(isIdentity ? { hint: 'Use OVERRIDING SYSTEM VALUE to override.' } : {}),
  })
}

/** 428C9 for an UPDATE of such a column to anything but DEFAULT. */
export function checkAssigned(column: ColumnSchema, given: Expr, position?: number): void {
  if (given.kind === 'default' || (column.generatedSql === undefined && column.identity?.always !== true)) return
  throw new DatabaseError(CODE.GENERATED_ALWAYS, `column "${column.name}" can only be updated to DEFAULT`, {
    ...(position === undefined ? {} : { position }),
    detail: column.generatedSql !== undefined ? `Column "${column.name}" is a generated column.`
      : `Column "${column.name}" is an identity column defined as GENERATED ALWAYS.`,
  })
}
