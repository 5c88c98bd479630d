// CHECK constraints: from CREATE TABLE to the schema, which keeps their SQL text, and from there to expressions over
// the columns of the table. A name that is not given is PostgreSQL's: t_a_check for a condition on one column,
// t_check for others, numbered when taken.
import { CODE, DatabaseError } from '../base/errors.ts'
import type { CheckConstraint, TableSchema } from '../base/types.ts'
import type { Expression } from '../../exec/plan/logical.ts'
import type { CreateTableStatement } from './ast.ts'
import type { BindContext } from './bind-context.ts'
import { bindError, invalid } from './bind-context.ts'
import { columnsOf, rewrite, some } from '../../exec/plan/expression.ts'
import { condition } from './bind-expression.ts'
import { parse } from './parse.ts'
import { unsupported } from './node-reader.ts'
import { bareOf } from './relation-name.ts'
import { Scope, relationColumns } from './scope.ts'

/** The constraints of a CREATE TABLE over its schema. 42710 for a name used twice, 42804 for no condition. */
export function bindChecks(
  { checks }: Pick<CreateTableStatement, 'checks'>, schema: TableSchema, context: BindContext,
): readonly CheckConstraint[] {
  const taken = new Set((schema.checks ?? []).map(({ name }) => name))
  for (const { name, position } of checks) {
    if (name === null) continue
    if (taken.has(name)) {
      throw bindError(CODE.DUPLICATE_OBJECT,
        `constraint "${name}" for relation "${schema.name}" already exists`, position)
    }
    taken.add(name)
  }
  return checks.map(({ name, sql, position }) => {
    const expression = placed(position, () => bindCheck({ name: name ?? '', sql }, schema, context))
    if (some(expression, part => part.kind === 'subquery')) throw unsupported('a subquery in CHECK', position)
    if (some(expression, part => part.kind === 'parameter')) throw unsupported('a parameter in CHECK', position)
    return { name: name ?? freeName(schema, expression, taken), sql }
  })
}

// What is wrong inside of a condition is told at the word CHECK: its own text is parsed by itself.
function placed<T>(position: number | undefined, run: () => T): T {
  try {
    return run()
  } catch (error) {
    if (error instanceof DatabaseError && position !== undefined) error.position = position
    throw error
  }
}

function freeName(schema: TableSchema, expression: Expression, taken: Set<string>): string {
  const columns = [...columnsOf(expression)]
  const table = bareOf(schema.name)
  const base = columns.length === 1 ? `${table}_${schema.columns[columns[0]!]!.name}_check` : `${table}_check`
  let name = base
  for (let n = 1; taken.has(name); n++) name = `${base}${n}`
  taken.add(name)
  return name
}

/** A constraint as a condition over all columns of its table. */
export function bindCheck(check: CheckConstraint, schema: TableSchema, context: BindContext): Expression {
  const query = parse(`SELECT (${check.sql})`)[0]!.statement
  if (query.kind !== 'select') throw invalid(`the condition of constraint "${check.name}" is not an expression`)
  const columns = relationColumns(schema.columns, bareOf(schema.name))
    .filter(column => schema.columns[column.index]!.hidden !== true)
  const scope = new Scope(columns, null)
  const { expr } = query.items[0]!
  const bound = condition(expr, 'CHECK', {
    context, scope, aggregates: null, clause: 'check constraints', visible: new Map(),
  })
  // Positions would point into the CREATE TABLE of long ago.
  return rewrite(bound, ({ position: _, ...rest }) => rest)
}
