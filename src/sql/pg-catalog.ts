// The tables of pg_catalog, as far as tools read them to find out what there is. Columns that are always the same say
// what is true here (one user, no partitions); those that mean nothing here are left out.
//
// Unlike PostgreSQL, indkey is an array of smallint, and oids are bigint.
import { TYPE_ENTRIES, typeEntry, typeModifier, typeOid } from '../base/type-oid.ts'
import { DATABASE, OWNER, oidOf, referredIndex, schemaOid, shownSchema } from './system-facts.ts'
import type { ColumnFact, ConstraintFact, RelationFact, TableFact } from './system-facts.ts'
import { bareOf, isTemporaryName } from './relation-name.ts'
import { numbersText, systemTable } from './system-table.ts'
import type { SystemCall, SystemRow, SystemSource, SystemTable } from './system-table.ts'

const OWNER_OID = 10
const KINDS = { table: 'r', view: 'v', index: 'i', sequence: 'S' } as const
const ACTIONS = { 'no action': 'a', 'restrict': 'r', 'cascade': 'c', 'set null': 'n', 'set default': 'd' } as const

function call(fn: string, ...args: (string | number)[]): SystemCall {
  return { fn, args }
}

function classRow({ oid, name, kind, columns, table }: RelationFact): SystemRow {
  return {
    oid, relname: bareOf(name), relnamespace: schemaOid(shownSchema(name)), reltype: 0, relowner: OWNER_OID,
    relam: kind === 'index' ? 403 : kind === 'table' ? 2 : 0, relfilenode: oid, reltablespace: 0, relpages: 0,
    reltuples: -1, reltoastrelid: 0, relhasindex: (table?.indexes.length ?? 0) > 0, relisshared: false,
    relpersistence: isTemporaryName(name) ? 't' : 'p', relkind: KINDS[kind], relnatts: columns,
    relchecks: table?.schema.checks?.length ?? 0, relhasrules: kind === 'view', relhastriggers: false,
    relhassubclass: false, relrowsecurity: false, relforcerowsecurity: false, relispopulated: true,
    relreplident: 'd', relispartition: false,
  }
}

function attributeRow(relation: number, column: ColumnFact): SystemRow {
  const { name, number, type, nullable, defaultSql, generatedSql, identity } = column
  return {
    attrelid: relation, attname: name, atttypid: typeOid(type), attlen: typeEntry(type).length, attnum: number,
    attndims: type.kind === 'array' ? 1 : 0, atttypmod: typeModifier(type), attnotnull: !nullable,
    atthasdef: defaultSql !== null || generatedSql !== null, attisdropped: false, attislocal: true, attinhcount: 0,
    attidentity: identity === null ? '' : identity ? 'a' : 'd', attgenerated: generatedSql === null ? '' : 's',
    attcollation: 0,
  }
}

function attributes(source: SystemSource): SystemRow[] {
  const indexColumns = source.tables.flatMap(({ indexes, columns }) => indexes.flatMap(index => (
    index.columns.map((c, i) => attributeRow(index.oid, {
      ...columns[c - 1]!, number: i + 1, nullable: true, defaultSql: null, generatedSql: null, identity: null,
    }))
  )))
  return [
    ...source.tables.flatMap(({ oid, columns }) => columns.map(column => attributeRow(oid, column))),
    ...source.contents.views.flatMap(({ name }) => (
      source.viewColumns(name).map(column => attributeRow(oidOf('view', name), column))
    )),
    ...indexColumns,
  ]
}

function constraintRow(table: TableFact, constraint: ConstraintFact, source: SystemSource): SystemRow {
  const { oid, name, kind, columns, index, ordinal } = constraint
  const plain: SystemRow = {
    oid, conname: name, connamespace: schemaOid(shownSchema(table.schema.name)), contype: kind, condeferrable: false,
    condeferred: false, convalidated: true, conrelid: table.oid, contypid: 0, conindid: index?.oid ?? 0,
    conparentid: 0, confrelid: 0, confupdtype: ' ', confdeltype: ' ', confmatchtype: ' ', conislocal: true,
    coninhcount: 0, connoinherit: kind !== 'c', conkey: columns.length === 0 ? null : numbersText(columns),
    conbin: kind === 'c' ? table.schema.checks![ordinal]!.sql : null,
  }
  if (kind !== 'f') return plain
  const key = table.schema.foreign![ordinal]!
  const referred = referredIndex(source, key.table, key.references)
  return {
    ...plain, condeferrable: key.deferrable === true, condeferred: key.deferred === true, confmatchtype: 's',
    confupdtype: ACTIONS[key.onUpdate], confdeltype: ACTIONS[key.onDelete], confrelid: referred?.table.oid ?? 0,
    conindid: referred?.index?.oid ?? 0, confkey: referred === null ? null : numbersText(referred.columns),
  }
}

function typeRows(): SystemRow[] {
  return TYPE_ENTRIES.flatMap(({ oid, name, arrayOid, length, category }) => {
    const plain = {
      typnamespace: 11, typowner: OWNER_OID, typtype: 'b', typisdefined: true, typdelim: ',', typrelid: 0,
      typnotnull: false, typbasetype: 0, typtypmod: -1, typndims: 0, typispreferred: false,
      typcollation: category === 'S' ? 100 : 0,
    }
    return [
      { ...plain, oid, typname: name, typlen: length, typcategory: category, typelem: 0, typarray: arrayOid },
      { ...plain, oid: arrayOid, typname: `_${name}`, typlen: -1, typcategory: 'A', typelem: oid, typarray: 0 },
    ]
  })
}

function indexRows({ tables }: SystemSource): SystemRow[] {
  return tables.flatMap(table => table.indexes.map((index): SystemRow => ({
    indexrelid: index.oid, indrelid: table.oid, indnatts: index.columns.length, indnkeyatts: index.columns.length,
    indisunique: index.unique, indnullsnotdistinct: false, indisprimary: index.primary, indisexclusion: false,
    indimmediate: true, indisclustered: index.primary, indisvalid: true, indisready: true, indislive: true,
    indkey: numbersText(index.columns), indoption: numbersText(index.columns.map(() => 0)),
  })))
}

/** Comments by what they are about; those of constraints have no row. */
function descriptionRows({ contents, relations }: SystemSource): SystemRow[] {
  return contents.comments.flatMap(({ name, text }): SystemRow[] => {
    const colon = name.indexOf(':')
    const about = name.slice(colon + 1)
    if (name.startsWith('schema:')) {
      return [{ objoid: schemaOid(about), classoid: 2615, objsubid: 0, description: text }]
    }
    const isColumn = name.startsWith('column:')
    const owner = isColumn ? about.slice(0, about.lastIndexOf('.')) : about
    const relation = relations.find(each => each.name === owner)
    if (relation === undefined) return []
    const column = about.slice(about.lastIndexOf('.') + 1)
    const view = contents.views.find(each => each.name === owner)
    const number = !isColumn ? 0 : relation.table?.columns.find(each => each.name === column)?.number
      ?? (view?.columns.indexOf(column) ?? -1) + 1
    return [{ objoid: relation.oid, classoid: 1259, objsubid: number, description: text }]
  })
}

function defaultRows({ tables }: SystemSource): SystemRow[] {
  return tables.flatMap(({ oid, columns }) => columns.flatMap(({ name, number, defaultSql, generatedSql }) => {
    const sql = defaultSql ?? generatedSql
    return sql === null ? [] : [{ oid: oidOf('default', `${oid}.${name}`), adrelid: oid, adnum: number, adbin: sql }]
  }))
}

/** Tables of pg_catalog by name. */
export const PG_CATALOG: Readonly<Record<string, SystemTable>> = {
  pg_namespace: systemTable('oid oid, nspname name, nspowner oid', ({ contents }) => (
    contents.schemas.map(name => ({ oid: schemaOid(name), nspname: name, nspowner: OWNER_OID }))
  )),
  pg_class: systemTable(`oid oid, relname name, relnamespace oid, reltype oid, relowner oid, relam oid, relfilenode oid,
    reltablespace oid, relpages int4, reltuples float4, reltoastrelid oid, relhasindex bool, relisshared bool,
    relpersistence char, relkind char, relnatts int2, relchecks int2, relhasrules bool, relhastriggers bool,
    relhassubclass bool, relrowsecurity bool, relforcerowsecurity bool, relispopulated bool, relreplident char,
    relispartition bool, reloptions texts`, ({ relations }) => relations.map(classRow)),
  pg_attribute: systemTable(`attrelid oid, attname name, atttypid oid, attlen int2, attnum int2, attndims int4,
    atttypmod int4, attnotnull bool, atthasdef bool, attidentity char, attgenerated char, attisdropped bool,
    attislocal bool, attinhcount int4, attcollation oid`, attributes),
  pg_type: systemTable(`oid oid, typname name, typnamespace oid, typowner oid, typlen int2, typtype char,
    typcategory char, typispreferred bool, typisdefined bool, typdelim char, typrelid oid, typelem oid, typarray oid,
    typnotnull bool, typbasetype oid, typtypmod int4, typndims int4, typcollation oid, typdefault text`, typeRows),
  pg_index: systemTable(`indexrelid oid, indrelid oid, indnatts int2, indnkeyatts int2, indisunique bool,
    indnullsnotdistinct bool, indisprimary bool, indisexclusion bool, indimmediate bool, indisclustered bool,
    indisvalid bool, indisready bool, indislive bool, indkey int2s, indoption int2s, indexprs text, indpred text`,
  indexRows),
  pg_indexes: systemTable('schemaname name, tablename name, indexname name, tablespace name, indexdef text',
    ({ tables }) => tables.flatMap(table => table.indexes.map(index => ({
      schemaname: shownSchema(table.schema.name), tablename: bareOf(table.schema.name), indexname: bareOf(index.name),
      indexdef: call('pg_get_indexdef', index.oid),
    })))),
  pg_constraint: systemTable(`oid oid, conname name, connamespace oid, contype char, condeferrable bool,
    condeferred bool, convalidated bool, conrelid oid, contypid oid, conindid oid, conparentid oid, confrelid oid,
    confupdtype char, confdeltype char, confmatchtype char, conislocal bool, coninhcount int4, connoinherit bool,
    conkey int2s, confkey int2s, conbin text`, source => source.tables.flatMap(table => (
    table.constraints.map(constraint => constraintRow(table, constraint, source))
  ))),
  pg_attrdef: systemTable('oid oid, adrelid oid, adnum int2, adbin text', defaultRows),
  pg_tables: systemTable(`schemaname name, tablename name, tableowner name, tablespace name, hasindexes bool,
    hasrules bool, hastriggers bool, rowsecurity bool`, ({ tables }) => tables.map(({ schema, indexes }) => ({
    schemaname: shownSchema(schema.name), tablename: bareOf(schema.name), tableowner: OWNER,
    hasindexes: indexes.length > 0, hasrules: false, hastriggers: false, rowsecurity: false,
  }))),
  pg_views: systemTable('schemaname name, viewname name, viewowner name, definition text', ({ contents }) => (
    contents.views.map(({ name, sql }) => (
      { schemaname: shownSchema(name), viewname: bareOf(name), viewowner: OWNER, definition: sql }
    ))
  )),
  pg_sequences: systemTable(`schemaname name, sequencename name, sequenceowner name, data_type text, start_value int8,
    min_value int8, max_value int8, increment_by int8, cycle bool, cache_size int8`, ({ contents }) => (
    contents.sequences.map(({ name, type, start, min, max, increment, cycle, cache }) => ({
      schemaname: shownSchema(name), sequencename: bareOf(name), sequenceowner: OWNER, data_type: type,
      start_value: BigInt(start), min_value: BigInt(min), max_value: BigInt(max), increment_by: BigInt(increment),
      cycle, cache_size: BigInt(cache),
    }))
  )),
  pg_database: systemTable(`oid oid, datname name, datdba oid, encoding int4, datistemplate bool, datallowconn bool,
    datconnlimit int4, datcollate text, datctype text`, () => [{
    oid: 5, datname: DATABASE, datdba: OWNER_OID, encoding: 6, datistemplate: false, datallowconn: true,
    datconnlimit: -1, datcollate: 'C', datctype: 'C',
  }]),
  pg_settings: systemTable(`name text, setting text, unit text, category text, short_desc text, context text,
    vartype text, boot_val text`, ({ contents }) => contents.settings.map(({ name, description, initial }) => ({
    name, setting: call('current_setting', name), category: 'Session', short_desc: description, context: 'user',
    vartype: 'string', boot_val: initial,
  }))),
  pg_roles: systemTable(`rolname name, rolsuper bool, rolinherit bool, rolcreaterole bool, rolcreatedb bool,
    rolcanlogin bool, rolreplication bool, rolconnlimit int4, rolpassword text, rolbypassrls bool, oid oid`, () => [{
    rolname: OWNER, rolsuper: true, rolinherit: true, rolcreaterole: false, rolcreatedb: false, rolcanlogin: true,
    rolreplication: false, rolconnlimit: -1, rolbypassrls: true, oid: OWNER_OID,
  }]),
  pg_user: systemTable('usename name, usesysid oid, usecreatedb bool, usesuper bool, userepl bool', () => [
    { usename: OWNER, usesysid: OWNER_OID, usecreatedb: false, usesuper: true, userepl: false },
  ]),
  pg_proc: systemTable(`oid oid, proname name, pronamespace oid, proowner oid, prokind char, pronargs int2,
    prorettype oid, prosrc text`, () => []),
  pg_trigger: systemTable('oid oid, tgrelid oid, tgname name, tgisinternal bool', () => []),
  pg_inherits: systemTable('inhrelid oid, inhparent oid, inhseqno int4', () => []),
  pg_description: systemTable('objoid oid, classoid oid, objsubid int4, description text', descriptionRows),
}
