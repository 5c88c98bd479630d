// Rows looked up by primary key, as small dense batches: what point queries, index scans and joins that look their
// inner rows up have in common. The columns of a batch are built in an arena of this object, reset by the next batch.
import type { Scalar, SqlType, TableSchema } from '../../src/base/types.ts'
import type { TableAccess } from '../../storage/access.ts'
import type { Arena } from '../../storage/memory/arena.ts'
import type { Run } from '../run.ts'
import type { Batch } from '../vector/batch.ts'
import { VectorBuilder } from '../vector/builder.ts'
import type { Vector } from '../vector/vector.ts'

/** What is read of a table: ordinals of its columns, in the order of the output. */
export interface LookedUp {
  readonly table: string
  readonly schema: TableSchema
  readonly columns: readonly number[]
}

/** Looks rows of one table up and collects their columns. */
export class RowLookup {
  readonly arena: Arena
  readonly #run: Run
  readonly #access: TableAccess
  readonly #columns: readonly number[]
  readonly #types: readonly SqlType[]
  readonly #values: Scalar[]
  #builders: readonly VectorBuilder[] = []

  constructor(run: Run, { table, schema, columns }: LookedUp) {
    this.#run = run
    this.#access = run.context.tables(table)
    this.#columns = columns
    this.#types = columns.map((ordinal) => schema.columns[ordinal]!.type)
    this.#values = new Array<Scalar>(columns.length).fill(null)
    this.arena = run.newArena()
  }

  /** A new batch of about so many rows; what the one before lay in is used again. Checks for cancellation. */
  begin(rows: number): void {
    this.#run.check()
    this.arena.reset()
    const { memory } = this.#run.context
    this.#builders = this.#types.map((type) => new VectorBuilder(memory, this.arena, type, rows))
  }

  /** Adds the row with this key; false when there is none. */
  add(key: readonly Scalar[]): boolean {
    const values = this.#values
    if (!this.#access.find(key, this.#columns, values)) return false
    const builders = this.#builders
    for (let c = 0; c < builders.length; c++) builders[c]!.append(values[c]!)
    return true
  }

  /** Adds a row of NULLs. */
  addMissing(): void {
    for (const builder of this.#builders) builder.append(null)
  }

  /** The columns of the rows added since begin(). */
  finish(): Vector[] {
    return this.#builders.map((builder) => builder.finish())
  }

  /** The rows that these keys have, in their order; null when none of them has one. */
  batch(keys: readonly (readonly Scalar[])[]): Batch | null {
    this.begin(keys.length)
    let found = 0
    for (const key of keys) if (this.add(key)) found++
    if (found === 0) return null
    return { windowRows: found, begin: 0, end: found, alivePtr: 0, columns: this.finish() }
  }

  close(): void {
    this.#run.releaseArena(this.arena)
  }
}
