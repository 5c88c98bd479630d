// kill -9 at random moments in a real writer process over real files. After every kill the parent opens the
// same files: no acknowledged commit may be missing, no transaction may be half there, and the state must be
// that of a prefix of the commits, by key as by scan. Odd rounds open read-only, so that the next writer meets
// the raw remains of the last one.
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, test } from 'vitest'
import { Random } from '../../src/base/random.ts'
import { openEngine } from '../../storage/mod.ts'
import { builtStorage, compile, liveAndDie } from './process.ts'
import { StepModel, checkRecovered } from './state.ts'
import { KILL_OPTIONS } from './steps.ts'

const KILLS = Number(process.env['SECANTDB_KILLS'] ?? 60)
const isBuilt = existsSync(builtStorage)

test.skipIf(!isBuilt)(`${KILLS} kills lose no acknowledged commit and leave no partial one`, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'secantdb-kill-'))
  const path = join(folder, 'k.sdb')
  const random = new Random(20261121)
  const seed = 7
  const model = new StepModel(seed)
  const storageUrl = pathToFileURL(builtStorage).href
  const stepsUrl = pathToFileURL(compile('steps', folder)).href
  const writer = compile('writer', folder)
  let deathsBeforeReady = 0
  let last = -1
  try {
    for (let kill = 0; kill < KILLS; kill++) {
      const fromStart = kill % 6 === 5
      const delay = fromStart ? random.between(30, 160) : random.between(0, 250)
      const life = await liveAndDie(
        [writer, path, String(seed), String(last + 1), storageUrl, stepsUrl], delay, fromStart)
      if (!life.ready) deathsBeforeReady++
      if (!existsSync(path)) continue
      last = await recoverAndCheck(path, model, Math.max(last, life.acknowledged), kill % 2 === 1)
    }
    console.log(`${KILLS} kills, ${deathsBeforeReady} of them before the writer was ready; ${last + 1} steps`)
    expect(last).toBeGreaterThan(KILLS)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}, 300_000)

async function recoverAndCheck(
  path: string, model: StepModel, acknowledged: number, readOnly: boolean,
): Promise<number> {
  const engine = await openEngine(path, { ...KILL_OPTIONS, readOnly })
  try {
    return checkRecovered(engine, model, acknowledged)
  } finally {
    engine.close()
  }
}

test.runIf(!isBuilt)('kills need the build', () => {
  console.log('skipped: there is no dist/; run npm run build, or npm test, which does')
})
