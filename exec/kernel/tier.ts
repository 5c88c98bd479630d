// Which back end a kernel object uses for its next batch. Compiling and instantiating a WebAssembly module costs a few
// hundred microseconds, what JavaScript needs for several thousand rows: a kernel over few rows stays in JavaScript,
// one that has seen enough of them moves over. Both give the same answers, so it may change between two batches.
import type { Backend } from './kernel.ts'

/** Rows from which on a module pays for itself. */
const WASM_ROWS_MIN = 4096

/** Counts the rows of one kernel object. */
export class Tier {
  private readonly backend: Backend
  private rows = 0

  constructor(backend: Backend) {
    this.backend = backend
  }

  /** Notes a batch of so many rows; true when it is to run in WebAssembly where that has the code. */
  next(rows: number): boolean {
    if (this.backend !== 'auto') return this.backend === 'webassembly'
    this.rows += rows
    return this.rows >= WASM_ROWS_MIN
  }
}
