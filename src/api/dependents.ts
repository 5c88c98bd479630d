// What depends on a relation or on columns of it: views that read it, foreign keys that refer to it, defaults that use
// a sequence. DROP and ALTER ask here; without CASCADE a dependent is 2BP01, with it the dependents go first.
import { CODE, DatabaseError } from '../base/errors.ts'
import type { ForeignKey, TableSchema } from '../base/types.ts'
import { objectKey } from '../../storage/mod.ts'
import type { CommentObject, SequenceObject, Transaction, ViewObject } from '../../storage/mod.ts'
import { bareOf, parseRelationName } from '../sql/relation-name.ts'

/** A relation as messages name it. */
export interface Target {
  readonly kind: 'table' | 'view' | 'sequence' | 'index' | 'schema' | 'column' | 'constraint'
  readonly name: string
}

/** Something that depends on a target. */
export interface Dependent {
  /** `view v`, `constraint k on table t`. */
  readonly text: string
  /** The relation that goes with it, when it is one. */
  readonly relation: Target | null
  /** Takes it away; relations go through whoever drops them. */
  readonly remove: () => void
}

/** All views a transaction sees. */
export function viewsIn(txn: Transaction): ViewObject[] {
  return txn.listObjects().filter(object => object.kind === 'view') as ViewObject[]
}

/** All sequences a transaction sees. */
export function sequencesIn(txn: Transaction): SequenceObject[] {
  return txn.listObjects().filter(object => object.kind === 'sequence') as SequenceObject[]
}

/** Foreign keys of all tables that refer to `table`, with the tables that have them. */
function referencesTo(txn: Transaction, table: string): { schema: TableSchema; key: ForeignKey }[] {
  return txn.listTables().flatMap(schema =>
    (schema.foreign ?? []).filter(key => key.table === table).map(key => ({ schema, key })))
}

/** What depends on a table or view, or on some columns of it. */
export function dependentsOf(txn: Transaction, name: string, columns: readonly string[] | null): Dependent[] {
  const views = viewsIn(txn)
    .filter(view => view.uses.some(use => use.relation === name
      && (columns === null || use.columns.some(column => columns.includes(column)))))
    .map((view): Dependent => ({
      text: `view ${view.name}`, relation: { kind: 'view', name: view.name }, remove: () => undefined,
    }))
  const keys = referencesTo(txn, name)
    .filter(({ schema, key }) => columns === null ? schema.name !== name
      : key.references.some(column => columns.includes(column)))
    .map(({ schema, key }): Dependent => ({
      text: `constraint ${key.name} on table ${schema.name}`, relation: null,
      remove: () => dropForeignKey(txn, schema.name, key.name),
    }))
  return [...views, ...keys]
}

/** Columns whose default, or identity, takes values from a sequence. */
export function dependentsOfSequence(txn: Transaction, name: string): Dependent[] {
  return txn.listTables().flatMap(schema => schema.columns
    .filter(({ defaultSql, identity }) => identity?.sequence === name || usesSequence(defaultSql, name))
    .map((column): Dependent => ({
      text: `default value for column ${column.name} of table ${schema.name}`, relation: null,
      remove: () => {
        const table = txn.table(schema.name)
        const { defaultSql: _, ...rest } = column
        const columns = table.schema.columns.map(each => each.name === column.name ? rest : each)
        txn.alterTable(table, { ...table.schema, columns })
      },
    })))
}

function usesSequence(defaultSql: string | undefined, name: string): boolean {
  if (defaultSql === undefined) return false
  return [...defaultSql.matchAll(/nextval\s*\(\s*'((?:[^']|'')*)'/gi)].some(([, text]) => {
    const written = parseRelationName(text!.replaceAll("''", "'"))
    return written !== null && (written === name || bareOf(written) === name || written === bareOf(name))
  })
}

/** Takes a foreign key away. */
export function dropForeignKey(txn: Transaction, table: string, key: string): void {
  const store = txn.table(table)
  const { foreign = [], ...rest } = store.schema
  const others = foreign.filter(({ name }) => name !== key)
  txn.alterTable(store, others.length === 0 ? rest : { ...rest, foreign: others })
}

/** 2BP01 with what depends on the target. */
export function stillNeeded(verb: string, target: Target, dependents: readonly string[]): DatabaseError {
  const shown = dependents.slice(0, 100)
  const more = dependents.length > shown.length ? [`and ${dependents.length - shown.length} other objects`] : []
  const what = `${target.kind} ${target.name}`
  return new DatabaseError(CODE.DEPENDENT_OBJECTS, `cannot ${verb} ${what} because other objects depend on it`, {
    detail: [...shown.map(text => `${text} depends on ${what}`), ...more].join('\n'),
    hint: 'Use DROP ... CASCADE to drop the dependent objects too.',
  })
}

/** Comments about a relation and its columns, or about one column, go or take another name. */
export function moveComments(txn: Transaction, kind: 'table' | 'column', from: string, to: string | null): void {
  for (const object of txn.listObjects()) {
    if (object.kind !== 'comment') continue
    const renamed = renamedComment(object.name, kind, from, to)
    if (renamed === object.name) continue
    txn.setObject(objectKey('comment', object.name), null)
    if (renamed !== null) {
      const moved: CommentObject = { ...object as CommentObject, name: renamed }
      txn.setObject(objectKey('comment', renamed), moved)
    }
  }
}

function renamedComment(name: string, kind: 'table' | 'column', from: string, to: string | null): string | null {
  if (kind === 'column') return name === `column:${from}` ? to === null ? null : `column:${to}` : name
  for (const prefix of ['table:', 'view:', 'sequence:', 'index:']) {
    if (name === prefix + from) return to === null ? null : prefix + to
  }
  for (const prefix of ['column:', 'constraint:']) {
    if (name.startsWith(`${prefix}${from}.`)) {
      return to === null ? null : `${prefix}${to}${name.slice(prefix.length + from.length)}`
    }
  }
  return name
}
