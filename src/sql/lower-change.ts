// INSERT, UPDATE and DELETE of libpg-query's tree to ours, with ON CONFLICT and RETURNING.
// What of ON CONFLICT needs partial or expression indexes is refused by name.
import { CODE, DatabaseError } from '../base/errors.ts'
import type {
  Assignment, ColumnName, ConflictClause, Expr, Query, ReturningClause, Statement,
} from './ast.ts'
import { lowerExpr } from './lower-expression.ts'
import { lowerFrom, lowerItem, lowerQuery, lowerTable } from './lower-query.ts'
import type { NodeReader } from './node-reader.ts'
import { unsupported } from './node-reader.ts'
import type { StatementText } from './statements.ts'

const PLAIN_INSERT = { insertOr: null, moreRows: [] }

const OVERRIDING: Readonly<Record<string, 'user' | 'system'>> = {
  OVERRIDING_USER_VALUE: 'user', OVERRIDING_SYSTEM_VALUE: 'system',
}

/** Lowers an InsertStmt; `insertOr` is SQLite's way to say ON CONFLICT, and excludes it. */
export function lowerInsert(
  node: NodeReader, { insertOr, moreRows }: Pick<StatementText, 'insertOr' | 'moreRows'> = PLAIN_INSERT,
): Statement {
  const table = lowerTable(node.bare('relation', 'RangeVar')!)
  const columns = node.nodes('cols').map(column => {
    const name = column.text('name')
    if (column.has('indirection')) throw unsupported('a subscript in the column list', column.position)
    return { name, position: column.position }
  })
  const body = node.node('selectStmt')
  const first: Query | null = body === null ? null : lowerQuery(body)
  const query = moreRows.length === 0 ? first : { ...first!, rows: [...first!.rows!, ...moreRows] }
  const overriding = OVERRIDING[node.text('override')]
  const written = lowerConflict(node.bare('onConflictClause', 'OnConflictClause'))
  if (written !== null && insertOr !== null) {
    const { position } = written
    throw new DatabaseError(CODE.SYNTAX, `INSERT OR ${insertOr.toUpperCase()} has no ON CONFLICT`, { position })
  }
  const { position } = table
  const conflict = insertOr === null ? written
    : { columns: [], constraint: null, update: null, replaces: insertOr === 'replace', position }
  const returning = lowerReturning(node)
  node.done()
  return {
    kind: 'insert', table, columns, query, conflict, returning, position: table.position,
    ...(overriding === undefined ? {} : { overriding }),
  }
}

function lowerConflict(node: NodeReader | null): ConflictClause | null {
  if (node === null) return null
  const { position } = node
  const target = node.bare('infer', 'InferClause')
  const columns = target === null ? [] : target.nodes('indexElems').map(element => lowerArbiter(element, position))
  const constraint = target?.text('conname') ?? ''
  if (target?.has('whereClause') === true) throw unsupported('WHERE after the columns of ON CONFLICT', position)
  target?.done()
  const isUpdate = node.text('action') === 'ONCONFLICT_UPDATE'
  const assignments = node.nodes('targetList').map(lowerAssignment)
  const where = optional(node, 'whereClause')
  node.done()
  const update = isUpdate ? { assignments, where } : null
  return { columns, constraint: constraint === '' ? null : constraint, update, replaces: false, position }
}

function lowerArbiter(element: NodeReader, position: number | undefined): ColumnName {
  const name = element.text('name')
  if (name === '' || element.has('collation') || element.has('opclass')) {
    throw unsupported('anything but column names in ON CONFLICT', position)
  }
  element.ignore('ordering', 'nulls_ordering')
  element.done()
  return { name, position }
}

/** RETURNING of a statement, or null. */
function lowerReturning(node: NodeReader): ReturningClause | null {
  const clause = node.bare('returningClause', 'ReturningClause')
  if (clause === null) return null
  const names = { old: 'old', new: 'new' }
  for (const option of clause.nodes('options')) {
    const which = option.text('option') === 'RETURNING_OPTION_OLD' ? 'old' : 'new'
    names[which] = option.text('value')
    option.done()
  }
  const items = clause.nodes('exprs').map(lowerItem)
  clause.done()
  return { items, ...names }
}

/** Lowers an UpdateStmt. */
export function lowerUpdate(node: NodeReader): Statement {
  const table = lowerTable(node.bare('relation', 'RangeVar')!)
  const assignments = node.nodes('targetList').map(lowerAssignment)
  const from = node.nodes('fromClause').map(lowerFrom)
  const where = optional(node, 'whereClause')
  const returning = lowerReturning(node)
  node.done()
  return { kind: 'update', table, assignments, from, where, returning, position: table.position }
}

function optional(node: NodeReader, field: string): Expr | null {
  const expr = node.node(field)
  return expr === null ? null : lowerExpr(expr)
}

/** One assignment of SET, and one place of SET (a, b) = (…). */
export function lowerAssignment(node: NodeReader): Assignment {
  const column = node.text('name')
  const value = node.need('val')
  node.done()
  if (value.tag !== 'MultiAssignRef') return { column, value: lowerExpr(value), position: node.position }
  // SET (a, b) = (1, 2): each target refers to the whole row and its own number.
  const source = lowerExpr(value.need('source'))
  const number = value.number('colno')
  const count = value.number('ncolumns')
  value.done()
  if (source.kind !== 'row' || source.items.length !== count) {
    throw unsupported('SET (a, b) = anything but a row of as many values', node.position)
  }
  return { column, value: source.items[number - 1]!, position: node.position }
}

/** Lowers a DeleteStmt. */
export function lowerDelete(node: NodeReader): Statement {
  const table = lowerTable(node.bare('relation', 'RangeVar')!)
  const using = node.nodes('usingClause').map(lowerFrom)
  const where = optional(node, 'whereClause')
  const returning = lowerReturning(node)
  node.done()
  return { kind: 'delete', table, using, where, returning, position: table.position }
}
