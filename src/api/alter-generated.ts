// ALTER COLUMN ADD GENERATED … AS IDENTITY, SET, DROP IDENTITY and DROP EXPRESSION. Values that are there stay; only
// where later ones come from changes.
import { CODE, DatabaseError } from '../base/errors.ts'
import type { ColumnSchema } from '../base/types.ts'
import { objectKey } from '../../storage/mod.ts'
import type { SequenceObject, TableStore, Transaction } from '../../storage/mod.ts'
import type { AlterAction } from '../sql/ast-definition.ts'
import { sequenceText } from '../sql/bind-generated.ts'
import { bareOf, besideOf } from '../sql/relation-name.ts'
import { changeSequence, makeColumnSequences } from './sequence-command.ts'
import type { Session } from './session.ts'

type GeneratedAction = Extract<AlterAction, {
  kind: 'add_identity' | 'set_identity' | 'drop_identity' | 'drop_expression'
}>

/** Carries the action out on a column. 55000 when it is not what the action is about, 22023 for its type. */
export function alterGenerated(
  session: Session, txn: Transaction, table: TableStore, ordinal: number, action: GeneratedAction,
): void {
  const { schema } = table
  const column = schema.columns[ordinal]!
  const of = `column "${column.name}" of relation "${bareOf(schema.name)}"`
  const set = (changed: ColumnSchema): void =>
    txn.alterTable(table, { ...schema, columns: schema.columns.map((each, c) => c === ordinal ? changed : each) })
  switch (action.kind) {
    case 'add_identity': return set(addIdentity(txn, schema.name, column, action, of))
    case 'set_identity': {
      const { identity } = column
      if (identity === undefined) throw wrongState(`${of} is not an identity column`)
      const sequence = txn.object(objectKey('sequence', identity.sequence))
      changeSequence(session, txn, sequence as SequenceObject, action.options)
      if (action.always !== null) set({ ...column, identity: { ...identity, always: action.always } })
      return
    }
    case 'drop_identity': {
      const { identity, defaultSql: _, ...rest } = column
      if (identity === undefined) {
        if (action.ifExists) return
        throw wrongState(`${of} is not an identity column`)
      }
      set(rest)
      return txn.setObject(objectKey('sequence', identity.sequence), null)
    }
    case 'drop_expression': {
      const { generatedSql, ...rest } = column
      if (generatedSql !== undefined) return set(rest)
      if (!action.ifExists) throw wrongState(`${of} is not a stored generated column`)
    }
  }
}

function addIdentity(
  txn: Transaction, table: string, column: ColumnSchema, { identity }: Extract<AlterAction, { kind: 'add_identity' }>,
  of: string,
): ColumnSchema {
  const { kind } = column.type
  if (kind !== 'smallint' && kind !== 'integer' && kind !== 'bigint') {
    throw new DatabaseError(CODE.INVALID_PARAMETER, 'identity column type must be smallint, integer, or bigint')
  }
  if (column.identity !== undefined) throw wrongState(`${of} is already an identity column`)
  if (column.defaultSql !== undefined) throw wrongState(`${of} already has a default value`)
  if (column.nullable) throw wrongState(`${of} must be declared NOT NULL before identity can be added`)
  const base = besideOf(table, `${bareOf(table)}_${column.name}_seq`)
  let name = base
  for (let n = 1; txn.object(objectKey('sequence', name)) !== null || txn.relationOrNull(name) !== null; n++) {
    name = `${base}${n}`
  }
  makeColumnSequences(txn, table, [{ column: column.name, name, type: kind, options: identity.options }])
  return {
    ...column, defaultSql: `nextval('${sequenceText(name)}')`, identity: { sequence: name, always: identity.always },
  }
}

function wrongState(message: string): DatabaseError {
  return new DatabaseError(CODE.NOT_OPEN, message)
}
