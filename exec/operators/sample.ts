// TABLESAMPLE: rows (BERNOULLI) or runs of BLOCK_ROWS rows (SYSTEM) of a scan, each taken with the same probability.
// With REPEATABLE the random numbers are those of the seed, so that a table that has not changed gives the same rows;
// every execution takes others without it. Batches are handed on in place with a bitmap of their rows.
import { CODE, DatabaseError } from '../../src/base/errors.ts'
import { Random } from '../../src/base/random.ts'
import { DOUBLE } from '../../src/base/types.ts'
import type { Arena } from '../../storage/memory/arena.ts'
import { BATCH_ROWS } from '../../storage/column-buffers.ts'
import type { BatchSource } from '../context.ts'
import { expressionText } from '../explain-expression.ts'
import type { Expression, OutputColumn, SamplePlan } from '../plan/logical.ts'
import type { Run } from '../run.ts'
import { aliveRows, bitmapBytes } from '../vector/batch.ts'
import type { Batch } from '../vector/batch.ts'
import type { Description, Estimate, Operator } from './operator.ts'

/** Rows that SYSTEM takes or leaves together. */
const BLOCK_ROWS = 256

/** random(), whose generator is the database's. */
const RANDOM: Expression = { kind: 'call', fn: 'random', args: [], type: DOUBLE }

/** Some rows of the input. */
export class SampleOperator implements Operator {
  readonly output: readonly OutputColumn[]
  readonly children: readonly Operator[]
  readonly estimate: Estimate
  readonly plan: SamplePlan

  constructor(input: Operator, plan: SamplePlan, estimate: Estimate) {
    this.output = input.output
    this.children = [input]
    this.estimate = estimate
    this.plan = plan
  }

  describe(): Description {
    const { method, percent, seed } = this.plan
    const details: [string, string][] = [['method', `${method} (${expressionText(percent)} %)`]]
    if (seed !== null) details.push(['repeatable', expressionText(seed)])
    return { op: 'Sample', details }
  }

  open(run: Run): BatchSource {
    const { percent, seed } = this.plan
    const share = run.evaluate(percent)
    if (share === null) throw refused('TABLESAMPLE parameter cannot be null', percent.position)
    if (!(Number(share) >= 0 && Number(share) <= 100)) {
      throw refused(`sample percentage must be between 0 and 100: ${Number(share)}`, percent.position)
    }
    const start = seed === null ? Number(run.evaluate(RANDOM)) * 2 ** 32 : run.evaluate(seed)
    if (start === null) {
      throw new DatabaseError(CODE.TABLESAMPLE_REPEAT, 'TABLESAMPLE REPEATABLE parameter cannot be null', {
        position: seed!.position,
      })
    }
    const random = new Random(Math.floor(Number(start)) >>> 0)
    const rows = this.plan.method === 'system' ? BLOCK_ROWS : 1
    return new SampleSource(run, run.open(this.children[0]!), { random, share: Number(share) / 100, rows })
  }
}

function refused(message: string, position: number | undefined): DatabaseError {
  return new DatabaseError(CODE.TABLESAMPLE_ARGUMENT, message, { position })
}

interface Sampling {
  readonly random: Random
  readonly share: number
  /** Rows that one random number decides about. */
  readonly rows: number
}

class SampleSource implements BatchSource {
  readonly #run: Run
  readonly #input: BatchSource
  readonly #sampling: Sampling
  readonly #arena: Arena
  readonly #batch: Batch = { windowRows: 0, begin: 0, end: 0, alivePtr: 0, columns: [] }
  #rows = new Int32Array(0)
  #bitmap = 0
  /** Rows that the last random number still decides about, and how. */
  #left = 0
  #taken = false

  constructor(run: Run, input: BatchSource, sampling: Sampling) {
    this.#run = run
    this.#input = input
    this.#sampling = sampling
    this.#arena = run.newArena()
  }

  next(): Batch | null {
    for (let batch = this.#input.next(); batch !== null; batch = this.#input.next()) {
      this.#run.check()
      if (this.#select(batch) > 0) return Object.assign(this.#batch, batch, { alivePtr: this.#bitmap })
    }
    return null
  }

  #select(batch: Batch): number {
    if (batch.windowRows > this.#rows.length) {
      this.#rows = new Int32Array(Math.max(BATCH_ROWS, batch.windowRows))
      this.#bitmap = this.#arena.allocate(bitmapBytes(this.#rows.length))
    }
    const { memory } = this.#run.context
    const { random, share, rows } = this.#sampling
    const count = aliveRows(memory, batch, this.#rows)
    const { u8 } = memory
    u8.fill(0, this.#bitmap, this.#bitmap + bitmapBytes(batch.windowRows))
    let kept = 0
    for (let i = 0; i < count; i++) {
      if (this.#left === 0) {
        this.#taken = random.chance(share)
        this.#left = rows
      }
      this.#left--
      if (!this.#taken) continue
      const row = this.#rows[i]!
      u8[this.#bitmap + (row >>> 3)]! |= 1 << (row & 7)
      kept++
    }
    return kept
  }

  close(): void {
    this.#input.close()
    this.#run.releaseArena(this.#arena)
  }
}
