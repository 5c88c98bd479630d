// Test-only shorthands for logical plans and expressions, as the binder would build them.
import { BIGINT, BOOLEAN, sameType } from '../../src/base/types.ts'
import type { ColumnSchema, Scalar, SqlType, TableSchema } from '../../src/base/types.ts'
import type {
  AggregateCall, CallExpression, ColumnExpression, Expression, JoinPlan, LogicalPlan, OutputColumn, ScanPlan, SortKey,
} from './logical.ts'

/** A schema from `name: type` pairs; the first `keys` columns are the key, the others nullable. */
export function schemaOf(name: string, columns: Record<string, SqlType>, keys = 1): TableSchema {
  const list: ColumnSchema[] = Object.entries(columns).map(([column, type],
    i) => ({ name: column, type, nullable: i >= keys }))
  return { name, columns: list, key: [...Array(keys).keys()] }
}

/** Scan of all columns. */
export function scanOf(schema: TableSchema): ScanPlan {
  const output = schema.columns.map(({ name, type, nullable }) => ({ name, type, nullable }))
  return { kind: 'scan', table: schema.name, schema, columns: [...schema.columns.keys()], output }
}

/** Column of a plan by name or position. */
export function col(plan: LogicalPlan, name: string | number): ColumnExpression {
  const index = typeof name === 'number' ? name : plan.output.findIndex((column) => column.name === name)
  const { name: label, type, nullable } = plan.output[index]!
  return { kind: 'column', index, name: label, type, nullable }
}

export function lit(value: Scalar, type: SqlType = BIGINT): Expression {
  return { kind: 'constant', value, type }
}

export function param(index: number, type: SqlType = BIGINT): Expression {
  return { kind: 'parameter', index, type }
}

export function call(fn: string, args: readonly Expression[], type: SqlType = BOOLEAN): CallExpression {
  return { kind: 'call', fn, args, type }
}

export function cast(arg: Expression, type: SqlType): Expression {
  return sameType(arg.type, type) ? arg : { kind: 'cast', arg, type }
}

export function inList(arg: Expression, items: readonly Expression[], negated = false): Expression {
  return { kind: 'in', arg, items, negated, type: BOOLEAN }
}

export function filterOf(input: LogicalPlan, ...predicates: Expression[]): LogicalPlan {
  const predicate = predicates.length === 1 ? predicates[0]! : call('and', predicates)
  return { kind: 'filter', input, predicate, output: input.output }
}

export function projectOf(input: LogicalPlan, expressions: readonly Expression[]): LogicalPlan {
  const output = expressions.map((e, i): OutputColumn => ({
    name: e.kind === 'column' ? e.name : `c${i}`, type: e.type, nullable: true,
  }))
  return { kind: 'project', input, expressions, output }
}

export function sortOf(input: LogicalPlan, ...keys: SortKey[]): LogicalPlan {
  return { kind: 'sort', input, keys, output: input.output }
}

export function ascending(expression: Expression): SortKey {
  return { expression, descending: false, nullsFirst: false }
}

export function descending(expression: Expression): SortKey {
  return { expression, descending: true, nullsFirst: true }
}

export function limitOf(input: LogicalPlan, limit: Expression | null, offset: Expression | null = null): LogicalPlan {
  return { kind: 'limit', input, limit, offset, output: input.output }
}

export function distinctOf(input: LogicalPlan): LogicalPlan {
  return { kind: 'distinct', input, output: input.output }
}

export function valuesOf(types: readonly SqlType[], rows: readonly (readonly Scalar[])[]): LogicalPlan {
  return {
    kind: 'values', rows: rows.map((row) => row.map((value, i) => lit(value, types[i]!))),
    output: types.map((type, i) => ({ name: `column${i + 1}`, type, nullable: true })),
  }
}

export function aggregateOf(
  input: LogicalPlan, groups: readonly Expression[], aggregates: readonly AggregateCall[],
): LogicalPlan {
  const output = [...groups, ...aggregates].map((e, i) => ({ name: `a${i}`, type: e.type, nullable: true }))
  return { kind: 'aggregate', input, groups, aggregates, output }
}

export function aggregate(fn: string, args: readonly Expression[], type: SqlType = BIGINT): AggregateCall {
  return { fn, args, distinct: false, filter: null, type }
}

/** Join on pairs of column names. */
export function joinOf(
  join: JoinPlan['join'], left: LogicalPlan, right: LogicalPlan, keys: readonly (readonly [string, string])[],
  residual: Expression | null = null,
): JoinPlan {
  return {
    kind: 'join', join, left, right, residual,
    output: join === 'semi' || join === 'anti' ? left.output : [...left.output, ...right.output],
    leftKeys: keys.map(([name]) => col(left, name)), rightKeys: keys.map(([, name]) => col(right, name)),
  }
}

/** Right column of a join by name. */
export function rightCol(join: JoinPlan, name: string): ColumnExpression {
  const index = join.right.output.findIndex((column) => column.name === name)
  return col(join, join.left.output.length + index)
}
