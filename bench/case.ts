// One case = one engine x one workload x one size, in a process of its own: no engine warms or
// fragments the heap of another. As a program it takes the case from its arguments and sends the
// outcome to its parent; the tests call `runCase` in their own process.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { WORKLOADS, openEngine } from './catalog.ts'
import type { EngineName } from './engines/engine.ts'
import { RivalMissing } from './engines/rivals.ts'
import type { Measurement } from './measure.ts'
import type { Workload } from './workloads/workload.ts'
import { SEED } from './workloads/workload.ts'

export interface CaseOrder {
  readonly workload: string
  readonly engine: EngineName
  readonly rows: number
  readonly rounds: number
}

export interface CaseOutcome {
  readonly order: CaseOrder
  /** What ran, with its version; '' when it could not be loaded. */
  readonly label: string
  readonly measurements: readonly Measurement[]
  /** Why nothing was measured, or '' when it was. */
  readonly skipped: string
}

const MEMORY_BYTES = 2 ** 30

/** Runs one case in this process, in a temporary folder that is removed afterwards. */
export async function runCase(order: CaseOrder): Promise<CaseOutcome> {
  const workload = workloadNamed(order.workload)
  const folder = mkdtempSync(join(process.env['BENCH_FOLDER'] ?? tmpdir(), 'secantdb-bench-'))
  try {
    const memoryBytes = workload.memoryBytes?.(order.rows) ?? MEMORY_BYTES
    const engine = workload.isStandalone
      ? { label: 'SecantDB', close: () => undefined }
      : await openEngine(order.engine, { folder, memoryBytes })
    try {
      const { rows, rounds } = order
      const one = { engine, engineName: order.engine, folder, rows, rounds, seed: SEED }
      return { order, label: engine.label, measurements: await workload.run(one), skipped: '' }
    } finally {
      await engine.close()
    }
  } catch (error) {
    if (!(error instanceof RivalMissing)) throw error
    return { order, label: '', measurements: [], skipped: error.message }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The workload with this name. */
export function workloadNamed(name: string): Workload {
  const found = WORKLOADS.find((one) => one.name === name)
  const names = WORKLOADS.map((one) => one.name).join(', ')
  if (!found) throw new Error(`no workload '${name}'; there are ${names}`)
  return found
}

if (process.send && process.argv[2] === 'case') {
  const outcome = await runCase(JSON.parse(process.argv[3]!) as CaseOrder)
  process.send(outcome, () => process.exit(0))
}
