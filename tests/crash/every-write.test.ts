// A workload on the simulated disk, crashed after every single write, sync and name change, with every policy
// of what the disk may have kept. Whatever comes up after recovery must be the state after some step, not
// before the last acknowledged one; recovering twice changes nothing; the integrity check is clean; and the
// database goes on from there. Recovery itself is crashed after each of its own writes.
import { describe, expect, test, vi } from 'vitest'
import { Random } from '../../src/base/random.ts'
import { appendColumns, openEngine } from '../../storage/mod.ts'
import type { Engine, EngineOptions } from '../../storage/mod.ts'
import { CRASH_POLICIES } from '../sim/crash-image.ts'
import type { CrashPolicy } from '../sim/crash-image.ts'
import { FaultyFileSystem, SimulatedCrash } from '../sim/faulty-file.ts'
import { lastStep, checkState } from './state.ts'
import { KILL_OPTIONS, applyStep, modelStep } from './steps.ts'
import type { Model } from './steps.ts'

const SEED = 11
const STEPS = 62
const PATH = 'e.sdb'
const TINY: Partial<EngineOptions> = {
  ...KILL_OPTIONS, memoryBytes: 4 << 20, poolFrames: 12, deltaRows: 16, checkpointEvery: 9, walSegmentBytes: 8192,
}

/** A crashed disk, and what must at least be on it. */
interface Image {
  disk: FaultyFileSystem
  acknowledged: number
  policy: CrashPolicy
  at: string
}

/** Models after each step, made once. */
const models: Model[] = []
function modelAfter(step: number): Model {
  while (models.length <= step) {
    const last = models[models.length - 1]
    const next: Model = new Map([...last ?? []].map(([name, rows]) => [name, new Map(rows)]))
    modelStep(next, SEED, models.length)
    models.push(next)
  }
  return step < 0 ? new Map() : models[step]!
}

const open = (disk: FaultyFileSystem): Promise<Engine> => openEngine(PATH, { ...TINY, files: disk })

// What a killed process leaves to the one that runs this test: memory and lock, nothing written.
function abandon(engine: Engine): void {
  engine.parts.lock?.release()
  engine.memory.release()
}

function checkAt(engine: Engine, image: Image): number {
  const step = lastStep(engine)
  expect(step, image.at).toBeGreaterThanOrEqual(image.acknowledged)
  checkState(engine, modelAfter(step))
  return step
}

async function checkImage(image: Image, random: Random): Promise<void> {
  const first = await open(image.disk)
  const step = checkAt(first, image)
  abandon(first)
  if (!random.chance(0.4)) return
  const again = image.disk.crash(random.pick(CRASH_POLICIES), random)
  const second = await open(again)
  expect(lastStep(second), `${image.at}, recovered twice`).toBe(step)
  checkState(second, modelAfter(step))
  applyStep(second, appendColumns, SEED, step + 1)
  second.close()
  const third = await open(again)
  expect(lastStep(third), `${image.at}, written after recovery`).toBe(step + 1)
  checkState(third, modelAfter(step + 1))
  third.close()
}

// Runs the workload and hands over an image per mutating operation and policy, between the steps.
async function forEachImage(
  policies: readonly CrashPolicy[], check: (image: Image) => Promise<void>, steps = STEPS,
): Promise<{ images: number; operations: number }> {
  const random = new Random(SEED)
  const disk = new FaultyFileSystem()
  let waiting: Image[] = []
  let acknowledged = -1
  let images = 0
  disk.onStep = ({ index, operation, path }) => {
    for (const policy of policies) {
      const at = `${policy} after operation ${index} (${operation} ${path})`
      waiting.push({ disk: disk.crash(policy, random), acknowledged, policy, at })
    }
  }
  const drain = async (): Promise<void> => {
    images += waiting.length
    for (const image of waiting) await check(image)
    waiting = []
  }
  let engine = await open(disk)
  const inFlight = new Set<Promise<void>>()
  for (let step = 0; step < steps; step++) {
    const done = applyStep(engine, appendColumns, SEED, step)
    if (done === null) acknowledged = step
    else {
      const noted: Promise<void> = done.then(() => {
        acknowledged = Math.max(acknowledged, step)
        inFlight.delete(noted)
      })
      inFlight.add(noted)
      if (step % 3 === 0) await Promise.all(inFlight)
    }
    await drain()
    if (step % 31 === 30) {
      await Promise.all(inFlight)
      engine.close()
      await drain()
      engine = await open(disk)
    }
  }
  await Promise.all(inFlight)
  engine.close()
  await drain()
  return { images, operations: disk.steps }
}

// Roughly two images in five are also recovered a second time, written to and reopened.
describe('crash after every write', () => {
  test('the state is that of a prefix of the commits', async () => {
    const random = new Random(1)
    const { images, operations } = await forEachImage(CRASH_POLICIES, (image) => checkImage(image, random))
    console.log(`${images} images over ${operations} operations`)
    expect(images).toBe(operations * CRASH_POLICIES.length)
  }, 400_000)

  test('also when recovery crashes', async () => {
    const random = new Random(2)
    let images = 0
    await forEachImage(['subset', 'torn'], async (image) => {
      if (!random.chance(0.12)) return
      for (let at = 1; ; at++) {
        const disk = image.disk.crash('all', random)
        disk.crashAtStep = at
        const crashed = await open(disk).then((engine) => {
          abandon(engine)
          return false
        }, (error: unknown) => {
          if (error instanceof SimulatedCrash) return true
          throw error
        })
        if (!crashed) return
        const engine = await open(disk.crash(random.pick(CRASH_POLICIES), random))
        checkAt(engine, { ...image, at: `${image.at}, then operation ${at} of recovery` })
        abandon(engine)
        images++
      }
    }, 50)
    console.log(`${images} images of crashed recoveries`)
    expect(images).toBeGreaterThan(100)
  }, 400_000)

  // An audit of this test itself: with syncs that do nothing, commits must be seen to get lost.
  test('a disk whose syncs do nothing is noticed', async () => {
    const spy = vi.spyOn(FaultyFileSystem.prototype, 'sync').mockImplementation(() => {})
    try {
      const random = new Random(3)
      await expect(forEachImage(['none'], (image) => checkImage(image, random), 20)).rejects.toThrow()
    } finally {
      spy.mockRestore()
    }
  })
})
