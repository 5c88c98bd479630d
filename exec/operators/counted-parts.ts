// INTERSECT and EXCEPT whose second input has more distinct rows than its share of the memory: both inputs are parted
// by a hash of the whole row into temporary files, and the parts are worked off one after the other. Until then no row
// has been handed out, so the second input is read again from its start.
import type { BatchSource } from '../context.ts'
import type { Run } from '../run.ts'
import { canPart, depthOf, keyColumns, partRows } from '../spill/parts.ts'
import { DEPTH_MAX, noteSpill, PART_ROWS_MIN } from '../spill/spill.ts'
import type { Batch } from '../vector/batch.ts'
import type { CountedSetOperator } from './counted-set.ts'
import { CountedSetSource } from './counted-source.ts'
import type { SetSides } from './counted-source.ts'

interface Pair extends SetSides {
  readonly discard: () => void
  /** Rows of the second side; Infinity for the input. */
  readonly rows: number
  readonly depth: number
}

/** Opens a set operation, in memory or in parts. */
export function openSet(run: Run, operator: CountedSetOperator): BatchSource {
  const [left, right] = operator.children
  return new PartedSet(run, operator, {
    openLeft: () => run.open(left!), openRight: () => run.open(right!), discard: () => undefined,
    rows: Infinity, depth: 0,
  })
}

class PartedSet implements BatchSource {
  readonly #run: Run
  readonly #operator: CountedSetOperator
  readonly #pairs: Pair[]
  #pair: Pair | null = null
  #current: BatchSource | null = null

  constructor(run: Run, operator: CountedSetOperator, whole: Pair) {
    this.#run = run
    this.#operator = operator
    this.#pairs = [whole]
  }

  next(): Batch | null {
    for (;;) {
      const batch = this.#current?.next() ?? null
      if (batch !== null) return batch
      this.#current?.close()
      this.#current = null
      this.#pair?.discard()
      this.#pair = this.#pairs.pop() ?? null
      if (this.#pair === null) return null
      this.#current = this.#start(this.#pair)
    }
  }

  /** The operation on a pair; null when it was parted instead. */
  #start(pair: Pair): BatchSource | null {
    const { spill } = this.#run.context
    const types = this.#operator.output.map((column) => column.type)
    const mayPart = spill !== undefined && pair.rows >= PART_ROWS_MIN && pair.depth <= DEPTH_MAX && canPart(types)
    const source = new CountedSetSource(this.#run, this.#operator, pair)
    // The first input adds its own rows to the table: half of the budget is left to it.
    if (source.countRight(mayPart ? spill.budgetBytes / 2 : Infinity)) return source
    source.close()
    const plan = { types, keyTypes: types, keysOf: keyColumns([...types.keys()]) }
    const right = partRows(this.#run, spill!, pair.openRight(), plan, pair.depth)
    const left = partRows(this.#run, spill!, pair.openLeft(), plan, pair.depth)
    noteSpill(this.#run, this.#operator, 2)
    right.forEach((file, i) => this.#pairs.push({
      openLeft: () => left[i]!.read(), openRight: () => file.read(), rows: file.rows,
      depth: depthOf(file, right, pair.depth),
      discard: () => {
        file.discard()
        left[i]!.discard()
      },
    }))
    return null
  }

  close(): void {
    this.#current?.close()
    this.#current = null
    this.#pairs.length = 0
  }
}
