// Assertions kept on in production. Messages are constant strings: a template literal is built even
// when the condition holds and costs 50-75 ns. Asserts belong to pages, batches, segments and
// transactions, never to a row.
import { CODE, DatabaseError } from './errors.ts'

/** Throws XX000 when an engine invariant does not hold. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new DatabaseError(CODE.INTERNAL, message)
}

/** Marks a branch that no input can reach. */
export function unreachable(message: string): never {
  throw new DatabaseError(CODE.INTERNAL, message)
}
