// CREATE SEQUENCE, ALTER SEQUENCE, and the sequences that serial and identity columns bring along. Options and their
// checks are PostgreSQL's; CACHE is kept and means nothing, since values are reserved in any case.
import { CODE, DatabaseError } from '../base/errors.ts'
import { objectKey } from '../../storage/mod.ts'
import type { SequenceObject, Transaction } from '../../storage/mod.ts'
import type { AlterSequence, CreateSequence, SequenceOption } from '../sql/ast-definition.ts'
import type { OwnedSequence } from '../sql/bind-generated.ts'
import { schemaOf } from '../sql/relation-name.ts'
import type { Session } from './session.ts'

type IntegerKind = SequenceObject['type']

const BITS: Readonly<Record<IntegerKind, bigint>> = { smallint: 15n, integer: 31n, bigint: 63n }
const TYPE_NAMES: Readonly<Record<string, IntegerKind>> = {
  int2: 'smallint', smallint: 'smallint', int4: 'integer', integer: 'integer', int: 'integer',
  int8: 'bigint', bigint: 'bigint',
}

/** CREATE SEQUENCE. 42P07 for a name that is taken, 22023 for options that contradict each other. */
export function createSequence(session: Session, statement: CreateSequence): null {
  session.define(txn => {
    const { catalog } = session
    const name = catalog.target(statement.name, statement.temporary)
    if (statement.ifNotExists && catalog.named(name) !== null) return
    txn.checkFree(name)
    const sequence = withOwner(session, txn, makeSequence(name, statement.options, 'bigint'), statement.options)
    txn.setObject(objectKey('sequence', name), sequence)
  })
  return null
}

/** ALTER SEQUENCE. */
export function alterSequence(session: Session, { name, ifExists, options }: AlterSequence): null {
  session.define(txn => {
    const relation = session.catalog.relation(name)
    if (relation === null && ifExists) return
    if (relation === null) throw new DatabaseError(CODE.UNDEFINED_TABLE, `relation "${name}" does not exist`)
    if (relation.kind !== 'sequence') throw new DatabaseError(CODE.WRONG_OBJECT, `"${name}" is not a sequence`)
    changeSequence(session, txn, relation.object as SequenceObject, options)
  })
  return null
}

/** Changes a sequence as its options say. */
export function changeSequence(
  session: Session, txn: Transaction, old: SequenceObject, options: readonly SequenceOption[],
): void {
  const { last, called } = session.database.sequences.present(old)
  const changed = withOptions({ ...old, last: String(last), called }, options, false)
  txn.setObject(objectKey('sequence', old.name), withOwner(session, txn, changed, options))
}

/** A sequence with these options and defaults for the others. */
function makeSequence(name: string, options: readonly SequenceOption[], type: IntegerKind): SequenceObject {
  const plain: SequenceObject = {
    kind: 'sequence', name, type, start: '1', increment: '1', min: '1', max: '1', cache: '1', cycle: false, owner: null,
    last: '1', called: false,
  }
  return withOptions(plain, options, true)
}

function withOptions(old: SequenceObject, options: readonly SequenceOption[], isNew: boolean): SequenceObject {
  const seen = new Map<string, SequenceOption>()
  for (const option of options) {
    if (seen.has(option.name)) {
      throw new DatabaseError(CODE.SYNTAX, 'conflicting or redundant options', { position: option.position })
    }
    seen.set(option.name, option)
  }
  const type = typeOf(seen.get('as'), old.type)
  const text = (name: string): string | null | undefined => seen.get(name)?.value
  const increment = wide(text('increment') ?? old.increment)
  if (increment === 0n) throw invalidOption('INCREMENT must not be zero')
  const [lowest, highest] = [-(2n ** BITS[type]), 2n ** BITS[type] - 1n]
  const fresh = isNew || type !== old.type
  const bound = (name: 'min' | 'max', fallback: bigint): bigint => {
    const given = text(`${name}value`)
    if (given === null) return fallback
    return given === undefined ? fresh ? fallback : wide(old[name]) : wide(given)
  }
  const min = bound('min', increment > 0n ? 1n : lowest)
  const max = bound('max', increment > 0n ? highest : -1n)
  if (min < lowest) throw invalidOption(`MINVALUE (${min}) is out of range for sequence data type ${type}`)
  if (max > highest) throw invalidOption(`MAXVALUE (${max}) is out of range for sequence data type ${type}`)
  if (min >= max) throw invalidOption(`MINVALUE (${min}) must be less than MAXVALUE (${max})`)
  const givenStart = text('start')
  const start = typeof givenStart === 'string' ? wide(givenStart)
    : isNew ? increment > 0n ? min : max : wide(old.start)
  checkBounds('START', start, min, max)
  const cache = wide(text('cache') ?? old.cache)
  if (cache < 1n) throw invalidOption(`CACHE (${cache}) must be greater than zero`)
  const restart = seen.get('restart')
  const last = restart !== undefined ? restart.value === null ? start : wide(restart.value)
    : isNew ? start : wide(old.last)
  checkBounds(restart === undefined ? 'START' : 'RESTART', last, min, max)
  const cycle = seen.get('cycle')
  return {
    ...old, type, increment: String(increment), min: String(min), max: String(max), start: String(start),
    cache: String(cache), cycle: cycle === undefined ? old.cycle : cycle.value === 'true', last: String(last),
    called: restart !== undefined || isNew ? false : old.called,
  }
}

function checkBounds(what: string, value: bigint, min: bigint, max: bigint): void {
  if (value < min) throw invalidOption(`${what} value (${value}) cannot be less than MINVALUE (${min})`)
  if (value > max) throw invalidOption(`${what} value (${value}) cannot be greater than MAXVALUE (${max})`)
}

function typeOf(option: SequenceOption | undefined, old: IntegerKind): IntegerKind {
  if (option === undefined) return old
  const type = TYPE_NAMES[option.value!]
  if (type !== undefined) return type
  throw new DatabaseError(CODE.INVALID_PARAMETER, 'sequence type must be smallint, integer, or bigint', {
    position: option.position,
  })
}

function wide(text: string): bigint {
  if (/^-?[0-9]+$/.test(text)) {
    const value = BigInt(text)
    if (value >= -(2n ** 63n) && value < 2n ** 63n) return value
  }
  throw new DatabaseError(CODE.NUMERIC_OVERFLOW, `value "${text}" is out of range for type bigint`)
}

function invalidOption(message: string): DatabaseError {
  return new DatabaseError(CODE.INVALID_PARAMETER, message)
}

// OWNED BY: the table must be in the same schema, as in PostgreSQL.
function withOwner(
  session: Session, txn: Transaction, sequence: SequenceObject, options: readonly SequenceOption[],
): SequenceObject {
  const option = options.find(({ name }) => name === 'owned_by')
  if (option === undefined) return sequence
  if (option.value === null) return { ...sequence, owner: null }
  const relation = session.catalogOf(txn).relation(option.table!)
  if (relation?.kind !== 'table') {
    throw new DatabaseError(CODE.UNDEFINED_TABLE, `relation "${option.table!}" does not exist`, {
      position: option.position,
    })
  }
  if (!relation.schema.columns.some(column => column.name === option.value)) {
    throw new DatabaseError(CODE.UNDEFINED_COLUMN,
      `column "${option.value}" of relation "${relation.name}" does not exist`, { position: option.position })
  }
  if (schemaOf(relation.name) !== schemaOf(sequence.name)) {
    throw new DatabaseError(CODE.NOT_OPEN, 'sequence must be in same schema as table it is linked to')
  }
  return { ...sequence, owner: { table: relation.name, column: option.value } }
}

/** Makes the sequences of a table's columns; the names were free when the table was bound. */
export function makeColumnSequences(txn: Transaction, table: string, sequences: readonly OwnedSequence[]): void {
  for (const { column, name, options, type } of sequences) {
    txn.checkFree(name)
    const sequence: SequenceObject = { ...makeSequence(name, options, type), owner: { table, column } }
    txn.setObject(objectKey('sequence', name), sequence)
  }
}
