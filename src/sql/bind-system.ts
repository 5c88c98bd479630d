// Relations of information_schema and pg_catalog in FROM: VALUES with what the catalogue says while the statement is
// bound. Statements are bound again when the catalogue changes, so the rows are those of the moment.
//
// A view of such a relation asks for the columns of all views, itself among them: while columns of views are looked
// for, the relations are empty. Their columns are the same.
import { resolveFunction } from '../../exec/functions/catalog.ts'
import type { Expression, LogicalPlan, OutputColumn } from '../../exec/plan/logical.ts'
import { BIGINT, TEXT } from '../base/types.ts'
import type { BindContext } from './bind-context.ts'
import { bindView } from './bind-view.ts'
import { INFORMATION_SCHEMA } from './information-schema.ts'
import { constant } from './literal.ts'
import { PG_CATALOG } from './pg-catalog.ts'
import { bareOf, schemaOf } from './relation-name.ts'
import { catalogFacts } from './system-facts.ts'
import type { CatalogContents, ColumnFact } from './system-facts.ts'
import type { Cell, SystemTable } from './system-table.ts'

const NO_CONTENTS: CatalogContents = { schemas: [], tables: [], views: [], sequences: [], comments: [], settings: [] }

let describing = false

/** The definition of a system relation; a name without a schema must begin with pg_. */
export function systemRelation(name: string): SystemTable | null {
  const schema = name.includes('.') ? schemaOf(name) : 'pg_catalog'
  const bare = bareOf(name)
  const tables = schema === 'pg_catalog' ? PG_CATALOG : schema === 'information_schema' ? INFORMATION_SCHEMA : null
  return tables !== null && Object.hasOwn(tables, bare) ? tables[bare]! : null
}

/** The rows of a system relation as a plan; null when the name is none. */
export function bindSystem(name: string, context: BindContext): LogicalPlan | null {
  const table = systemRelation(name)
  if (table === null) return null
  const contents = describing ? NO_CONTENTS : context.catalog.contents?.() ?? NO_CONTENTS
  const source = { ...catalogFacts(contents), viewColumns: (view: string) => viewColumns(view, contents, context) }
  const rows = describing ? [] : table.rows(source)
  return {
    kind: 'values', output: table.columns,
    rows: rows.map(row => table.columns.map(column => cell(row[column.name] ?? null, column))),
  }
}

function cell(value: Cell, { type }: OutputColumn): Expression {
  if (typeof value === 'boolean') return constant(type, value ? 1 : 0)
  if (value === null || typeof value !== 'object' || value instanceof Uint8Array) {
    return constant(type, typeof value === 'bigint' && Number.isSafeInteger(Number(value)) ? Number(value) : value)
  }
  const args = value.args.map(arg => constant(typeof arg === 'number' ? BIGINT : TEXT, arg))
  const { fn, result } = resolveFunction(value.fn, args.map(arg => arg.type))
  return { kind: 'call', fn, args, type: result }
}

function viewColumns(name: string, { views }: CatalogContents, context: BindContext): ColumnFact[] {
  const view = views.find(each => each.name === name)
  if (view === undefined) return []
  describing = true
  try {
    return bindView(view, context).output.map(({ name: column, type }, i): ColumnFact => ({
      name: column, number: i + 1, type: type.kind === 'null' ? TEXT : type, nullable: true, defaultSql: null,
      generatedSql: null, identity: null,
    }))
  } finally {
    describing = false
  }
}
