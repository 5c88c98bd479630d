// Child processes of the crash tests: compiled from TypeScript for a Node that cannot run it, started, and killed.
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import ts from 'typescript-api'

const here = dirname(fileURLToPath(import.meta.url))
const root = join(here, '..', '..')
/** The built engine, which child processes load. */
export const builtStorage = join(root, 'dist', 'storage', 'mod.js')

/** Takes the types out of a test's script, for a Node that cannot do that itself. */
export function compile(name: string, folder: string, from: string = here): string {
  const source = readFileSync(join(from, `${name}.ts`), 'utf8')
  const { outputText } = ts.transpileModule(source, {
    compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ES2022 },
  })
  const dist = pathToFileURL(join(root, 'dist')).href
  const target = join(folder, `${name}.mjs`)
  writeFileSync(target, outputText.replace(/'\.\.\/\.\.\/([\w/.-]+)\.ts'/g, `'${dist}/$1.js'`))
  return target
}

/** What a killed process has said. */
export interface Life {
  acknowledged: number
  ready: boolean
  errors: string
}

/** Runs a writer and kills it after `delay` milliseconds, counted from its first word or from its start. */
export function liveAndDie(command: string[], delay: number, fromStart: boolean): Promise<Life> {
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
