// The catalogue: which tables exist, and how their schemas are stored. One blob in consecutive catalogue
// pages, rewritten when a table or a root changes; roots are blobs of their own (table-root.ts).
//
//   blob: magic "CATL" u32 | total bytes u32 | next table id u32 | tables u32 |
//         per table: id u32 | root first page u32 | root bytes u32 | schema: string (JSON, see SchemaJson)
//
// Behind the last table the settings of the database, a string of JSON, when it has any, and behind them its objects
// (objects.ts), when it has any: then the settings are there too, if need be as `{}`.
import { ByteReader, ByteWriter } from '../../src/base/bytes.ts'
import { Epoch } from '../../src/base/epoch.ts'
import { CODE, DatabaseError } from '../../src/base/errors.ts'
import { COMPRESSIONS, physicalOf } from '../../src/base/types.ts'
import type { CheckConstraint, ColumnSchema, Compression, IndexDefinition, TableSchema } from '../../src/base/types.ts'
import type { TableStore } from '../table/table-store.ts'
import { ObjectMap, decodeObjects } from './objects.ts'
import type { CatalogObject } from './objects.ts'
import { hasValidExtras } from './schema-extras.ts'

const CATALOG_MAGIC = 0x4c544143
/** Bytes before the first table: enough to know how many pages the blob has. */
export const CATALOG_HEADER_BYTES = 16

/** What the catalogue stores of a table. */
export interface CatalogEntry {
  readonly id: number
  readonly rootPage: number
  readonly rootBytes: number
  readonly schema: TableSchema
}

/** What the catalogue stores of the database itself. Unknown members are kept. */
export interface DatabaseSettings {
  /** Compression of tables without one of their own; absent = the default. */
  readonly compression?: Compression
}

/**
 * Tables, and the hidden tables of indexes, by name: they share one name space. `version` changes with every
 * DDL, so that prepared plans notice.
 */
export class Catalog {
  private readonly byName = new Map<string, TableStore>()
  /** The tables of `byName`, null after a change. */
  private list: TableStore[] | null = null
  private readonly byId = new Map<number, TableStore>()
  private readonly indexLists = new Map<number, TableStore[]>()
  /** Schemas, views, sequences and comments. */
  readonly objects = new ObjectMap()
  nextTableId = 1
  version = 1
  /** Advances with the version, and with whatever else decides what a read outside of transactions is answered. */
  readonly epoch = new Epoch()

  add(table: TableStore): void {
    this.byName.set(table.schema.name, table)
    this.list = null
    this.byId.set(table.id, table)
    const { index } = table.schema
    if (index === undefined) table.indexes = this.indexesOf(table.id)
    else this.setIndexes(index.of, [...this.indexesOf(index.of), table])
    this.nextTableId = Math.max(this.nextTableId, table.id + 1)
    this.version++
    this.epoch.advance()
  }

  remove(table: TableStore): void {
    for (const { name } of [table.schema, table.committed]) {
      if (this.byName.get(name) === table) this.byName.delete(name)
      this.list = null
    }
    this.byId.delete(table.id)
    const { index } = table.schema
    if (index === undefined) this.indexLists.delete(table.id)
    else this.setIndexes(index.of, this.indexesOf(index.of).filter((other) => other !== table))
    this.version++
    this.epoch.advance()
  }

  /** An altered schema is committed: the table may have another name. */
  altered(table: TableStore, formerName: string): void {
    if (this.byName.get(formerName) === table) this.byName.delete(formerName)
    this.byName.set(table.schema.name, table)
    this.list = null
    this.version++
    this.epoch.advance()
  }

  // In order of their ids, so that whoever meets two broken indexes reports the same one. Replaced, not changed.
  private setIndexes(id: number, indexes: readonly TableStore[]): void {
    const sorted = [...indexes].sort((a, b) => a.id - b.id)
    this.indexLists.set(id, sorted)
    const table = this.byId.get(id)
    if (table !== undefined) table.indexes = sorted
  }

  private indexesOf(id: number): readonly TableStore[] {
    return this.indexLists.get(id) ?? []
  }

  has(name: string): boolean {
    return this.byName.has(name)
  }

  /** True when a foreign key refers to the table with this name. */
  isReferred(name: string): boolean {
    return this.userTables().some(({ committed }) => committed.foreign?.some((key) => key.table === name) === true)
  }

  /** The table; 42P01 when there is none, 42809 when it is an index. */
  get(name: string): TableStore {
    const table = this.byName.get(name)
    if (table === undefined) throw new DatabaseError(CODE.UNDEFINED_TABLE, `table "${name}" does not exist`)
    if (table.schema.index !== undefined) throw new DatabaseError(CODE.WRONG_OBJECT, `"${name}" is an index`)
    return table
  }

  /** The table or the hidden table of an index with this name, or null. */
  relationOrNull(name: string): TableStore | null {
    return this.byName.get(name) ?? null
  }

  byIdOrNull(id: number): TableStore | null {
    return this.byId.get(id) ?? null
  }

  /** All tables, those of indexes too: what maintenance, checkpoints and checks walk over. */
  tables(): readonly TableStore[] {
    return this.list ??= [...this.byName.values()]
  }

  /** The tables users see. */
  userTables(): TableStore[] {
    return this.tables().filter((table) => table.schema.index === undefined)
  }
}

/** The catalogue's blob. */
export function encodeCatalog(
  entries: readonly CatalogEntry[], nextTableId: number, settings: DatabaseSettings = {},
  objects: readonly CatalogObject[] = [],
): Uint8Array {
  const out = new ByteWriter(1024)
  out.u32(CATALOG_MAGIC)
  out.u32(0)
  out.u32(nextTableId)
  out.u32(entries.length)
  for (const entry of entries) {
    out.u32(entry.id)
    out.u32(entry.rootPage)
    out.u32(entry.rootBytes)
    out.string(JSON.stringify(entry.schema))
  }
  if (Object.keys(settings).length > 0 || objects.length > 0) out.string(JSON.stringify(settings))
  if (objects.length > 0) out.string(JSON.stringify(objects))
  out.patchU32(4, out.length)
  return out.finish()
}

/** Total bytes of the blob, from its header; damage is XX001. */
export function catalogBytes(header: Uint8Array, source: { file: string; page: number }): number {
  const reader = new ByteReader(header, source)
  if (reader.u32() !== CATALOG_MAGIC) reader.fail('not a catalogue page')
  return reader.u32()
}

/** Reads the blob; damage, also inside a schema, is XX001. */
export function decodeCatalog(
  bytes: Uint8Array, source: { file: string; page: number },
): { entries: CatalogEntry[]; nextTableId: number; settings: DatabaseSettings; objects: CatalogObject[] } {
  const reader = new ByteReader(bytes, source)
  if (reader.u32() !== CATALOG_MAGIC) reader.fail('not a catalogue page')
  if (reader.u32() !== bytes.length) reader.fail('catalogue length disagrees')
  const nextTableId = reader.u32()
  const count = reader.u32()
  const entries: CatalogEntry[] = []
  for (let i = 0; i < count; i++) {
    const id = reader.u32()
    const rootPage = reader.u32()
    const rootBytes = reader.u32()
    const text = reader.string()
    const schema = decodeSchema(text)
    if (schema === null) reader.fail('table schema is not valid')
    else entries.push({ id, rootPage, rootBytes, schema })
  }
  const settings = reader.remaining > 0 ? decodeSettings(reader.string()) : {}
  if (settings === null) reader.fail('database settings are not valid')
  const objects = reader.remaining > 0 ? decodeObjects(reader.string()) : []
  if (objects === null) reader.fail('catalogue objects are not valid')
  return { entries, nextTableId, settings: settings ?? {}, objects: objects ?? [] }
}

function decodeSettings(text: string): DatabaseSettings | null {
  try {
    const settings = JSON.parse(text) as DatabaseSettings | null
    if (typeof settings !== 'object' || settings === null || Array.isArray(settings)) return null
    return isCompression(settings.compression) ? settings : null
  } catch {
    return null
  }
}

// Also hostile: the file may say anything.
function isCompression(value: unknown): boolean {
  return value === undefined || COMPRESSIONS.includes(value as Compression)
}

/** A schema from its JSON, or null when it is none: every field is checked, since the file may be hostile. */
export function decodeSchema(text: string): TableSchema | null {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return null
  }
  const schema = value as TableSchema
  if (typeof schema?.name !== 'string' || !Array.isArray(schema.columns) || !Array.isArray(schema.key)) return null
  if (!schema.columns.every(isColumn) || schema.key.length === 0 || !isCompression(schema.compression)) return null
  const { length } = schema.columns
  const inRange = (c: unknown): boolean => Number.isInteger(c) && (c as number) >= 0 && (c as number) < length
  if (!schema.key.every(inRange)) return null
  if (schema.checks !== undefined && !isCheckList(schema.checks)) return null
  if (!hasValidExtras(schema)) return null
  return schema.index === undefined || isIndexDefinition(schema.index) ? schema : null
}

function isCheckList(checks: unknown): boolean {
  return Array.isArray(checks) && checks.length > 0 && checks.every((check: Partial<CheckConstraint> | null) =>
    typeof check?.name === 'string' && typeof check.sql === 'string')
}

function isIndexDefinition(index: IndexDefinition): boolean {
  const isOrdinal = (c: unknown): boolean => Number.isInteger(c) && (c as number) >= 0
  return isOrdinal(index?.of) && typeof index.unique === 'boolean'
    && (index.kind === 'learned' || index.kind === 'btree' || index.kind === 'sorted')
    && (index.epsilon === undefined || (isOrdinal(index.epsilon) && index.epsilon >= 1 && index.epsilon <= 0xffff))
    && Array.isArray(index.columns) && index.columns.length > 0 && index.columns.every(isOrdinal)
}

const KINDS = new Set(['boolean', 'smallint', 'integer', 'bigint', 'real', 'double', 'decimal', 'date', 'time',
  'timestamp', 'timestamptz', 'interval', 'text', 'bytea', 'uuid', 'json', 'jsonb', 'array'])

function isColumn(column: ColumnSchema): boolean {
  return typeof column?.name === 'string' && typeof column.nullable === 'boolean'
    && KINDS.has(column.type?.kind) && physicalOf(column.type) !== undefined
}
