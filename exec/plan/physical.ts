// A planned statement: the operator tree with the subqueries it needs, ready to be executed many times.
// Execution order: uncorrelated subqueries first (each once), then the main tree is opened; the access
// path was chosen when the statement was planned, key bounds and zone predicates are computed now.
import { assert } from '../../src/base/assert.ts'
import type { BatchSource, ExecutionContext } from '../context.ts'
import { explainJson, explainText } from '../explain.ts'
import type { ChangeOperator } from '../operators/change.ts'
import { IndexMatchJoinOperator } from '../operators/index-match-join.ts'
import { IndexScanOperator } from '../operators/index-scan.ts'
import type { Operator, PlanNode } from '../operators/operator.ts'
import { Run } from '../run.ts'
import type { Profile, Subplans } from '../run.ts'
import { forEachRow } from '../operators/rows.ts'
import type { Row } from '../../src/base/types.ts'
import type { Batch } from '../vector/batch.ts'
import type { Expression, OutputColumn } from './logical.ts'
import type { Guess } from './peek.ts'

/** A SELECT of plain columns by one whole primary or unique key: the API answers it with TableAccess.find. */
export interface PointPlan {
  readonly table: string
  /** The unique index whose columns are the key; null = the primary key. */
  readonly index: string | null
  /** One expression without columns per key column, in key order, of the key column's type. */
  readonly keyExpressions: readonly Expression[]
  /** Ordinals of the table's columns, in output order. */
  readonly columns: readonly number[]
}

/** Takes what RETURNING gives. */
export interface ReturnedRows {
  /** All changes are made; an error thrown here is the statement's. */
  done(): void
  row(row: Row): void
}

/** A planned statement. Immutable; every execution has its own state. */
export interface PhysicalPlan {
  /** Empty for INSERT, UPDATE and DELETE without RETURNING. */
  readonly output: readonly OutputColumn[]
  readonly point: PointPlan | null
  /** Indexes it reads: it must be made anew when one of them is not there for a snapshot. */
  readonly indexes: readonly { readonly table: string; readonly index: string }[]
  /** What it assumes of parameters (peek.ts); for others than those it was made for, isGuessRight() says if it fits. */
  readonly guesses: readonly Guess[]
  /** True for INSERT, UPDATE and DELETE: run them with executeChanges. */
  readonly changes: boolean
  /** Starts a query. The source must be closed, also after an error. */
  execute(context: ExecutionContext): BatchSource
  /**
   * Runs an INSERT, UPDATE or DELETE; returns the number of rows. Partial effects of an error stay: the caller rolls
   * back to its statement savepoint. `returned` gets the rows of RETURNING after `done` was called.
   */
  executeChanges(context: ExecutionContext, returned?: ReturnedRows): number
  /** Runs the statement to its end, discarding rows, and returns what every operator did. */
  analyze(context: ExecutionContext): Profile
  /** EXPLAIN: text lines joined by newlines, or the JSON document of DESIGN §8. */
  explain(format: 'text' | 'json', profile?: Profile): string
}

interface PlanFacts {
  readonly subplans: Subplans
  readonly point: PointPlan | null
  readonly output: readonly OutputColumn[]
  readonly guesses: readonly Guess[]
}

/** Makes the plan of an operator tree. `output` names the columns as the statement does. */
export function physicalPlan(
  root: Operator | ChangeOperator,
  about: PlanFacts,
): PhysicalPlan {
  return new PlannedStatement(root, about)
}

const IGNORED: ReturnedRows = { done: () => undefined, row: () => undefined }

class PlannedStatement implements PhysicalPlan {
  readonly output: readonly OutputColumn[]
  readonly point: PointPlan | null
  readonly changes: boolean
  readonly indexes: PhysicalPlan['indexes']
  readonly guesses: readonly Guess[]
  readonly #root: Operator | ChangeOperator
  readonly #subplans: Subplans

  constructor(
    root: Operator | ChangeOperator,
    about: PlanFacts,
  ) {
    this.#root = root
    this.#subplans = about.subplans
    this.point = about.point
    this.changes = 'change' in root
    this.output = about.output
    this.guesses = about.guesses
    this.indexes = [root, ...about.subplans.values()].flatMap(indexesOf)
  }

  execute(context: ExecutionContext): BatchSource {
    assert(!('change' in this.#root), 'execute: the plan changes data')
    const run = new Run(context, this.#subplans, { analyze: false })
    try {
      return new RunningQuery(run, run.open(this.#root))
    } catch (error) {
      run.close()
      throw error
    }
  }

  executeChanges(context: ExecutionContext, returned: ReturnedRows = IGNORED): number {
    assert('change' in this.#root, 'executeChanges: the plan is a query')
    const run = new Run(context, this.#subplans, { analyze: false })
    try {
      return this.#change(run, this.#root, returned)
    } finally {
      run.close()
    }
  }

  // RETURNING is opened before the first write, so that its subqueries see what the statement began with.
  #change(run: Run, root: ChangeOperator, returned: ReturnedRows): number {
    const source = root.returning === null ? null : run.open(root.returning)
    try {
      const count = run.measure(root, () => root.change(run))
      returned.done()
      for (let batch = source?.next() ?? null; batch !== null; batch = source!.next()) {
        forEachRow(run.context.memory, batch, (row) => returned.row(row))
      }
      return count
    } finally {
      source?.close()
    }
  }

  analyze(context: ExecutionContext): Profile {
    const run = new Run(context, this.#subplans, { analyze: true })
    const root = this.#root
    try {
      if ('change' in root) {
        run.profileOf(root).rows = this.#change(run, root, IGNORED)
      } else {
        const source = new RunningQuery(run, run.open(root))
        while (source.next() !== null) continue
        source.close()
      }
      return run.profiles!
    } finally {
      run.close()
    }
  }

  explain(format: 'text' | 'json', profile?: Profile): string {
    const subplans = [...this.#subplans.values()]
    return format === 'json' ? explainJson(this.#root, subplans, profile) : explainText(this.#root, subplans, profile)
  }
}

function indexesOf(node: PlanNode): { table: string; index: string }[] {
  const own = node instanceof IndexScanOperator ? [{ table: node.spec.table, index: node.spec.path.index }]
    : node instanceof IndexMatchJoinOperator ? [{ table: node.spec.table, index: node.spec.index }] : []
  return [...own, ...node.children.flatMap(indexesOf)]
}

/** The root source: closes everything at the end, at an error and on close(). */
class RunningQuery implements BatchSource {
  readonly #run: Run
  readonly #source: BatchSource
  #closed = false

  constructor(run: Run, source: BatchSource) {
    this.#run = run
    this.#source = source
  }

  next(): Batch | null {
    if (this.#closed) return null
    try {
      this.#run.check()
      return this.#source.next()
    } catch (error) {
      this.close()
      throw error
    }
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    try {
      this.#source.close()
    } finally {
      this.#run.close()
    }
  }
}
