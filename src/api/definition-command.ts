// The door to statements that define things or set up the session (src/sql/ast-definition.ts). They arrive as syntax
// trees: names are looked up when the statement runs.
import { unreachable } from '../base/assert.ts'
import { CODE, DatabaseError } from '../base/errors.ts'
import { TEXT } from '../base/types.ts'
import type { BoundStatement } from '../../exec/plan/logical.ts'
import type { Definition, SetConstraints } from '../sql/ast-definition.ts'
import type { Listing } from './command.ts'
import { recheckForeignKeys } from './foreign-keys.ts'
import { alterTable } from './alter-command.ts'
import { dropObjects } from './drop-command.ts'
import { alterSequence, createSequence } from './sequence-command.ts'
import { merge } from './merge-command.ts'
import type { Session } from './session.ts'
import { commentOn, rename, setSchema } from './rename-command.ts'
import { endTemporary } from './temporary-tables.ts'
import { createSchema, createView } from './view-command.ts'

/** Columns of SHOW ALL. */
const SHOW_ALL = ['name', 'setting', 'description'].map(name => ({ name, type: TEXT }))

/** Columns of the rows that a statement returns; none for most. */
export function definitionColumns(definition: { readonly kind: string }): Listing['columns'] {
  return definition.kind === 'show_all' ? SHOW_ALL : []
}

// Outside of a transaction it changes nothing, as in PostgreSQL. IMMEDIATE looks at once at what was put off.
function setConstraints(session: Session, { names, deferred }: SetConstraints): null {
  session.assertReady()
  const { transaction } = session
  if (transaction === null) return null
  return session.write(txn => {
    const known = txn.listTables().flatMap(({ foreign }) => foreign ?? [])
    for (const name of names) {
      const key = known.find(each => each.name === name)
      if (key === undefined) throw new DatabaseError(CODE.UNDEFINED_OBJECT, `constraint "${name}" does not exist`)
      if (key.deferrable !== true) {
        throw new DatabaseError(CODE.WRONG_OBJECT, `constraint "${name}" is not deferrable`)
      }
    }
    session.deferred.set(names, deferred)
    if (!deferred) recheckForeignKeys(session, txn)
    return null
  })
}

// As a new session would be: no settings, no temporary tables.
function discardAll(session: Session): null {
  if (session.transaction !== null) {
    throw new DatabaseError(CODE.ACTIVE_TRANSACTION, 'DISCARD ALL cannot run inside a transaction block')
  }
  session.settings.resetAll()
  session.named.deallocate(null)
  session.cursors.close(null)
  endTemporary(session.engine, session.names)
  session.forgetPlans()
  return null
}

/** Carries the statement out. Returns its rows, or null when it has none. */
export function runDefinition(
  session: Session, statement: Extract<BoundStatement, { kind: 'definition' }>,
): Listing | null {
  const definition = statement.definition as Definition
  switch (definition.kind) {
    case 'create_schema': return createSchema(session, definition)
    case 'create_view': return createView(session, definition)
    case 'drop_objects': return dropObjects(session, definition)
    case 'alter_table': return alterTable(session, definition)
    case 'rename': return rename(session, definition)
    case 'set_schema': return setSchema(session, definition)
    case 'comment': return commentOn(session, definition)
    case 'set':
      session.assertReady()
      session.settings.set(definition.name, definition.value, definition.isLocal)
      return null
    case 'reset_all':
      session.assertReady()
      session.settings.resetAll()
      return null
    case 'set_constraints': return setConstraints(session, definition)
    case 'show_all': return { columns: SHOW_ALL, rows: session.settings.all() }
    case 'prepare':
      session.assertReady()
      session.named.prepare(session, definition)
      return null
    case 'deallocate':
      session.assertReady()
      session.named.deallocate(definition.name)
      return null
    case 'execute': return unreachable('EXECUTE is its statement by now')
    case 'declare':
      session.assertReady()
      session.cursors.declare(definition)
      return null
    case 'fetch': case 'move': {
      session.assertReady()
      const rows = session.cursors.fetch(definition)
      return definition.kind === 'move' ? null : { columns: statement.output, rows }
    }
    case 'close':
      session.assertReady()
      session.cursors.close(definition.name)
      return null
    case 'merge':
      session.changedRows = merge(session, definition)
      return null
    case 'discard_all': return discardAll(session)
    case 'create_sequence': return createSequence(session, definition)
    case 'alter_sequence': return alterSequence(session, definition)
  }
}
