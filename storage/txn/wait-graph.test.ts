// The wait-for graph against a plain model: rows locked by random transactions, in 10,000 schedules. Every cycle is
// found when it closes (and only then), whoever waits is woken when it can go on, and no schedule hangs.
import { describe, expect, test } from 'vitest'
import { CODE, DatabaseError } from '../../src/base/errors.ts'
import { Random } from '../../src/base/random.ts'
import { INTEGER } from '../../src/base/types.ts'
import { MemoryFileSystem } from '../file/memory-file.ts'
import { LockConflict, openEngine } from '../mod.ts'
import type { Engine, LockStrength, Transaction, Waiter } from '../mod.ts'

const ROWS = 8

async function setUp(): Promise<Engine> {
  const engine = await openEngine('t.sdb', { memoryBytes: 8 << 20, files: new MemoryFileSystem(), synchronous: 'off' })
  const txn = engine.begin()
  txn.createTable({ name: 't', key: [0], columns: [{ name: 'id', type: INTEGER, nullable: false }] })
  for (let id = 0; id < ROWS; id++) txn.insert('t', [id])
  txn.commit()
  return engine
}

/** A transaction that takes its locks one by one, and the model of what it holds. */
class Actor {
  readonly txn: Transaction
  readonly number: number
  readonly held = new Map<number, LockStrength>()
  readonly program: { id: number; strength: LockStrength }[]
  waiter: Waiter | null = null
  isDone = false

  constructor(engine: Engine, number: number, program: Actor['program']) {
    this.txn = engine.begin('read committed', { session: number, lazy: true })
    this.number = number
    this.program = program
  }
}

/** Schedules of actors over one engine. */
class Schedule {
  readonly engine: Engine
  readonly actors: Actor[]
  deadlocks = 0
  waits = 0

  constructor(engine: Engine, programs: Actor['program'][]) {
    this.engine = engine
    this.actors = programs.map((program, i) => new Actor(engine, i + 1, program))
  }

  /** Actors whose locks forbid what `actor` wants next. */
  blockers(actor: Actor): Actor[] {
    const wanted = actor.program[0]!
    return this.actors.filter((other) => other !== actor && other.held.has(wanted.id)
      && (wanted.strength === 'update' || other.held.get(wanted.id) === 'update'))
  }

  /** True when `actor`, waiting, would wait for itself. */
  isCircle(actor: Actor): boolean {
    const seen = new Set<Actor>()
    const pending = this.blockers(actor)
    while (pending.length > 0) {
      const other = pending.pop()!
      if (other === actor) return true
      if (seen.has(other) || other.waiter === null) continue
      seen.add(other)
      pending.push(...this.blockers(other))
    }
    return false
  }

  step(actor: Actor): void {
    const wanted = actor.program[0]
    if (wanted === undefined) return this.end(actor, true)
    try {
      expect(actor.txn.lock('t', [wanted.id], wanted.strength)).toBe(true)
      expect(this.blockers(actor)).toEqual([])
      if (actor.held.get(wanted.id) !== 'update') actor.held.set(wanted.id, wanted.strength)
      actor.program.shift()
    } catch (error) {
      const conflict = LockConflict.of(error)
      if (conflict === null) throw error
      const expected = this.blockers(actor).map((other) => other.txn.id).sort()
      expect(conflict.blockers.map((txn) => txn.id).sort()).toEqual(expected)
      this.wait(actor, conflict)
    }
  }

  wait(actor: Actor, conflict: NonNullable<ReturnType<typeof LockConflict.of>>): void {
    const { waits } = this.engine.locks
    const isCircle = this.isCircle(actor)
    const waiter: Waiter = {
      transaction: actor.txn, session: actor.number, ticket: waits.nextTicket(), ...conflict,
      wake: () => { actor.waiter = null },
    }
    try {
      waits.enter(waiter)
      expect(isCircle).toBe(false)
      actor.waiter = waiter
      this.waits++
    } catch (error) {
      if (!(error instanceof DatabaseError) || error.code !== CODE.DEADLOCK) throw error
      expect(isCircle).toBe(true)
      expect(error.detail).toContain(`session ${actor.number} waits for ${conflict.what}`)
      this.deadlocks++
      this.end(actor, false)
    }
  }

  end(actor: Actor, commits: boolean): void {
    actor.isDone = true
    actor.held.clear()
    if (commits) actor.txn.commit()
    else actor.txn.rollback()
  }

  run(random: Random): void {
    for (;;) {
      const open = this.actors.filter((actor) => !actor.isDone)
      if (open.length === 0) break
      const able = open.filter((actor) => actor.waiter === null)
      expect(able.length, 'a schedule hangs').toBeGreaterThan(0)
      this.step(random.pick(able))
    }
    expect([this.engine.locks.held, this.engine.locks.waits.waiting, this.engine.catalog.get('t').rowLocks!.size])
      .toEqual([0, 0, 0])
  }
}

describe('deadlocks', () => {
  test.each([2, 3, 4, 5, 6, 7, 8])('a cycle of %i is found by the one that closes it, and named', async (length) => {
    const engine = await setUp()
    const programs = Array.from({ length }, (_, i) => [i, (i + 1) % length]
      .map((id) => ({ id, strength: 'update' as const })))
    const schedule = new Schedule(engine, programs)
    for (const actor of schedule.actors) schedule.step(actor)
    for (const actor of schedule.actors.slice(0, -1)) schedule.step(actor)
    expect([schedule.deadlocks, engine.locks.waits.waiting]).toEqual([0, length - 1])
    schedule.step(schedule.actors[length - 1]!)
    expect([schedule.deadlocks, engine.locks.waits.counters.deadlocks]).toEqual([1, 1])
    // The one that waited for the victim goes on; the others still wait for one another, in a line.
    expect(schedule.actors.map((actor) => actor.waiter === null))
      .toEqual(schedule.actors.map((_, i) => i >= length - 2))
    schedule.run(new Random(length))
    expect(schedule.deadlocks).toBe(1)
    engine.close()
  })

  test('a shared lock that two want to strengthen', async () => {
    const engine = await setUp()
    const strengthen: Actor['program'] = [{ id: 1, strength: 'share' }, { id: 1, strength: 'update' }]
    const schedule = new Schedule(engine, [[...strengthen], [...strengthen]])
    for (let round = 0; round < 2; round++) for (const actor of schedule.actors) schedule.step(actor)
    expect(schedule.deadlocks).toBe(1)
    schedule.run(new Random(1))
    engine.close()
  })

  test('10,000 random schedules: every cycle, no false alarm, no hang', async () => {
    const engine = await setUp()
    const random = new Random(40_001)
    let [deadlocks, waits] = [0, 0]
    for (let run = 0; run < 10_000; run++) {
      const rows = 2 + random.below(ROWS - 1)
      const programs = Array.from({ length: 2 + random.below(5) }, () =>
        Array.from({ length: 1 + random.below(4) }, () => (
          { id: random.below(rows), strength: random.chance(0.3) ? 'share' as const : 'update' as const })))
      const schedule = new Schedule(engine, programs)
      schedule.run(random)
      deadlocks += schedule.deadlocks
      waits += schedule.waits
    }
    expect(deadlocks).toBeGreaterThan(1000)
    expect(engine.locks.waits.counters).toEqual({ waits, deadlocks, timeouts: 0 })
    engine.close()
  })
})

test('waiters for one transaction are woken by their tickets, and again with the same ticket', async () => {
  const engine = await setUp()
  const { waits } = engine.locks
  const holder = engine.begin()
  holder.lock('t', [1], 'update')
  const woken: number[] = []
  const waiterOf = (ticket: number): Waiter => ({
    transaction: null, session: ticket, ticket, what: 'row', blockers: [holder],
    blockersNow: () => holder.locks.length > 0 ? [holder] : [],
    wake: () => { woken.push(ticket) },
  })
  const late = waiterOf(9)
  for (const waiter of [waiterOf(3), late, waiterOf(1), waiterOf(2)]) waits.enter(waiter)
  expect([waits.leave(late), waits.leave(late)]).toEqual([true, false])
  holder.rollbackTo({ writes: 0, ddl: 0, objects: 0, locks: 0 })
  expect(woken).toEqual([1, 2, 3])
  waits.enter(waiterOf(2))
  waits.enter(waiterOf(1))
  holder.rollback()
  expect(woken).toEqual([1, 2, 3, 1, 2])
  engine.close()
})
