// FOREIGN KEYs enforced, when a statement has ended or at the commit (deferred ones): what the transaction has noted of
// changed rows (storage/txn/foreign-changes.ts) is looked at set by set, with SQL that the engine runs for itself.
//
//   rows that others refer to and that went or changed  ─► CASCADE, SET NULL, SET DEFAULT: change the others; again
//                                                       ─► NO ACTION, RESTRICT: nobody may refer to them now
//   rows that refer, new or changed                     ─► the row they refer to is there, and locked for sharing
//
// Everything is read as it is now and not at the snapshot; the locks make that hold until the commit (rule K1).
import { CODE, DatabaseError } from '../base/errors.ts'
import { castScalar } from '../base/scalar-cast.ts'
import { formatScalar } from '../base/scalar-format.ts'
import type { ForeignKey, Row, Scalar, SqlType, TableSchema } from '../base/types.ts'
import { sameType, typeName } from '../base/types.ts'
import type { RowChange, Transaction } from '../../storage/mod.ts'
import { quoteName } from '../sql/quote-name.ts'
import { bareOf } from '../sql/relation-name.ts'
import { quotePath } from './definition-text.ts'
import { queryIn } from './internal-query.ts'
import type { Session } from './session.ts'

/** Tuples in one internal statement. */
const CHUNK = 1000
/** Rounds of actions; more is a cycle that does not end. */
const ROUNDS_MAX = 1000

/** Values of referring or referred columns before and after, as SQL text and as values. */
interface KeyChange {
  readonly before: readonly Scalar[]
  /** null: the row is gone. */
  readonly after: readonly Scalar[] | null
}

interface Reference {
  readonly schema: TableSchema
  readonly key: ForeignKey
}

/** A statement has ended: looks at what it changed. `atCommit`: deferred keys too, for all the transaction changed. */
export function enforceForeignKeys(session: Session, txn: Transaction, atCommit: boolean): void {
  const { deferred } = session
  let changes = atCommit ? [...deferred.take(), ...txn.foreign.take()] : txn.foreign.take()
  if (changes.length === 0) return
  const isDue = (key: ForeignKey): boolean => atCommit || !deferred.isDeferred(key)
  const seen: RowChange[] = []
  const mayDefer = !atCommit && txn.listTables().some(({ foreign }) => foreign?.some(key => deferred.isDeferred(key)))
  for (let round = 0; changes.length > 0; round++) {
    if (round === ROUNDS_MAX) throw new DatabaseError(CODE.PROGRAM_LIMIT, 'foreign key actions do not come to an end')
    for (const change of changes) seen.push(change)
    act(session, txn, changes)
    changes = txn.foreign.take()
  }
  if (mayDefer) deferred.keep(seen)
  refuseReferred(session, txn, seen, isDue)
  checkReferring(session, txn, seen, isDue)
}

function checkReferring(
  session: Session, txn: Transaction, changes: readonly RowChange[], isDue: (key: ForeignKey) => boolean,
): void {
  for (const name of new Set(changes.map(({ table }) => table))) {
    const schema = txn.listTables().find(table => table.name === name)
    for (const key of schema?.foreign ?? []) {
      if (isDue(key)) new Referring(session, txn, { schema: schema!, key }).check(changes)
    }
  }
}

/** Runs a statement in an open transaction, and looks at what it changed. */
export function withForeignKeys<T>(session: Session, txn: Transaction, run: (txn: Transaction) => T): T {
  const result = run(txn)
  enforceForeignKeys(session, txn, false)
  return result
}

/** SET CONSTRAINTS … IMMEDIATE: what was put off is looked at now; keys that still wait keep it. */
export function recheckForeignKeys(session: Session, txn: Transaction): void {
  const { deferred } = session
  const kept = deferred.take()
  const isDue = (key: ForeignKey): boolean => !deferred.isDeferred(key)
  if (txn.listTables().some(({ foreign }) => foreign?.some(key => !isDue(key)))) deferred.keep(kept)
  refuseReferred(session, txn, kept, isDue)
  checkReferring(session, txn, kept, isDue)
}

// Referring keys of the tables that changed.
function referencesOf(txn: Transaction, changes: readonly RowChange[]): Reference[] {
  const changed = new Set(changes.filter(({ before }) => before !== null).map(({ table }) => table))
  return txn.listTables().flatMap(schema =>
    (schema.foreign ?? []).filter(key => changed.has(key.table)).map(key => ({ schema, key })))
}

// Tuples of the referred columns that went or changed, each once with its last fate; those with a NULL refer to
// nothing.
function lostKeys(txn: Transaction, key: ForeignKey, changes: readonly RowChange[]): KeyChange[] {
  const { columns } = txn.table(key.table).schema
  const ordinals = key.references.map(name => columns.findIndex(column => column.name === name))
  const lost = new Map<string, KeyChange>()
  for (const { table, before, after } of changes) {
    if (table !== key.table || before === null) continue
    const old = ordinals.map(c => before[c]!)
    const now = after === null ? null : ordinals.map(c => after[c]!)
    if (old.some(value => value === null) || (now !== null && same(old, now))) continue
    lost.set(textOf(old), { before: old, after: now })
  }
  return [...lost.values()]
}

function same(a: readonly Scalar[], b: readonly Scalar[]): boolean {
  return textOf(a) === textOf(b)
}

function textOf(values: readonly Scalar[]): string {
  return JSON.stringify(values.map(value => value instanceof Uint8Array ? [...value] : String(value)))
}

function act(session: Session, txn: Transaction, changes: readonly RowChange[]): void {
  for (const reference of referencesOf(txn, changes)) {
    const { key } = reference
    // Actions are never deferred, only checks are.
    const lost = lostKeys(txn, key, changes)
    const gone = lost.filter(({ after }) => after === null)
    const moved = lost.filter(({ after }) => after !== null)
    const refusing = new Referred(session, txn, reference)
    if (key.onDelete === 'restrict') refusing.check(gone)
    if (key.onUpdate === 'restrict') refusing.check(moved)
    const change = new ReferringChange(session, txn, reference)
    if (key.onDelete === 'cascade') change.remove(gone)
    else if (key.onDelete !== 'no action' && key.onDelete !== 'restrict') change.clear(gone, key.onDelete,
      key.setColumns)
    if (key.onUpdate === 'cascade') change.follow(moved)
    else if (key.onUpdate !== 'no action' && key.onUpdate !== 'restrict') change.clear(moved, key.onUpdate, undefined)
  }
}

function refuseReferred(
  session: Session, txn: Transaction, changes: readonly RowChange[], isDue: (key: ForeignKey) => boolean,
): void {
  for (const reference of referencesOf(txn, changes)) {
    if (isDue(reference.key)) new Referred(session, txn, reference).check(lostKeys(txn, reference.key, changes))
  }
}

/** SQL over the tables of one key. */
class KeySql {
  protected readonly session: Session
  protected readonly txn: Transaction
  protected readonly schema: TableSchema
  protected readonly key: ForeignKey
  protected readonly referred: TableSchema

  constructor(session: Session, txn: Transaction, { schema, key }: Reference) {
    this.session = session
    this.txn = txn
    this.schema = schema
    this.key = key
    this.referred = txn.table(key.table).schema
  }

  protected run(sql: string): Scalar[][] {
    return queryIn(this.session, this.txn, sql, name => this.txn.present(name))
  }

  protected get own(): string[] {
    return this.key.columns.map(c => quoteName(this.schema.columns[c]!.name))
  }

  // A value of the referred column as SQL text.
  protected literal(value: Scalar, i: number): string {
    const { type } = this.referred.columns.find(({ name }) => name === this.key.references[i])!
    return sqlText(type, value)
  }

  protected list(tuples: readonly (readonly Scalar[])[]): string {
    const rows = tuples.map(values => {
      const parts = values.map((value, i) => this.literal(value, i))
      return parts.length === 1 ? parts[0]! : `(${parts.join(', ')})`
    })
    return `(${rows.join(', ')})`
  }

  protected isIn(columns: readonly string[], tuples: readonly (readonly Scalar[])[]): string {
    return `${columns.length === 1 ? columns[0]! : `(${columns.join(', ')})`} IN ${this.list(tuples)}`
  }

  protected shown(names: readonly string[], values: readonly Scalar[], schema: TableSchema): string {
    const texts = values.map((value, i) => {
      const { type } = schema.columns.find(({ name }) => name === names[i])!
      return formatScalar(type, value)
    })
    return `(${names.join(', ')})=(${texts.join(', ')})`
  }
}

function sqlText(type: SqlType, value: Scalar): string {
  return value === null ? 'NULL' : `'${formatScalar(type, value).replaceAll("'", "''")}'::${typeName(type)}`
}

function* chunks<T>(list: readonly T[]): Generator<readonly T[]> {
  for (let i = 0; i < list.length; i += CHUNK) yield list.slice(i, i + CHUNK)
}

/** Rows that others refer to. */
class Referred extends KeySql {
  /** 23503 when a row still refers to a tuple that no row has any more. */
  check(lost: readonly KeyChange[]): void {
    for (const some of chunks(lost)) {
      const still = this.run(`SELECT DISTINCT ${this.own.join(', ')} FROM ${quotePath(this.schema.name)} `
        + `WHERE ${this.isIn(this.own, some.map(({ before }) => before))}`)
      for (const values of still) this.#refuse(values)
    }
  }

  #refuse(found: readonly Scalar[]): void {
    const { key, schema, referred } = this
    const values = found.map((value, i) => castTo(value, schema, key.columns[i]!, referred, key.references[i]!))
    const names = key.references.map(quoteName)
    const there = this.run(`SELECT 1 FROM ${quotePath(key.table)} WHERE ${this.isIn(names, [values])} LIMIT 1`)
    if (there.length > 0) return
    throw new DatabaseError(CODE.FOREIGN_KEY, `update or delete on table "${bareOf(key.table)}" violates foreign key `
      + `constraint "${key.name}" on table "${bareOf(schema.name)}"`, {
      detail: `Key ${this.shown(key.references, values, referred)} is still referenced from table `
        + `"${bareOf(schema.name)}".`,
    })
  }
}

/** Changes of rows that refer. */
class ReferringChange extends KeySql {
  /** ON DELETE CASCADE. */
  remove(gone: readonly KeyChange[]): void {
    for (const some of chunks(gone)) {
      this.run(`DELETE FROM ${quotePath(this.schema.name)} `
        + `WHERE ${this.isIn(this.own, some.map(({ before }) => before))}`)
    }
  }

  /** SET NULL and SET DEFAULT. */
  clear(lost: readonly KeyChange[], action: string, ordinals: readonly number[] = this.key.columns): void {
    const value = action === 'set null' ? 'NULL' : 'DEFAULT'
    const set = ordinals.map(c => `${quoteName(this.schema.columns[c]!.name)} = ${value}`).join(', ')
    for (const some of chunks(lost)) {
      this.run(`UPDATE ${quotePath(this.schema.name)} SET ${set} `
        + `WHERE ${this.isIn(this.own, some.map(({ before }) => before))}`)
    }
  }

  /** ON UPDATE CASCADE, all tuples at once: new values may be other rows' old ones. */
  follow(moved: readonly KeyChange[]): void {
    if (moved.length === 0) return
    const rows = moved.map(({ before, after }) =>
      `(${[...before, ...after!].map((value, i) => this.literal(value, i % before.length)).join(', ')})`)
    const old = this.own.map((_, i) => `__o${i}`)
    const fresh = this.own.map((_, i) => `__n${i}`)
    const set = this.own.map((name, i) => `${name} = ${fresh[i]!}`).join(', ')
    this.run(`UPDATE ${quotePath(this.schema.name)} AS __t SET ${set} `
      + `FROM (VALUES ${rows.join(', ')}) AS __v(${[...old, ...fresh].join(', ')}) `
      + `WHERE ${this.own.map((name, i) => `__t.${name} = ${old[i]!}`).join(' AND ')}`)
  }
}

/** Rows that refer. */
class Referring extends KeySql {
  /** Locks the rows that changed rows refer to; 23503 when one is not there. */
  check(changes: readonly RowChange[]): void {
    const { key, schema, referred } = this
    const wanted = new Map<string, readonly Scalar[]>()
    for (const { table, before, after } of changes) {
      if (table !== schema.name || after === null) continue
      const values = key.columns.map(c => after[c]!)
      if (values.some(value => value === null) || (before !== null
        && same(values, key.columns.map(c => before[c]!)))) continue
      const target = values.map((value, i) => castTo(value, schema, key.columns[i]!, referred, key.references[i]!))
      if (target.includes(null)) this.#missing(values)
      else wanted.set(textOf(values), target)
    }
    if (wanted.size === 0) return
    const keyNames = referred.key.map(c => referred.columns[c]!.name)
    const places = keyNames.map(name => key.references.indexOf(name))
    if (places.includes(-1) || keyNames.length !== key.references.length) this.#byUnique([...wanted.values()])
    else for (const values of wanted.values()) this.#lock(places.map(i => values[i]!), values)
  }

  // Through a unique index: the primary keys first.
  #byUnique(wanted: readonly (readonly Scalar[])[]): void {
    const { key, referred } = this
    const names = key.references.map(quoteName)
    for (const some of chunks(wanted)) {
      const found = new Set(this.run(`SELECT ${names.join(', ')} FROM ${quotePath(key.table)} `
        + `WHERE ${this.isIn(names, some)}`).map(textOf))
      for (const values of some) if (!found.has(textOf(values))) this.#missing(values)
      if (referred.columns[referred.key[0]!]!.hidden === true) continue
      const keys = referred.key.map(c => quoteName(referred.columns[c]!.name))
      const sql = `SELECT ${keys.join(', ')} FROM ${quotePath(key.table)} WHERE ${this.isIn(names, some)}`
      for (const row of this.run(sql)) {
        this.txn.lock(key.table, row, 'share')
      }
    }
  }

  #lock(primary: readonly Scalar[], values: readonly Scalar[]): void {
    if (!this.txn.lock(this.key.table, primary, 'share')) this.#missing(values)
  }

  // A row that refers to nothing may itself be gone by now.
  #missing(values: readonly Scalar[]): void {
    const { key, schema } = this
    const isThere = this.own.map((name, i) => `${name} = ${sqlText(schema.columns[key.columns[i]!]!.type, values[i]!)}`)
    const still = this.run(`SELECT 1 FROM ${quotePath(schema.name)} WHERE ${isThere.join(' AND ')} LIMIT 1`)
    if (still.length === 0) return
    throw new DatabaseError(CODE.FOREIGN_KEY,
      `insert or update on table "${bareOf(schema.name)}" violates foreign key constraint "${key.name}"`, {
        detail: `Key ${this.shown(key.columns.map(c => schema.columns[c]!.name), values, schema)} is not present in `
          + `table "${bareOf(key.table)}".`,
      })
  }
}

function castTo(value: Scalar, from: TableSchema, column: number, to: TableSchema, name: string): Scalar {
  const [source, target] = [from.columns[column]!.type, to.columns.find(each => each.name === name)!.type]
  if (sameType(source, target)) return value
  try {
    return castScalar(source, target, value)
  } catch (error) {
    // A value that the other type does not have is no value there: it stands for no row.
    if (error instanceof DatabaseError && error.code === CODE.NUMERIC_OVERFLOW) return null
    throw error
  }
}

/** 23503 when rows that are there break a new key; the referred table is held until the commit. */
export function validateForeignKey(session: Session, txn: Transaction, schema: TableSchema, key: ForeignKey): void {
  const own = key.columns.map(c => `c.${quoteName(schema.columns[c]!.name)}`)
  const refs = key.references.map(name => `p.${quoteName(name)}`)
  const broken: Row[] = queryIn(session, txn, `SELECT ${own.join(', ')} FROM ${quotePath(schema.name)} AS c `
    + `WHERE ${own.map(name => `${name} IS NOT NULL`).join(' AND ')} AND NOT EXISTS (`
    + `SELECT 1 FROM ${quotePath(key.table)} AS p `
    + `WHERE ${own.map((name, i) => `${refs[i]!} = ${name}`).join(' AND ')}) LIMIT 1`, name => txn.present(name))
  if (broken.length === 0) return
  const names = key.columns.map(c => schema.columns[c]!.name)
  const values = broken[0]!.map((value, i) => formatScalar(schema.columns[key.columns[i]!]!.type, value))
  throw new DatabaseError(CODE.FOREIGN_KEY,
    `insert or update on table "${bareOf(schema.name)}" violates foreign key constraint "${key.name}"`, {
      detail: `Key (${names.join(', ')})=(${values.join(', ')}) is not present in table "${bareOf(key.table)}".`,
    })
}

/** Holds the tables that new keys refer to until the commit: nobody takes rows away before the keys are there. */
export function holdReferred(txn: Transaction, keys: readonly ForeignKey[], own: string): void {
  for (const name of new Set(keys.map(({ table }) => table))) {
    if (name === own) continue
    const table = txn.table(name)
    txn.alterTable(table, table.schema)
  }
}
