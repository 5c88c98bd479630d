// The counters of lookups through learned indexes. Those that every lookup counts lie in linear memory, in the part of
// the system frame that nobody else uses, so that generated WebAssembly counts with an addition each (warm-find.ts):
//
//   bytes 64-71 probes f64 | 72-79 window rows f64 | 80-87 key pages f64 | 88-91 largest error i32
//
// One database has one memory and so one set of them; workers count elsewhere.
import type { IndexCounters } from '../access.ts'
import type { LinearMemory } from '../memory/linear-memory.ts'

/** Addresses of the counters. */
export const COUNTER = { PROBES: 64, WINDOW_ROWS: 72, KEY_PAGES: 80, MAX_ERROR: 88 } as const

/** The counters of a memory, all 0, as an object whose properties can be read, set and copied like any other's. */
export function indexCountersIn({ f64, i32 }: LinearMemory): IndexCounters {
  const counters = {
    probes: 0, windowRows: 0, keyPages: 0, maxError: 0, deltaHits: 0, filterProbes: 0, filterErrors: 0,
  }
  const bind = (name: 'probes' | 'windowRows' | 'keyPages' | 'maxError', words: Float64Array | Int32Array, at: number):
  void => {
    words[at] = 0
    Object.defineProperty(counters, name, {
      enumerable: true, get: () => words[at]!, set: (value: number) => { words[at] = value },
    })
  }
  bind('probes', f64, COUNTER.PROBES / 8)
  bind('windowRows', f64, COUNTER.WINDOW_ROWS / 8)
  bind('keyPages', f64, COUNTER.KEY_PAGES / 8)
  bind('maxError', i32, COUNTER.MAX_ERROR / 4)
  return counters
}
