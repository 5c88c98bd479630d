// Learned index join: the primary key's index of the inner table is the hash table, so there is no build side.
// Every outer row looks its key up (TableAccess.find); rows come out in outer order. It pays when there are
// few outer rows and a large inner table, which a hash join would have to read in full.
import type { Scalar, TableSchema } from '../../src/base/types.ts'
import type { TableAccess } from '../../storage/access.ts'
import type { Arena } from '../../storage/memory/arena.ts'
import type { BatchSource } from '../context.ts'
import type { OutputColumn } from '../plan/logical.ts'
import type { Run } from '../run.ts'
import { aliveRows } from '../vector/batch.ts'
import type { Batch } from '../vector/batch.ts'
import { VectorBuilder } from '../vector/builder.ts'
import { readScalar } from '../vector/reader.ts'
import type { Vector } from '../vector/vector.ts'
import { gatherVector, unreadVector } from './gather.ts'
import type { Description, Estimate, Operator } from './operator.ts'

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
  readonly #operator: IndexJoinOperator
  readonly #access: TableAccess
  readonly #input: BatchSource
  readonly #arena: Arena
  #rows = new Int32Array(0)
  /** Outer row of each output row. */
  #found = new Int32Array(0)

  constructor(run: Run, operator: IndexJoinOperator) {
    this.#run = run
    this.#operator = operator
    this.#access = run.context.tables(operator.spec.table)
    this.#arena = run.newArena()
    this.#input = run.open(operator.children[0]!)
  }

  next(): Batch | null {
    for (let batch = this.#input.next(); batch !== null; batch = this.#input.next()) {
      this.#run.check()
      this.#arena.reset()
      const out = this.#join(batch)
      if (out !== null) return out
    }
    return null
  }

  #join(batch: Batch): Batch | null {
    const { columns, schema, join } = this.#operator.spec
    const { memory } = this.#run.context
    if (this.#rows.length < batch.windowRows) {
      this.#rows = new Int32Array(batch.windowRows)
      this.#found = new Int32Array(batch.windowRows)
    }
    const selected = aliveRows(memory, batch, this.#rows)
    const types = columns.map((ordinal) => schema.columns[ordinal]!.type)
    const builders = types.map((type) => new VectorBuilder(memory, this.#arena, type, selected))
    const values: Scalar[] = new Array(columns.length).fill(null)
    let count = 0
    for (let i = 0; i < selected; i++) {
      const row = this.#rows[i]!
      const isFound = this.#find(batch, row, values)
      if (!isFound && join === 'inner') continue
      for (let c = 0; c < builders.length; c++) builders[c]!.append(isFound ? values[c]! : null)
      this.#found[count++] = row
    }
    return count === 0 ? null : this.#output(batch, builders, count)
  }

  #find(batch: Batch, row: number, values: Scalar[]): boolean {
    const { outerKeys, columns } = this.#operator.spec
    const { memory } = this.#run.context
    const key: Scalar[] = new Array(outerKeys.length)
    for (let k = 0; k < outerKeys.length; k++) {
      const value = readScalar(memory, batch.columns[outerKeys[k]!]!, row)
      if (value === null) return false
      key[k] = value
    }
    return this.#access.find(key, columns, values)
  }

  #output(batch: Batch, builders: readonly VectorBuilder[], count: number): Batch {
    const { outerWidth, outerFirst, wanted } = this.#operator.spec
    const { memory } = this.#run.context
    const offset = outerFirst ? 0 : builders.length
    const outer = batch.columns.slice(0, outerWidth).map((vector, c): Vector => wanted.has(offset + c)
      ? gatherVector(memory, vector, this.#found, count, this.#arena) : unreadVector(vector.type))
    const inner = builders.map((builder) => builder.finish())
    const columns = outerFirst ? [...outer, ...inner] : [...inner, ...outer]
    return { windowRows: count, begin: 0, end: count, alivePtr: 0, columns }
  }

  close(): void {
    this.#input.close()
    this.#run.releaseArena(this.#arena)
  }
}
