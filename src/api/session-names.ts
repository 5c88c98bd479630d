// How a session looks relations up: its search path, and what a written name means with it. Full names are explained
// in src/sql/relation-name.ts.
import { CODE, DatabaseError } from '../base/errors.ts'
import type { OutputColumn } from '../../exec/plan/logical.ts'
import { objectKey } from '../../storage/mod.ts'
import type { CatalogObject, Engine, Transaction } from '../../storage/mod.ts'
import { candidates, inSchema, isTemporaryName, temporarySchema } from '../sql/relation-name.ts'

/** Schemas that are there without having been made. */
export const BUILT_IN_SCHEMAS: readonly string[] = ['public', 'main', 'pg_temp']

/** The search path and temporary schema of one session. */
export class SessionNames {
  readonly session: number
  /** Schemas in which names are looked up, in order. */
  path: readonly string[] = ['public']
  /** Columns of the open cursors. */
  readonly cursorColumns = new Map<string, readonly OutputColumn[]>()
  /** It has, or had, temporary relations: their schema comes first. */
  hasTemporary = false

  constructor(session: number) {
    this.session = session
  }

  /** A name without a schema means that relation of `public` and no other. */
  get isPlain(): boolean {
    return !this.hasTemporary && this.path.length === 1 && this.path[0] === 'public'
  }

  /** Full names that `name` may mean, in order. */
  candidates(name: string, path: readonly string[] | null): readonly string[] {
    if (path !== null) return candidates(name, path, null)
    if (this.isPlain && !name.includes('.')) return [name]
    return candidates(name, this.path, this.session)
  }
}

/** True when a schema is there. */
export function hasSchema(engine: Engine, txn: Transaction | null, name: string): boolean {
  return BUILT_IN_SCHEMAS.includes(name) || objectOf(engine, txn, objectKey('schema', name)) !== null
}

/** A catalogue object as the session sees it. */
export function objectOf(engine: Engine, txn: Transaction | null, key: string): CatalogObject | null {
  return txn !== null ? txn.object(key) : engine.catalog.objects.get(key)
}

/** Full name of a relation to be made. 3F000 when its schema does not exist, 42P16 for a temporary one elsewhere. */
export function targetName(
  engine: Engine, txn: Transaction | null, names: SessionNames, name: string, temporary: boolean,
): string {
  const dot = name.indexOf('.')
  const schema = dot < 0 ? null : name.slice(0, dot)
  if (temporary || schema === 'pg_temp') {
    if (schema !== null && schema !== 'pg_temp') {
      throw new DatabaseError(CODE.INVALID_DEFINITION, 'cannot create temporary relation in non-temporary schema')
    }
    names.hasTemporary = true
    return `${temporarySchema(names.session)}.${name.slice(dot + 1)}`
  }
  if (schema === null) {
    const first = names.path.find(each => hasSchema(engine, txn, each))
    if (first !== undefined) return inSchema(first, name)
    throw new DatabaseError(CODE.UNDEFINED_SCHEMA, 'no schema has been selected to create in')
  }
  if (engine.attached.has(schema) || isTemporaryName(name)) return name
  if (!hasSchema(engine, txn, schema)) {
    throw new DatabaseError(CODE.UNDEFINED_SCHEMA, `schema "${schema}" does not exist`)
  }
  return inSchema(schema, name.slice(dot + 1))
}
