// Aggregation: feeds every batch to one fused kernel (filter, arithmetic, grouping, accumulators) and hands
// out its result batches. DISTINCT is an aggregation over all columns without aggregates.
//
// When the groups need more than their share of the memory, nothing has been handed out yet: the input is read
// again from its start, its rows are parted by their groups into temporary files, and one part is aggregated after
// the other, or parted again.
import type { BatchSource } from '../context.ts'
import { aggregateText, expressionText } from '../explain-expression.ts'
import { listText } from '../explain.ts'
import { compileAggregate, compileProjection } from '../kernel/compile.ts'
import type { AggregateSpec } from '../kernel/kernel.ts'
import { hasSubquery } from '../plan/expression.ts'
import type { OutputColumn } from '../plan/logical.ts'
import type { Run } from '../run.ts'
import { canPart, depthOf, partRows } from '../spill/parts.ts'
import { DEPTH_MAX, noteSpill, PART_ROWS_MIN } from '../spill/spill.ts'
import type { SpillSpace } from '../spill/spill.ts'
import type { Batch } from '../vector/batch.ts'
import type { Vector } from '../vector/vector.ts'
import { physicalOf } from '../../src/base/types.ts'
import type { SqlType } from '../../src/base/types.ts'
import { BATCH_ROWS } from '../../storage/column-buffers.ts'
import type { Arena } from '../../storage/memory/arena.ts'
import type { Description, Estimate, Operator } from './operator.ts'

/** GROUP BY, aggregates and DISTINCT over any input. Blocking; memory grows with the groups, up to its share. */
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
    return new AggregateSource(run, this, this.#hasSubqueries ? bound(this.spec, run) : this.spec)
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

/** Input that waits to be aggregated. */
interface Part {
  readonly open: () => BatchSource
  /** Gives its file back. */
  readonly discard: () => void
  /** Infinity for the operator's input. */
  readonly rows: number
  readonly depth: number
}

class AggregateSource implements BatchSource {
  readonly #run: Run
  readonly #operator: AggregateOperator
  readonly #spec: AggregateSpec
  readonly #inputOutput: readonly OutputColumn[]
  readonly #arena: Arena
  readonly #kernelArena: Arena
  /** What is to be done: the input, or its parts in temporary files. */
  readonly #parts: Part[]
  #source: BatchSource | null
  #results: Iterator<Batch> | null = null

  constructor(run: Run, operator: AggregateOperator, spec: AggregateSpec) {
    const input = operator.children[0]!
    this.#run = run
    this.#operator = operator
    this.#spec = spec
    this.#inputOutput = input.output
    this.#arena = run.newArena()
    this.#kernelArena = run.newArena()
    this.#source = run.open(input)
    const opened = this.#source
    let isFirst = true
    const open = (): BatchSource => {
      if (!isFirst) return run.open(input)
      isFirst = false
      return opened
    }
    this.#parts = [{ open, discard: () => undefined, rows: Infinity, depth: 0 }]
  }

  next(): Batch | null {
    for (;;) {
      if (this.#results === null) {
        const part = this.#parts.pop()
        if (part === undefined) return null
        this.#results = this.#consume(part)
        continue
      }
      const result = this.#results.next()
      if (result.done === true) this.#results = null
      else if (result.value.windowRows > 0) return result.value
    }
  }

  /** The groups of a part; null when it was parted instead. */
  #consume(part: Part): Iterator<Batch> | null {
    this.#kernelArena.reset()
    const kernel = compileAggregate(this.#spec, this.#inputOutput, { ...this.#run.env, arena: this.#kernelArena })
    const { spill } = this.#run.context
    const source = part.open()
    this.#source = source
    const mayPart = spill !== undefined && part.rows >= PART_ROWS_MIN && part.depth <= DEPTH_MAX
      && canPart(this.#spec.groups.map((e) => e.type))
    for (let batch = source.next(); batch !== null; batch = source.next()) {
      this.#run.check()
      kernel.consume(batch)
      if (mayPart && this.#kernelArena.bytes + objectBytes(this.#spec) * kernel.groupCount > spill.budgetBytes) {
        source.close()
        this.#part(part, spill)
        return null
      }
    }
    source.close()
    part.discard()
    return kernel.finish(this.#arena)[Symbol.iterator]()
  }

  /** Reads the part from its start again and writes its rows to temporary files by their groups. */
  #part(part: Part, space: SpillSpace): void {
    const { groups } = this.#spec
    const run = this.#run
    this.#kernelArena.reset()
    const env = { ...run.env, arena: this.#kernelArena }
    const kernel = compileProjection(groups, this.#inputOutput, env)
    const everyRow = Int32Array.from({ length: BATCH_ROWS }, (_, i) => i)
    const keysOf = (batch: Batch): { vectors: readonly Vector[]; rows: Int32Array } => {
      this.#arena.reset()
      return { vectors: kernel.run(batch, this.#arena).columns, rows: everyRow }
    }
    const plan = {
      types: this.#inputOutput.map((column) => column.type), keyTypes: groups.map((e) => e.type), keysOf,
    }
    const files = partRows(run, space, part.open(), plan, part.depth)
    part.discard()
    noteSpill(run, this.#operator, files.length)
    for (const file of files) {
      const depth = depthOf(file, files, part.depth)
      this.#parts.push({ open: () => file.read(), discard: () => file.discard(), rows: file.rows, depth })
    }
  }

  close(): void {
    this.#source?.close()
    this.#parts.length = 0
    this.#run.releaseArena(this.#arena)
    this.#run.releaseArena(this.#kernelArena)
  }
}

/** Bytes of a group outside of linear memory: texts and wide numbers are keys of a Map. */
function objectBytes({ groups, aggregates }: AggregateSpec): number {
  const isObject = (type: SqlType): boolean => physicalOf(type) === 'bytes' || physicalOf(type) === 'wide'
  return groups.filter((e) => isObject(e.type)).length * OBJECT_BYTES
    + aggregates.filter((call) => call.args.some((e) => isObject(e.type))).length * OBJECT_BYTES
}

const OBJECT_BYTES = 80
