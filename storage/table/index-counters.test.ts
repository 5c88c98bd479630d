// Counters in linear memory: read, set and copied like properties, 0 in every new database, seen by generated code.
import { expect, test } from 'vitest'
import { LinearMemory } from '../memory/linear-memory.ts'
import { COUNTER, indexCountersIn } from './index-counters.ts'

const ZERO = {
  probes: 0, windowRows: 0, keyPages: 0, maxError: 0, deltaHits: 0, filterProbes: 0, filterErrors: 0,
}

test('counters of a memory', () => {
  const memory = LinearMemory.create(2 << 20)
  const counters = indexCountersIn(memory)
  expect({ ...counters }).toEqual(ZERO)
  memory.f64[COUNTER.PROBES / 8]! += 2
  memory.i32[COUNTER.MAX_ERROR / 4] = 7
  counters.probes++
  counters.windowRows += 2 ** 33
  counters.keyPages -= 1
  counters.deltaHits++
  expect({ ...counters }).toEqual({ ...ZERO, probes: 3, windowRows: 2 ** 33, keyPages: -1, maxError: 7, deltaHits: 1 })
  // The next database of this size gets the same memory.
  memory.release()
  expect({ ...indexCountersIn(LinearMemory.create(2 << 20)) }).toEqual(ZERO)
})
