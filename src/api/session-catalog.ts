// The catalogue a session's next statement sees: own tables and views, with what its transaction has made and dropped,
// and those of attached databases under their qualified names. Names are looked up along the search path.
import type { TableSchema } from '../base/types.ts'
import type { OutputColumn } from '../../exec/plan/logical.ts'
import { objectKey } from '../../storage/mod.ts'
import type { CatalogObject, Engine, Transaction, ViewObject } from '../../storage/mod.ts'
import type { Catalog } from '../sql/bind.ts'
import type { UniqueColumns } from '../sql/bind-context.ts'
import { attachedNames, attachedSchema, homeOf } from './attachments.ts'
import { isTemporaryName, temporarySchema } from '../sql/relation-name.ts'
import { objectOf, targetName } from './session-names.ts'
import type { SessionNames } from './session-names.ts'
import { contentsOf } from './system-contents.ts'
import type { CatalogContents } from '../sql/system-facts.ts'

/** What a name means. */
export type Relation =
  | { readonly kind: 'table' | 'index'; readonly name: string; readonly schema: TableSchema }
  | { readonly kind: 'view' | 'sequence'; readonly name: string; readonly object: CatalogObject }

/** The catalogue of a session; `txn` is its open transaction. */
export class SessionCatalog implements Catalog {
  readonly #engine: Engine
  readonly #txn: Transaction | null
  readonly #names: SessionNames
  /** Another path than the session's. */
  readonly #path: readonly string[] | null

  constructor(engine: Engine, txn: Transaction | null, names: SessionNames, path: readonly string[] | null = null) {
    this.#engine = engine
    this.#txn = txn
    this.#names = names
    this.#path = path
  }

  /** The relation that a name means, of any kind; null when there is none. */
  relation(name: string): Relation | null {
    for (const candidate of this.#names.candidates(name, this.#path)) {
      const found = this.named(candidate)
      if (found !== null) return found
    }
    return null
  }

  /** The relation with this full name, of any kind; null when there is none. */
  named(name: string): Relation | null {
    const engine = this.#engine
    if (isTemporaryName(name) && !name.startsWith(`${temporarySchema(this.#names.session)}.`)) return null
    if (engine.attached.size > 0) {
      const far = attachedSchema(engine, this.#txn, name)
      if (far !== undefined) return { kind: 'table', name, schema: far }
    }
    const store = this.#txn !== null ? this.#txn.relationOrNull(name) : engine.catalog.relationOrNull(name)
    if (store !== null) {
      const schema = this.#txn !== null && store.definer === this.#txn ? store.schema : store.committed
      return { kind: schema.index === undefined ? 'table' : 'index', name, schema }
    }
    const object = objectOf(engine, this.#txn, objectKey('view', name))
    return object?.kind === 'view' || object?.kind === 'sequence' ? { kind: object.kind, name, object } : null
  }

  /** The table that a name means. */
  schema(name: string): TableSchema | undefined {
    const found = this.relation(name)
    return found?.kind === 'table' ? found.schema : undefined
  }

  /** The view that a name means. */
  view(name: string): ViewObject | undefined {
    const found = this.relation(name)
    return found?.kind === 'view' ? found.object as ViewObject : undefined
  }

  /** Unique indexes of a table, by its full name. */
  uniques(name: string): UniqueColumns[] {
    const home = homeOf(this.#engine, name)
    const txn = this.#txn
    const indexes = txn !== null ? txn.indexesOf(txn.table(name)) : home.engine.catalog.get(home.name).indexes
    return indexes.map(index => index.schema).filter(schema => schema.index!.unique)
      .map(({ name: index, index: of }) =>
        ({ name: index, columns: of!.columns, isConstraint: of!.constraint === true }))
  }

  /** Full names of tables and views. */
  *names(): Iterable<string> {
    const txn = this.#txn
    const own = txn !== null ? txn.listTables().map(schema => schema.name)
      : this.#engine.catalog.userTables().map(table => table.committed.name)
    yield* own
    const objects = txn?.listObjects() ?? this.#engine.catalog.objects.all()
    for (const { kind, name } of objects) if (kind === 'view') yield name
    yield* attachedNames(this.#engine)
  }

  /** Columns of an open cursor. */
  cursor(name: string): readonly OutputColumn[] | undefined {
    return this.#names.cursorColumns.get(name)
  }

  /** True when a relation of any kind has this full name. */
  isTaken(name: string): boolean {
    return this.named(name) !== null
  }

  /** Full name of a relation to be made. */
  target(name: string, temporary: boolean): string {
    return targetName(this.#engine, this.#txn, this.#names, name, temporary)
  }

  /** Everything in the own database. */
  contents(): CatalogContents {
    return contentsOf(this.#engine, this.#txn, this.#names)
  }

  /** The same with another search path. */
  withPath(path: readonly string[]): Catalog {
    return new SessionCatalog(this.#engine, this.#txn, this.#names, path)
  }
}
