// Runs an uncorrelated subquery to its end and keeps what the outer statement needs: one value, whether
// there was a row, or the distinct values of its column. Each subquery runs once per execution, when the
// first operator that uses it is opened.
import { CODE, DatabaseError } from '../../src/base/errors.ts'
import type { Scalar } from '../../src/base/types.ts'
import type { SubqueryResult } from '../kernel/kernel.ts'
import type { SubqueryExpression } from '../plan/logical.ts'
import type { Run } from '../run.ts'
import { countAlive } from '../vector/batch.ts'
import type { BatchSource } from '../context.ts'
import type { Operator } from './operator.ts'
import { forEachRow } from './rows.ts'

/** Result of one subquery. 21000 when a scalar subquery has more than one row. */
export function runSubquery(run: Run, operator: Operator, e: SubqueryExpression): SubqueryResult {
  const source = run.open(operator)
  try {
    switch (e.mode) {
      case 'exists': return { mode: 'exists', value: source.next() !== null }
      case 'scalar': return { mode: 'scalar', value: singleValue(run, source, e) }
      case 'in': return valuesOf(run, source, operator)
    }
  } finally {
    source.close()
  }
}

function singleValue(run: Run, source: BatchSource, e: SubqueryExpression): Scalar {
  let value: Scalar = null
  let rows = 0
  for (let batch = source.next(); batch !== null && rows <= 1; batch = source.next()) {
    rows += countAlive(run.context.memory, batch)
    if (rows > 1) break
    forEachRow(run.context.memory, batch, (row) => {
      value = row[0]!
    })
  }
  if (rows > 1) {
    throw new DatabaseError(CODE.CARDINALITY, 'more than one row returned by a subquery used as an expression', {
      position: e.position,
    })
  }
  return value
}

function valuesOf(run: Run, source: BatchSource, operator: Operator): SubqueryResult {
  const seen = new Set<Scalar>()
  const values: Scalar[] = []
  const byteArrays = ['bytea', 'uuid', 'interval'].includes(operator.output[0]!.type.kind)
  let hasNull = false
  for (let batch = source.next(); batch !== null; batch = source.next()) {
    run.check()
    forEachRow(run.context.memory, batch, (row) => {
      const value = row[0]!
      if (value === null) hasNull = true
      else if (byteArrays) values.push(value)
      else if (!seen.has(value)) {
        seen.add(value)
        values.push(value)
      }
    })
  }
  return { mode: 'in', values, hasNull }
}
