// Readers beside real writer processes on real files, over many kill -9 of the writer: what a reader shows is at every
// moment the state after some step, never an older one than before; and readers that are killed leave nothing.
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, test } from 'vitest'
import { Random } from '../../src/base/random.ts'
import { NodeFileSystem } from '../../storage/file/node-file.ts'
import { appendColumns, openEngine } from '../../storage/mod.ts'
import { listReaderSlots } from '../../storage/process/reader-slot.ts'
import { builtStorage, compile, liveAndDie } from './process.ts'
import { StepModel, checkRecovered, lastStep } from './state.ts'
import { KILL_OPTIONS, applyStep } from './steps.ts'

const isBuilt = existsSync(builtStorage)
const LIVES = 8

test.skipIf(!isBuilt)('a reader follows writers that are killed', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'secantdb-reader-'))
  const path = join(folder, 'r.sdb')
  const random = new Random(31)
  const model = new StepModel(9)
  const storageUrl = pathToFileURL(builtStorage).href
  const stepsUrl = pathToFileURL(compile('steps', folder)).href
  const writer = compile('writer', folder)
  let life: ReturnType<typeof liveAndDie> | null = null
  try {
    const first = await openEngine(path, KILL_OPTIONS)
    await applyStep(first, appendColumns, 9, 0)
    first.close()
    const reader = await openEngine(path, { ...KILL_OPTIONS, readOnly: true })
    let last = checkRecovered(reader, model, 0)
    let looks = 0
    for (let i = 0; i < LIVES; i++) {
      let isOver = false
      const command = [writer, path, '9', String(last + 1), storageUrl, stepsUrl]
      life = liveAndDie(command, random.between(100, 400), false).finally(() => void (isOver = true))
      while (!isOver) {
        reader.follower!.look()
        if (lastStep(reader) !== last) looks++
        last = checkRecovered(reader, model, last)
        await new Promise((resolve) => setTimeout(resolve, 1))
      }
      const { acknowledged } = await life
      // The next writer's recovery decides what a torn end of the log was; the reader must have it all by then.
      const next = await openEngine(path, KILL_OPTIONS)
      expect(lastStep(next)).toBeGreaterThanOrEqual(Math.max(last, acknowledged))
      next.checkpoint()
      reader.follower!.look()
      expect(lastStep(reader)).toBe(lastStep(next))
      last = checkRecovered(reader, model, last)
      next.close()
    }
    console.log(`${last + 1} steps of ${LIVES} writers, ${looks} of them seen on the way`)
    expect(looks).toBeGreaterThan(LIVES)
    reader.close()
  } finally {
    // A writer that still lives would write into the folder while it is removed, and hide what went wrong.
    await Promise.allSettled([life])
    rmSync(folder, { recursive: true, force: true })
  }
}, 120_000)

test.skipIf(!isBuilt)('a killed reader blocks nobody and its slot goes away', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'secantdb-reader-'))
  const path = join(folder, 'r.sdb')
  try {
    const first = await openEngine(path, KILL_OPTIONS)
    await applyStep(first, appendColumns, 9, 0)
    const slots = (): string[] => listReaderSlots(new NodeFileSystem(), `${path}-wal`)
    await liveAndDie([compile('reader', folder), path, pathToFileURL(builtStorage).href], 5, false)
    expect(slots().length).toBe(1)
    first.checkpoint()
    first.close()
    const second = await openEngine(path, KILL_OPTIONS)
    expect(slots()).toEqual([])
    expect(second.readers!.count).toBe(0)
    second.close()
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}, 60_000)

test.runIf(!isBuilt)('readers need the build', () => {
  console.log('skipped: there is no dist/; run npm run build, or npm test, which does')
})
