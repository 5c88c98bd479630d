// Long work in steps: backup and restore are generators that do a slice of 256 KiB and yield. The same
// generator runs to its end at once (a SQL statement) or slice by slice with the event loop in between
// (db.backup), where it can be cancelled. Ending it early runs its `finally` blocks, which undo what is half done.
//
//   yields { sync: file }       the driver makes the file durable, blocking or not, and comes back
//   yields { done, total }      bytes so far, for a progress display
import { CODE, DatabaseError } from '../../src/base/errors.ts'
import type { FileHandle } from '../file/file.ts'

/** How far the work is, in bytes of pages. */
export interface Progress {
  readonly done: number
  readonly total: number
}

/** What a step asks for or tells. */
export type Step = Progress | { readonly sync: FileHandle }

/** Work in steps with a result. */
export type Steps<T> = Generator<Step, T, void>

/** How to run steps in the background. */
export interface StepOptions {
  readonly signal?: AbortSignal
  readonly onProgress?: (progress: Progress) => void
}

/** Runs to the end on this thread. */
export function runSteps<T>(steps: Steps<T>, onProgress?: (progress: Progress) => void): T {
  let next = steps.next()
  while (next.done !== true) {
    const step = next.value
    if (!('sync' in step)) {
      onProgress?.(step)
      next = steps.next()
      continue
    }
    try {
      step.sync.sync()
    } catch (error) {
      next = steps.throw(error)
      continue
    }
    next = steps.next()
  }
  return next.value
}

/** Runs slice by slice; the event loop turns in between. An aborted signal ends it with 57014. */
export async function runStepsSoon<T>(steps: Steps<T>, options: StepOptions = {}): Promise<T> {
  const { signal, onProgress } = options
  const advance = async (): Promise<IteratorResult<Step, T>> => {
    if (signal?.aborted === true) return steps.throw(cancelled(signal))
    return steps.next()
  }
  let next = await advance()
  while (next.done !== true) {
    const step = next.value
    try {
      if ('sync' in step) await step.sync.syncAsync()
      else {
        onProgress?.(step)
        await new Promise((resolve) => setImmediate(resolve))
      }
    } catch (error) {
      next = steps.throw(error)
      continue
    }
    next = await advance()
  }
  return next.value
}

function cancelled(signal: AbortSignal): DatabaseError {
  return new DatabaseError(CODE.CANCELLED, 'cancelled by the caller', { cause: signal.reason })
}
