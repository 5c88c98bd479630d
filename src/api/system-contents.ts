// What the session tells about its catalogue: the contents that information_schema and pg_catalog show, and texts of
// definitions by oid (pg_get_indexdef and the like). Other sessions' temporary relations are not part of it.
import type {
  CatalogObject, CommentObject, Engine, SequenceObject, TableStore, Transaction, ViewObject,
} from '../../storage/mod.ts'
import { quoteName } from '../sql/quote-name.ts'
import { bareOf, isTemporaryName, temporarySchema } from '../sql/relation-name.ts'
import { schemaOid } from '../sql/system-facts.ts'
import type { CatalogContents, CatalogFacts, IndexFact, StoredTable, TableFact } from '../sql/system-facts.ts'
import { foreignText, indexText, quotePath } from './definition-text.ts'
import type { SessionNames } from './session-names.ts'
import { SETTINGS } from './setting-list.ts'

/** Everything in the own database as a session sees it. */
export function contentsOf(engine: Engine, txn: Transaction | null, names: SessionNames): CatalogContents {
  const isSeen = ({ name }: { readonly name: string }): boolean => {
    const about = name.slice(name.indexOf(':') + 1)
    return !isTemporaryName(about) || about.startsWith(`${temporarySchema(names.session)}.`)
  }
  const shown = (store: TableStore): StoredTable => (
    { id: store.id, schema: txn !== null && store.definer === txn ? store.schema : store.committed }
  )
  const stores = txn === null ? engine.catalog.userTables() : txn.listTables().map(({ name }) => txn.table(name))
  const tables = stores.map(store => ({
    ...shown(store), indexes: (txn === null ? store.indexes : txn.indexesOf(store)).map(shown),
  }))
  const objects = (txn?.listObjects() ?? engine.catalog.objects.all()).filter(isSeen)
  const named = (kind: string): CatalogObject[] => objects.filter(object => object.kind === kind).sort(byName)
  return {
    schemas: [
      'information_schema', 'pg_catalog', 'public', ...(names.hasTemporary ? ['pg_temp'] : []),
      ...named('schema').map(({ name }) => name),
    ],
    tables: tables.filter(({ schema }) => isSeen(schema)).sort((a, b) => byName(a.schema, b.schema)),
    views: named('view') as ViewObject[], sequences: named('sequence') as SequenceObject[],
    comments: named('comment') as CommentObject[], settings: [...SETTINGS.values()],
  }
}

function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0
}

/** Texts by oid: what SessionHost.describe answers. `part` is the number of a column, 0 for the whole. */
export function describe(
  facts: CatalogFacts, what: string, oid: number, part: number, isVisible: (name: string) => boolean,
): string | null {
  if (what === 'constraintdef') return constraintText(facts, oid)
  if (what === 'comment') return commentOf(facts, oid, part)
  const relation = facts.relations.find(each => each.oid === oid)
  if (relation === undefined) return null
  const { name } = relation
  switch (what) {
    case 'visible': return isVisible(name) ? name : null
    case 'regclass': return isVisible(name) ? quoteName(bareOf(name)) : quotePath(name)
    case 'viewdef': return facts.contents.views.find(view => view.name === name)?.sql ?? null
    case 'indexdef': {
      const table = facts.tables.find(({ indexes }) => indexes.some(index => index.oid === oid))
      return table === undefined ? null : indexDefinition(table, table.indexes.find(index => index.oid === oid)!)
    }
    default: return null
  }
}

function columnList(table: TableFact, numbers: readonly number[]): string {
  return numbers.map(number => quoteName(table.columns[number - 1]!.name)).join(', ')
}

function indexDefinition(table: TableFact, { name, schema, columns }: IndexFact): string {
  if (schema !== null) return indexText(table.schema.name, schema)
  return `CREATE UNIQUE INDEX ${quoteName(bareOf(name))} ON ${quotePath(table.schema.name)} `
    + `USING learned (${columnList(table, columns)})`
}

function constraintText({ tables }: CatalogFacts, oid: number): string | null {
  const table = tables.find(({ constraints }) => constraints.some(each => each.oid === oid))
  if (table === undefined) return null
  const { kind, columns, ordinal } = table.constraints.find(each => each.oid === oid)!
  const { schema } = table
  switch (kind) {
    case 'p': return `PRIMARY KEY (${columnList(table, columns)})`
    case 'u': return `UNIQUE (${columnList(table, columns)})`
    case 'c': return `CHECK (${schema.checks![ordinal]!.sql})`
    case 'f': return foreignText(schema.foreign![ordinal]!,
      ordinals => ordinals.map(c => quoteName(schema.columns[c]!.name)).join(', '))
  }
}

function commentOf({ contents, relations, tables }: CatalogFacts, oid: number, part: number): string | null {
  const text = (name: string): string | null => contents.comments.find(each => each.name === name)?.text ?? null
  const relation = relations.find(each => each.oid === oid)
  if (relation === undefined) {
    const schema = contents.schemas.find(each => schemaOid(each) === oid)
    if (schema !== undefined) return text(`schema:${schema}`)
    const table = tables.find(({ constraints }) => constraints.some(each => each.oid === oid))
    const found = table?.constraints.find(each => each.oid === oid)
    return found === undefined ? null : text(`constraint:${table!.schema.name}.${found.name}`)
  }
  if (part === 0) return text(`${relation.kind}:${relation.name}`)
  const columns = relation.table?.columns.map(({ name }) => name)
    ?? contents.views.find(({ name }) => name === relation.name)?.columns
  return columns?.[part - 1] === undefined ? null : text(`column:${relation.name}.${columns[part - 1]}`)
}

/** Numbers of the system relations that classoid refers to. */
export const SYSTEM_OIDS: ReadonlyMap<string, number> = new Map([
  ['pg_type', 1247], ['pg_attribute', 1249], ['pg_proc', 1255], ['pg_class', 1259], ['pg_constraint', 2606],
  ['pg_namespace', 2615],
])
