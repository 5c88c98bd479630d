// What a recovered database must be: exactly the model after some step, no earlier than the last acknowledged
// one, whole in every other respect, the same by scan and by key.
import { expect } from 'vitest'
import type { Row } from '../../src/base/types.ts'
import type { Engine } from '../../storage/mod.ts'
import { verifyEngine } from '../../storage/verify.ts'
import { reading, rowText, scanRows } from '../storage/rows.ts'
import { KEYS, modelStep } from './steps.ts'
import type { Model } from './steps.ts'

/** Number of the last step the database shows, -1 before step 0. */
export function lastStep(engine: Engine): number {
  return reading(engine, (txn) => {
    const names = txn.listTables().map((schema) => schema.name)
    if (!names.includes('meta')) return -1
    const meta = txn.tables('meta').row([1])
    let last = meta === null ? 0 : meta[1] as number
    for (const row of scanRows(engine, txn.tables('bulk'), { columns: [1] })) last = Math.max(last, row[0] as number)
    return last
  })
}

/** The model after each step, advanced as the test goes. */
export class StepModel {
  readonly seed: number
  tables: Model = new Map()
  step = -1

  constructor(seed: number) {
    this.seed = seed
  }

  advanceTo(step: number): void {
    while (this.step < step) modelStep(this.tables, this.seed, ++this.step)
  }
}

/** Checks the whole state and returns the step it is at. */
export function checkRecovered(engine: Engine, model: StepModel, acknowledged: number): number {
  const step = lastStep(engine)
  expect(step, 'acknowledged steps are there').toBeGreaterThanOrEqual(acknowledged)
  model.advanceTo(step)
  checkState(engine, model.tables)
  return step
}

/**
 * Every table by scan and by key, the invariant of `pair`, and the integrity check, which may report breaches of the
 * rules in `excused`.
 */
export function checkState(engine: Engine, model: Model, excused: readonly string[] = []): void {
  reading(engine, (txn) => {
    expect(txn.listTables().map((schema) => schema.name).sort()).toEqual([...model.keys()].sort())
    for (const [name, rows] of model) {
      const access = txn.tables(name)
      const expected = [...rows.values()].map(rowText).sort()
      const scanned = scanRows(engine, access, { order: 'ascending' }).map(rowText)
      expect(scanned.sort(), `scan of ${name}`).toEqual(expected)
      for (const row of rows.values()) {
        const key = KEYS[name]!.map((c) => row[c]!)
        const found = access.row(key)
        if (rowText(found) !== rowText(row)) expect(found, `${name} by key`).toEqual(row)
      }
      if (name === 'item') for (let id = 0; id < 400; id++) {
        if (!rows.has(JSON.stringify([id]))) expect(access.row([id])).toBe(null)
      }
      if (name === 'pair') checkSums(scanRows(engine, access))
    }
  })
  const problems = verifyEngine(engine).problems.filter(({ rule }) => rule === undefined || !excused.includes(rule))
  expect(problems).toEqual([])
}

function checkSums(rows: readonly Row[]): void {
  const sums = new Map<string, number>()
  for (const [owner, , amount] of rows) {
    sums.set(owner as string, (sums.get(owner as string) ?? 0) + (amount as number))
  }
  for (const [owner, sum] of sums) expect(sum, `amounts of ${owner}`).toBe(0)
}
