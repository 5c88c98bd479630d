// The workload of every-write.test.ts under the other ways to become durable: without a log, with commits that are
// only written, and with an archive that bulk appends are logged for. Crashed after every operation; what comes up is
// a prefix of the commits, at least up to the last acknowledged one where commits are durable. From the archive and
// the empty file every state is restored that the archive claims to hold.
import { describe, expect, test } from 'vitest'
import { Random } from '../../src/base/random.ts'
import { BulkLoader, appendColumns, openEngine } from '../../storage/mod.ts'
import type { Engine, EngineOptions } from '../../storage/mod.ts'
import { checkArchive, placeArchivedLog } from '../../storage/wal/archive.ts'
import { FIRST_LSN } from '../../storage/wal/wal-writer.ts'
import type { CrashPolicy } from '../sim/crash-image.ts'
import { FaultyFileSystem } from '../sim/faulty-file.ts'
import { checkState, lastStep } from './state.ts'
import { KILL_OPTIONS, applyStep, modelStep } from './steps.ts'
import type { Model } from './steps.ts'

const SEED = 11
const PATH = 'e.sdb'
const TINY: Partial<EngineOptions> = {
  ...KILL_OPTIONS, memoryBytes: 4 << 20, poolFrames: 12, deltaRows: 16, checkpointEvery: 9, walSegmentBytes: 8192,
  io: 'sync',
}
const VARIANTS: Record<string, Partial<EngineOptions>> = {
  'without a log': { walMode: 'off' },
  'synchronous = normal': { synchronous: 'normal', walFlushBytes: 2000 },
  'with an archive': { walArchive: 'kept' },
}

/** By a loader that merges runs with the base: it replaces all row groups of table and indexes. */
const loadColumns: typeof appendColumns = (engine, name, columns, onConflict) => {
  const loader = new BulkLoader(engine, name, onConflict, 8)
  loader.add(columns)
  return loader.finish()
}
const BULK_STEPS = { 'bulk append': appendColumns, 'bulk load': loadColumns }

const models: Model[] = []
function modelAfter(step: number): Model {
  while (models.length <= step) {
    const next: Model = new Map([...models[models.length - 1] ?? []].map(([name, rows]) => [name, new Map(rows)]))
    modelStep(next, SEED, models.length)
    models.push(next)
  }
  return step < 0 ? new Map() : models[step]!
}

const bulkStep = ({ walArchive }: Partial<EngineOptions>): typeof appendColumns =>
  walArchive === undefined ? appendColumns : loadColumns

const open = (disk: FaultyFileSystem, variant: Partial<EngineOptions>): Promise<Engine> =>
  openEngine(PATH, { ...TINY, ...variant, files: disk })

interface Image {
  disk: FaultyFileSystem
  acknowledged: number
  at: string
}

async function checkImage(image: Image, variant: Partial<EngineOptions>, goesOn: boolean): Promise<void> {
  const first = await open(image.disk, variant)
  const step = lastStep(first)
  if (variant.synchronous === undefined) expect(step, image.at).toBeGreaterThanOrEqual(image.acknowledged)
  checkState(first, modelAfter(step))
  if (goesOn) {
    await applyStep(first, bulkStep(variant), SEED, step + 1)
    first.close()
    const second = await open(image.disk, variant)
    expect(lastStep(second), `${image.at}, written after recovery`).toBe(step + 1)
    checkState(second, modelAfter(step + 1))
    second.close()
  } else {
    first.parts.lock?.release()
    first.memory.release()
  }
}

/** Runs `steps` steps, crashing after every operation; returns the disk at the end and the number of images. */
async function run(
  variant: Partial<EngineOptions>, policies: readonly CrashPolicy[], steps: number,
): Promise<{ disk: FaultyFileSystem; images: number; engine: Engine }> {
  const random = new Random(SEED)
  const disk = new FaultyFileSystem()
  let acknowledged = -1
  let waiting: Image[] = []
  let images = 0
  disk.onStep = ({ index, operation, path }) => {
    const policy = random.pick(policies)
    const at = `${policy} after ${index} (${operation} ${path})`
    waiting.push({ disk: disk.crash(policy, random), acknowledged, at })
  }
  const engine = await open(disk, variant)
  for (let step = 0; step < steps; step++) {
    await applyStep(engine, bulkStep(variant), SEED, step)
    acknowledged = step
    await new Promise((resolve) => setImmediate(resolve))
    images += waiting.length
    for (const image of waiting) await checkImage(image, variant, random.chance(0.3))
    waiting = []
  }
  return { disk, images, engine }
}

describe.each(Object.entries(VARIANTS))('%s', (_name, variant) => {
  test('the state after any crash is that of a prefix of the commits', async () => {
    const { images, engine } = await run(variant, ['none', 'all', 'prefix', 'subset', 'torn', 'size-first'], 50)
    console.log(`${images} images`)
    expect(images).toBeGreaterThan(150)
    if (variant.walMode === 'off') expect(engine.wal!.stats.records).toBe(0)
    engine.close()
  }, 400_000)
})

test.each(Object.entries(BULK_STEPS))('every commit is restored from the archive, with a %s', async (_name, append) => {
  const disk = new FaultyFileSystem()
  const engine = await open(disk, { walArchive: 'kept' })
  // The file as it was before its first commit.
  const base = disk.bytesOf(PATH)
  const ends: { commitId: number; step: number }[] = []
  for (let step = 0; step < 75; step++) {
    await applyStep(engine, append, SEED, step)
    ends.push({ commitId: engine.commitId, step })
  }
  const { databaseId } = engine.pages
  engine.close()
  const range = { databaseId, fromLsn: FIRST_LSN }
  expect(checkArchive(disk, 'kept', range)).toMatchObject({ lastCommitId: ends.at(-1)!.commitId, isCut: false })
  for (const { commitId, step } of ends.filter((_, i) => i % 6 === 5 || i % 23 === 0)) {
    const path = `restored-${step}.sdb`
    disk.open(path, 'create').write(0, base)
    placeArchivedLog(disk, 'kept', `${path}-wal`, { ...range, untilCommit: commitId })
    for (let times = 0; times < 2; times++) {
      const restored = await openEngine(path, { ...TINY, files: disk })
      expect(restored.commitId).toBe(commitId)
      checkState(restored, modelAfter(step))
      restored.close()
    }
  }
}, 400_000)
