// What happens when things go wrong in the middle: errors, memory limits, early close and cancellation must
// close every cursor and give back every frame.
import { describe, expect, test } from 'vitest'
import { BIGINT, TEXT } from '../../src/base/types.ts'
import type { Row } from '../../src/base/types.ts'
import type { LogicalPlan } from '../plan/logical.ts'
import {
  aggregate, aggregateOf, ascending, call, col, filterOf, joinOf, lit, projectOf, scanOf, schemaOf, sortOf,
} from '../plan/logical.fixture.ts'
import { MemoryDatabase } from './memory-table.fixture.ts'

const schema = schemaOf('t', { id: BIGINT, k: BIGINT, s: TEXT })
const t = scanOf(schema)
const failing = call('div', [lit(100), call('sub', [col(t, 'k'), lit(150)], BIGINT)], BIGINT)
const filtered = filterOf(t, call('gt', [failing, lit(-1000)]))

function database(rows = 400): MemoryDatabase {
  const db = new MemoryDatabase(7)
  db.add(schema, Array.from({ length: rows }, (_, i): Row => [i, i % 300, `text ${i}`]), 40)
  return db
}

const PLANS: Record<string, LogicalPlan> = {
  filter: filtered,
  project: projectOf(t, [failing, col(t, 's')]),
  aggregate: aggregateOf(filtered, [col(t, 's')], [aggregate('sum', [col(t, 'k')])]),
  sort: sortOf(filtered, ascending(col(t, 's'))),
  'join, build side': joinOf('left', t, filtered, [['id', 'id']]),
  'join, probe side': joinOf('left', filtered, t, [['id', 'id']]),
  update: {
    kind: 'update', table: 't', schema, assignments: [1], output: [],
    input: projectOf(t, [col(t, 0), col(t, 1), col(t, 2), failing]),
  },
}

describe.each(['javascript', 'webassembly'] as const)('on %s', (backend) => {
  for (const [name, plan] of Object.entries(PLANS)) {
    test(`a division by zero in ${name} leaves nothing behind`, () => {
      const db = database()
      const before = db.memory.usedFrames
      const run = (): unknown => name === 'update' ? db.change(plan, backend) : db.query(plan, backend)
      expect(run).toThrow(expect.objectContaining({ code: '22012' }))
      expect(db.openCursors).toBe(0)
      expect(db.memory.usedFrames - before).toBeLessThanOrEqual(2)
    })
  }

  test('closing early, once or twice, leaves nothing behind', () => {
    const db = database()
    for (const plan of [t, sortOf(t, ascending(col(t, 's'))), joinOf('inner', t, t, [['id', 'k']])]) {
      const before = db.memory.usedFrames
      const context = db.context(backend)
      const source = db.plan(plan).execute(context)
      expect(source.next()).not.toBe(null)
      source.close()
      source.close()
      expect(source.next()).toBe(null)
      context.arena.release()
      expect(db.openCursors).toBe(0)
      expect(db.memory.usedFrames).toBe(before)
    }
  })
})

test('a join or sort that needs more memory than there is fails with 53200 and gives all of it back', () => {
  const db = database(100_000)
  const free = db.memory.frameCount - db.memory.usedFrames
  const held = db.memory.allocateRun(free - 30)
  for (const plan of [joinOf('inner', t, t, [['id', 'id']]), sortOf(t, ascending(col(t, 's')))]) {
    const before = db.memory.usedFrames
    const context = db.context('javascript')
    expect(() => {
      const source = db.plan(plan).execute(context)
      while (source.next() !== null) continue
    }).toThrow(expect.objectContaining({ code: '53200' }))
    context.arena.release()
    expect(db.openCursors).toBe(0)
    expect(db.memory.usedFrames).toBe(before)
  }
  db.memory.releaseRun(held, free - 30)
})

test('a cross join of large tables can be cancelled between batches', () => {
  const db = database(2000)
  const controller = new AbortController()
  const context = db.context('javascript', [], { signal: controller.signal })
  const source = db.plan(aggregateOf(joinOf('cross', t, t, []), [], [aggregate('count_star', [])])).execute(context)
  controller.abort()
  expect(() => source.next()).toThrow(expect.objectContaining({ code: '57014' }))
  context.arena.release()
  expect(db.openCursors).toBe(0)
})
