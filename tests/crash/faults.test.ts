// Every input and output operation of a workload fails once: EIO, a full disk, and the three ways in which
// fsync fails. The failure must be a DatabaseError; afterwards the engine either works on or refuses every
// call (58030), never anything between; and what is on the disk holds every acknowledged commit.
import { describe, expect, test } from 'vitest'
import { CODE, DatabaseError } from '../../src/base/errors.ts'
import { Random } from '../../src/base/random.ts'
import { appendColumns, openEngine } from '../../storage/mod.ts'
import type { Engine, EngineOptions } from '../../storage/mod.ts'
import { CRASH_POLICIES } from '../sim/crash-image.ts'
import { FaultyFileSystem } from '../sim/faulty-file.ts'
import type { Fault, Misfortune, Operation } from '../sim/faulty-file.ts'
import { checkState, lastStep } from './state.ts'
import { KILL_OPTIONS, applyStep, modelStep } from './steps.ts'
import type { Model } from './steps.ts'

const SEED = 5
const STEPS = 36
const PATH = 'f.sdb'
const TINY: Partial<EngineOptions> = {
  ...KILL_OPTIONS, memoryBytes: 4 << 20, poolFrames: 10, deltaRows: 12, checkpointEvery: 7, walSegmentBytes: 1024,
}

const models: Model[] = []
function modelAfter(step: number): Model {
  while (models.length <= step) {
    const next: Model = new Map([...models[models.length - 1] ?? []].map(([name, rows]) => [name, new Map(rows)]))
    modelStep(next, SEED, models.length)
    models.push(next)
  }
  return step < 0 ? new Map() : models[step]!
}

interface Run {
  disk: FaultyFileSystem
  acknowledged: number
  /** Steps asked for. */
  attempted: number
  errors: DatabaseError[]
}

const open = (disk: FaultyFileSystem): Promise<Engine> => openEngine(PATH, { ...TINY, files: disk })

/** The error, when it is one of ours; anything else fails the test. */
function typed(error: unknown): DatabaseError {
  if (error instanceof DatabaseError && error.code !== CODE.INTERNAL) return error
  throw error
}

// Opens, retrying once: the planned fault may have met the first attempt.
async function openThrough(run: Run): Promise<Engine> {
  try {
    return await open(run.disk)
  } catch (error) {
    run.errors.push(typed(error))
    return open(run.disk)
  }
}

async function tryStep(run: Run, engine: Engine, step: number): Promise<boolean> {
  run.attempted = Math.max(run.attempted, step)
  try {
    await applyStep(engine, appendColumns, SEED, step)
    run.acknowledged = step
    return true
  } catch (error) {
    run.errors.push(typed(error))
    return false
  }
}

function closeQuietly(run: Run, engine: Engine): void {
  try {
    engine.close()
  } catch (error) {
    run.errors.push(typed(error))
  }
}

// A poisoned engine refuses everything with 58030.
function expectPoisoned(engine: Engine): void {
  for (const call of [() => engine.begin(), () => engine.checkpoint()]) {
    let code: string | null = null
    try {
      call()
    } catch (error) {
      code = typed(error).code
    }
    expect(code).toBe(CODE.IO)
  }
}

function isPoisoned(engine: Engine): boolean {
  try {
    engine.begin().rollback()
    return false
  } catch {
    return true
  }
}

// The workload as a patient user runs it: a failed step is tried again on the same engine, after reopening when
// the engine is poisoned. A step whose outcome is unknown may turn out to be there.
async function runWorkload(fault: Fault | null): Promise<Run> {
  const run: Run = { disk: new FaultyFileSystem(), acknowledged: -1, attempted: -1, errors: [] }
  if (fault !== null) run.disk.faults = [fault]
  let engine = await openThrough(run)
  for (let step = 0; step < STEPS;) {
    if (await tryStep(run, engine, step)) {
      step++
      continue
    }
    if (isPoisoned(engine)) {
      expectPoisoned(engine)
      closeQuietly(run, engine)
      engine = await openThrough(run)
      step = lastStep(engine) + 1
      expect(step).toBeGreaterThan(run.acknowledged)
    }
    expect(run.errors.length, 'one fault is met once').toBeLessThan(5)
  }
  if (run.errors.length > 0 && !isPoisoned(engine)) checkState(engine, modelAfter(lastStep(engine)))
  closeQuietly(run, engine)
  return run
}

async function checkDisk(run: Run, random: Random): Promise<void> {
  const engine = await open(run.disk.crash(random.pick(CRASH_POLICIES), random))
  const step = lastStep(engine)
  expect(step).toBeGreaterThanOrEqual(run.acknowledged)
  checkState(engine, modelAfter(step))
  engine.close()
}

const OPERATIONS: readonly [Operation, readonly Misfortune[]][] = [
  ['open', ['EIO', 'EMFILE']], ['create', ['ENOSPC', 'EACCES']], ['read', ['EIO']], ['write', ['EIO', 'ENOSPC']],
  ['truncate', ['ENOSPC', 'EIO']], ['rename', ['EIO']], ['unlink', ['EIO']], ['syncDir', ['EIO']],
  ['makeFolder', ['ENOSPC']],
]

describe('every operation fails once', () => {
  test.each(OPERATIONS)('%s', async (operation, misfortunes) => {
    const random = new Random(3)
    let cases = 0
    for (const what of misfortunes) {
      for (let nth = 1; ; nth++) {
        const fault: Fault = { operation, nth, what }
        const run = await runWorkload(fault)
        if (!run.disk.allFaultsMet) break
        await checkDisk(run, random)
        expect(run.disk.syncRetries).toBe(0)
        cases++
      }
    }
    console.log(`${operation}: ${cases} cases`)
    expect(cases).toBeGreaterThan(0)
  }, 400_000)
})

// fsync-late lies: it reports success, so what was acknowledged on its word may be gone, and a log with a hole
// in its durable part is refused. Anything that does open is still a prefix.
async function checkAfterLie(run: Run): Promise<'opened' | 'refused'> {
  try {
    const engine = await open(run.disk.crash('none', new Random(1)))
    // The log that the older root needs may be what the disk lied about: the check says so (F4).
    checkState(engine, modelAfter(lastStep(engine)), ['F4'])
    engine.close()
    return 'opened'
  } catch (error) {
    expect(typed(error).code).toBe(CODE.CORRUPT)
    return 'refused'
  }
}

describe('every sync fails once, and is not tried again', () => {
  test.each(['fsync-drop', 'fsync-keep', 'fsync-late'] as const)('%s', async (what) => {
    const random = new Random(4)
    let cases = 0
    for (let nth = 1; ; nth++) {
      const run = await runUntilFailure({ operation: 'sync', nth, what })
      if (!run.disk.allFaultsMet) break
      cases++
      expect(run.disk.syncRetries).toBe(0)
      if (what === 'fsync-late') await checkAfterLie(run)
      else await checkDisk(run, random)
    }
    console.log(`${what}: ${cases} cases`)
    expect(cases).toBeGreaterThan(20)
  }, 400_000)
})

// Until the first error, which for a sync must poison the engine.
async function runUntilFailure(fault: Fault): Promise<Run> {
  const run: Run = { disk: new FaultyFileSystem(), acknowledged: -1, attempted: -1, errors: [] }
  run.disk.faults = [fault]
  let engine: Engine
  try {
    engine = await open(run.disk)
  } catch (error) {
    run.errors.push(typed(error))
    return run
  }
  for (let step = 0; step < STEPS; step++) {
    if (await tryStep(run, engine, step)) continue
    expectPoisoned(engine)
    break
  }
  closeQuietly(run, engine)
  return run
}
