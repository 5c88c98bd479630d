// INTERSECT and EXCEPT [ALL]: rows get dense ids from the grouping kernels (whole rows as keys, NULL equal to
// NULL). The right input is read to its end and counted by id; then the left one is handed on in place
// with a bitmap of the rows that stay. With c = count of the row's id, not yet used up:
//
//   INTERSECT      c > 0: stays, and the id is spent     EXCEPT      c = 0: stays, and the id is spent
//   INTERSECT ALL  c > 0: stays, c - 1                   EXCEPT ALL  c > 0: goes, c - 1; c = 0: stays
import type { BatchSource } from '../context.ts'
import type { OutputColumn, SetPlan } from '../plan/logical.ts'
import type { Run } from '../run.ts'
import { openSet } from './counted-parts.ts'
import type { Description, Estimate, Operator } from './operator.ts'

/** Which rows of the left input stay. */
export interface CountedSet {
  readonly operation: Exclude<SetPlan['operation'], 'union'>
  readonly all: boolean
}

/** Rows of the left input by how often they are in the right one. Memory grows with the number of distinct rows. */
export class CountedSetOperator implements Operator {
  readonly output: readonly OutputColumn[]
  readonly children: readonly Operator[]
  readonly estimate: Estimate
  readonly set: CountedSet

  constructor(
    inputs: readonly [Operator, Operator], set: CountedSet, output: readonly OutputColumn[], estimate: Estimate,
  ) {
    this.output = output
    this.children = inputs
    this.set = set
    this.estimate = estimate
  }

  describe(): Description {
    const name = this.set.operation === 'intersect' ? 'Intersect' : 'Except'
    return { op: this.set.all ? `${name}All` : name, reason: 'the second input is counted in a hash table' }
  }

  open(run: Run): BatchSource {
    return openSet(run, this)
  }
}
