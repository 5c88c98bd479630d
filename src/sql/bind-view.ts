// Views in FROM: the view's query, bound as a subquery with the search path that the view was made with. Its text is
// parsed once for each definition. Positions in it would point into the statement of its reader, so they go.
//
// What CREATE VIEW keeps is text (storage/catalog/objects.ts): every star is written out, so that columns that come
// later do not change the view, and the relations and columns it reads are listed for whoever wants to drop them.
import { CODE, DatabaseError } from '../base/errors.ts'
import type { LogicalPlan } from '../../exec/plan/logical.ts'
import type { ViewObject } from '../../storage/mod.ts'
import type { Query } from './ast.ts'
import type { BindContext } from './bind-context.ts'
import { bindError } from './bind-context.ts'
import { parse } from './parse.ts'

/** Views inside views; more is a mistake or an attack. */
const DEPTH_MAX = 64

const parsed = new WeakMap<ViewObject, Query>()
let depth = 0

/** The plan of a view, its output named as the view says. Errors stand at the name of the view. */
export function bindView(view: ViewObject, context: BindContext, position?: number): LogicalPlan {
  if (depth === DEPTH_MAX) {
    throw bindError(CODE.PROGRAM_LIMIT, `views nest more than ${DEPTH_MAX} levels`, position)
  }
  depth++
  try {
    const catalog = context.catalog.withPath?.(view.path) ?? context.catalog
    const { onStar: _, ...rest } = context
    const plan = context.bindQuery(queryOf(view), { ...rest, catalog }, null, new Map())
    return renameOutput(plan, view.columns)
  } catch (error) {
    if (error instanceof DatabaseError && position !== undefined) error.position = position
    throw error
  } finally {
    depth--
  }
}

/** The same rows with other names. */
function renameOutput(input: LogicalPlan, names: readonly string[]): LogicalPlan {
  const output = input.output.map((column, i) => ({ ...column, name: names[i] ?? column.name }))
  if (output.every((column, i) => column.name === input.output[i]!.name)) return input
  const expressions = input.output.map((column, index) => ({ kind: 'column' as const, index, ...column }))
  return { kind: 'project', input, expressions, output }
}

function queryOf(view: ViewObject): Query {
  let query = parsed.get(view)
  if (query === undefined) {
    const { statement } = parse(view.sql)[0]!
    if (statement.kind !== 'select') {
      throw new DatabaseError(CODE.CORRUPT, `the definition of view "${view.name}" is no query`)
    }
    parsed.set(view, query = withoutPositions(statement))
  }
  return query
}

/** A syntax tree without the places it came from. */
export function withoutPositions<T>(tree: T): T {
  if (Array.isArray(tree)) return tree.map(item => withoutPositions<unknown>(item)) as T
  if (typeof tree !== 'object' || tree === null) return tree
  const entries = Object.entries(tree).filter(([name]) => name !== 'position')
  return Object.fromEntries(entries.map(([name, value]) => [name, withoutPositions<unknown>(value)])) as T
}
