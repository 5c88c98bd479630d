// SELECT, VALUES, WITH and FROM of libpg-query's tree to ours.
// QUALIFY arrives as a window whose name nobody can write (qualify.ts).
import type {
  CommonTable, Expr, FromItem, LockingClause, Query, SelectItem, SetOperation, TableRef,
} from './ast.ts'
import { lowerExpr } from './lower-expression.ts'
import { lowerAlias } from './lower-alias.ts'
import { lowerFunctions } from './lower-function.ts'
import { lowerGroupBy } from './lower-group.ts'
import { lowerOrder, lowerWindow } from './lower-window.ts'
import { QUALIFY_WINDOW } from './qualify.ts'
import type { NodeReader } from './node-reader.ts'
import { nested, unsupported } from './node-reader.ts'
import { qualifiedName } from './relation-name.ts'

/** Lowers a SelectStmt (tagged or bare). */
export function lowerQuery(node: NodeReader): Query {
  if (node.tag !== 'SelectStmt') throw node.unsupported()
  const common = node.bare('withClause', 'WithClause')
  const set = lowerSet(node)
  const groups = lowerGroupBy(node.nodes('groupClause'))
  const windows = node.nodes('windowClause').map(window => lowerWindow(window, lowerExpr))
  const query: Query = {
    kind: 'select',
    with: common === null ? [] : lowerWith(common),
    set,
    rows: node.has('valuesLists') ? lowerRows(node.nodes('valuesLists')) : null,
    distinct: lowerDistinct(node),
    distinctOn: lowerDistinctOn(node),
    items: node.nodes('targetList').map(lowerItem),
    from: node.nodes('fromClause').map(lowerFrom),
    where: optional(node, 'whereClause'),
    groupBy: groups.expressions,
    groupingSets: groups.sets,
    groupDistinct: node.flag('groupDistinct'),
    having: optional(node, 'havingClause'),
    windows: windows.filter(window => window.name !== QUALIFY_WINDOW),
    qualify: windows.find(window => window.name === QUALIFY_WINDOW)?.partitionBy[0] ?? null,
    orderBy: node.nodes('sortClause').map(item => lowerOrder(item, lowerExpr)),
    limit: optional(node, 'limitCount'),
    withTies: node.text('limitOption') === 'LIMIT_OPTION_WITH_TIES',
    offset: optional(node, 'limitOffset'),
    locks: node.nodes('lockingClause').map(lowerLocking),
    position: node.position ?? set?.left.position,
  }
  node.done()
  return query
}

const OPERATIONS: Readonly<Record<string, SetOperation['operation']>> = {
  SETOP_UNION: 'union', SETOP_INTERSECT: 'intersect', SETOP_EXCEPT: 'except',
}

function lowerSet(node: NodeReader): SetOperation | null {
  const operation = OPERATIONS[node.text('op')]
  if (operation === undefined) return null
  const all = node.flag('all')
  const [left, right] = [node.bare('larg', 'SelectStmt')!, node.bare('rarg', 'SelectStmt')!]
  return nested(node.context, node.position, () => (
    { operation, all, left: lowerQuery(left), right: lowerQuery(right) }
  ))
}

const STRENGTHS: Readonly<Record<string, LockingClause['strength']>> = {
  LCS_FORUPDATE: 'update', LCS_FORNOKEYUPDATE: 'update', LCS_FORSHARE: 'share', LCS_FORKEYSHARE: 'share',
}
const WAITS: Readonly<Record<string, LockingClause['wait']>> = {
  LockWaitBlock: 'block', LockWaitError: 'error', LockWaitSkip: 'skip',
}

/** FOR NO KEY UPDATE and FOR KEY SHARE take the stronger lock beside them. */
function lowerLocking(node: NodeReader): LockingClause {
  const strength = STRENGTHS[node.text('strength')]
  const wait = WAITS[node.text('waitPolicy')]
  if (strength === undefined || wait === undefined) throw node.unsupported()
  const tables = node.nodes('lockedRels').map(lowerTable)
  node.done()
  const names = tables.map(({ name, position }) => ({ name, position }))
  return { tables: names, strength, wait, position: tables[0]?.position ?? node.context.source.ofIndex(0) }
}

function optional(node: NodeReader, field: string): Expr | null {
  const child = node.node(field)
  return child === null ? null : lowerExpr(child)
}

/** DISTINCT without ON. */
function lowerDistinct(node: NodeReader): boolean {
  return node.has('distinctClause') && node.isListOfNothing('distinctClause')
}

function lowerDistinctOn(node: NodeReader): Expr[] {
  if (!node.has('distinctClause') || node.isListOfNothing('distinctClause')) return []
  return node.nodes('distinctClause').map(lowerExpr)
}

function lowerRows(lists: readonly NodeReader[]): Expr[][] {
  return lists.map(list => list.nodes('items').map(lowerExpr))
}

/** An item of a select list or of RETURNING. */
export function lowerItem(node: NodeReader): SelectItem {
  const alias = node.has('name') ? node.text('name') : null
  const expr = lowerExpr(node.need('val'))
  node.done()
  return { expr, alias, position: node.position }
}

const MATERIALIZED: Readonly<Record<string, 'always' | 'never'>> = {
  CTEMaterializeAlways: 'always', CTEMaterializeNever: 'never',
}

function lowerWith(node: NodeReader): CommonTable[] {
  const recursive = node.flag('recursive')
  const tables = node.nodes('ctes').map(table => {
    const name = table.text('ctename')
    const columnAliases = table.strings('aliascolnames')
    const body = table.need('ctequery')
    const materialized = MATERIALIZED[table.text('ctematerialized')] ?? null
    table.done()
    const query = nested(node.context, table.position, () => lowerQuery(body))
    return { name, columnAliases, query, recursive, materialized, position: table.position }
  })
  node.done()
  return tables
}

/** A table name with its alias: FROM, INSERT INTO, UPDATE, DELETE FROM. ONLY and * change nothing here. */
export function lowerTable(node: NodeReader): TableRef {
  const name = node.text('relname')
  const schema = node.text('schemaname')
  const temporary = node.text('relpersistence') === 't'
  const database = node.text('catalogname')
  if (node.text('relpersistence') === 'u') throw unsupported('an unlogged table', node.position)
  const { alias, columnAliases } = lowerAlias(node.bare('alias', 'Alias'))
  node.ignore('inh')
  node.done()
  const full = qualifiedName(schema, name, database)
  return { kind: 'table', name: full, alias: alias ?? (full === name ? null : name), columnAliases,
    position: node.position, ...(temporary ? { temporary } : {}) }
}

/** An item of FROM or USING. */
export function lowerFrom(node: NodeReader): FromItem {
  return nested(node.context, node.position, () => {
    if (node.tag === 'RangeVar') return lowerTable(node)
    if (node.tag === 'JoinExpr') return lowerJoin(node)
    if (node.tag === 'RangeFunction') return lowerFunctions(node)
    if (node.tag === 'RangeTableSample') return lowerSample(node)
    if (node.tag !== 'RangeSubselect') throw node.unsupported()
    const lateral = node.flag('lateral')
    const query = lowerQuery(node.need('subquery'))
    const { alias, columnAliases } = lowerAlias(node.bare('alias', 'Alias'))
    node.done()
    return { kind: 'derived', lateral, query, alias, columnAliases, position: query.position }
  })
}

function lowerSample(node: NodeReader): TableRef {
  const table = lowerTable(node.need('relation'))
  const method = node.strings('method')
  const args = node.nodes('args').map(lowerExpr)
  const seed = optional(node, 'repeatable')
  node.done()
  return { ...table, sample: { method: method[method.length - 1]!, args, seed, position: node.position } }
}

const JOINS: Readonly<Record<string, 'inner' | 'left' | 'right' | 'full'>> = {
  JOIN_INNER: 'inner', JOIN_LEFT: 'left', JOIN_RIGHT: 'right', JOIN_FULL: 'full',
}

function lowerJoin(node: NodeReader): FromItem {
  const type = node.text('jointype')
  const left = lowerFrom(node.need('larg'))
  const right = lowerFrom(node.need('rarg'))
  const using = node.strings('usingClause')
  const natural = node.flag('isNatural')
  const on = optional(node, 'quals')
  const usingAlias = lowerAlias(node.bare('join_using_alias', 'Alias')).alias
  const { alias, columnAliases } = lowerAlias(node.bare('alias', 'Alias'))
  node.ignore('rtindex')
  node.done()
  const kind = JOINS[type]
  if (kind === undefined) throw unsupported(`${type.replace('JOIN_', '')} JOIN`, right.position)
  const join = kind === 'inner' && on === null && using.length === 0 && !natural ? 'cross' : kind
  return {
    kind: 'join', join, left, right, on, using, usingAlias, natural, alias, columnAliases,
    position: on?.position ?? right.position,
  }
}
