// ALTER TABLE, action by action, each on the table as the one before has left it. What changes names, defaults,
// nullability and constraints changes the schema in place (storage rule O2); what changes types, places or the key
// makes the table anew (rewrite-table.ts). Rows are checked before a constraint is there.
import { CODE, DatabaseError } from '../base/errors.ts'
import type { ColumnSchema, TableSchema } from '../base/types.ts'
import { typeName } from '../base/types.ts'
import { columnsOf } from '../../exec/plan/expression.ts'
import type { Expression } from '../../exec/plan/logical.ts'
import type { TableStore, Transaction } from '../../storage/mod.ts'
import type { AlterAction, AlterTable } from '../sql/ast-definition.ts'
import { bindDefault, bindElements, bindForColumn, bindGenerated, bindTableCheck } from '../sql/bind.ts'
import { bindForeignKeys } from '../sql/bind-foreign.ts'
import { resolveType } from '../sql/column-type.ts'
import { didYouMean } from '../sql/nearest-name.ts'
import { quoteName } from '../sql/quote-name.ts'
import { bareOf, besideOf } from '../sql/relation-name.ts'
import { quotePath } from './definition-text.ts'
import {
  dependentsOf, dropForeignKey, moveComments, sequencesIn, stillNeeded,
} from './dependents.ts'
import type { Dependent } from './dependents.ts'
import { dropTargets } from './drop-command.ts'
import { holdReferred, validateForeignKey } from './foreign-keys.ts'
import { makeIndex } from './index-command.ts'
import { alterGenerated } from './alter-generated.ts'
import { queryIn } from './internal-query.ts'
import { columnValue, rewriteTable, withRowId } from './rewrite-table.ts'
import { makeColumnSequences } from './sequence-command.ts'
import type { Session } from './session.ts'
import type { SessionCatalog } from './session-catalog.ts'

type AlterElements = Extract<AlterAction, { kind: 'add_constraint' }>['elements']
type Action<K extends AlterAction['kind']> = Extract<AlterAction, { kind: K }>

/** ALTER TABLE. 42P01, 42809, 42703, 42701, 42704, 42710, 42P16, 2BP01, and 235xx for rows that do not fit. */
export function alterTable(session: Session, statement: AlterTable): null {
  session.define(txn => {
    const name = tableNamed(session, statement.table, statement.ifExists)
    if (name === null) return
    for (const action of statement.actions) new Alteration(session, txn, name).run(action)
  })
  return null
}

/** Full name of the table that is meant; null when it may be missing and is. */
function tableNamed(session: Session, written: string, ifExists: boolean): string | null {
  const relation = session.catalog.relation(written)
  if (relation?.kind === 'table') {
    if (session.engine.attached.has(relation.name.split('.')[0]!)) {
      throw new DatabaseError(CODE.UNSUPPORTED, `ALTER TABLE of an attached database ("${written}") is not supported`)
    }
    return relation.name
  }
  if (relation !== null) throw new DatabaseError(CODE.WRONG_OBJECT, `"${written}" is not a table`)
  if (ifExists) return null
  const hint = didYouMean(written, session.catalog.names())
  throw new DatabaseError(CODE.UNDEFINED_TABLE, `relation "${written}" does not exist`, hint === undefined ? {}
    : { hint })
}

class Alteration {
  readonly #session: Session
  readonly #txn: Transaction
  readonly #name: string

  constructor(session: Session, txn: Transaction, name: string) {
    this.#session = session
    this.#txn = txn
    this.#name = name
  }

  get #catalog(): SessionCatalog {
    return this.#session.catalogOf(this.#txn)
  }

  get #table(): TableStore {
    return this.#txn.table(this.#name)
  }

  get #schema(): TableSchema {
    return this.#table.schema
  }

  run(action: AlterAction): void {
    switch (action.kind) {
      case 'nothing': return
      case 'add_column': return this.#addColumn(action)
      case 'drop_column': return this.#dropColumn(action)
      case 'type': return this.#changeType(action)
      case 'default': return this.#setDefault(action.name, action.sql)
      case 'not_null': return this.#setNotNull(action.name, action.notNull)
      case 'add_constraint': return this.#addConstraint(action)
      case 'drop_constraint': return this.#dropConstraint(action)
      case 'add_identity': case 'set_identity': case 'drop_identity': case 'drop_expression':
        return alterGenerated(this.#session, this.#txn, this.#table, this.#ordinal(action.name), action)
    }
  }

  #ordinal(name: string): number {
    const { columns } = this.#schema
    const ordinal = columns.findIndex(column => column.name === name && column.hidden !== true)
    if (ordinal >= 0) return ordinal
    const hint = didYouMean(name, columns.filter(({ hidden }) => hidden !== true).map(column => column.name))
    throw new DatabaseError(CODE.UNDEFINED_COLUMN,
      `column "${name}" of relation "${bareOf(this.#name)}" does not exist`, hint === undefined ? {} : { hint })
  }

  #setColumn(ordinal: number, column: ColumnSchema): void {
    const { columns } = this.#schema
    this.#txn.alterTable(this.#table, { ...this.#schema,
      columns: columns.map((each, c) => c === ordinal ? column : each) })
  }

  #addColumn({ elements, ifNotExists }: Action<'add_column'>): void {
    const schema = this.#schema
    const [written] = elements.columns
    if (schema.columns.some(({ name }) => name === written!.name)) {
      if (ifNotExists) return
      throw new DatabaseError(CODE.DUPLICATE_COLUMN,
        `column "${written!.name}" of relation "${bareOf(this.#name)}" already exists`)
    }
    if (written!.primaryKey && schema.columns[schema.key[0]!]!.hidden !== true) throw twoKeys(schema)
    const bound = bindElements(elements, schema, this.#catalog)
    const column = written!.primaryKey ? { ...bound.columns[0]!, nullable: false } : bound.columns[0]!
    const visible = visibleOf(schema)
    const columns = [...visible.map(c => schema.columns[c]!), column]
    const key = written!.primaryKey ? [visible.length] : keyOf(schema)
    const values: Expression[] = [...visible.map(c => columnValue(schema, c)), bindDefault(column, this.#catalog)]
    const checks = [...schema.checks ?? [], ...bound.checks]
    makeColumnSequences(this.#txn, this.#name, bound.sequences)
    this.#rewrite({
      ...schema, ...withRowId(columns, key), ...(checks.length === 0 ? {} : { checks }),
      ...(written!.keyName === undefined ? {} : { keyName: written!.keyName }),
    }, values, schema.columns.map((_, c) => visible.includes(c) ? visible.indexOf(c) : null))
    for (const index of bound.uniques) makeIndex(this.#txn, this.#name, index)
    this.#addForeign(elements.foreign)
  }

  #addForeign(clauses: AlterElements['foreign']): void {
    if (clauses.length === 0) return
    const schema = this.#schema
    const uniques = this.#txn.indexesOf(this.#table).map(index => index.schema.index!)
      .filter(({ unique }) => unique).map(({ columns }) => columns)
    const keys = bindForeignKeys(clauses, { schema, uniques }, this.#catalog)
    this.#txn.alterTable(this.#table, { ...schema, foreign: [...schema.foreign ?? [], ...keys] })
    holdReferred(this.#txn, keys, this.#name)
    for (const key of keys) validateForeignKey(this.#session, this.#txn, this.#schema, key)
  }

  #rewrite(schema: TableSchema, values: readonly Expression[], places: readonly (number | null)[]): void {
    try {
      rewriteTable(this.#session, this.#txn, this.#name, { schema, values, places })
    } catch (error) {
      throw error instanceof DatabaseError ? aboutRows(error, bareOf(this.#name)) : error
    }
  }

  #dropColumn({ name, ifExists, cascade }: Action<'drop_column'>): void {
    const schema = this.#schema
    if (ifExists && !schema.columns.some(column => column.name === name)) return
    const gone = this.#ordinal(name)
    const visible = visibleOf(schema).filter(c => c !== gone)
    if (visible.length === 0) {
      throw new DatabaseError(CODE.UNSUPPORTED, `a table without columns is not supported (last column "${name}")`)
    }
    this.#release('drop', { kind: 'column', name: `${name} of table ${this.#name}` }, [name], cascade)
    const places = schema.columns.map((_, c) => visible.includes(c) ? visible.indexOf(c) : null)
    const checks = (schema.checks ?? []).filter(check => !columnsOf(bindTableCheck(check, schema)).has(gone))
    const dependent = schema.columns.find(each =>
      each.generatedSql !== undefined && each.name !== name && columnsOf(bindGenerated(each, schema)).has(gone))
    if (dependent !== undefined) {
      if (cascade) {
        this.#dropColumn({ kind: 'drop_column', name: dependent.name, ifExists: false, cascade })
        return this.#dropColumn({ kind: 'drop_column', name, ifExists, cascade })
      }
      throw stillNeeded('drop', { kind: 'column', name: `${name} of table ${this.#name}` },
        [`column ${dependent.name} of table ${this.#name}`])
    }
    for (const sequence of sequencesIn(this.#txn)) {
      const { owner } = sequence
      if (owner?.table !== this.#name || owner.column !== name) continue
      dropTargets(this.#txn, [{ kind: 'sequence', name: sequence.name }], true)
    }
    moveComments(this.#txn, 'column', `${this.#name}.${name}`, null)
    const foreign = (schema.foreign ?? []).filter(key => !key.columns.includes(gone))
      .map(key => ({ ...key, columns: key.columns.map(c => places[c]!) }))
    const { checks: _, foreign: __, keyName, ...rest } = schema
    const key = schema.key.includes(gone) ? [] : keyOf(schema).map(c => places[c]!)
    this.#rewrite({
      ...rest, ...withRowId(visible.map(c => schema.columns[c]!), key), ...(checks.length === 0 ? {} : { checks }),
      ...(foreign.length === 0 ? {} : { foreign }), ...(key.length === 0 || keyName === undefined ? {} : { keyName }),
    }, visible.map(c => columnValue(schema, c)), places)
  }

  // What depends on columns goes first, or is in the way.
  #release(verb: string, target: { kind: 'column' | 'constraint'; name: string }, columns: readonly string[] | null,
    cascade: boolean, dependents: readonly Dependent[] = dependentsOf(this.#txn, this.#name, columns)): void {
    if (dependents.length > 0 && !cascade) throw stillNeeded(verb, target, dependents.map(({ text }) => text))
    for (const { relation, remove } of dependents) {
      if (relation === null) remove()
      else if (this.#txn.object(`relation:${relation.name}`) !== null) dropTargets(this.#txn, [relation], true)
    }
  }

  #changeType({ name, type: written, using, position }: Action<'type'>): void {
    const schema = this.#schema
    const ordinal = this.#ordinal(name)
    const type = resolveType(written)
    if (type.kind === 'decimal' && type.precision === undefined) {
      throw new DatabaseError(CODE.UNSUPPORTED, `NUMERIC without a precision is not supported (column "${name}")`, {
        position, hint: 'Write DECIMAL(p, s) with p up to 38: columns have a fixed scale here.',
      })
    }
    const view = dependentsOf(this.#txn, this.#name, [name]).find(({ relation }) => relation !== null)
    if (view !== undefined) {
      throw new DatabaseError(CODE.UNSUPPORTED, 'cannot alter type of a column used by a view or rule', {
        detail: `${view.text} depends on column "${name}"`,
      })
    }
    const old = schema.columns[ordinal]!
    if (schema.columns.some(each => each.generatedSql !== undefined
      && columnsOf(bindGenerated(each, schema)).has(ordinal))) {
      throw new DatabaseError(CODE.UNSUPPORTED, 'cannot alter type of a column used by a generated column', {
        detail: `Column "${name}" is used by a generated column.`,
      })
    }
    const column: ColumnSchema = { ...old, type }
    const value = this.#valueAs(column, using, schema)
    if (old.defaultSql !== undefined) this.#checkDefault(column)
    const columns = schema.columns.map((each, c) => c === ordinal ? column : each)
    const after = { ...schema, columns }
    for (const check of schema.checks ?? []) bindTableCheck(check, after)
    const values = visibleOf(schema).map(c => c === ordinal ? value : columnValue(schema, c))
    this.#rewrite(after, values, columns.map((_, c) => c))
  }

  #checkDefault(column: ColumnSchema): void {
    try {
      bindDefault(column, this.#catalog)
    } catch (error) {
      if (!(error instanceof DatabaseError)) throw error
      throw new DatabaseError(CODE.DATATYPE_MISMATCH,
        `default for column "${column.name}" cannot be cast automatically to type ${typeName(column.type)}`)
    }
  }

  #valueAs(column: ColumnSchema, using: Action<'type'>['using'], schema: TableSchema): Expression {
    const catalog = this.#catalog
    if (using !== null) return bindForColumn(using, schema, column, catalog)
    try {
      return bindForColumn({ kind: 'name', path: [column.name] }, schema, column, catalog)
    } catch (error) {
      if (!(error instanceof DatabaseError) || error.code !== CODE.DATATYPE_MISMATCH) throw error
      throw new DatabaseError(CODE.DATATYPE_MISMATCH,
        `column "${column.name}" cannot be cast automatically to type ${typeName(column.type)}`,
        { hint: `You might need to specify "USING ${quoteName(column.name)}::${typeName(column.type)}".` })
    }
  }

  #setDefault(name: string, sql: string | null): void {
    const ordinal = this.#ordinal(name)
    const { defaultSql: _, ...rest } = this.#schema.columns[ordinal]!
    for (const [kind, member] of [['an identity', rest.identity], ['a generated', rest.generatedSql]] as const) {
      if (member === undefined) continue
      throw new DatabaseError(CODE.SYNTAX, `column "${name}" of relation "${bareOf(this.#name)}" is ${kind} column`)
    }
    const column = sql === null ? rest : { ...rest, defaultSql: sql }
    bindDefault(column, this.#catalog)
    this.#setColumn(ordinal, column)
  }

  #setNotNull(name: string, notNull: boolean): void {
    const ordinal = this.#ordinal(name)
    const schema = this.#schema
    const column = schema.columns[ordinal]!
    if (column.nullable === !notNull) return
    const table = bareOf(this.#name)
    if (!notNull && schema.key.includes(ordinal)) {
      throw new DatabaseError(CODE.INVALID_DEFINITION, `column "${name}" is in a primary key`)
    }
    if (!notNull && column.identity !== undefined) {
      throw new DatabaseError(CODE.SYNTAX, `column "${name}" of relation "${table}" is an identity column`)
    }
    if (notNull && this.#hasRow(`${quoteName(name)} IS NULL`)) {
      throw new DatabaseError(CODE.NOT_NULL, `column "${name}" of relation "${table}" contains null values`)
    }
    // The entries of an index depend on what may be NULL.
    const indexes = [...this.#txn.indexesOf(this.#table)].map(index => index.schema)
      .filter(({ index }) => index!.columns.includes(ordinal))
    for (const index of indexes) this.#txn.defineIndex({ kind: 'drop', name: index.name, force: true })
    this.#setColumn(ordinal, { ...column, nullable: !notNull })
    for (const { name: index, index: definition } of indexes) {
      const { of: _, ...spec } = definition!
      this.#txn.defineIndex({ kind: 'create', name: index, table: this.#name, spec })
    }
  }

  #hasRow(condition: string): boolean {
    return queryIn(this.#session, this.#txn,
      `SELECT 1 FROM ${quotePath(this.#name)} WHERE ${condition} LIMIT 1`).length > 0
  }

  #addConstraint({ elements }: Action<'add_constraint'>): void {
    const { keys, foreign } = elements
    const bound = bindElements(elements, this.#schema, this.#catalog)
    for (const check of bound.checks) {
      this.#refuseName(check.name)
      if (this.#hasRow(`NOT (${check.sql})`)) {
        throw new DatabaseError(CODE.CHECK,
          `check constraint "${check.name}" of relation "${bareOf(this.#name)}" is violated by some row`)
      }
      const schema = this.#schema
      this.#txn.alterTable(this.#table, { ...schema, checks: [...schema.checks ?? [], check] })
    }
    for (const index of bound.uniques) makeIndex(this.#txn, this.#name, index)
    for (const { columns, name } of keys) this.#addKey(columns, name ?? null)
    this.#addForeign(foreign)
  }

  #addKey(columns: readonly string[], name: string | null): void {
    const schema = this.#schema
    if (keyOf(schema).length > 0) throw twoKeys(schema)
    const visible = visibleOf(schema)
    const ordinals = columns.map(column => this.#ordinal(column))
    const nulls = ordinals.find(c => schema.columns[c]!.nullable
      && this.#hasRow(`${quoteName(schema.columns[c]!.name)} IS NULL`))
    if (nulls !== undefined) {
      throw new DatabaseError(CODE.NOT_NULL,
        `column "${schema.columns[nulls]!.name}" of relation "${bareOf(this.#name)}" contains null values`)
    }
    const key = ordinals.map(c => visible.indexOf(c))
    const own = visible.map((c, i) => key.includes(i) ? { ...schema.columns[c]!, nullable: false } : schema.columns[c]!)
    this.#rewrite({
      ...schema, columns: own, key, ...(name === null || name === `${bareOf(this.#name)}_pkey` ? {}
        : { keyName: name }),
    }, visible.map(c => columnValue(schema, c)), schema.columns.map((_, c) => visible.includes(c)
      ? visible.indexOf(c) : null))
  }

  #refuseName(name: string): void {
    const { checks = [], foreign = [] } = this.#schema
    if ([...checks, ...foreign].some(known => known.name === name)) {
      throw new DatabaseError(CODE.DUPLICATE_OBJECT,
        `constraint "${name}" for relation "${bareOf(this.#name)}" already exists`)
    }
  }

  #dropConstraint({ name, ifExists, cascade }: Action<'drop_constraint'>): void {
    const schema = this.#schema
    const { checks, foreign, ...rest } = schema
    if (foreign?.some(key => key.name === name) === true) return dropForeignKey(this.#txn, this.#name, name)
    if (checks?.some(check => check.name === name) === true) {
      const others = checks.filter(check => check.name !== name)
      const kept = { ...rest, ...(foreign === undefined ? {} : { foreign }) }
      return this.#txn.alterTable(this.#table, others.length === 0 ? kept : { ...kept, checks: others })
    }
    const target = { kind: 'constraint' as const, name: `${name} on table ${this.#name}` }
    const unique = this.#txn.indexesOf(this.#table).find(({ schema: index }) =>
      index.name === besideOf(this.#name, name) && index.index!.constraint === true)
    if (unique !== undefined) {
      const columns = unique.schema.index!.columns.map(c => schema.columns[c]!.name)
      this.#release('drop', target, null, cascade, this.#keysOn(columns))
      return this.#txn.defineIndex({ kind: 'drop', name: unique.schema.name, force: true })
    }
    const key = keyOf(schema)
    if (key.length > 0 && name === (schema.keyName ?? `${bareOf(this.#name)}_pkey`)) {
      this.#release('drop', target, null, cascade, this.#keysOn(key.map(c => schema.columns[c]!.name)))
      const { keyName: _, ...unnamed } = schema
      return this.#rewrite({ ...unnamed, ...withRowId(schema.columns, []) },
        schema.columns.map((_, c) => columnValue(schema, c)), schema.columns.map((_, c) => c))
    }
    if (ifExists) return
    throw new DatabaseError(CODE.UNDEFINED_OBJECT,
      `constraint "${name}" of relation "${bareOf(this.#name)}" does not exist`)
  }

  // Foreign keys that refer to exactly these columns.
  #keysOn(columns: readonly string[]): Dependent[] {
    return this.#txn.listTables().flatMap(schema => (schema.foreign ?? [])
      .filter(key => key.table === this.#name && key.references.length === columns.length
        && key.references.every(column => columns.includes(column)))
      .map((key): Dependent => ({
        text: `constraint ${key.name} on table ${schema.name}`, relation: null,
        remove: () => dropForeignKey(this.#txn, schema.name, key.name),
      })))
  }
}

function visibleOf(schema: TableSchema): number[] {
  return schema.columns.flatMap(({ hidden }, c) => hidden === true ? [] : [c])
}

// Ordinals of the primary key; none for a table without one.
function keyOf(schema: TableSchema): readonly number[] {
  return schema.columns[schema.key[0]!]!.hidden === true ? [] : schema.key
}

function twoKeys(schema: TableSchema): DatabaseError {
  return new DatabaseError(CODE.INVALID_DEFINITION,
    `multiple primary keys for table "${bareOf(schema.name)}" are not allowed`)
}

// Rows that were there do not fit: PostgreSQL's words for it.
function aboutRows(error: DatabaseError, table: string): DatabaseError {
  const column = error.code === CODE.NOT_NULL ? /column "((?:[^"]|"")*)"/.exec(error.message)?.[1] : undefined
  if (column === undefined) return error
  return new DatabaseError(CODE.NOT_NULL, `column "${column}" of relation "${table}" contains null values`)
}
