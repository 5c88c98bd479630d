// The error that something must throw, for tests that look at its code, detail or position.
import { DatabaseError } from '../../src/index.ts'

/** The DatabaseError that `run` throws; anything else fails the test. */
export function errorOf(run: () => unknown): DatabaseError {
  try {
    run()
  } catch (error) {
    if (error instanceof DatabaseError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

/** Its SQLSTATE. */
export function codeOf(run: () => unknown): string {
  return errorOf(run).code
}
