// Reads a table through an index or in another way, whichever is cheaper for the parameters of this execution: how
// many rows `a BETWEEN ? AND ?` has is known when it runs, from the ranks of both bounds, for about a microsecond.
// The planner puts this operator where an index path depends on parameters and the primary key offers no look-up.
// Both inputs yield the same rows; only one of them is opened.
import type { BatchSource } from '../context.ts'
import type { RunChoice } from '../plan/run-choice.ts'
import { isIndexCheaper } from '../plan/run-choice.ts'
import type { OutputColumn } from '../plan/logical.ts'
import type { Run } from '../run.ts'
import type { BoundIndexScan, IndexScanOperator } from './index-scan.ts'
import type { Description, Estimate, Operator } from './operator.ts'

/** One of two ways to the same rows, chosen when it is opened. */
export class IndexOrScanOperator implements Operator {
  readonly output: readonly OutputColumn[]
  readonly children: readonly Operator[]
  readonly estimate: Estimate
  readonly #index: IndexScanOperator
  readonly #other: Operator
  readonly #choice: RunChoice

  constructor(index: IndexScanOperator, other: Operator, choice: RunChoice, estimate: Estimate) {
    this.#index = index
    this.#other = other
    this.#choice = choice
    this.children = [index, other]
    this.output = index.output
    this.estimate = estimate
  }

  describe(): Description {
    const { path: { index }, table } = this.#index.spec
    const reason = `the parameters decide, by the ranks of their values in index ${index}`
    return { op: 'IndexOrScan', table, reason }
  }

  /** The input to open. Cost: some microseconds. */
  chosen(run: Run): Operator {
    return this.#isIndex(run, this.#index.bind(run)) ? this.#index : this.#other
  }

  #isIndex(run: Run, { index, ranges }: BoundIndexScan): boolean {
    const { table, path } = this.#index.spec
    const isIndex = isIndexCheaper(this.#choice, index, ranges, run.context.tables(table), run)
    if (run.profiles !== null) {
      run.profileOf(this).notes.set('chosen', isIndex ? `index ${path.index}` : 'the other way')
    }
    return isIndex
  }

  open(run: Run): BatchSource {
    const bound = this.#index.bind(run)
    if (!this.#isIndex(run, bound)) return run.open(this.#other)
    return run.profiles === null ? this.#index.openBound(run, bound) : run.open(this.#index)
  }
}
