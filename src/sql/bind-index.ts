// CREATE INDEX and UNIQUE constraints to what storage is told: ordinals of columns, kind, epsilon, and the name
// that PostgreSQL would give an index without one.
import { CODE } from '../base/errors.ts'
import type { IndexKind, TableSchema } from '../base/types.ts'
import type { BoundStatement, NewIndex } from '../../exec/plan/logical.ts'
import type { CreateIndexStatement, CreateTableStatement } from './ast.ts'
import type { BindContext } from './bind-context.ts'
import { bindError } from './bind-context.ts'
import { tableSchema } from './bind-from.ts'
import { didYouMean } from './nearest-name.ts'
import { besideOf } from './relation-name.ts'

const KINDS: readonly IndexKind[] = ['learned', 'btree', 'sorted']
/** Largest epsilon: a row group has 65,536 rows. */
const EPSILON_MAX = 0xffff

/** Binds CREATE INDEX; 42704 for an unknown method, 22023 for options, 42703 for columns. */
export function bindCreateIndex(statement: CreateIndexStatement, context: BindContext): BoundStatement {
  const schema = tableSchema(statement.table, context, statement.position)
  const kind = kindOf(statement)
  const columns = ordinals(schema, statement.columns)
  const epsilon = epsilonOf(statement, kind)
  const spec = { columns, unique: statement.unique, kind, ...(epsilon === null ? {} : { epsilon }) }
  const name = statement.name === null ? null : besideOf(schema.name, statement.name)
  const index: NewIndex = { name, baseName: baseName(schema, columns, 'idx'), spec }
  return { kind: 'create_index', table: schema.name, index, ifNotExists: statement.ifNotExists }
}

function kindOf(statement: CreateIndexStatement): IndexKind {
  if (statement.method === null) return 'learned'
  const kind = KINDS.find(known => known === statement.method)
  if (kind !== undefined) return kind
  throw bindError(CODE.UNDEFINED_OBJECT, `access method "${statement.method}" does not exist`, statement.position,
    `Index methods are ${KINDS.join(', ')}.`)
}

function epsilonOf(statement: CreateIndexStatement, kind: IndexKind): number | null {
  let epsilon: number | null = null
  for (const { name, value, position } of statement.options) {
    if (name !== 'epsilon') {
      throw bindError(CODE.INVALID_PARAMETER, `unrecognized index parameter "${name}"`, position,
        'The parameter of an index is epsilon.')
    }
    const isValid = typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= EPSILON_MAX
    if (!isValid) {
      throw bindError(CODE.INVALID_PARAMETER,
        `epsilon is a whole number of rows from 1 to ${EPSILON_MAX}, not ${String(value)}`, position)
    }
    epsilon = value
  }
  if (epsilon !== null && kind !== 'learned') {
    throw bindError(CODE.INVALID_PARAMETER, `epsilon is for learned indexes, not for ${kind}`, statement.position)
  }
  return epsilon
}

function ordinals(
  schema: TableSchema, columns: readonly { readonly name: string; readonly position?: number }[],
): number[] {
  const visible = schema.columns.filter(column => column.hidden !== true).map(column => column.name)
  const found = columns.map(({ name, position }) => {
    if (visible.includes(name)) return schema.columns.findIndex(column => column.name === name)
    throw bindError(CODE.UNDEFINED_COLUMN, `column "${name}" of table "${schema.name}" does not exist`, position,
      didYouMean(name, visible))
  })
  const twice = columns.find((column, i) => found.indexOf(found[i]!) !== i)
  if (twice === undefined) return found
  throw bindError(CODE.DUPLICATE_COLUMN, `column "${twice.name}" appears twice in the index`, twice.position)
}

// PostgreSQL's names: t_a_b_idx and t_a_b_key, numbered when taken.
function baseName(schema: TableSchema, columns: readonly number[], suffix: string): string {
  return [schema.name, ...columns.map(c => schema.columns[c]!.name), suffix].join('_')
}

/** The indexes that the UNIQUE constraints of a CREATE TABLE ask for, in the order they were written. */
export function bindUniques(statement: Pick<CreateTableStatement, 'uniques'>, schema: TableSchema): NewIndex[] {
  return statement.uniques.map(({ name, columns, position }) => {
    const found = ordinals(schema, columns.map(column => ({ name: column, position })))
    const spec = { columns: found, unique: true, kind: 'learned' as const, constraint: true }
    return { name: name === null ? null : besideOf(schema.name, name), baseName: baseName(schema, found, 'key'), spec }
  })
}
