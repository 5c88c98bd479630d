// What an item of FROM is while it is being bound: a plan and its columns in the order of `*`; and the helpers that
// binding single items (bind-from.ts) and joins (bind-join.ts) share.
import { CODE } from '../base/errors.ts'
import type { LogicalPlan } from '../../exec/plan/logical.ts'
import type { BindContext, CommonTableBinding } from './bind-context.ts'
import { bindError } from './bind-context.ts'
import { joinOn } from './push-filter.ts'
import type { Scope, ScopeColumn } from './scope.ts'

/** What binding FROM needs beside its item. */
export interface FromEnv {
  readonly context: BindContext
  readonly parent: Scope | null
  /** What LATERAL items and functions see: the items before them, then the parent. Absent: the parent alone. */
  readonly lateral?: Scope
  readonly visible: ReadonlyMap<string, CommonTableBinding>
  /** The keys of the tables' rows are wanted too: FOR UPDATE. */
  readonly locks: boolean
}

/** A FROM item: its plan and its columns, in the order of `*`. */
export interface Source {
  readonly plan: LogicalPlan
  readonly columns: readonly ScopeColumn[]
}

/** Columns under the names of an alias list. 42P10 when it has more names than there are columns. */
export function renamed(
  columns: readonly ScopeColumn[], names: readonly string[], position?: number,
): readonly ScopeColumn[] {
  if (names.length > columns.length) {
    throw bindError(
      CODE.INVALID_REFERENCE, `${columns.length} columns available but ${names.length} column aliases`, position
    )
  }
  return names.length === 0 ? columns : columns.map((column, i) => ({ ...column, name: names[i] ?? column.name }))
}

/** 42712 when two items of FROM have one name. */
export function checkRelations(left: Source, right: Source, position?: number): void {
  const names = new Set(left.columns.map(column => column.relation))
  for (const { relation } of right.columns) {
    if (relation !== null && names.has(relation)) {
      throw bindError(CODE.DUPLICATE_ALIAS, `table name "${relation}" specified more than once`, position)
    }
  }
}

/** Columns that stand `by` places further right. */
export function moved(columns: readonly ScopeColumn[], by: number): ScopeColumn[] {
  return columns.map(column => ({ ...column, index: column.index + by }))
}

/** Every row of one with every row of the other. 42712 when they share a name. */
export function product(left: Source, right: Source, position?: number): Source {
  checkRelations(left, right, position)
  return {
    plan: joinOn('cross', left.plan, right.plan, []),
    columns: [...left.columns, ...moved(right.columns, left.plan.output.length)],
  }
}
