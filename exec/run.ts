// One execution of a physical plan: the kernel environment, arenas with an owner, the cancellation check,
// results of subqueries, and (for EXPLAIN ANALYZE) the counters of every operator.
//
// Counters are inclusive, as in PostgreSQL: an operator's time, pages and probes contain its inputs'.
// See operators/operator.ts for the rules O1-O4 that sources follow.
import { assert } from '../src/base/assert.ts'
import { CODE, DatabaseError } from '../src/base/errors.ts'
import type { Row, Scalar } from '../src/base/types.ts'
import { Arena } from '../storage/memory/arena.ts'
import type { BatchSource, ExecutionContext } from './context.ts'
import { evaluateConstant } from './kernel/compile.ts'
import type { KernelEnv, SubqueryResult } from './kernel/kernel.ts'
import type { Operator, PlanNode } from './operators/operator.ts'
import { runSubquery } from './operators/subquery.ts'
import { hasSubquery, rewrite } from './plan/expression.ts'
import type { ConditionValues } from './plan/column-condition.ts'
import type { ColumnStore } from './operators/column-store.ts'
import type {
  Expression, LogicalPlan, SharedSource, SubqueryExpression, WorkingTable,
} from './plan/logical.ts'
import { countAlive } from './vector/batch.ts'
import type { Batch } from './vector/batch.ts'

/** What EXPLAIN ANALYZE learnt about one operator; all figures include its inputs. */
export interface OperatorProfile {
  rows: number
  timeMs: number
  pagesHit: number
  pagesRead: number
  indexProbes: number
  /** Largest |actual - predicted| of the engine's learned indexes after this operator ran, in rows. */
  indexErrorMax: number
  wasmRows: number
  jsRows: number
  /** Further facts from the operator, such as row groups skipped. */
  readonly notes: Map<string, string>
}

/** Profiles of one EXPLAIN ANALYZE run. */
export type Profile = ReadonlyMap<PlanNode, OperatorProfile>

/** Planned subqueries of a statement, by the identity of their logical plans. */
export type Subplans = ReadonlyMap<LogicalPlan, Operator>

/** State of one execution. */
export class Run implements ConditionValues {
  readonly context: ExecutionContext
  readonly env: KernelEnv
  readonly parameters: Scalar[]
  readonly profiles: Map<PlanNode, OperatorProfile> | null
  /** What the statement has changed, for RETURNING (changed-rows.ts). */
  readonly changedRows: Row[] = []
  /** Results of the subqueries that ran, by their logical plans. */
  readonly #results: Map<LogicalPlan, SubqueryResult> = new Map()
  readonly #subqueries: Map<SubqueryExpression, SubqueryResult> = new Map()
  /** Rows of WITH queries, and of the last round of recursive ones. */
  readonly #stores: Map<SharedSource, ColumnStore> = new Map()
  readonly #working: Map<WorkingTable, ColumnStore> = new Map()
  readonly #subplans: Subplans
  readonly #arenas: Set<Arena> = new Set()
  readonly #tempFiles: Set<{ close(): void }> = new Set()

  constructor(context: ExecutionContext, subplans: Subplans, options: { analyze: boolean }) {
    this.context = context
    this.parameters = [...context.parameters]
    this.profiles = options.analyze ? new Map() : null
    this.env = {
      memory: context.memory, arena: context.arena, parameters: this.parameters, backend: context.backend,
      counters: { wasmRows: 0, jsRows: 0 }, now: context.nowMicros ?? Date.now() * 1000, subqueries: this.#subqueries,
    }
    this.#subplans = subplans
  }

  /** Replaces subqueries by their results, running each at its first use. Cost: nothing without subqueries. */
  bind(e: Expression): Expression {
    return hasSubquery(e) ? rewrite(e, (part) => part.kind === 'subquery' ? this.#bindSubquery(part) : part) : e
  }

  /** The values of an IN subquery without NULLs. */
  subqueryValues(e: SubqueryExpression): readonly Scalar[] {
    const result = this.#resultOf(e)
    assert(result.mode === 'in', 'run: not the result of an IN subquery')
    return result.values
  }

  /** The rows of a WITH query, made at its first use. */
  storeOf(source: SharedSource, make: () => ColumnStore): ColumnStore {
    let store = this.#stores.get(source)
    if (store === undefined) {
      store = make()
      this.#stores.set(source, store)
    }
    return store
  }

  /** The rows of the round before of a recursive query. */
  workingStore(table: WorkingTable): ColumnStore {
    const store = this.#working.get(table)
    assert(store !== undefined, 'run: a working table is read outside of its query')
    return store
  }

  /** Sets the rows that the next round reads. */
  setWorkingStore(table: WorkingTable, store: ColumnStore): void {
    this.#working.set(table, store)
  }

  /** Value of an expression without columns. */
  evaluate(e: Expression): Scalar {
    if (e.kind === 'constant') return e.value
    if (e.kind === 'parameter') return this.parameters[e.index]!
    return evaluateConstant(this.bind(e), this.parameters, this.env.now)
  }

  /** Throws 57014 when the statement was cancelled or ran out of time. Once per batch. */
  check(): void {
    const { signal, deadlineMs } = this.context
    if (signal !== undefined && signal.aborted) {
      throw new DatabaseError(CODE.CANCELLED, 'the statement was cancelled', { cause: signal.reason })
    }
    if (deadlineMs !== undefined && performance.now() > deadlineMs) {
      throw new DatabaseError(CODE.CANCELLED, 'canceling statement due to statement timeout')
    }
  }

  /** An arena of its own for an operator that resets its scratch per batch. */
  newArena(): Arena {
    const arena = new Arena(this.context.memory)
    this.#arenas.add(arena)
    return arena
  }

  /** Returns an operator's arena to the memory; harmless when it was released before. */
  releaseArena(arena: Arena): void {
    if (this.#arenas.delete(arena)) arena.release()
  }

  /** Closes a temporary file at the end of the execution, whatever happens. */
  keep(file: { close(): void }): void {
    this.#tempFiles.add(file)
  }

  /** Closes a temporary file now. */
  drop(file: { close(): void }): void {
    this.#tempFiles.delete(file)
    file.close()
  }

  /** Opens `operator`, measured when this run is an EXPLAIN ANALYZE. */
  open(operator: Operator): BatchSource {
    if (this.profiles === null) return operator.open(this)
    const profile = this.profileOf(operator)
    const before = this.#begin()
    const source = operator.open(this)
    this.#charge(profile, before)
    return this.#measured(source, profile)
  }

  /** The profile of an operator, made on first use; null unless this run is analysed. */
  profileOf(operator: PlanNode): OperatorProfile {
    let profile = this.profiles?.get(operator)
    if (profile === undefined) {
      profile = {
        rows: 0, timeMs: 0, pagesHit: 0, pagesRead: 0, indexProbes: 0, indexErrorMax: 0, wasmRows: 0, jsRows: 0,
        notes: new Map(),
      }
      this.profiles?.set(operator, profile)
    }
    return profile
  }

  /** Runs `work` on behalf of an operator that is no source (DML) and charges it. */
  measure<T>(operator: PlanNode, work: () => T): T {
    if (this.profiles === null) return work()
    const before = this.#begin()
    const result = work()
    this.#charge(this.profileOf(operator), before)
    return result
  }

  /** Releases every arena that operators did not: the end of the execution, successful or not. */
  close(): void {
    for (const arena of this.#arenas) arena.release()
    this.#arenas.clear()
    for (const file of this.#tempFiles) file.close()
    this.#tempFiles.clear()
  }

  #resultOf(e: SubqueryExpression): SubqueryResult {
    let result = this.#results.get(e.plan)
    if (result === undefined) {
      const operator = this.#subplans.get(e.plan)
      assert(operator !== undefined, 'run: a subquery was not planned')
      result = runSubquery(this, operator, e)
      this.#results.set(e.plan, result)
    }
    return result
  }

  #bindSubquery(e: SubqueryExpression): Expression {
    const result = this.#resultOf(e)
    if (result.mode === 'scalar') return { kind: 'constant', value: result.value, type: e.type }
    if (result.mode === 'exists') {
      return { kind: 'constant', value: result.value !== (e.negated ?? false) ? 1 : 0, type: e.type }
    }
    this.#subqueries.set(e, result)
    return e
  }

  #measured(source: BatchSource, profile: OperatorProfile): BatchSource {
    return {
      next: (): Batch | null => {
        const before = this.#begin()
        const batch = source.next()
        this.#charge(profile, before)
        if (batch !== null) profile.rows += countAlive(this.context.memory, batch)
        return batch
      },
      close: (): void => source.close(),
    }
  }

  #mark(): Mark {
    const pool = this.context.poolCounters()
    const counters = this.env.counters
    return {
      time: performance.now(), hits: pool.hits, misses: pool.misses,
      probes: this.context.indexCounters.probes, wasmRows: counters.wasmRows, jsRows: counters.jsRows,
      errorMax: 0,
    }
  }

  // Like #mark, and the largest index error counts from zero until #charge puts the engine's figure back.
  #begin(): Mark {
    const { indexCounters } = this.context
    const mark = { ...this.#mark(), errorMax: indexCounters.maxError }
    indexCounters.maxError = 0
    return mark
  }

  #charge(profile: OperatorProfile, before: Mark): void {
    const now = this.#mark()
    profile.timeMs += now.time - before.time
    profile.pagesHit += now.hits - before.hits
    profile.pagesRead += now.misses - before.misses
    profile.indexProbes += now.probes - before.probes
    profile.wasmRows += now.wasmRows - before.wasmRows
    profile.jsRows += now.jsRows - before.jsRows
    const { indexCounters } = this.context
    profile.indexErrorMax = Math.max(profile.indexErrorMax, indexCounters.maxError)
    indexCounters.maxError = Math.max(indexCounters.maxError, before.errorMax)
  }
}

interface Mark {
  readonly time: number
  readonly hits: number
  readonly misses: number
  readonly probes: number
  readonly wasmRows: number
  readonly jsRows: number
  /** The engine's largest index error before. */
  readonly errorMax: number
}
