// Every workload is crashed after each of its writes, syncs and changes of names, under policies of what the disk may
// have kept; then each of its calls of the file system fails once. Afterwards the database shows the state after some
// step, none that was acknowledged is missing, its structures are sound, and it goes on from there.
import { describe, expect, test } from 'vitest'
import { Random } from '../../src/base/random.ts'
import type { Database } from '../../src/index.ts'
import { CRASH_POLICIES, FaultyFileSystem } from '../sim/faulty-file.ts'
import type { CrashPolicy, Fault, Misfortune, Operation } from '../sim/faulty-file.ts'
import { CRASH_WORKLOADS } from './workloads.ts'
import { checkWork, dumpWork, openWork, runStep, statesOf, typedError } from './workload.ts'
import type { CrashWorkload } from './workload.ts'

/** Policies tried after each operation; all of them in the long run. */
const POLICIES = process.env['SECANTDB_CRASH_ALL'] === '1' ? CRASH_POLICIES.length : 3

interface Image {
  readonly disk: FaultyFileSystem
  /** Steps acknowledged when it was taken. */
  readonly done: number
  readonly at: string
}

// What a process leaves that is killed: nothing is written, locks and memory are the system's again.
async function checkImage(workload: CrashWorkload, states: readonly string[], image: Image): Promise<void> {
  const least = workload.losesTail === true ? 0 : image.done
  const db = await openWork(workload, image.disk)
  checkWork(db, states, least, image.at)
  const before = dumpWork(db)
  db.exec('CREATE TABLE after_the_crash (id INTEGER PRIMARY KEY)')
  db.exec('INSERT INTO after_the_crash VALUES (1)')
  db.close()
  const again = await openWork(workload, image.disk)
  again.exec('DROP TABLE after_the_crash')
  expect(dumpWork(again), `${image.at}: after reopening`).toBe(before)
  again.close()
  await workload.inspect?.(image.disk)
}

async function crashEverywhere(workload: CrashWorkload): Promise<number> {
  const states = await statesOf(workload)
  const random = new Random(states.length)
  const disk = new FaultyFileSystem()
  let waiting: Image[] = []
  let done = 0
  let images = 0
  disk.onStep = ({ index, operation, path }) => {
    const policies = random.shuffle([...CRASH_POLICIES.keys()]).slice(0, POLICIES).map((i) => CRASH_POLICIES[i]!)
    for (const policy of policies as CrashPolicy[]) {
      const at = `${policy} after operation ${index} (${operation} ${path}), step ${done}`
      waiting.push({ disk: disk.crash(policy, random), done, at })
    }
  }
  const drain = async (): Promise<void> => {
    images += waiting.length
    for (const image of waiting) await checkImage(workload, states, image)
    waiting = []
  }
  const db = await openWork(workload, disk)
  await drain()
  for (const step of workload.steps) {
    await runStep(db, step)
    done++
    await drain()
  }
  db.close()
  await drain()
  return images
}

describe('a crash after every write', () => {
  test.each(CRASH_WORKLOADS)('$name', async (workload) => {
    const images = await crashEverywhere(workload)
    console.log(`${workload.name}: ${images} images`)
    expect(images).toBeGreaterThan(20)
  }, 400_000)
})

const CALLS: readonly [Operation, Misfortune][] = [
  ['write', 'EIO'], ['write', 'ENOSPC'], ['read', 'EIO'], ['read', 'short-read'], ['write', 'split-write'],
  ['truncate', 'EIO'],
  ['create', 'ENOSPC'], ['open', 'EMFILE'], ['rename', 'EIO'], ['unlink', 'EIO'], ['syncDir', 'EIO'],
  ['sync', 'fsync-drop'], ['sync', 'fsync-keep'],
]

// Runs the steps until one fails; closes; returns the steps that were acknowledged, null when nothing went wrong.
async function runWithFault(workload: CrashWorkload, disk: FaultyFileSystem): Promise<number | null> {
  let db: Database | null = null
  let done = 0
  let isWell = true
  try {
    db = await openWork(workload, disk)
    for (const step of workload.steps) {
      await runStep(db, step)
      done++
    }
  } catch (error) {
    typedError(error)
    isWell = false
  }
  try {
    db?.close()
  } catch (error) {
    typedError(error)
    isWell = false
  }
  return isWell && disk.allFaultsMet ? done : disk.allFaultsMet ? done : null
}

async function failEverywhere(workload: CrashWorkload): Promise<number> {
  const states = await statesOf(workload)
  const random = new Random(7)
  let cases = 0
  for (const [operation, what] of CALLS) {
    // Every call at first, then every few: late calls resemble each other.
    for (let nth = 1; ; nth += nth < 12 ? 1 : random.between(3, 9)) {
      const fault: Fault = { operation, nth, what }
      const disk = new FaultyFileSystem()
      disk.faults = [fault]
      const done = await runWithFault(workload, disk)
      if (done === null) break
      cases++
      const at = `${what} at ${operation} ${nth}`
      expect(disk.syncRetries, at).toBe(0)
      const db = await openWork(workload, disk.crash(random.pick(CRASH_POLICIES), random))
      checkWork(db, states, workload.losesTail === true ? 0 : done, at)
      db.close()
    }
  }
  return cases
}

describe('every call fails once', () => {
  test.each(CRASH_WORKLOADS)('$name', async (workload) => {
    const cases = await failEverywhere(workload)
    console.log(`${workload.name}: ${cases} faults`)
    expect(cases).toBeGreaterThan(20)
  }, 400_000)
})
