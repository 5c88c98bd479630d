// Transactions over attached files on the simulated disk: each file has the whole transaction or nothing of it,
// whatever step the machine stops at and whatever its unsynced writes became; an I/O error in one file leaves the other
// usable.
import { expect, test } from 'vitest'
import { Random } from '../../src/base/random.ts'
import { open } from '../../src/index.ts'
import type { Database } from '../../src/index.ts'
import { CRASH_POLICIES, FaultyFileSystem } from '../sim/faulty-file.ts'

const OPTIONS = { memory: '8MB', rowGroupRows: 64, deltaRows: 20, checkpointEvery: 4 } as const
const ROUNDS = 8

async function openBoth(files: FaultyFileSystem): Promise<Database> {
  const db = await open('main.sdb', { ...OPTIONS, files })
  await db.attach('far.sdb', 'far', { create: true, memory: '8MB' })
  return db
}

/** One transfer: a row goes from the main file to the other in one transaction. */
function move(db: Database, round: number): void {
  db.transaction(() => {
    db.exec(`INSERT INTO far.done SELECT id, note FROM work WHERE id = ${round}; DELETE FROM work WHERE id = ${round}`)
    db.exec(`INSERT INTO far.done VALUES (${round + 1000}, 'second of ${round}')`)
  })
}

async function prepared(): Promise<FaultyFileSystem> {
  const files = new FaultyFileSystem()
  const db = await openBoth(files)
  db.exec('CREATE TABLE work (id INT PRIMARY KEY, note TEXT); CREATE TABLE far.done (id INT PRIMARY KEY, note TEXT)')
  for (let round = 0; round < ROUNDS; round++) db.exec(`INSERT INTO work VALUES (${round}, 'note ${round}')`)
  db.close()
  return files
}

async function stepsOf(): Promise<number> {
  const files = await prepared()
  const before = files.steps
  const db = await openBoth(files)
  for (let round = 0; round < ROUNDS; round++) move(db, round)
  db.close()
  return files.steps - before
}

test('a crash at any step leaves each file with whole transactions, in order', async () => {
  const steps = await stepsOf()
  expect(steps).toBeGreaterThan(ROUNDS * 2)
  const random = new Random(3)
  let between = 0
  for (let step = 1; step <= steps; step++) {
    const files = await prepared()
    files.crashAtStep = files.steps + step
    let done = 0
    try {
      const db = await openBoth(files)
      for (; done < ROUNDS; done++) move(db, done)
      db.close()
    } catch { /* the machine has stopped */ }
    const survivor = files.crash(random.pick(CRASH_POLICIES), random)
    const db = await openBoth(survivor)
    const work = db.prepare('SELECT id FROM work ORDER BY id').all().map(row => row['id'])
    const far = db.prepare('SELECT id FROM far.done WHERE id < 1000 ORDER BY id').all().map(row => row['id'])
    const second = db.prepare('SELECT id FROM far.done WHERE id >= 1000 ORDER BY id').all().map(row => row['id'])
    const moved = ROUNDS - work.length
    // The attached file commits first: it has what the main file has, or one transaction more.
    expect(work).toEqual(Array.from({ length: work.length }, (_, i) => moved + i))
    expect(far).toEqual(Array.from({ length: far.length }, (_, i) => i))
    expect(second).toEqual(far.map(id => Number(id) + 1000))
    expect(far.length - moved).toBeGreaterThanOrEqual(0)
    expect(far.length - moved).toBeLessThanOrEqual(1)
    expect(moved).toBeGreaterThanOrEqual(done)
    if (far.length > moved) between++
    expect(db.verify().problems).toEqual([])
    db.close()
  }
  expect(between).toBeGreaterThan(0)
})

test('a failing attached file rolls the whole transaction back here, and reopening finds both whole', async () => {
  const files = await prepared()
  const db = await openBoth(files)
  move(db, 0)
  files.faults = [{ operation: 'sync', nth: 1, what: 'EIO', path: 'far.sdb-wal', isSticky: true }]
  expect(() => move(db, 1)).toThrow()
  expect(db.prepare('SELECT count(*) AS n FROM work').get()).toEqual({ n: ROUNDS - 1 })
  expect(() => db.prepare('SELECT * FROM far.done').all()).toThrow(/far\.sdb/)
  files.faults = []
  try {
    db.close()
  } catch { /* the attached engine is poisoned and says so */ }
  const again = await openBoth(files)
  expect(again.prepare('SELECT count(*) AS n FROM work').get()).toEqual({ n: ROUNDS - 1 })
  expect(again.verify().problems).toEqual([])
  again.close()
})
