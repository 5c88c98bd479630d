// Learned index join: the primary key's index of the inner table is the hash table, so there is no build side.
// Every outer row looks its key up (TableAccess.find); rows come out in outer order. It pays when there are
// few outer rows and a large inner table, which a hash join would have to read in full.
import type { Scalar, TableSchema } from '../../src/base/types.ts'
import type { LinearMemory } from '../../storage/memory/linear-memory.ts'
import type { BatchSource } from '../context.ts'
import type { OutputColumn } from '../plan/logical.ts'
import type { Run } from '../run.ts'
import { aliveRows } from '../vector/batch.ts'
import type { Batch } from '../vector/batch.ts'
import { readScalar } from '../vector/reader.ts'
import type { Vector } from '../vector/vector.ts'
import { gatherVector, unreadVector } from './gather.ts'
import type { Description, Estimate, Operator } from './operator.ts'
import { RowLookup } from './row-lookup.ts'

export interface IndexJoinSpec {
  readonly join: 'inner' | 'left'
  /** The inner table and the ordinals of its columns that are output. */
  readonly table: string
  readonly schema: TableSchema
  readonly columns: readonly number[]
  /** Outer columns that hold the key, in key order. */
  readonly outerKeys: readonly number[]
  /** Outer columns that are output: the first ones; later ones are computed keys. */
  readonly outerWidth: number
  /** Whether the outer columns come first in the output. */
  readonly outerFirst: boolean
  readonly wanted: ReadonlySet<number>
  readonly reason: string
}

/** Joins the rows of an input with the rows of a table that their keys name. */
export class IndexJoinOperator implements Operator {
  readonly output: readonly OutputColumn[]
  readonly children: readonly Operator[]
  readonly estimate: Estimate
  readonly spec: IndexJoinSpec

  constructor(
    outer: Operator, spec: IndexJoinSpec, shape: { output: readonly OutputColumn[]; estimate: Estimate },
  ) {
    this.children = [outer]
    this.spec = spec
    this.output = shape.output
    this.estimate = shape.estimate
  }

  describe(): Description {
    const { join, table, schema, outerKeys, reason } = this.spec
    const outer = this.children[0]!.output
    const keys = outerKeys.map((at, i) => `${schema.columns[schema.key[i]!]!.name} = ${outer[at]!.name}`)
    const op = join === 'left' ? 'IndexLeftJoin' : 'IndexJoin'
    return { op, table, access: 'point', reason, details: [['keys', keys.join(' AND ')]] }
  }

  open(run: Run): BatchSource {
    return new IndexJoinSource(run, this)
  }
}

class IndexJoinSource implements BatchSource {
  readonly #run: Run
  readonly #spec: IndexJoinSpec
  readonly #inner: RowLookup
  readonly #input: BatchSource
  #rows = new Int32Array(0)
  /** Outer row of each output row. */
  #found = new Int32Array(0)

  constructor(run: Run, operator: IndexJoinOperator) {
    this.#run = run
    this.#spec = operator.spec
    this.#inner = new RowLookup(run, operator.spec)
    this.#input = run.open(operator.children[0]!)
  }

  next(): Batch | null {
    for (let batch = this.#input.next(); batch !== null; batch = this.#input.next()) {
      const out = this.#join(batch)
      if (out !== null) return out
    }
    return null
  }

  #join(batch: Batch): Batch | null {
    const { memory } = this.#run.context
    if (this.#rows.length < batch.windowRows) {
      this.#rows = new Int32Array(batch.windowRows)
      this.#found = new Int32Array(batch.windowRows)
    }
    const selected = aliveRows(memory, batch, this.#rows)
    this.#inner.begin(selected)
    let count = 0
    for (let i = 0; i < selected; i++) {
      const row = this.#rows[i]!
      const key = this.#keyOf(batch, row)
      if (key === null || !this.#inner.add(key)) {
        if (this.#spec.join === 'inner') continue
        this.#inner.addMissing()
      }
      this.#found[count++] = row
    }
    return count === 0 ? null : joinedBatch(memory, batch, this.#spec, this.#found, count, this.#inner)
  }

  /** The key that an outer row names; null when a part of it is NULL, which equals nothing. */
  #keyOf(batch: Batch, row: number): Scalar[] | null {
    const { outerKeys } = this.#spec
    const { memory } = this.#run.context
    const key: Scalar[] = new Array(outerKeys.length)
    for (let k = 0; k < outerKeys.length; k++) {
      const value = readScalar(memory, batch.columns[outerKeys[k]!]!, row)
      if (value === null) return null
      key[k] = value
    }
    return key
  }

  close(): void {
    this.#input.close()
    this.#inner.close()
  }
}

/** The output of a join that looks inner rows up: `inner` has one row for each of the `count` outer rows `found`. */
export function joinedBatch(
  memory: LinearMemory, outer: Batch, spec: IndexJoinSpec, found: Int32Array, count: number, inner: RowLookup,
): Batch {
  const { outerWidth, outerFirst, wanted } = spec
  const offset = outerFirst ? 0 : spec.columns.length
  const left = outer.columns.slice(0, outerWidth).map((vector, c): Vector => wanted.has(offset + c)
    ? gatherVector(memory, vector, found, count, inner.arena) : unreadVector(vector.type))
  const right = inner.finish()
  const columns = outerFirst ? [...left, ...right] : [...right, ...left]
  return { windowRows: count, begin: 0, end: count, alivePtr: 0, columns }
}
