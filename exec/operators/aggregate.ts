// Aggregation: feeds every batch to one fused kernel (filter, arithmetic, grouping, accumulators) and hands
// out its result batches. DISTINCT is an aggregation over all columns without aggregates.
import type { BatchSource } from '../context.ts'
import { aggregateText, expressionText } from '../explain-expression.ts'
import { listText } from '../explain.ts'
import { compileAggregate } from '../kernel/compile.ts'
import type { AggregateSpec } from '../kernel/kernel.ts'
import { hasSubquery } from '../plan/expression.ts'
import type { OutputColumn } from '../plan/logical.ts'
import type { Run } from '../run.ts'
import type { Batch } from '../vector/batch.ts'
import type { Arena } from '../../storage/memory/arena.ts'
import type { Description, Estimate, Operator } from './operator.ts'

/** GROUP BY, aggregates and DISTINCT over any input. Blocking; memory grows with the number of groups. */
export class AggregateOperator implements Operator {
  readonly output: readonly OutputColumn[]
  readonly children: readonly Operator[]
  readonly estimate: Estimate
  readonly spec: AggregateSpec
  readonly #hasSubqueries: boolean

  constructor(input: Operator, spec: AggregateSpec, output: readonly OutputColumn[], estimate: Estimate) {
    this.output = output
    this.children = [input]
    this.spec = spec
    this.estimate = estimate
    const { groups, aggregates, filter } = spec
    const evaluated = [...groups, filter, ...aggregates.flatMap((call) => [...call.args, call.filter])]
    this.#hasSubqueries = evaluated.some((e) => e !== null && hasSubquery(e))
  }

  describe(): Description {
    const { groups, aggregates, filter } = this.spec
    const details: [string, string][] = []
    if (groups.length > 0) details.push(['groups', listText(groups)])
    if (aggregates.length > 0) details.push(['aggregates', aggregates.map(aggregateText).join(', ')])
    if (filter !== null) details.push(['filter', expressionText(filter)])
    return { op: aggregates.length === 0 ? 'Distinct' : 'Aggregate', details }
  }

  open(run: Run): BatchSource {
    return new AggregateSource(run, this.children[0]!, this.#hasSubqueries ? bound(this.spec, run) : this.spec)
  }
}

function bound({ groups, aggregates, filter }: AggregateSpec, run: Run): AggregateSpec {
  return {
    filter: filter === null ? null : run.bind(filter),
    groups: groups.map((e) => run.bind(e)),
    aggregates: aggregates.map((call) => ({
      ...call, args: call.args.map((e) => run.bind(e)), filter: call.filter === null ? null : run.bind(call.filter),
    })),
  }
}

class AggregateSource implements BatchSource {
  readonly #run: Run
  readonly #input: BatchSource
  readonly #inputOutput: readonly OutputColumn[]
  readonly #spec: AggregateSpec
  readonly #arena: Arena
  #results: Iterator<Batch> | null = null

  constructor(run: Run, input: Operator, spec: AggregateSpec) {
    this.#run = run
    this.#input = run.open(input)
    this.#inputOutput = input.output
    this.#spec = spec
    this.#arena = run.newArena()
  }

  next(): Batch | null {
    this.#results ??= this.#consume()
    for (;;) {
      const result = this.#results.next()
      if (result.done === true) return null
      if (result.value.windowRows > 0) return result.value
    }
  }

  #consume(): Iterator<Batch> {
    const kernel = compileAggregate(this.#spec, this.#inputOutput, this.#run.env)
    for (let batch = this.#input.next(); batch !== null; batch = this.#input.next()) {
      this.#run.check()
      kernel.consume(batch)
    }
    this.#input.close()
    return kernel.finish(this.#arena)[Symbol.iterator]()
  }

  close(): void {
    this.#input.close()
    this.#run.releaseArena(this.#arena)
  }
}
