// kill -9 at random moments in a real writer process over real files. After every kill the parent opens the
// same files: no acknowledged commit may be missing, no transaction may be half there, and the state must be
// that of a prefix of the commits, by key as by scan. Odd rounds open read-only, so that the next writer meets
// the raw remains of the last one.
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import ts from 'typescript-api'
import { expect, test } from 'vitest'
import { Random } from '../../src/base/random.ts'
import { openEngine } from '../../storage/mod.ts'
import { StepModel, checkRecovered } from './state.ts'
import { KILL_OPTIONS } from './steps.ts'

const KILLS = Number(process.env['SECANTDB_KILLS'] ?? 60)
const here = dirname(fileURLToPath(import.meta.url))
const root = join(here, '..', '..')
const builtStorage = join(root, 'dist', 'storage', 'mod.js')

/** Takes the types out of a test's script, for a Node that cannot do that itself. */
function compile(name: string, folder: string): string {
  const source = readFileSync(join(here, `${name}.ts`), 'utf8')
  const { outputText } = ts.transpileModule(source, {
    compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ES2022 },
  })
  const dist = pathToFileURL(join(root, 'dist')).href
  const target = join(folder, `${name}.mjs`)
  writeFileSync(target, outputText.replace(/'\.\.\/\.\.\/([\w/.-]+)\.ts'/g, `'${dist}/$1.js'`))
  return target
}

interface Life {
  acknowledged: number
  ready: boolean
  errors: string
}

/** Runs a writer and kills it after `delay` milliseconds, counted from its first word or from its start. */
function liveAndDie(command: string[], delay: number, fromStart: boolean): Promise<Life> {
  return new Promise((resolve, reject) => {
    const child: ChildProcess = spawn(process.execPath, command, { stdio: ['ignore', 'pipe', 'pipe'] })
    const life: Life = { acknowledged: -1, ready: false, errors: '' }
    const kill = (): void => void child.kill('SIGKILL')
    if (fromStart) setTimeout(kill, delay)
    let rest = ''
    child.stdout!.on('data', (data: Buffer) => {
      const lines = (rest + data.toString()).split('\n')
      rest = lines.pop()!
      for (const line of lines) {
        if (line !== 'ready') life.acknowledged = Math.max(life.acknowledged, Number(line))
        else {
          life.ready = true
          if (!fromStart) setTimeout(kill, delay)
        }
      }
    })
    child.stderr!.on('data', (data: Buffer) => void (life.errors += data.toString()))
    child.on('error', reject)
    child.on('close', (code, signal) => {
      if (signal === 'SIGKILL') resolve(life)
      else reject(new Error(`the writer ended by itself (${code}): ${life.errors}`))
    })
  })
}

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
