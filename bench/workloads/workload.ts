// The contract of a workload: which engines take part, at which sizes, and how one engine runs it.
// A workload function gets a fresh engine in a fresh folder, in a process of its own.
import type { Engine, EngineName } from '../engines/engine.ts'
import type { Measurement } from '../measure.ts'

/** `full` is the published run, `small` fits CI, `tiny` proves inside `npm test` that nothing rotted. */
export type Scale = 'full' | 'small' | 'tiny'

export interface Case {
  readonly engine: Engine
  readonly engineName: EngineName
  readonly folder: string
  readonly rows: number
  readonly rounds: number
  readonly seed: number
}

export interface Workload {
  readonly name: string
  /** Workloads that run together and are not part of the default run: `npm run bench -- storage`. */
  readonly group?: 'storage' | 'suites'
  /** One sentence for the tables. */
  readonly title: string
  readonly engines: readonly EngineName[]
  /** Row counts; the workload runs once per entry. */
  readonly rows: Readonly<Record<Scale, readonly number[]>>
  /** Memory for engines that take a figure; the rest is left at the library's default. */
  readonly memoryBytes?: (rows: number) => number
  /** True for workloads that bring what they measure: no database is opened for them. */
  readonly isStandalone?: boolean
  readonly run: (one: Case) => Promise<Measurement[]>
}

export const SEED = 20261121
