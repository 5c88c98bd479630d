// ALTER … RENAME, SET SCHEMA and COMMENT ON. Names that others refer to a relation by are changed with it: foreign
// keys, owners of sequences, comments, the SQL of CHECKs. Views keep text, so what a view reads cannot be renamed.
import { CODE, DatabaseError } from '../base/errors.ts'
import type { TableSchema } from '../base/types.ts'
import { indexSchemaOf, objectKey } from '../../storage/mod.ts'
import type { CommentObject, SequenceObject, Transaction, ViewObject } from '../../storage/mod.ts'
import type { CommentOn, Rename, SetSchema } from '../sql/ast-definition.ts'
import { relationOf } from '../sql/lower-alter.ts'
import { sequenceText } from '../sql/bind-generated.ts'
import { didYouMean } from '../sql/nearest-name.ts'
import { renameColumnIn } from '../sql/rename-text.ts'
import { bareOf, besideOf, inSchema } from '../sql/relation-name.ts'
import { dependentsOf, moveComments, sequencesIn, viewsIn } from './dependents.ts'
import type { Relation } from './session-catalog.ts'
import { hasSchema } from './session-names.ts'
import type { Session } from './session.ts'

/** ALTER … RENAME. */
export function rename(session: Session, statement: Rename): null {
  session.define(txn => {
    const { what, to, part } = statement
    if (what === 'schema') return renameSchema(session, txn, statement)
    const relation = find(session, statement.relation, statement.ifExists)
    if (relation === null) return
    if (what === 'column') renameColumn(txn, relation, part, to)
    else if (what === 'constraint') renameConstraint(txn, relation, part, to)
    else moveRelation(session, txn, relation, besideOf(relation.name, to))
  })
  return null
}

/** ALTER … SET SCHEMA: a table takes its indexes and sequences along. */
export function setSchema(session: Session, { relation: name, schema, ifExists }: SetSchema): null {
  session.define(txn => {
    const relation = find(session, name, ifExists)
    if (relation === null) return
    if (!hasSchema(session.engine, txn, schema)) {
      throw new DatabaseError(CODE.UNDEFINED_SCHEMA, `schema "${schema}" does not exist`)
    }
    const to = inSchema(schema, bareOf(relation.name))
    if (relation.kind === 'table') {
      const table = txn.table(relation.name)
      for (const index of [...txn.indexesOf(table)]) {
        txn.alterTable(index, { ...index.schema, name: inSchema(schema, bareOf(index.schema.name)) })
      }
    }
    moveRelation(session, txn, relation, to)
    for (const sequence of sequencesIn(txn)) {
      if (sequence.owner?.table !== to || sequence.name === inSchema(schema, bareOf(sequence.name))) continue
      moveSequence(txn, sequence, inSchema(schema, bareOf(sequence.name)))
    }
  })
  return null
}

function find(session: Session, written: string, ifExists: boolean): Relation | null {
  const relation = session.catalog.relation(written)
  if (relation !== null) {
    if (!session.engine.attached.has(relation.name.split('.')[0]!)) return relation
    throw new DatabaseError(CODE.UNSUPPORTED, `ALTER of "${written}" in an attached database is not supported`)
  }
  if (ifExists) return null
  const hint = didYouMean(written, session.catalog.names())
  throw new DatabaseError(CODE.UNDEFINED_TABLE, `relation "${written}" does not exist`, hint === undefined ? {}
    : { hint })
}

function refuseForViews(txn: Transaction, relation: string, columns: readonly string[] | null, what: string): void {
  const view = dependentsOf(txn, relation, columns).find(dependent => dependent.relation !== null)
  if (view === undefined) return
  throw new DatabaseError(CODE.UNSUPPORTED, `cannot rename ${what} because ${view.text} depends on it`, {
    hint: 'Views keep the text of their query: drop the view, rename, and create it again.',
  })
}

function moveRelation(session: Session, txn: Transaction, relation: Relation, to: string): void {
  const { name, kind } = relation
  if (to === name) throw new DatabaseError(CODE.DUPLICATE_TABLE, `relation "${to}" already exists`)
  txn.checkFree(to)
  if (kind === 'index') {
    const index = txn.relationOrNull(name)!
    txn.alterTable(index, { ...index.schema, name: to })
    return moveComments(txn, 'table', name, to)
  }
  refuseForViews(txn, name, null, `${kind} ${name}`)
  if (kind === 'sequence') return moveSequence(txn, relation.object as SequenceObject, to)
  if (kind === 'view') {
    txn.setObject(objectKey('view', name), null)
    const view: ViewObject = { ...relation.object as ViewObject, name: to }
    txn.setObject(objectKey('view', to), view)
    return moveComments(txn, 'table', name, to)
  }
  const table = txn.table(name)
  const own = (table.schema.foreign ?? []).map(key => key.table === name ? { ...key, table: to } : key)
  // A constraint keeps its name.
  const { keyName = `${bareOf(name)}_pkey`, columns, key } = table.schema
  const kept = columns[key[0]!]!.hidden === true || keyName === `${bareOf(to)}_pkey` ? {} : { keyName }
  const { keyName: _, ...schema } = table.schema
  txn.alterTable(table, { ...schema, name: to, ...kept, ...(own.length === 0 ? {} : { foreign: own }) })
  for (const other of txn.listTables()) {
    if (other.name === to || other.foreign?.some(key => key.table === name) !== true) continue
    const foreign = other.foreign.map(each => each.table === name ? { ...each, table: to } : each)
    txn.alterTable(txn.table(other.name), { ...other, foreign })
  }
  for (const sequence of sequencesIn(txn)) {
    if (sequence.owner?.table !== name) continue
    const moved: SequenceObject = { ...sequence, owner: { ...sequence.owner, table: to } }
    txn.setObject(objectKey('sequence', sequence.name), moved)
  }
  moveComments(txn, 'table', name, to)
  void session
}

// Defaults and identities that use it say its new name.
function moveSequence(txn: Transaction, sequence: SequenceObject, to: string): void {
  const { name } = sequence
  txn.setObject(objectKey('sequence', name), null)
  const moved: SequenceObject = { ...sequence, name: to }
  txn.setObject(objectKey('sequence', to), moved)
  moveComments(txn, 'table', name, to)
  for (const schema of txn.listTables()) {
    const columns = schema.columns.map(column => {
      const { identity, defaultSql } = column
      const isOwn = defaultSql === `nextval('${sequenceText(name)}')`
      if (identity?.sequence !== name && !isOwn) return column
      return {
        ...column, ...(identity === undefined ? {} : { identity: { ...identity, sequence: to } }),
        ...(isOwn ? { defaultSql: `nextval('${sequenceText(to)}')` } : {}),
      }
    })
    if (columns.some((column, c) => column !== schema.columns[c])) {
      txn.alterTable(txn.table(schema.name), { ...schema, columns })
    }
  }
}

function renameColumn(txn: Transaction, relation: Relation, from: string, to: string): void {
  const { name } = relation
  if (relation.kind === 'view') return renameViewColumn(txn, relation.object as ViewObject, from, to)
  if (relation.kind !== 'table') throw new DatabaseError(CODE.WRONG_OBJECT, `"${name}" is not a table`)
  const table = txn.table(name)
  const { schema } = table
  const ordinal = schema.columns.findIndex(column => column.name === from && column.hidden !== true)
  if (ordinal < 0) {
    const hint = didYouMean(from, schema.columns.map(column => column.name))
    throw new DatabaseError(CODE.UNDEFINED_COLUMN, `column "${from}" does not exist`, hint === undefined ? {}
      : { hint })
  }
  if (schema.columns.some(column => column.name === to)) {
    throw new DatabaseError(CODE.DUPLICATE_COLUMN, `column "${to}" of relation "${bareOf(name)}" already exists`)
  }
  refuseForViews(txn, name, [from], `column ${from} of table ${name}`)
  const text = (sql: string): string => renameColumnIn(sql, from, to)
  const columns = schema.columns.map((column, c) => ({
    ...column, ...(c === ordinal ? { name: to } : {}),
    ...(column.generatedSql === undefined ? {} : { generatedSql: text(column.generatedSql) }),
  }))
  const own = renamedReferences(schema, name, from, to)
  const after: TableSchema = {
    ...schema, columns, ...(own === null ? {} : { foreign: own }),
    ...(schema.checks === undefined ? {}
      : { checks: schema.checks.map(check => ({ ...check, sql: text(check.sql) })) }),
  }
  const indexes = [...txn.indexesOf(table)]
  txn.alterTable(table, after)
  for (const index of indexes) {
    txn.alterTable(index, indexSchemaOf(index.schema.name, after, index.schema.index!))
  }
  for (const other of txn.listTables()) {
    const foreign = other.name === name ? null : renamedReferences(other, name, from, to)
    if (foreign !== null) txn.alterTable(txn.table(other.name), { ...other, foreign })
  }
  for (const sequence of sequencesIn(txn)) {
    if (sequence.owner?.table !== name || sequence.owner.column !== from) continue
    const moved: SequenceObject = { ...sequence, owner: { table: name, column: to } }
    txn.setObject(objectKey('sequence', sequence.name), moved)
  }
  moveComments(txn, 'column', `${name}.${from}`, `${name}.${to}`)
}

function renamedReferences(schema: TableSchema, table: string, from: string,
  to: string): TableSchema['foreign'] | null {
  if (schema.foreign?.some(key => key.table === table && key.references.includes(from)) !== true) return null
  return schema.foreign.map(key => key.table !== table ? key
    : { ...key, references: key.references.map(column => column === from ? to : column) })
}

function renameViewColumn(txn: Transaction, view: ViewObject, from: string, to: string): void {
  if (!view.columns.includes(from)) throw new DatabaseError(CODE.UNDEFINED_COLUMN, `column "${from}" does not exist`)
  if (view.columns.includes(to)) {
    throw new DatabaseError(CODE.DUPLICATE_COLUMN, `column "${to}" of relation "${bareOf(view.name)}" already exists`)
  }
  refuseForViews(txn, view.name, [from], `column ${from} of view ${view.name}`)
  const renamed: ViewObject = { ...view, columns: view.columns.map(column => column === from ? to : column) }
  txn.setObject(objectKey('view', view.name), renamed)
}

function renameConstraint(txn: Transaction, { name }: Relation, from: string, to: string): void {
  const table = txn.table(name)
  const { schema } = table
  const { checks = [], foreign = [], keyName } = schema
  const key = keyName ?? `${bareOf(name)}_pkey`
  const hasKey = schema.columns[schema.key[0]!]!.hidden !== true
  if ([...checks, ...foreign].some(known => known.name === to) || (hasKey && key === to)) {
    throw new DatabaseError(CODE.DUPLICATE_OBJECT, `constraint "${to}" for relation "${bareOf(name)}" already exists`)
  }
  const renamed = <T extends { readonly name: string }>(list: readonly T[]): T[] =>
    list.map(each => each.name === from ? { ...each, name: to } : each)
  const index = txn.indexesOf(table).find(({ schema: each }) =>
    each.index!.constraint === true && each.name === besideOf(name, from))
  if (checks.some(check => check.name === from)) txn.alterTable(table, { ...schema, checks: renamed(checks) })
  else if (foreign.some(each => each.name === from)) txn.alterTable(table, { ...schema, foreign: renamed(foreign) })
  else if (hasKey && key === from) txn.alterTable(table, { ...schema, keyName: to })
  else if (index !== undefined) txn.alterTable(index, { ...index.schema, name: besideOf(name, to) })
  else {
    throw new DatabaseError(CODE.UNDEFINED_OBJECT, `constraint "${from}" for table "${bareOf(name)}" does not exist`)
  }
}

// A schema is part of the names of what is in it.
function renameSchema(session: Session, txn: Transaction, { relation: from, to }: Rename): void {
  const object = txn.object(objectKey('schema', from))
  if (object === null) throw new DatabaseError(CODE.UNDEFINED_SCHEMA, `schema "${from}" does not exist`)
  if (hasSchema(session.engine, txn, to)) {
    throw new DatabaseError(CODE.DUPLICATE_SCHEMA, `schema "${to}" already exists`)
  }
  const inIt = (name: string): boolean => name.startsWith(`${from}.`)
  const view = viewsIn(txn).find(({ uses, name, path }) =>
    inIt(name) || path.includes(from) || uses.some(use => inIt(use.relation)))
  if (view !== undefined) {
    throw new DatabaseError(CODE.UNSUPPORTED, `cannot rename schema ${from} because view ${view.name} depends on it`)
  }
  txn.setObject(objectKey('schema', from), null)
  txn.setObject(objectKey('schema', to), { ...object, name: to })
  for (const { name } of txn.listTables().filter(table => inIt(table.name))) {
    for (const index of [...txn.indexesOf(txn.table(name))]) {
      txn.alterTable(index, { ...index.schema, name: `${to}.${bareOf(index.schema.name)}` })
    }
    moveRelation(session, txn, { kind: 'table', name, schema: txn.table(name).schema }, `${to}.${bareOf(name)}`)
  }
  for (const sequence of sequencesIn(txn).filter(({ name }) => inIt(name))) {
    moveSequence(txn, sequence, `${to}.${bareOf(sequence.name)}`)
  }
}

/** COMMENT ON. 42P01, 42703, 42704 for what is not there. */
export function commentOn(session: Session, { what, path, text }: CommentOn): null {
  session.define(txn => {
    const name = commentName(session, what, path)
    const comment: CommentObject | null = text === null || text === '' ? null : { kind: 'comment', name, text }
    txn.setObject(objectKey('comment', name), comment)
  })
  return null
}

function commentName(session: Session, what: string, path: readonly string[]): string {
  if (what === 'schema') {
    if (hasSchema(session.engine, session.transaction, path[0]!)) return `schema:${path[0]!}`
    throw new DatabaseError(CODE.UNDEFINED_SCHEMA, `schema "${path[0]!}" does not exist`)
  }
  const isPart = what === 'column' || what === 'constraint'
  const relation = find(session, relationOf(isPart ? path.slice(0, -1) : path), false)!
  if (!isPart) {
    if (relation.kind === what) return `${what}:${relation.name}`
    throw new DatabaseError(CODE.WRONG_OBJECT, `"${bareOf(relation.name)}" is not a ${what}`)
  }
  const part = path.at(-1)!
  const columns = relation.kind === 'view' ? (relation.object as ViewObject).columns
    : relation.kind === 'table' ? relation.schema.columns.map(column => column.name) : []
  if (what === 'column' && !columns.includes(part)) {
    throw new DatabaseError(CODE.UNDEFINED_COLUMN,
      `column "${part}" of relation "${bareOf(relation.name)}" does not exist`)
  }
  return `${what}:${relation.name}.${part}`
}
