// Catalogue objects: what a database has beside tables and indexes. Schemas, views, sequences and comments. Storage
// keeps them as JSON, changes them in transactions and asks for no more than a kind and a name; what the members mean
// is decided by src/sql and src/api.
//
//   bytes: a JSON list of objects, each { "kind", "name", … }, behind the settings in the catalogue (catalog.ts)
//
// O1  At most one object has a key (objectKey). Views and sequences share a name space with tables and indexes.
import { CODE, DatabaseError } from '../../src/base/errors.ts'

const KINDS = ['schema', 'view', 'sequence', 'comment'] as const
export type ObjectKind = (typeof KINDS)[number]

/** One object. Members beside kind and name belong to its kind; those that a release does not know are kept. */
export interface CatalogObject {
  readonly kind: ObjectKind
  readonly name: string
}

/** CREATE SCHEMA. Relations of a schema are called `schema.relation`; those of `public` have no prefix. */
export interface SchemaObject extends CatalogObject {
  readonly kind: 'schema'
}

/** CREATE VIEW. */
export interface ViewObject extends CatalogObject {
  readonly kind: 'view'
  /** The query, with every star written out. */
  readonly sql: string
  readonly columns: readonly string[]
  /** Schemas in which names of the query are looked up. */
  readonly path: readonly string[]
  /** Relations that the query reads, and which columns of each. */
  readonly uses: readonly { readonly relation: string; readonly columns: readonly string[] }[]
}

/** CREATE SEQUENCE. Values are decimal text: JSON numbers end at 2^53. */
export interface SequenceObject extends CatalogObject {
  readonly kind: 'sequence'
  readonly type: 'smallint' | 'integer' | 'bigint'
  readonly start: string
  readonly increment: string
  readonly min: string
  readonly max: string
  readonly cache: string
  readonly cycle: boolean
  /** The column it goes with: OWNED BY, serial, identity. */
  readonly owner: { readonly table: string; readonly column: string } | null
  /** Last value given out, or the one to begin with while `called` is false. Ahead of it in stored forms. */
  readonly last: string
  readonly called: boolean
}

/** COMMENT ON: its name says what about, `table:t` or `column:t.c`. */
export interface CommentObject extends CatalogObject {
  readonly kind: 'comment'
  readonly text: string
}

/** A change of an object in a transaction; `after` null removes it. */
export interface ObjectChange {
  readonly key: string
  readonly before: CatalogObject | null
  readonly after: CatalogObject | null
}

/** What identifies an object: kinds of relations share one space. */
export function objectKey(kind: ObjectKind, name: string): string {
  return `${kind === 'view' || kind === 'sequence' ? 'relation' : kind}:${name}`
}

/** Objects from their JSON, or null when it is none: the file may be hostile. */
export function decodeObjects(text: string): CatalogObject[] | null {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return null
  }
  if (!Array.isArray(value) || !value.every(isObject)) return null
  const keys = new Set(value.map(({ kind, name }) => objectKey(kind, name)))
  return keys.size === value.length ? value : null
}

/** True for what {@link decodeObjects} accepts as one object. */
function isObject(value: unknown): value is CatalogObject {
  const object = value as Partial<CatalogObject> | null
  if (typeof object !== 'object' || object === null || typeof object.name !== 'string') return false
  switch (object.kind) {
    case 'schema': return true
    case 'view': return isView(object as Partial<ViewObject>)
    case 'sequence': return isSequence(object as Partial<SequenceObject>)
    case 'comment': return typeof (object as Partial<CommentObject>).text === 'string'
    default: return false
  }
}

function isView({ sql, columns, path, uses }: Partial<ViewObject>): boolean {
  return typeof sql === 'string' && isTexts(columns) && isTexts(path) && Array.isArray(uses)
    && uses.every((use: Partial<ViewObject['uses'][number]> | null) =>
      typeof use?.relation === 'string' && isTexts(use.columns))
}

/** A change of an object as the log has it, or null when it makes no sense. */
export function decodeObjectChange(text: string): Omit<ObjectChange, 'before'> | null {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return null
  }
  const change = value as Partial<ObjectChange> | null
  if (typeof change?.key !== 'string' || change.after === undefined) return null
  const { key, after } = change
  if (after === null) return { key, after }
  return isObject(after) && objectKey(after.kind, after.name) === key ? { key, after } : null
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string')
}

const NUMBERS = ['start', 'increment', 'min', 'max', 'cache', 'last'] as const
const LOWEST = -(2n ** 63n)

function isSequence(object: Partial<SequenceObject>): boolean {
  const { type, owner, cycle, called } = object
  if (type !== 'smallint' && type !== 'integer' && type !== 'bigint') return false
  if (typeof cycle !== 'boolean' || typeof called !== 'boolean' || owner === undefined) return false
  if (owner !== null && (typeof owner.table !== 'string' || typeof owner.column !== 'string')) return false
  if (!NUMBERS.every((name) => isInt64(object[name]))) return false
  const [min, max, last] = [BigInt(object.min!), BigInt(object.max!), BigInt(object.last!)]
  return min <= last && last <= max && object.increment !== '0' && BigInt(object.cache!) >= 1n
}

function isInt64(value: unknown): boolean {
  if (typeof value !== 'string' || !/^-?[0-9]{1,19}$/.test(value)) return false
  const number = BigInt(value)
  return number >= LOWEST && number < -LOWEST
}

/** The objects of a database by key. */
export class ObjectMap {
  private readonly byKey = new Map<string, CatalogObject>()

  get size(): number {
    return this.byKey.size
  }

  get(key: string): CatalogObject | null {
    return this.byKey.get(key) ?? null
  }

  set(key: string, object: CatalogObject | null): void {
    if (object === null) this.byKey.delete(key)
    else this.byKey.set(key, object)
  }

  all(): CatalogObject[] {
    return [...this.byKey.values()]
  }

  clear(): void {
    this.byKey.clear()
  }
}

/** The object with this key as a transaction sees it. */
export function objectIn(map: ObjectMap, changes: readonly ObjectChange[], key: string): CatalogObject | null {
  for (let i = changes.length - 1; i >= 0; i--) if (changes[i]!.key === key) return changes[i]!.after
  return map.get(key)
}

/** All objects as a transaction sees them. */
export function objectsIn(map: ObjectMap, changes: readonly ObjectChange[]): CatalogObject[] {
  if (changes.length === 0) return map.all()
  const seen = new Map(map.all().map((object) => [objectKey(object.kind, object.name), object]))
  for (const { key, after } of changes) {
    if (after === null) seen.delete(key)
    else seen.set(key, after)
  }
  return [...seen.values()]
}

/** 40001 when what a transaction changes is not what it was when the transaction looked. */
export function assertUnchanged(map: ObjectMap, changes: readonly ObjectChange[]): void {
  const first = new Set<string>()
  for (const { key, before } of changes) {
    if (first.has(key)) continue
    first.add(key)
    const now = map.get(key)
    if (now === before || (now?.kind === 'sequence' && before?.kind === 'sequence')) continue
    const name = key.slice(key.indexOf(':') + 1)
    if (before === null) {
      throw new DatabaseError(CODE.DUPLICATE_TABLE, `"${name}" was created by another transaction`)
    }
    throw new DatabaseError(CODE.SERIALIZATION, `"${name}" was changed by another transaction`)
  }
}
