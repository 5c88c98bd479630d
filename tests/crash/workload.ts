// Workloads for crashing at every write: what users do to a database, as short lists of steps, each of which commits
// at most once. Run undisturbed they give the state after every step; whatever a crash leaves must be one of those.
import { expect } from 'vitest'
import { DatabaseError, open } from '../../src/index.ts'
import type { Database, OpenOptions } from '../../src/index.ts'
import { MemoryFileSystem } from '../../storage/file/memory-file.ts'
import type { FileSystem } from '../../storage/file/file.ts'

/** One step: SQL, or a function. */
export type WorkStep = string | ((db: Database) => unknown)

/** A list of steps on one database. */
export interface CrashWorkload {
  readonly name: string
  readonly options?: OpenOptions
  readonly steps: readonly WorkStep[]
  /** Acknowledged commits may be lost to a crash, never out of order (synchronous = normal or off). */
  readonly losesTail?: boolean
  /** Looks at what else the crash has left, such as a backup file. */
  readonly inspect?: (files: FileSystem) => Promise<void>
}

/** Path of the database of every workload. */
export const WORK_PATH = 'w.sdb'
const TINY: OpenOptions = {
  memory: '8MB', rowGroupRows: 64, deltaRows: 24, poolFrames: 16, checkpointEvery: 7,
}

/** Opens the workload's database. */
export function openWork(workload: CrashWorkload, files: FileSystem): Promise<Database> {
  return open(WORK_PATH, { ...TINY, ...workload.options, files })
}

/** Runs one step. */
export async function runStep(db: Database, step: WorkStep): Promise<void> {
  if (typeof step === 'string') db.exec(step)
  else await step(db)
}

/** Everything a user can see, as text; tables in the order of their names, rows as they are sorted here. */
export function dumpWork(db: Database): string {
  const names = db.prepare('SHOW TABLES').raw().map((row) => String(row[0])).sort()
  const definitions = db.prepare('PRAGMA definitions').raw().map((row) => String(row[1])).join('\n')
  return definitions + names.map((name) => {
    const rows = db.prepare(`SELECT * FROM "${name}"`).raw().map((row) => JSON.stringify(row, (_, value: unknown) =>
      typeof value === 'bigint' ? String(value) : typeof value === 'string' && value.length > 200
        ? `${value.length} characters, ${value.slice(0, 20)}` : value))
    return `${name}: ${rows.sort().join('\n')}`
  }).join('\n\n')
}

/** The states after 0, 1, … steps, from an undisturbed run. */
export async function statesOf(workload: CrashWorkload): Promise<string[]> {
  const db = await openWork(workload, new MemoryFileSystem())
  const states = [dumpWork(db)]
  for (const step of workload.steps) {
    await runStep(db, step)
    states.push(dumpWork(db))
  }
  db.close()
  return states
}

/** Checks an open database against the states from `least` on, and its structures. */
export function checkWork(db: Database, states: readonly string[], least: number, at: string): void {
  const found = dumpWork(db)
  if (!states.slice(least).includes(found)) expect(found, `${at}: no state from ${least} on`).toBe(states[least])
  expect(db.verify().problems, at).toEqual([])
}

/** The error when it is one of ours; anything else fails the test. */
export function typedError(error: unknown): DatabaseError {
  if (error instanceof DatabaseError && error.code !== 'XX000') return error
  throw error
}
