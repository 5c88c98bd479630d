// Signature of a printed kernel, shared by every kind of program.
import type { Vector } from '../vector/vector.ts'
import type { Constant } from './lowering-context.ts'
import type { LookupTable } from './specialize.ts'

/** (columns, constants, lookup tables, begin, end, alive bitmap, what the statements write to) → rows kept. */
export type Run = (
  columns: readonly Vector[], constants: readonly Constant[], tables: readonly LookupTable[],
  begin: number, end: number, alive: number, target: object,
) => number
