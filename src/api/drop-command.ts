// DROP TABLE, VIEW, SEQUENCE and SCHEMA: looks the names up, collects what depends on them, and takes everything away
// in one step of the transaction. Without CASCADE a dependent that is not dropped by the same statement is 2BP01.
import { CODE, DatabaseError } from '../base/errors.ts'
import { objectKey } from '../../storage/mod.ts'
import type { Transaction } from '../../storage/mod.ts'
import type { DropObjects } from '../sql/ast-definition.ts'
import { didYouMean } from '../sql/nearest-name.ts'
import { schemaOf } from '../sql/relation-name.ts'
import {
  dependentsOf, dependentsOfSequence, dropForeignKey, moveComments, sequencesIn, stillNeeded, viewsIn,
} from './dependents.ts'
import type { Dependent, Target } from './dependents.ts'
import { notATable } from './index-command.ts'
import type { Session } from './session.ts'

/** DROP. 42P01 for a name without a relation (3F000 for schemas), 42809 for one of another kind, 2BP01. */
export function dropObjects(session: Session, statement: DropObjects): null {
  session.define(txn => {
    const targets = statement.names.flatMap(name => targetsOf(session, txn, statement, name))
    dropTargets(txn, targets, statement.cascade)
  })
  return null
}

function targetsOf(session: Session, txn: Transaction, { type, ifExists }: DropObjects, name: string): Target[] {
  if (type === 'schema') return schemaTarget(txn, name, ifExists)
  const relation = session.catalog.relation(name)
  if (relation === null) {
    if (ifExists) return []
    const hint = didYouMean(name, session.catalog.names())
    throw new DatabaseError(CODE.UNDEFINED_TABLE, `${type} "${name}" does not exist`,
      hint === undefined ? {} : { hint })
  }
  if (relation.kind !== type) {
    if (relation.kind === 'index') throw notATable(name)
    throw new DatabaseError(CODE.WRONG_OBJECT, `"${name}" is not a ${type}`, {
      hint: `Use DROP ${relation.kind.toUpperCase()} to remove a ${relation.kind}.`,
    })
  }
  return [{ kind: type, name: relation.name }]
}

function schemaTarget(txn: Transaction, name: string, ifExists: boolean): Target[] {
  if (name === 'public' || name === 'main') {
    throw new DatabaseError(CODE.DEPENDENT_OBJECTS, `cannot drop schema ${name} because it is required by the database`)
  }
  if (txn.object(objectKey('schema', name)) !== null) return [{ kind: 'schema', name }]
  if (ifExists) return []
  throw new DatabaseError(CODE.UNDEFINED_SCHEMA, `schema "${name}" does not exist`)
}

/** Relations of a schema. */
function contentOf(txn: Transaction, schema: string): Target[] {
  const inIt = (name: string): boolean => schemaOf(name) === schema && name.includes('.')
  return [
    ...txn.listTables().filter(({ name }) => inIt(name)).map(({ name }): Target => ({ kind: 'table', name })),
    ...viewsIn(txn).filter(({ name }) => inIt(name)).map(({ name }): Target => ({ kind: 'view', name })),
    ...sequencesIn(txn).filter(({ name, owner }) => inIt(name) && owner === null)
      .map(({ name }): Target => ({ kind: 'sequence', name })),
  ]
}

function directDependents(txn: Transaction, target: Target): Dependent[] {
  switch (target.kind) {
    case 'table': case 'view': return dependentsOf(txn, target.name, null)
    case 'sequence': return dependentsOfSequence(txn, target.name)
    case 'schema': return contentOf(txn, target.name).map(relation => ({
      text: `${relation.kind} ${relation.name}`, relation, remove: () => undefined,
    }))
    default: return []
  }
}

/** Drops relations and schemas, and with `cascade` what depends on them. */
export function dropTargets(txn: Transaction, targets: readonly Target[], cascade: boolean): void {
  const all = [...targets]
  const isDropped = (target: Target | null): boolean =>
    target !== null && all.some(({ kind, name }) => kind === target.kind && name === target.name)
  // Grows while it is walked: dependents have dependents.
  for (let i = 0; i < all.length; i++) {
    const dependents = directDependents(txn, all[i]!).filter(({ relation }) => !isDropped(relation))
    const foreign = dependents.filter(({ text }) => !all.some(({ kind, name }) =>
      kind === 'table' && text.endsWith(` on table ${name}`)))
    if (foreign.length > 0 && !cascade) throw stillNeeded('drop', all[i]!, foreign.map(({ text }) => text))
    for (const { relation, remove } of foreign) {
      if (relation !== null) all.push(relation)
      else remove()
    }
  }
  for (const target of [...all].reverse()) dropOne(txn, target)
}

function dropOne(txn: Transaction, { kind, name }: Target): void {
  switch (kind) {
    case 'schema': return txn.setObject(objectKey('schema', name), null)
    case 'view': case 'sequence':
      moveComments(txn, 'table', name, null)
      return txn.setObject(objectKey(kind, name), null)
    default: return dropTable(txn, name)
  }
}

/** Drops a table with its sequences and comments. */
function dropTable(txn: Transaction, name: string): void {
  for (const sequence of sequencesIn(txn)) {
    if (sequence.owner?.table === name) txn.setObject(objectKey('sequence', sequence.name), null)
  }
  // Own foreign keys go first, so that tables that refer to each other can go one by one.
  const own = txn.far(name) === null ? txn.table(name).schema.foreign ?? [] : []
  if (own.some(({ table }) => table !== name)) for (const key of own) dropForeignKey(txn, name, key.name)
  moveComments(txn, 'table', name, null)
  txn.dropTable(name)
}
