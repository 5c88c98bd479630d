// Joins whose kept side is more than its share of the memory: both sides are parted by a hash of their keys into
// temporary files, and the parts are joined one after the other. Partners always are in parts of the same number;
// rows with a NULL among their keys have none and lie in part 0, where outer and anti joins find them. Joins without
// keys keep their side in memory whatever it takes.
import type { BatchSource } from '../context.ts'
import type { Expression } from '../plan/logical.ts'
import type { Run } from '../run.ts'
import { canPart, depthOf, keyColumns, partRows } from '../spill/parts.ts'
import type { PartPlan } from '../spill/parts.ts'
import { DEPTH_MAX, noteSpill, PART_ROWS_MIN } from '../spill/spill.ts'
import type { SpillSpace } from '../spill/spill.ts'
import type { Batch } from '../vector/batch.ts'
import { ColumnStore } from './column-store.ts'
import { JoinSource } from './join-source.ts'
import type { JoinOperator } from './join.ts'
import { buildStore } from './materialise.ts'
import type { Operator } from './operator.ts'

/** Opens a hash join, in memory or in parts. */
export function openJoin(run: Run, operator: JoinOperator, residual: Expression | null): BatchSource {
  const { leftKeys, rightKeys, build } = operator.spec
  const [left, right] = operator.children as [Operator, Operator]
  const [kept, probe] = build === 'left' ? [left, right] : [right, left]
  const { spill } = run.context
  if (spill === undefined || !canPart(leftKeys.map((key) => left.output[key]!.type))) {
    const arena = run.newArena()
    const store = buildStore(run, kept, arena)
    return new JoinSource(run, operator, residual, { arena, store, openProbe: () => run.open(probe) })
  }
  const planOf = (side: Operator, keys: readonly number[]): PartPlan => ({
    types: side.output.map((column) => column.type), keyTypes: keys.map((key) => side.output[key]!.type),
    keysOf: keyColumns(keys),
  })
  const plans = [planOf(left, leftKeys), planOf(right, rightKeys)]
  const [keptPlan, probePlan] = build === 'left' ? plans : [plans[1], plans[0]]
  const whole = {
    open: () => run.open(kept), openProbe: () => run.open(probe), discard: () => undefined, rows: Infinity, depth: 0,
  }
  return new PartedJoin({ run, operator, residual, space: spill, keptPlan: keptPlan!, probePlan: probePlan! }, whole)
}

interface Shape {
  readonly run: Run
  readonly operator: JoinOperator
  readonly residual: Expression | null
  readonly space: SpillSpace
  readonly keptPlan: PartPlan
  readonly probePlan: PartPlan
}

/** Two sides to be joined: the inputs, or a pair of parts. */
interface Pair {
  readonly open: () => BatchSource
  readonly openProbe: () => BatchSource
  /** Gives the files back. */
  readonly discard: () => void
  /** Rows of the side that is kept; Infinity for the input. */
  readonly rows: number
  readonly depth: number
}

class PartedJoin implements BatchSource {
  readonly #shape: Shape
  readonly #pairs: Pair[] = []
  #pair: Pair | null = null
  #current: BatchSource | null

  /** Reads the kept side to its end, as a join does when it is opened. */
  constructor(shape: Shape, whole: Pair) {
    this.#shape = shape
    this.#current = this.#start(whole)
  }

  next(): Batch | null {
    for (;;) {
      const batch = this.#current?.next() ?? null
      if (batch !== null) return batch
      this.#current?.close()
      this.#current = null
      this.#pair?.discard()
      const pair = this.#pair = this.#pairs.pop() ?? null
      if (pair === null) return null
      this.#current = this.#start(pair)
    }
  }

  /** The join of a pair; null when it was parted again. */
  #start(pair: Pair): JoinSource | null {
    const { run, operator, residual, space, keptPlan } = this.#shape
    const arena = run.newArena()
    const store = new ColumnStore(run.context.memory, arena, keptPlan.types)
    const mayPart = pair.rows >= PART_ROWS_MIN && pair.depth <= DEPTH_MAX
    const source = pair.open()
    let isParted = false
    try {
      for (let batch = source.next(); batch !== null; batch = source.next()) {
        run.check()
        store.append(batch)
        if (!mayPart || arena.bytes <= space.budgetBytes) continue
        isParted = true
        this.#part(pair, store, source)
        break
      }
    } finally {
      source.close()
    }
    if (!isParted) return new JoinSource(run, operator, residual, { arena, store, openProbe: pair.openProbe })
    run.releaseArena(arena)
    return null
  }

  /** Parts both sides; `store` holds what was read of the kept one. */
  #part(pair: Pair, store: ColumnStore, rest: BatchSource): void {
    const { run, operator, space, keptPlan, probePlan } = this.#shape
    const { depth } = pair
    const kept = partRows(run, space, new StoredThenRest(store, rest), keptPlan, depth)
    const probe = partRows(run, space, pair.openProbe(), probePlan, depth)
    noteSpill(run, operator, kept.length + probe.length)
    for (const [i, file] of kept.entries()) {
      this.#pairs.push({
        open: () => file.read(), openProbe: () => probe[i]!.read(), rows: file.rows, depth: depthOf(file, kept, depth),
        discard: () => {
          file.discard()
          probe[i]!.discard()
        },
      })
    }
  }

  close(): void {
    this.#current?.close()
    this.#current = null
    this.#pairs.length = 0
  }
}

/** The rows of a store, then those of a source. */
class StoredThenRest implements BatchSource {
  readonly #store: ColumnStore
  readonly #rest: BatchSource
  #next = 0

  constructor(store: ColumnStore, rest: BatchSource) {
    this.#store = store
    this.#rest = rest
  }

  next(): Batch | null {
    return this.#next < this.#store.chunkCount() ? this.#store.chunk(this.#next++) : this.#rest.next()
  }

  close(): void {
    this.#rest.close()
  }
}
