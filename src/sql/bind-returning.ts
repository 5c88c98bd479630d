// RETURNING: expressions over the rows that a statement has changed. Plain names mean the new row of INSERT and
// UPDATE and the old row of DELETE; `old.` and `new.` mean either, with NULLs for a row that there is not. The
// other tables of UPDATE … FROM and DELETE … USING stay in sight.
//
//   input = new row | old row | columns of other tables
import type { TableSchema } from '../base/types.ts'
import type { OutputColumn, Returning } from '../../exec/plan/logical.ts'
import type { ReturningClause, TableRef } from './ast.ts'
import type { BindContext } from './bind-context.ts'
import type { ExprEnv } from './bind-expression.ts'
import { bindItem } from './bind-query.ts'
import { isNullable } from './grouping.ts'
import { Scope } from './scope.ts'
import type { ScopeColumn } from './scope.ts'

/** What of a statement RETURNING sees. */
export interface ReturningSource {
  readonly table: TableRef
  readonly schema: TableSchema
  /** Which row plain names mean. */
  readonly shown: 'new' | 'old'
  /** Columns of other tables; their indexes count from the first column carried along. */
  readonly others: readonly ScopeColumn[]
  readonly otherOutput: readonly OutputColumn[]
}

/** Binds RETURNING: what the executor evaluates, and the columns of the result. */
export function bindReturning(
  clause: ReturningClause, source: ReturningSource, context: BindContext,
): { readonly returning: Returning; readonly output: readonly OutputColumn[] } {
  const { schema, table, shown, others, otherOutput } = source
  const width = schema.columns.length
  const rowColumns = (relation: string, offset: number, plain: boolean): ScopeColumn[] =>
    schema.columns.flatMap(({ name, type, nullable, hidden }, i) => hidden === true ? []
      : [{ name, type, relation, index: offset + i, nullable: nullable || !plain, plain }])
  const target = table.alias ?? table.name
  const columns = [
    ...rowColumns(target, shown === 'new' ? 0 : width, true),
    ...others.map(column => ({ ...column, index: column.index + 2 * width })),
  ]
  const isTaken = (name: string): boolean => columns.some(column => column.relation === name)
  if (!isTaken(clause.new)) columns.push(...rowColumns(clause.new, 0, false))
  if (!isTaken(clause.old)) columns.push(...rowColumns(clause.old, width, false))
  const env: ExprEnv = {
    context, scope: new Scope(columns, null), aggregates: null, clause: 'RETURNING', visible: new Map(),
  }
  const items = clause.items.flatMap(item => bindItem(item, env, false))
  const row = schema.columns.map(({ name, type }) => ({ name, type, nullable: true }))
  return {
    returning: { input: [...row, ...row, ...otherOutput], expressions: items.map(item => item.expression) },
    output: items.map(({ name, expression }) => ({ name, type: expression.type, nullable: isNullable(expression) })),
  }
}
