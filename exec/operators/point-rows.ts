// UPDATE and DELETE of single rows by key, or by an index with few entries, without vectors: looks the rows up and
// evaluates the expressions above the lookup value by value. It pays for a handful of rows, where making kernels and
// batches costs more than the work; anything else takes the ordinary way.
import { assert } from '../../src/base/assert.ts'
import type { Row, Scalar } from '../../src/base/types.ts'
import { bindAccess } from '../plan/access-path.ts'
import { hasSubquery, rewrite, substitute } from '../plan/expression.ts'
import type { Expression } from '../plan/logical.ts'
import type { Run } from '../run.ts'
import { FilterOperator } from './filter.ts'
import { IndexOrScanOperator } from './index-or-scan.ts'
import { IndexScanOperator } from './index-scan.ts'
import type { Operator } from './operator.ts'
import { PickOperator, ProjectOperator } from './project.ts'
import { ScanOperator } from './scan.ts'

/** More keys than this are worth a batch. */
const MAX_KEYS = 8

/** The rows of `operator`, or null when it is no small lookup (or is to be measured). Cost: some µs per row. */
export function pointRows(run: Run, operator: Operator): Row[] | null {
  if (run.profiles !== null) return null
  if (operator instanceof ScanOperator) return lookUp(run, operator)
  if (operator instanceof IndexScanOperator) return fewRows(run, operator)
  if (operator instanceof IndexOrScanOperator) return pointRows(run, operator.chosen(run))
  if (operator instanceof PickOperator) {
    const { picks } = operator
    return pointRows(run, operator.children[0]!)?.map((row) => picks.map((at) => row[at]!)) ?? null
  }
  if (operator instanceof ProjectOperator) {
    const { expressions } = operator
    return pointRows(run, operator.children[0]!)?.map((row) => expressions.map((e) => valueOf(run, e, row))) ?? null
  }
  if (operator instanceof FilterOperator) {
    const { predicate } = operator
    return pointRows(run, operator.children[0]!)?.filter((row) => valueOf(run, predicate, row) === 1) ?? null
  }
  return null
}

function fewRows(run: Run, operator: IndexScanOperator): Row[] | null {
  const { table, columns } = operator.spec
  const keys = operator.fewKeys(run, MAX_KEYS)
  if (keys === null) return null
  const access = run.context.tables(table)
  const rows: Row[] = []
  for (const key of keys) {
    const row: Row = new Array(columns.length).fill(null)
    if (access.find(key, columns, row)) rows.push(row)
  }
  return rows
}

function lookUp(run: Run, operator: ScanOperator): Row[] | null {
  const { table, schema, columns, path } = operator.spec
  if (path.kind !== 'point') return null
  const bound = bindAccess(path, schema, run)
  if (bound.kind === 'empty') return []
  if (bound.kind !== 'points' || bound.keys.length > MAX_KEYS) return null
  const access = run.context.tables(table)
  const rows: Row[] = []
  for (const key of bound.keys) {
    const row: Row = new Array(columns.length).fill(null)
    if (access.find(key, columns, row)) rows.push(row)
  }
  return rows
}

/** Value of an expression over one row: for a handful of rows. Cost: some µs where it computes anything. */
export function valueOf(run: Run, e: Expression, row: Row): Scalar {
  if (e.kind === 'column') return row[e.index]!
  const constant = (value: Scalar, like: Expression): Expression => ({ kind: 'constant', value, type: like.type })
  const bound = listsOf(run, run.bind(e))
  return run.evaluate(substitute(bound, (column) => constant(row[column.index]!, column)))
}

// IN (subquery) as IN of its values: constants are evaluated without the tables that kernels search.
function listsOf(run: Run, e: Expression): Expression {
  if (!hasSubquery(e)) return e
  return rewrite(e, (part) => {
    if (part.kind !== 'subquery') return part
    const result = run.env.subqueries.get(part)
    assert(result?.mode === 'in', 'point rows: a subquery that is not bound')
    const { type } = part.arg!
    const values: Scalar[] = result.hasNull ? [...result.values, null] : [...result.values]
    const negated = part.negated ?? false
    if (values.length === 0) return { kind: 'constant', type: part.type, value: negated ? 1 : 0 }
    const items = values.map((value): Expression => ({ kind: 'constant', type, value }))
    return { kind: 'in', type: part.type, arg: part.arg!, items, negated }
  })
}
