// Attached databases: other files whose tables are called `name.table` in the statements of this one. An attachment
// belongs to the open database: all its sessions see it, and it is closed with it.
//
//   detached ──attach()──► attached ──detach(), nothing in use; close() of the main database──► closed
//
// Every attached file has an engine of its own: pool, log and memory; transactions reach it through
// storage/txn/linked.ts, queries through foreign-access.ts.
import { resolve } from 'node:path'
import { CODE, DatabaseError } from '../base/errors.ts'
import type { TableSchema } from '../base/types.ts'
import { MEMORY_PATH, attachmentOf, bareName, objectKey, openEngine, openEngineNow } from '../../storage/mod.ts'
import type { Engine, EngineOptions, Transaction } from '../../storage/mod.ts'
import { didYouMean } from '../sql/nearest-name.ts'
import { checkNames, resolveOpenOptions } from './options.ts'
import type { DatabaseState } from './database-state.ts'
import type { Session } from './session.ts'

/** Options of {@link Database.attach}. */
export interface AttachOptions {
  /** Attach for reading only: takes no lock, follows the process that writes it. */
  readonly readOnly?: boolean
  /** Make the file when it does not exist; without it a missing file is 58P01. */
  readonly create?: boolean
  /** Memory of the attached database, beside that of the main one: bytes or '128MB' (the default). */
  readonly memory?: number | string
}

const RESERVED = ['main', 'public', 'temp', 'pg_temp', 'pg_catalog', 'information_schema']
const MEMORY_DEFAULT = '128MB'

/** Opens the file at `path` and adds it under `name`. Errors name the file. */
export async function attach(
  session: Session, path: string, name: string, options: AttachOptions = {},
): Promise<void> {
  const opened = await openEngine(path, checkAttach(session, path, name, options))
  adopt(session, path, name, opened)
}

/** The same on the calling thread: the ATTACH statement. */
export function attachNow(session: Session, path: string, name: string, options: AttachOptions): void {
  const opened = openEngineNow(path, checkAttach(session, path, name, options))
  adopt(session, path, name, opened)
}

// What to open the file with. Throws what makes it impossible.
function checkAttach(session: Session, path: string, name: string, options: AttachOptions): Partial<EngineOptions> {
  checkNames(options, ['readOnly', 'create', 'memory'], 'attach')
  session.assertReady()
  const { engine } = session
  if (session.transaction !== null) {
    throw new DatabaseError(CODE.ACTIVE_TRANSACTION, 'ATTACH cannot run inside a transaction block')
  }
  checkName(engine, name)
  if (typeof path !== 'string' || path === '') {
    throw new DatabaseError(CODE.INVALID_PARAMETER, `attach takes the path of a file, not ${JSON.stringify(path)}`)
  }
  const { readOnly = false, create = false, memory = MEMORY_DEFAULT } = options
  const files = engine.parts.path === MEMORY_PATH ? null : engine.parts.files
  refuseTwice(engine, path)
  const isMissing = path !== MEMORY_PATH && files !== null && !create && !files.exists(path)
  if (isMissing) {
    throw new DatabaseError(CODE.UNDEFINED_FILE, `cannot attach "${path}": there is no such file`, {
      file: path, hint: "db.attach(path, name, { create: true }) makes it.",
    })
  }
  const { engine: parts } = resolveOpenOptions({
    readOnly, memory, synchronous: engine.parts.options.synchronous, files: path === MEMORY_PATH ? null : files,
  })
  return path === MEMORY_PATH ? { ...parts, files: null } : parts
}

function adopt({ engine, database }: Session, path: string, name: string, other: Engine): void {
  try {
    database.assertOpen()
    checkName(engine, name)
    refuseTwice(engine, path)
  } catch (error) {
    other.close()
    throw error
  }
  other.rowChecks.make = engine.rowChecks.make
  engine.attached.set(name, other)
  database.attachments++
  engine.catalog.epoch.advance()
}

function checkName(engine: Engine, name: string): void {
  if (typeof name !== 'string' || !/^[^.\0"]+$/.test(name) || RESERVED.includes(name)) {
    throw new DatabaseError(CODE.INVALID_PARAMETER, `${JSON.stringify(name)} cannot name an attached database`, {
      hint: `Names have no dot, and ${RESERVED.join(', ')} are taken.`,
    })
  }
  const known = engine.attached.get(name)
  if (known !== undefined) {
    throw new DatabaseError(CODE.DUPLICATE_DATABASE, `database "${name}" is attached already: "${known.parts.path}"`)
  }
  if (engine.catalog.objects.get(objectKey('schema', name)) !== null) {
    throw new DatabaseError(CODE.DUPLICATE_SCHEMA, `there is a schema "${name}"`)
  }
  const hidden = engine.catalog.tables().find(table => table.schema.name.startsWith(`${name}.`))
  if (hidden !== undefined) {
    throw new DatabaseError(CODE.DUPLICATE_TABLE, `table "${hidden.schema.name}" would be hidden by database "${name}"`)
  }
}

function refuseTwice(engine: Engine, path: string): void {
  if (path === MEMORY_PATH) return
  for (const [name, { parts }] of [['main', engine] as const, ...engine.attached]) {
    if (parts.path === MEMORY_PATH || resolve(parts.path) !== resolve(path)) continue
    throw new DatabaseError(CODE.IN_USE, `"${path}" is open already: it is the database "${name}"`, { file: path })
  }
}

/** Closes an attached database. 3D000 when there is none, 55006 while something reads or writes it. */
export function detach(database: DatabaseState, name: string): void {
  const { engine } = database
  const other = engine.attached.get(name)
  if (other === undefined) {
    const hint = didYouMean(name, engine.attached.keys())
    throw new DatabaseError(CODE.UNDEFINED_DATABASE, `database "${name}" is not attached`,
      hint === undefined ? {} : { hint })
  }
  const isBusy = other.snapshots.count > 0
    || [...database.sessions].some(session => session.transaction !== null || session.openResults.size > 0)
  if (isBusy) {
    throw new DatabaseError(CODE.IN_USE, `database "${name}" is in use: a transaction or a result is open`, {
      file: other.parts.path,
    })
  }
  engine.attached.delete(name)
  // What its catalogue had added to the version, and one more.
  database.attachments += other.catalog.version + 1
  engine.catalog.epoch.advance()
  other.close()
}

/** Closes all of them; the first error is thrown when all are closed. */
export function detachAll(engine: Engine): void {
  const errors: unknown[] = []
  for (const other of engine.attached.values()) {
    try {
      other.close()
    } catch (error) {
      errors.push(error)
    }
  }
  engine.attached.clear()
  if (errors.length > 0) throw errors[0]
}

const renamed = new WeakMap<TableSchema, Map<string, TableSchema>>()

/** Schema of a table of an attached database under its qualified name; undefined for own and unknown tables. */
export function attachedSchema(engine: Engine, txn: Transaction | null, name: string): TableSchema | undefined {
  const alias = attachmentOf(engine, name)
  if (alias === null) return undefined
  const bare = bareName(name)
  const far = txn?.far(name) ?? null
  const { catalog } = engine.attached.get(alias)!
  const schema = far !== null ? far.listTables().find(table => table.name === bare)
    : catalog.relationOrNull(bare)?.schema
  if (schema === undefined || schema.index !== undefined) return undefined
  // The same object every time: plans and handles compare schemas by identity.
  let names = renamed.get(schema)
  if (names === undefined) renamed.set(schema, names = new Map())
  let shown = names.get(name)
  if (shown === undefined) names.set(name, shown = { ...schema, name })
  return shown
}

/** The engine that holds a table, and the table's name there. */
export function homeOf(engine: Engine, name: string): { readonly engine: Engine; readonly name: string } {
  const alias = attachmentOf(engine, name)
  return alias === null ? { engine, name } : { engine: engine.attached.get(alias)!, name: bareName(name) }
}

/** Names of all tables of attached databases, qualified. */
export function attachedNames(engine: Engine): string[] {
  return [...engine.attached].flatMap(([alias, { catalog }]) =>
    catalog.userTables().map(table => `${alias}.${table.schema.name}`))
}
