// Everything that is defined, as the SQL that would define it again: PRAGMA definitions, and `.schema` of the shell.
// Constraints stand behind the columns, sequences of columns with the table that owns them.
import type { Scalar, ForeignKey, TableSchema } from '../base/types.ts'
import { typeName } from '../base/types.ts'
import type {
  CatalogObject, CommentObject, SequenceObject, TableStore, Transaction, ViewObject,
} from '../../storage/mod.ts'
import { quoteName } from '../sql/quote-name.ts'
import { bareOf, isTemporaryName } from '../sql/relation-name.ts'
import type { Session } from './session.ts'

/** A full name as SQL: `sales.item`. */
export function quotePath(name: string): string {
  const dot = name.indexOf('.')
  if (dot < 0 || isTemporaryName(name)) return quoteName(bareOf(name))
  return `${quoteName(name.slice(0, dot))}.${quoteName(name.slice(dot + 1))}`
}

/** PRAGMA definitions [= relation]: rows of (name, SQL), in an order in which they can run. */
export function definitions(session: Session, value: Scalar): Scalar[][] {
  const only = value === null ? null : session.catalog.relation(String(value))?.name ?? String(value)
  return session.read(txn => {
    const objects = txn.listObjects().filter(({ name }) => only === null || name === only
      || name.slice(name.indexOf(':') + 1).split('.')[0] === only)
    const named = (kind: string): CatalogObject[] => objects.filter(object => object.kind === kind)
      .sort((a, b) => a.name < b.name ? -1 : 1)
    const tables = session.schemas().filter(({ name }) => only === null || name === only)
    return [
      ...named('schema').map(({ name }) => [name, `CREATE SCHEMA ${quoteName(name)};`]),
      ...(named('sequence') as SequenceObject[]).map(object => [object.name, sequenceText(object)]),
      ...byReference(tables).flatMap(schema => tableTexts(txn.table(schema.name), txn)),
      ...inOrder(named('view') as ViewObject[]).map(object => [object.name, viewText(object)]),
      ...(named('comment') as CommentObject[]).map(object => [object.name, commentText(object)]),
    ]
  })
}

// Tables after those they refer to, as far as there is such an order.
function byReference(tables: readonly TableSchema[]): TableSchema[] {
  return sorted(tables, schema => schema.name, schema => (schema.foreign ?? []).map(({ table }) => table))
}

function inOrder(views: readonly ViewObject[]): ViewObject[] {
  return sorted(views, view => view.name, view => view.uses.map(({ relation }) => relation))
}

function sorted<T>(items: readonly T[], nameOf: (item: T) => string, needs: (item: T) => readonly string[]): T[] {
  const out: T[] = []
  const seen = new Set<string>()
  const byName = new Map(items.map(item => [nameOf(item), item]))
  const add = (item: T): void => {
    if (seen.has(nameOf(item))) return
    seen.add(nameOf(item))
    for (const name of needs(item)) {
      const needed = byName.get(name)
      if (needed !== undefined) add(needed)
    }
    out.push(item)
  }
  for (const item of items) add(item)
  return out
}

function tableTexts(table: TableStore, txn: Transaction): Scalar[][] {
  const { schema } = table
  const indexes = [...txn.indexesOf(table)].map(index => index.schema).sort((a, b) => a.name < b.name ? -1 : 1)
  const uniques = indexes.filter(({ index }) => index!.constraint === true)
  const compression = table.compression === null ? '' : ` WITH (compression = '${table.compression}')`
  return [
    [schema.name, `${createTableText(schema, uniques)}${compression};`],
    ...indexes.filter(({ index }) => index!.constraint !== true)
      .map(index => [index.name, `${indexText(schema.name, index)};`]),
  ]
}

/** CREATE TABLE with its constraints; `uniques` are the indexes of its UNIQUE constraints. */
function createTableText(schema: TableSchema, uniques: readonly TableSchema[]): string {
  const names = (columns: readonly number[]): string => columns.map(c => quoteName(schema.columns[c]!.name)).join(', ')
  const hasKey = schema.columns[schema.key[0]!]!.hidden !== true
  const lines = schema.columns.filter(({ hidden }) => hidden !== true).map(column => {
    const { name, type, nullable, defaultSql, identity, generatedSql } = column
    const parts = [quoteName(name), typeName(type)]
    if (!nullable) parts.push('NOT NULL')
    if (identity !== undefined) parts.push(`GENERATED ${identity.always ? 'ALWAYS' : 'BY DEFAULT'} AS IDENTITY`)
    else if (generatedSql !== undefined) parts.push(`GENERATED ALWAYS AS (${generatedSql}) STORED`)
    else if (defaultSql !== undefined) parts.push(`DEFAULT ${defaultSql}`)
    return parts.join(' ')
  })
  if (hasKey) {
    const named = schema.keyName === undefined ? '' : `CONSTRAINT ${quoteName(schema.keyName)} `
    lines.push(`${named}PRIMARY KEY (${names(schema.key)})`)
  }
  for (const { name, index } of uniques) {
    lines.push(`CONSTRAINT ${quoteName(bareOf(name))} UNIQUE (${names(index!.columns)})`)
  }
  for (const { name, sql } of schema.checks ?? []) lines.push(`CONSTRAINT ${quoteName(name)} CHECK (${sql})`)
  for (const key of schema.foreign ?? []) lines.push(`CONSTRAINT ${quoteName(key.name)} ${foreignText(key, names)}`)
  const end = schema.temporary === undefined || schema.temporary === 'preserve' ? ''
    : ` ON COMMIT ${schema.temporary === 'drop' ? 'DROP' : 'DELETE ROWS'}`
  const kind = schema.temporary === undefined ? 'TABLE' : 'TEMPORARY TABLE'
  return `CREATE ${kind} ${quotePath(schema.name)} (\n  ${lines.join(',\n  ')}\n)${end}`
}

/** A foreign key as it stands in CREATE TABLE. */
export function foreignText(key: ForeignKey, names: (columns: readonly number[]) => string): string {
  const parts = [`FOREIGN KEY (${names(key.columns)}) REFERENCES ${quotePath(key.table)}`
    + `(${key.references.map(quoteName).join(', ')})`]
  if (key.onUpdate !== 'no action') parts.push(`ON UPDATE ${key.onUpdate.toUpperCase()}`)
  if (key.onDelete !== 'no action') parts.push(`ON DELETE ${key.onDelete.toUpperCase()}`)
  if (key.setColumns !== undefined) parts.push(`(${names(key.setColumns)})`)
  if (key.deferrable === true) parts.push(key.deferred === true ? 'DEFERRABLE INITIALLY DEFERRED' : 'DEFERRABLE')
  return parts.join(' ')
}

/** The statement that would make the index, as pg_indexes.indexdef has it. */
export function indexText(table: string, { name, columns, index }: TableSchema): string {
  const names = index!.columns.map((_, i) => quoteName(columns[i]!.name))
  const epsilon = index!.epsilon === undefined ? '' : ` WITH (epsilon = ${index!.epsilon})`
  return `CREATE ${index!.unique ? 'UNIQUE ' : ''}INDEX ${quoteName(bareOf(name))} ON ${quotePath(table)} `
    + `USING ${index!.kind} (${names.join(', ')})${epsilon}`
}

function viewText({ name, sql, columns }: ViewObject): string {
  const kind = isTemporaryName(name) ? 'TEMPORARY VIEW' : 'VIEW'
  return `CREATE ${kind} ${quotePath(name)} (${columns.map(quoteName).join(', ')}) AS ${sql};`
}

function sequenceText(object: SequenceObject): string {
  const { name, type, start, increment, min, max, cache, cycle, owner } = object
  const kind = isTemporaryName(name) ? 'TEMPORARY SEQUENCE' : 'SEQUENCE'
  const owned = owner === null ? '' : `\n-- owned by ${quotePath(owner.table)}.${quoteName(owner.column)}`
  return `CREATE ${kind} ${quotePath(name)} AS ${type} INCREMENT BY ${increment} MINVALUE ${min} MAXVALUE ${max} `
    + `START WITH ${start} CACHE ${cache}${cycle ? ' CYCLE' : ''};${owned}`
}

function commentText({ name, text }: CommentObject): string {
  const colon = name.indexOf(':')
  const kind = name.slice(0, colon).toUpperCase()
  const about = name.slice(colon + 1).split('.').map(quoteName)
  const target = kind === 'CONSTRAINT' ? `${about.at(-1)} ON ${about.slice(0, -1).join('.')}` : about.join('.')
  return `COMMENT ON ${kind} ${target} IS '${text.replaceAll("'", "''")}';`
}
