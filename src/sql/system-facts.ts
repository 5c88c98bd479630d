// What information_schema and pg_catalog are made of: everything a session sees in its catalogue, and the numbers it is
// known by there. Tables and indexes have ids that last (storage/catalog); other things are numbered by a checksum of
// their name, so a view keeps its number until it is renamed.
//
//   oid   1 … 16383                PostgreSQL's own: types, and the schemas that are always there
//         16384 + id               tables and secondary indexes
//         0x20000000 + id          the index that is the primary key of table id
//         0x40000000 … 0x7fffffff  views, sequences, schemas, constraints, defaults
import type { SqlType, TableSchema } from '../base/types.ts'
import type { CommentObject, SequenceObject, ViewObject } from '../../storage/mod.ts'
import { bareOf, isTemporaryName, schemaOf } from './relation-name.ts'

/** A table, or the hidden table of an index, with its lasting id. */
export interface StoredTable {
  readonly id: number
  readonly schema: TableSchema
}

/** Everything a session sees. Attached databases are not part of it. */
export interface CatalogContents {
  readonly schemas: readonly string[]
  readonly tables: readonly (StoredTable & { readonly indexes: readonly StoredTable[] })[]
  readonly views: readonly ViewObject[]
  readonly sequences: readonly SequenceObject[]
  readonly comments: readonly CommentObject[]
  readonly settings: readonly { readonly name: string; readonly description: string; readonly initial: string }[]
}

/** A visible column; `number` counts from 1 without hidden ones. */
export interface ColumnFact {
  readonly name: string
  readonly number: number
  readonly type: SqlType
  readonly nullable: boolean
  readonly defaultSql: string | null
  readonly generatedSql: string | null
  /** Whether an INSERT may not give values; null when the column is no identity. */
  readonly identity: boolean | null
}

/** Anything in pg_class. */
export interface RelationFact {
  readonly oid: number
  /** With its schema, as src/sql/relation-name.ts explains. */
  readonly name: string
  readonly kind: 'table' | 'view' | 'index' | 'sequence'
  readonly columns: number
  readonly table?: TableFact
}

export interface IndexFact {
  readonly oid: number
  readonly name: string
  readonly kind: string
  readonly unique: boolean
  readonly primary: boolean
  /** Numbers of the columns. */
  readonly columns: readonly number[]
  readonly schema: TableSchema | null
}

export interface ConstraintFact {
  readonly oid: number
  readonly name: string
  readonly kind: 'p' | 'u' | 'c' | 'f'
  readonly columns: readonly number[]
  readonly index: IndexFact | null
  /** Of a FOREIGN KEY: ordinal in `schema.foreign`; of a CHECK: in `schema.checks`. */
  readonly ordinal: number
}

export interface TableFact {
  readonly oid: number
  readonly schema: TableSchema
  readonly columns: readonly ColumnFact[]
  readonly indexes: readonly IndexFact[]
  readonly constraints: readonly ConstraintFact[]
}

/** The contents with their numbers. */
export interface CatalogFacts {
  readonly contents: CatalogContents
  readonly tables: readonly TableFact[]
  readonly relations: readonly RelationFact[]
}

/** Name of the database and of its only user. */
export const DATABASE = 'main'
export const OWNER = 'secantdb'

const FIRST_OID = 16384
const KEY_OID = 0x20000000
const NAME_OID = 0x40000000
const SCHEMA_OIDS: Readonly<Record<string, number>> = { pg_catalog: 11, public: 2200, information_schema: 13_000 }

/** Number of what has no id: FNV-1a of its kind and name. */
export function oidOf(kind: string, name: string): number {
  let hash = 0x811c9dc5
  for (const character of `${kind}:${name}`) hash = Math.imul(hash ^ character.codePointAt(0)!, 0x01000193)
  return NAME_OID + (hash & 0x3fffffff)
}

/** Number of a schema. */
export function schemaOid(name: string): number {
  return SCHEMA_OIDS[name] ?? oidOf('schema', name)
}

/** The columns users see. */
function columnFacts(schema: TableSchema): ColumnFact[] {
  return schema.columns.filter(({ hidden }) => hidden !== true).map((column, i) => {
    const { name, type, nullable, defaultSql, generatedSql, identity } = column
    return {
      name, number: i + 1, type, nullable, defaultSql: identity === undefined ? defaultSql ?? null : null,
      generatedSql: generatedSql ?? null, identity: identity === undefined ? null : identity.always,
    }
  })
}

/** True when the key is one that the table was created with. */
function hasKey({ columns, key }: TableSchema): boolean {
  return columns[key[0]!]!.hidden !== true
}

function tableFact({ id, schema, indexes: stored }: CatalogContents['tables'][number]): TableFact {
  const columns = columnFacts(schema)
  const numbers = (ordinals: readonly number[]): number[] => (
    ordinals.map(c => columns.find(({ name }) => name === schema.columns[c]!.name)?.number ?? 0)
  )
  const place = schemaOf(schema.name)
  const indexes = stored.map((each): IndexFact => {
    const { columns: of, kind, unique } = each.schema.index!
    return {
      oid: FIRST_OID + each.id, name: each.schema.name, kind, unique, primary: false, columns: numbers(of),
      schema: each.schema,
    }
  })
  if (hasKey(schema)) {
    const bare = schema.keyName ?? `${bareOf(schema.name)}_pkey`
    indexes.unshift({
      oid: KEY_OID + id, name: place === 'public' ? bare : `${place}.${bare}`, kind: 'learned', unique: true,
      primary: true, columns: numbers(schema.key), schema: null,
    })
  }
  return {
    oid: FIRST_OID + id, schema, columns, indexes, constraints: constraintFacts(id, schema, indexes, numbers),
  }
}

function constraintFacts(
  id: number, schema: TableSchema, indexes: readonly IndexFact[], numbers: (c: readonly number[]) => number[],
): ConstraintFact[] {
  const number = (name: string): number => oidOf('constraint', `${id}.${name}`)
  const keys = indexes.filter(index => index.primary || index.schema?.index?.constraint === true)
  return [
    ...keys.map((index): ConstraintFact => {
      const name = bareOf(index.name)
      return { oid: number(name), name, kind: index.primary ? 'p' : 'u', columns: index.columns, index, ordinal: 0 }
    }),
    ...(schema.checks ?? []).map(({ name }, ordinal): ConstraintFact => (
      { oid: number(name), name, kind: 'c', columns: [], index: null, ordinal }
    )),
    ...(schema.foreign ?? []).map(({ name, columns }, ordinal): ConstraintFact => (
      { oid: number(name), name, kind: 'f', columns: numbers(columns), index: null, ordinal }
    )),
  ]
}

/** Numbers everything. Costs one pass over the catalogue. */
export function catalogFacts(contents: CatalogContents): CatalogFacts {
  const tables = contents.tables.map(tableFact)
  const relations: RelationFact[] = []
  for (const table of tables) {
    const { oid, schema, columns, indexes } = table
    relations.push({ oid, name: schema.name, kind: 'table', columns: columns.length, table })
    for (const { oid: number, name, columns: of } of indexes) {
      relations.push({ oid: number, name, kind: 'index', columns: of.length })
    }
  }
  for (const { name, columns } of contents.views) {
    relations.push({ oid: oidOf('view', name), name, kind: 'view', columns: columns.length })
  }
  for (const { name } of contents.sequences) {
    relations.push({ oid: oidOf('sequence', name), name, kind: 'sequence', columns: 3 })
  }
  return { contents, tables, relations }
}

/** The unique index that a FOREIGN KEY's references stand for; null when the table is of another database. */
export function referredIndex(
  facts: CatalogFacts, name: string, references: readonly string[],
): { table: TableFact; index: IndexFact | null; columns: readonly number[] } | null {
  const table = facts.tables.find(({ schema }) => schema.name === name)
  if (table === undefined) return null
  const columns = references.map(each => table.columns.find(column => column.name === each)?.number ?? 0)
  const same = (index: IndexFact): boolean => (
    index.unique && index.columns.length === columns.length && columns.every(c => index.columns.includes(c))
  )
  return { table, index: table.indexes.find(same) ?? null, columns }
}

/** Name of the schema of a relation as a session sees it. */
export function shownSchema(name: string): string {
  return isTemporaryName(name) ? 'pg_temp' : schemaOf(name)
}
