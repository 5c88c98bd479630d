// FOR UPDATE and FOR SHARE: which tables they mean, where the keys of their rows stand, and what PostgreSQL refuses.
// The keys travel through the joins as columns of FROM that no name can reach and `*` does not show.
import { CODE } from '../base/errors.ts'
import type { TableSchema } from '../base/types.ts'
import type { LockTarget } from '../../exec/plan/logical.ts'
import type { FromItem, LockingClause, Query, TableRef } from './ast.ts'
import { bindError } from './bind-context.ts'
import { didYouMean } from './nearest-name.ts'
import { unsupported } from './node-reader.ts'
import type { ScopeColumn } from './scope.ts'

/** Relation name of the key columns of a table in FROM: no identifier has a NUL. */
function keyRelation(table: string): string {
  return `\0key of ${table}`
}

/** The key columns of a scanned table, whose output are all columns of its schema. */
export function keyColumns(table: TableRef, schema: TableSchema): ScopeColumn[] {
  return schema.key.map(index => ({
    name: `\0${index}`, relation: keyRelation(table.alias ?? table.name), index, type: schema.columns[index]!.type,
    nullable: false, plain: false,
  }))
}

/** A table to lock: its key columns among the columns of FROM. */
export interface LockedTable extends Omit<LockTarget, 'columns'> {
  readonly keys: readonly ScopeColumn[]
}

/** Where the words of a clause stand, as PostgreSQL says them. */
function wordsOf(clause: LockingClause): string {
  return clause.strength === 'update' ? 'FOR UPDATE' : 'FOR SHARE'
}

/** The tables that the locking clauses of a query mean. Throws 42P01, and 0A000 where PostgreSQL does. */
export function lockedTables(query: Query, columns: readonly ScopeColumn[], hasAggregates: boolean): LockedTable[] {
  const locked = new Map<string, LockedTable>()
  for (const clause of query.locks) {
    refuse(query, clause, hasAggregates)
    for (const item of meantBy(clause, query.from)) {
      const table = lockedTable(clause, item, columns)
      const name = nameOf(item)
      const known = locked.get(name)
      locked.set(name, known === undefined ? table : stricter(known, table))
    }
  }
  return [...locked.values()]
}

function refuse(query: Query, clause: LockingClause, hasAggregates: boolean): void {
  const problem = query.distinct ? 'with DISTINCT' : query.groupBy.length > 0 ? 'with GROUP BY'
    : query.having !== null ? 'with HAVING' : hasAggregates ? 'with aggregate functions' : null
  if (problem !== null) throw unsupported(`${wordsOf(clause)} ${problem}`, clause.position)
}

function meantBy(clause: LockingClause, from: readonly FromItem[]): FromItem[] {
  const items = from.flatMap(leaves)
  if (clause.tables.length === 0) return items
  return clause.tables.map(({ name, position }) => {
    const found = items.find(item => nameOf(item) === name)
    if (found !== undefined) return found
    const names = items.flatMap(item => item.kind === 'table' ? [item.alias ?? item.name] : [])
    throw bindError(CODE.UNDEFINED_TABLE, `relation "${name}" in ${wordsOf(clause)} clause not found in FROM clause`,
      position, didYouMean(name, names))
  })
}

function nameOf(item: FromItem): string {
  return item.kind === 'join' || item.kind === 'function' ? '' : item.alias ?? (item.kind === 'table' ? item.name : '')
}

function leaves(item: FromItem): FromItem[] {
  return item.kind === 'join' ? [...leaves(item.left), ...leaves(item.right)] : [item]
}

function lockedTable(clause: LockingClause, item: FromItem, columns: readonly ScopeColumn[]): LockedTable {
  const keys = columns.filter(column => column.relation === keyRelation(nameOf(item)))
  if (item.kind !== 'table' || keys.length === 0) {
    throw unsupported(`${wordsOf(clause)} of a subquery or WITH query`, clause.position ?? item.position)
  }
  if (keys.some(key => key.nullable)) {
    throw unsupported(`${wordsOf(clause)} of the nullable side of an outer join`, clause.position ?? item.position)
  }
  return { table: item.name, keys, strength: clause.strength, wait: clause.wait }
}

// As PostgreSQL: the stronger lock; NOWAIT before SKIP LOCKED before waiting.
function stricter(a: LockedTable, b: LockedTable): LockedTable {
  const order = ['block', 'skip', 'error']
  return {
    ...a, strength: a.strength === 'update' ? 'update' : b.strength,
    wait: order.indexOf(a.wait) >= order.indexOf(b.wait) ? a.wait : b.wait,
  }
}
