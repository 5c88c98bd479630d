// Signature of a printed kernel. It is the same for every kind of program; what differs is what the
// statements write to.
import type { Vector } from '../vector/vector.ts'
import type { Constant } from './lowering-context.ts'
import type { LookupTable } from './specialize.ts'

/** (columns, constants, lookup tables, begin, end, alive bitmap, what the statements write to) → rows kept. */
export type Run = (
  columns: readonly Vector[], constants: readonly Constant[], tables: readonly LookupTable[],
  begin: number, end: number, alive: number, target: object,
) => number
