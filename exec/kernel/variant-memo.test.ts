// Specialisations that outlive an execution: which expressions have none, and that parameters are part of the key.
import { expect, test } from 'vitest'
import { BIGINT, INTEGER } from '../../src/base/types.ts'
import type { SqlType } from '../../src/base/types.ts'
import { listFunctions } from '../functions/catalog.ts'
import type { Expression } from '../plan/logical.ts'
import { arena, binary, column, constant, environment, makeBatch, rowsIn } from './batch.fixture.ts'
import { compileFilter } from './compile.ts'
import { CLOCK_FUNCTIONS, keepVariant, variantMemo } from './variant-memo.ts'

test('the functions that read the clock are known', () => {
  const timestamp: SqlType = { kind: 'timestamptz' }
  const reading = listFunctions().filter(({ make }) => {
    let reads = false
    const context = { args: [timestamp, timestamp, timestamp], result: BIGINT, get now() { reads = true; return 0 } }
    make(context)
    return reads
  })
  expect(new Set(reading.map(({ id }) => id))).toEqual(CLOCK_FUNCTIONS)
})

const parameter = (index: number): Expression => ({ kind: 'parameter', index, type: INTEGER })
const env = (...values: (number | bigint | string | null)[]): ReturnType<typeof environment> =>
  environment('javascript', values)

test('variants are found again by owner and parameter values', () => {
  const predicate = binary('>', column(0, INTEGER), parameter(0))
  const memo = variantMemo<string>(predicate, [predicate], env(5))
  keepVariant(memo, 'k', 'five')
  expect(variantMemo(predicate, [predicate], env(5))!.get('k')).toBe('five')
  expect(variantMemo(predicate, [predicate], env(6))!.get('k')).toBeUndefined()
  expect(variantMemo(predicate, [predicate], env(5n))!.get('k')).toBeUndefined()
  expect(variantMemo(predicate, [predicate], env('5'))!.get('k')).toBeUndefined()
  expect(variantMemo({}, [predicate], env(5))!.get('k')).toBeUndefined()
  expect(variantMemo(predicate, [predicate], env('x'.repeat(65)))).toBeNull()
})

test('what changes from execution to execution is not kept', () => {
  const call = (fn: string): Expression => ({ kind: 'call', fn, args: [], type: { kind: 'timestamptz' } })
  expect(variantMemo({}, [call('now')], env())).toBeNull()
  expect(variantMemo({}, [{ kind: 'cast', arg: call('current_date'), type: BIGINT }], env())).toBeNull()
  expect(variantMemo({}, [call('random')], env())).toBeNull()
})

test('one predicate with changing parameters and batches gives the rows of each', () => {
  const predicate = binary('>', column(0, INTEGER), binary('+', parameter(0), constant(1, INTEGER)))
  const batches = [[5, [1, 6, 7, 8]], [6, [7, 8, 9, null]], [5, [70_000, 3, 7]], [5, [1, 6, 7, 8]]] as const
  for (const [limit, values] of batches) {
    const batch = makeBatch([{ type: INTEGER, values: [...values], form: 'narrow' }])
    const out = arena.allocate(64)
    compileFilter(predicate, [{ type: INTEGER }], env(limit)).run(batch, out)
    const wanted = values.flatMap((value, row) => value !== null && value > limit + 1 ? [row] : [])
    expect(rowsIn(out, batch.windowRows)).toEqual(wanted)
  }
})
