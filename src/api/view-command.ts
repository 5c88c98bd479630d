// CREATE SCHEMA and CREATE VIEW. A view is kept as text with its stars written out, with the search path it was made
// with and the columns it reads (src/sql/bind-view.ts).
import { CODE, DatabaseError } from '../base/errors.ts'
import { sameType, typeName } from '../base/types.ts'
import type { LogicalPlan, ScanPlan } from '../../exec/plan/logical.ts'
import { prunePlan } from '../../exec/plan/prune.ts'
import { objectKey } from '../../storage/mod.ts'
import type { SchemaObject, Transaction, ViewObject } from '../../storage/mod.ts'
import type { CreateSchema, CreateView } from '../sql/ast-definition.ts'
import { bindViewObject, bindViewQuery } from '../sql/bind.ts'
import type { Catalog } from '../sql/bind.ts'
import { quoteName } from '../sql/quote-name.ts'
import { isTemporaryName } from '../sql/relation-name.ts'
import { BUILT_IN_SCHEMAS } from './session-names.ts'
import type { Session } from './session.ts'
import type { SessionCatalog } from './session-catalog.ts'

/** CREATE SCHEMA. 42P06 for a name that is taken, 42939 for one that PostgreSQL keeps to itself. */
export function createSchema(session: Session, { name, ifNotExists }: CreateSchema): null {
  session.define(txn => {
    if (name.startsWith('pg_') || name === 'information_schema') {
      throw new DatabaseError(CODE.RESERVED_NAME, `unacceptable schema name "${name}"`, {
        detail: 'The prefix "pg_" is reserved for system schemas.',
      })
    }
    const key = objectKey('schema', name)
    if (BUILT_IN_SCHEMAS.includes(name) || txn.object(key) !== null || session.engine.attached.has(name)) {
      if (ifNotExists) return
      throw new DatabaseError(CODE.DUPLICATE_SCHEMA, `schema "${name}" already exists`)
    }
    const hidden = txn.listTables().find(table => table.name.startsWith(`${name}.`))
    if (name.includes('.') || hidden !== undefined) {
      throw new DatabaseError(CODE.RESERVED_NAME, `unacceptable schema name "${name}"`, {
        detail: hidden === undefined ? 'Names of schemas have no dot.'
          : `There is a table "${hidden.name}" outside of it.`,
      })
    }
    const schema: SchemaObject = { kind: 'schema', name }
    txn.setObject(key, schema)
  })
  return null
}

/** CREATE [OR REPLACE] VIEW. 42P07, 42P16 for a replacement with other columns, 42P17 for a view of itself. */
export function createView(session: Session, statement: CreateView): null {
  session.define(txn => {
    const { catalog, names } = session
    const view = describeView(catalog, statement, names.path, names.hasTemporary ? names.session : null)
    const known = catalog.relation(view.name)
    if (known !== null) {
      if (known.kind !== 'view' || !statement.replace) {
        const code = known.kind === 'view' || !statement.replace ? CODE.DUPLICATE_TABLE : CODE.WRONG_OBJECT
        throw new DatabaseError(code, code === CODE.WRONG_OBJECT ? `"${view.name}" is not a view`
          : `relation "${view.name}" already exists`)
      }
      checkReplacement(catalog, txn, known.object as ViewObject, view)
    }
    txn.setObject(objectKey('view', view.name), view)
  })
  return null
}

// Temporary when it is said so, or when it reads something temporary.
function describeView(
  catalog: SessionCatalog, statement: CreateView, path: readonly string[], session: number | null,
): ViewObject {
  const changes: { begin: number; end: number; text: string }[] = []
  const plan = bindViewQuery(statement.query, catalog, (position, columns) => {
    const star = position === undefined ? undefined : statement.stars.get(position)
    if (star === undefined || changes.some(({ begin }) => begin === star.begin)) return
    changes.push({ ...star, text: columns.map(path => path.map(quoteName).join('.')).join(', ') })
  })
  if (statement.columns.length > plan.output.length) {
    throw new DatabaseError(CODE.SYNTAX, 'CREATE VIEW specifies more column names than columns', {
      position: statement.position,
    })
  }
  const columns = plan.output.map(({ name }, i) => statement.columns[i] ?? name)
  const twice = columns.find((name, i) => columns.indexOf(name) !== i)
  if (twice !== undefined) {
    throw new DatabaseError(CODE.DUPLICATE_COLUMN, `column "${twice}" specified more than once`)
  }
  let { sql } = statement
  for (const { begin, end, text } of changes.sort((a, b) => b.begin - a.begin)) {
    sql = sql.slice(0, begin) + text + sql.slice(end)
  }
  const uses = usesOf(plan, catalog, statement.query)
  const temporary = uses.find(({ relation }) => isTemporaryName(relation))
  const isTemporary = statement.view.temporary === true || temporary !== undefined
  const name = catalog.target(statement.view.name, isTemporary)
  const own = session !== null && isTemporary ? [`pg_temp_${session}`, ...path] : path
  return { kind: 'view', name, sql, columns, path: own, uses }
}

// Relations that the query names, views among them, and the columns that its scans read.
function usesOf(plan: LogicalPlan, catalog: SessionCatalog, query: CreateView['query']): ViewObject['uses'] {
  const found = new Map<string, Set<string>>()
  const note = (relation: string, columns: Iterable<string>): void => {
    const known = found.get(relation) ?? new Set()
    for (const column of columns) known.add(column)
    found.set(relation, known)
  }
  walk(prunePlan(plan), scan => note(scan.table, scan.columns.map(c => scan.schema.columns[c]!.name)))
  walk(plan, scan => note(scan.table, []))
  const named = new Set<string>()
  const listening: Catalog = {
    schema: name => catalog.schema(name), uniques: name => catalog.uniques(name), names: () => catalog.names(),
    view: name => {
      const view = catalog.view(name)
      if (view !== undefined && !named.has(view.name)) {
        named.add(view.name)
        note(view.name, view.columns)
      }
      return view
    },
    withPath: path => catalog.withPath(path),
  }
  bindViewQuery(query, listening)
  return [...found].map(([relation, columns]) => ({ relation, columns: [...columns].sort() }))
}

// Every scan in a plan, those of subqueries in its expressions too.
function walk(value: unknown, visit: (scan: ScanPlan) => void): void {
  if (typeof value !== 'object' || value === null) return
  if ((value as { kind?: unknown }).kind === 'scan') return visit(value as ScanPlan)
  for (const [name, part] of Object.entries(value)) {
    if (name !== 'schema' && name !== 'output' && name !== 'type') walk(part, visit)
  }
}

// As PostgreSQL: the old columns stay, with their names and types; new ones may follow.
function checkReplacement(catalog: SessionCatalog, txn: Transaction, old: ViewObject, view: ViewObject): void {
  if (reaches(txn, view, old.name)) {
    throw new DatabaseError(CODE.RECURSION, `infinite recursion detected in rules for relation "${old.name}"`)
  }
  if (view.columns.length < old.columns.length) {
    throw new DatabaseError(CODE.INVALID_DEFINITION, 'cannot drop columns from view')
  }
  const [before, after] = [old, view].map(each => bindViewObject(each, catalog).output)
  for (let i = 0; i < old.columns.length; i++) {
    const [from, to] = [before![i]!, after![i]!]
    if (from.name !== to.name) {
      throw new DatabaseError(CODE.INVALID_DEFINITION,
        `cannot change name of view column "${from.name}" to "${to.name}"`, {
          hint: 'Use ALTER VIEW ... RENAME COLUMN ... to change name of view column instead.',
        })
    }
    if (!sameType(from.type, to.type)) {
      throw new DatabaseError(CODE.INVALID_DEFINITION, `cannot change data type of view column "${from.name}" from `
        + `${typeName(from.type)} to ${typeName(to.type)}`)
    }
  }
}

function reaches(txn: Transaction, view: ViewObject, name: string, seen = new Set<string>()): boolean {
  for (const { relation } of view.uses) {
    if (relation === name) return true
    if (seen.has(relation)) continue
    seen.add(relation)
    const next = txn.object(objectKey('view', relation))
    if (next?.kind === 'view' && reaches(txn, next as ViewObject, name, seen)) return true
  }
  return false
}
