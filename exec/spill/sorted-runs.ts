// Merging sorted runs of rows. Blocks of all runs are put into one store and sorted together with the engine's own
// sort; what comes before the last row loaded of every run that goes on is final and handed out, the rest is
// kept for the next round. So comparisons are those of the sort in memory, whatever the types of the keys.
//
//   round     store: rows left over, then a block of every run that has none in it      boundary: the first place
//             at which a run that goes on has its last row in the store                 out: places 0 … boundary
import type { BatchSource } from '../context.ts'
import type { Run } from '../run.ts'
import { BATCH_ROWS } from '../../storage/column-buffers.ts'
import type { SqlType } from '../../src/base/types.ts'
import type { Arena } from '../../storage/memory/arena.ts'
import type { Batch } from '../vector/batch.ts'
import { ColumnStore } from '../operators/column-store.ts'
import { sortedOrder } from '../operators/sort-words.ts'
import type { ColumnSortKey } from '../operators/sort.ts'
import { RowFile, SharedFile } from './row-file.ts'
import type { SpillSpace } from './spill.ts'

/** Runs merged at once. */
const FAN_IN = 12

/** The rows of all runs in order; more than FAN_IN runs are first merged with each other. */
export function mergeRuns(
  run: Run, space: SpillSpace, files: readonly RowFile[], keys: readonly ColumnSortKey[],
): BatchSource {
  let runs = [...files]
  while (runs.length > FAN_IN) {
    const merged = new RowFile(run, runs[0]!.types, new SharedFile(run, space))
    const source = new MergeSource(run, runs.slice(0, FAN_IN), keys)
    try {
      for (let batch = source.next(); batch !== null; batch = source.next()) merged.append(batch)
    } finally {
      source.close()
    }
    merged.finish()
    for (const file of runs.slice(0, FAN_IN)) file.discard()
    runs = [...runs.slice(FAN_IN), merged]
  }
  return new MergeSource(run, runs, keys)
}

/** Writes the rows of a store to a file in the given order. */
export function writeRun(run: Run, space: SpillSpace, store: ColumnStore, order: Int32Array): RowFile {
  const file = new RowFile(run, store.columns.map((column) => column.type), new SharedFile(run, space))
  const arena = run.newArena()
  try {
    for (let at = 0; at < order.length; at += BATCH_ROWS) {
      const rows = order.subarray(at, at + BATCH_ROWS)
      file.append(store.gatherBatch(rows, rows.length, arena))
      arena.reset()
    }
  } finally {
    run.releaseArena(arena)
  }
  file.finish()
  return file
}

interface Input {
  readonly file: RowFile
  readonly source: BatchSource
  /** Rows of the run in the store, and whether it may have more in its file. */
  left: number
  goesOn: boolean
}

class MergeSource implements BatchSource {
  readonly #run: Run
  readonly #keys: readonly ColumnSortKey[]
  readonly #types: readonly SqlType[]
  readonly #inputs: Input[]
  readonly #outArena: Arena
  /** Memory of the block that is being copied. */
  readonly #blockArena: Arena
  #arena: Arena
  #store: ColumnStore
  /** Which input each row of the store is of. */
  #owners: number[] = []
  #order: Int32Array = new Int32Array(0)
  #ready = 0
  #next = 0

  constructor(run: Run, files: readonly RowFile[], keys: readonly ColumnSortKey[]) {
    this.#run = run
    this.#keys = keys
    this.#types = files[0]!.types
    const blocks = this.#blockArena = run.newArena()
    this.#inputs = files.map((file) => ({ file, source: file.read(blocks), left: 0, goesOn: true }))
    this.#outArena = run.newArena()
    this.#arena = run.newArena()
    this.#store = new ColumnStore(run.context.memory, this.#arena, this.#types)
  }

  next(): Batch | null {
    if (this.#next >= this.#ready && !this.#round()) return null
    this.#run.check()
    const rows = this.#order.subarray(this.#next, Math.min(this.#ready, this.#next + BATCH_ROWS))
    this.#next += rows.length
    this.#outArena.reset()
    return this.#store.gatherBatch(rows, rows.length, this.#outArena)
  }

  #round(): boolean {
    this.#keepRest()
    for (const [i, input] of this.#inputs.entries()) if (input.left === 0 && input.goesOn) this.#load(input, i)
    if (this.#store.rows === 0) return false
    const scratch = this.#run.newArena()
    try {
      this.#order = sortedOrder(this.#store, this.#keys, scratch)
    } finally {
      this.#run.releaseArena(scratch)
    }
    this.#ready = this.#boundary()
    this.#next = 0
    return true
  }

  #load(input: Input, owner: number): void {
    const batch = input.source.next()
    if (batch === null) {
      input.goesOn = false
      input.source.close()
      input.file.discard()
      return
    }
    input.left = this.#store.append(batch)
    for (let i = 0; i < input.left; i++) this.#owners.push(owner)
  }

  /** Places that are final: up to and with the first at which a run that goes on has no further row in the store. */
  #boundary(): number {
    const left = this.#inputs.map((input) => input.left)
    for (let place = 0; place < this.#order.length; place++) {
      const owner = this.#owners[this.#order[place]!]!
      left[owner]!--
      if (left[owner] === 0 && this.#inputs[owner]!.goesOn) return place + 1
    }
    return this.#order.length
  }

  /** Moves the rows that were not handed out to a new store. */
  #keepRest(): void {
    const arena = this.#run.newArena()
    const store = new ColumnStore(this.#run.context.memory, arena, this.#types)
    const owners: number[] = []
    for (const input of this.#inputs) input.left = 0
    for (let at = this.#ready; at < this.#order.length; at += BATCH_ROWS) {
      const rows = this.#order.subarray(at, at + BATCH_ROWS)
      this.#outArena.reset()
      store.append(this.#store.gatherBatch(rows, rows.length, this.#outArena))
      for (const row of rows) {
        const owner = this.#owners[row]!
        owners.push(owner)
        this.#inputs[owner]!.left++
      }
    }
    this.#run.releaseArena(this.#arena)
    this.#arena = arena
    this.#store = store
    this.#owners = owners
  }

  close(): void {
    this.#next = Infinity
    this.#ready = 0
    this.#order = new Int32Array(0)
    for (const { source, file } of this.#inputs) {
      source.close()
      file.discard()
    }
    for (const arena of [this.#arena, this.#outArena, this.#blockArena]) this.#run.releaseArena(arena)
  }
}
