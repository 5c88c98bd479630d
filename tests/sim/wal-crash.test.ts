// The log under crashes, faults and damage. After any crash the replayed commits are a prefix of those
// made, at least as long as what was acknowledged. After damage the log is a shorter prefix only where nothing
// proves that more had been durable; otherwise it is refused and left as it is.
import { describe, expect, test } from 'vitest'
import { DatabaseError } from '../../src/base/errors.ts'
import { Random } from '../../src/base/random.ts'
import { RECORD } from '../../storage/wal/record.ts'
import { FIRST_LSN, Wal } from '../../storage/wal/wal-writer.ts'
import type { Synchronous } from '../../storage/wal/wal-options.ts'
import { CRASH_POLICIES, FaultyFileSystem, SimulatedCrash } from './faulty-file.ts'
import type { Fault } from './faulty-file.ts'

const databaseId = new Uint8Array(16).fill(4)
const SEGMENT = 2048

interface Progress {
  disk: FaultyFileSystem
  /** Commits asked for, and those whose sync returned. */
  logged: number
  acknowledged: number
  redoLsn: number
  redoCommit: number
}

function openWal(
  disk: FaultyFileSystem, redoLsn: number, synchronous: Synchronous, onCommit: (id: number) => void,
  segmentBytes = SEGMENT,
): Wal {
  let sum = 0
  return Wal.open(disk, 'a-wal', { synchronous, databaseId, segmentBytes }, redoLsn, (record) => {
    if (record.type !== RECORD.COMMIT) {
      sum += record.length
      let isSame = true
      for (let i = 0; i < record.length; i++) {
        isSame &&= record.body[record.offset + i] === ((record.commitId * 31 + i) & 255)
      }
      expect(isSame).toBe(true)
      return
    }
    expect(sum).toBe(sizeOf(record.commitId))
    sum = 0
    onCommit(record.commitId)
  })
}

function sizeOf(commitId: number): number {
  return (commitId * 97) % 900
}

function logCommit(wal: Wal, commitId: number): number {
  const body = Uint8Array.from({ length: sizeOf(commitId) }, (_, i) => (commitId * 31 + i) & 255)
  wal.begin(commitId)
  wal.append(RECORD.INSERT, 1, body, 0, body.length)
  return wal.commit(commitId)
}

// Commits from `first` on; every fifth is followed by a "checkpoint" that moves the redo LSN and recycles.
function append(wal: Wal, progress: Progress, first: number, count: number, random: Random): void {
  let older = progress.redoLsn
  for (let commitId = first; commitId < first + count; commitId++) {
    progress.logged = commitId
    const lsn = logCommit(wal, commitId)
    if (random.chance(0.3)) continue
    wal.sync(commitId % 5 === 0)
    progress.acknowledged = commitId
    if (commitId % 5 !== 0) continue
    wal.recycle(older)
    older = progress.redoLsn
    progress.redoLsn = lsn
    progress.redoCommit = commitId
  }
}

function run(disk: FaultyFileSystem, seed: number, synchronous: Synchronous = 'full', count = 24): Progress {
  const progress: Progress = { disk, logged: 0, acknowledged: 0, redoLsn: FIRST_LSN, redoCommit: 0 }
  try {
    append(openWal(disk, 0, synchronous, () => undefined), progress, 1, count, new Random(seed))
  } catch (error) {
    if (!(error instanceof SimulatedCrash) && !(error instanceof DatabaseError)) throw error
  }
  return progress
}

// Reopens an image; returns the last commit of the log.
function recover(image: FaultyFileSystem, progress: Progress, isDurable = true): { wal: Wal; last: number } {
  const commits: number[] = []
  const wal = openWal(image, progress.redoLsn, 'full', (id) => commits.push(id))
  commits.forEach((id, i) => expect(id).toBe(progress.redoCommit + 1 + i))
  const last = progress.redoCommit + commits.length
  if (isDurable) expect(last).toBeGreaterThanOrEqual(progress.acknowledged)
  expect(last).toBeLessThanOrEqual(progress.logged)
  return { wal, last }
}

describe('wal crashes', () => {
  test('after every operation, under every policy, twice in a row', () => {
    let images = 0
    for (let seed = 1; seed <= 3; seed++) {
      const steps = run(new FaultyFileSystem(), seed).disk.steps
      for (let step = 1; step <= steps; step++) {
        const disk = new FaultyFileSystem()
        disk.crashAtStep = step
        const progress = run(disk, seed)
        for (const policy of CRASH_POLICIES) {
          const random = new Random(seed * 10_000 + step)
          const image = disk.crash(policy, random)
          const { wal, last } = recover(image, progress)
          const second: Progress = { ...progress, acknowledged: last }
          image.crashAtStep = image.steps + 1 + random.below(12)
          try {
            append(wal, second, last + 1, 6, random)
          } catch (error) {
            expect(error).toBeInstanceOf(SimulatedCrash)
          }
          recover(image.crash(random.pick(CRASH_POLICIES), random), second)
          images++
        }
      }
    }
    expect(images).toBeGreaterThan(800)
  })

  test('a killed process, a restart on the same machine, then a power failure', () => {
    const steps = run(new FaultyFileSystem(), 2).disk.steps
    for (let step = 1; step <= steps; step++) {
      const disk = new FaultyFileSystem()
      disk.crashAtStep = step
      const progress = run(disk, 2)
      disk.restart()
      const { wal, last } = recover(disk, progress)
      const second: Progress = { ...progress, acknowledged: last }
      append(wal, second, last + 1, 4, new Random(step))
      for (const policy of CRASH_POLICIES) recover(disk.crash(policy, new Random(step)), second)
    }
  })

  test('without full synchronisation the log is still a prefix, from the redo LSN on', () => {
    for (const synchronous of ['normal', 'off'] as const) {
      const steps = run(new FaultyFileSystem(), 9, synchronous).disk.steps
      for (let step = 1; step <= steps; step++) {
        const disk = new FaultyFileSystem()
        disk.crashAtStep = step
        const progress = run(disk, 9, synchronous)
        for (const policy of CRASH_POLICIES) {
          const { last } = recover(disk.crash(policy, new Random(step)), progress, false)
          expect(last).toBeGreaterThanOrEqual(progress.redoCommit)
        }
      }
    }
  })

  test('I/O errors at every operation: typed, no sync is retried, nothing acknowledged is lost', () => {
    const faults: Omit<Fault, 'nth'>[] = [
      { operation: 'write', what: 'ENOSPC' }, { operation: 'write', what: 'EIO' },
      { operation: 'write', what: 'ENOSPC', isSticky: true },
      { operation: 'write', what: 'split-write', isSticky: true },
      { operation: 'sync', what: 'fsync-drop' }, { operation: 'sync', what: 'fsync-keep' },
      { operation: 'syncDir', what: 'EIO' }, { operation: 'rename', what: 'EIO' }, { operation: 'unlink', what: 'EIO' },
      { operation: 'open', what: 'EMFILE' },
    ]
    let cases = 0
    for (const planned of faults) {
      for (let nth = 1; ; nth++) {
        const disk = new FaultyFileSystem()
        disk.faults = [{ ...planned, nth }]
        const progress = run(disk, 5)
        if (!disk.allFaultsMet) break
        cases++
        expect(disk.syncRetries).toBe(0)
        for (const policy of CRASH_POLICIES) recover(disk.crash(policy, new Random(nth)), progress)
      }
    }
    expect(cases).toBeGreaterThan(100)
  })

  test('a full disk is met by commit, which can be tried again when there is room', () => {
    const disk = new FaultyFileSystem()
    const wal = openWal(disk, 0, 'full', () => undefined)
    disk.faults = [{ operation: 'write', nth: 1, what: 'ENOSPC', isSticky: true }]
    let commitId = 1
    let refused = 0
    for (let i = 0; i < 8 && refused === 0; i++) {
      try {
        logCommit(wal, commitId)
        commitId++
      } catch (error) {
        expect(error).toMatchObject({ code: '53100' })
        refused++
      }
    }
    expect(refused).toBe(1)
    disk.faults = []
    logCommit(wal, commitId)
    wal.close()
    let seen = 0
    openWal(disk, FIRST_LSN, 'full', () => seen++)
    expect(seen).toBe(commitId)
  })

  test('a failed sync poisons the log for everybody who waits', async () => {
    const disk = new FaultyFileSystem()
    const wal = openWal(disk, 0, 'full', () => undefined)
    disk.faults = [{ operation: 'sync', nth: 1, what: 'fsync-keep' }]
    const results = [1, 2, 3].map((commitId) => {
      logCommit(wal, commitId)
      return wal.syncSoon()
    })
    for (const result of results) await expect(result).rejects.toMatchObject({ code: '58030' })
    expect(() => wal.begin(9)).toThrow(/earlier sync/)
    expect(() => wal.sync()).toThrow(/earlier sync/)
    expect(() => wal.syncSoon()).toThrow(/earlier sync/)
    wal.close()
    expect(disk.syncRetries).toBe(0)
  })
})

describe('wal damage', () => {
  // One segment with commits 1..6, all synced one by one.
  function sample(): { disk: FaultyFileSystem; path: string; ends: number[] } {
    const disk = new FaultyFileSystem()
    const wal = openWal(disk, 0, 'full', () => undefined, 4096)
    const ends: number[] = []
    for (let commitId = 1; commitId <= 6; commitId++) {
      ends.push(logCommit(wal, commitId) - FIRST_LSN + 64)
      wal.sync()
    }
    return { disk, path: `a-wal/${disk.list('a-wal')[0]!}`, ends }
  }

  function reopen(disk: FaultyFileSystem): number | string {
    let last = 0
    try {
      openWal(disk, FIRST_LSN, 'full', (id) => (last = id))
    } catch (error) {
      if (error instanceof DatabaseError) return error.code
      throw error
    }
    return last
  }

  test('cut at every byte: the commits before the cut, quietly', () => {
    const { disk, path, ends } = sample()
    const bytes = disk.bytesOf(path)
    for (let size = 64; size <= ends[5]!; size++) {
      const image = disk.crash('all', new Random(1))
      image.cut(path, size)
      expect(reopen(image)).toBe(ends.filter((end) => end <= size).length)
    }
    expect(bytes.length).toBeGreaterThan(ends[5]!)
  })

  test('one flipped bit at every byte: refused where later commits were durable, else the prefix', () => {
    const { disk, path, ends } = sample()
    const bytes = disk.bytesOf(path)
    for (let at = 64; at < ends[5]!; at++) {
      const image = disk.crash('all', new Random(1))
      image.damage(path, at, Uint8Array.of(bytes[at]! ^ (1 << (at % 8))))
      const result = reopen(image)
      const commit = ends.findIndex((end) => at < end)
      if (commit <= 4) expect([at, result]).toEqual([at, 'XX001'])
      else expect([at, result]).toEqual([at, 5])
      if (result === 'XX001') expect(image.bytesOf(path).length).toBe(bytes.length)
    }
  })

  test('a damaged header with records behind it is refused', () => {
    const { disk, path } = sample()
    for (let at = 0; at < 64; at++) {
      if (at >= 56 && at < 60) continue
      const image = disk.crash('all', new Random(1))
      image.damage(path, at, Uint8Array.of(image.bytesOf(path)[at]! ^ 16))
      expect([at, reopen(image)]).toEqual([at, 'XX001'])
    }
  })

  test('the rest of a torn tail never comes back, even where a new record ends exactly before it', () => {
    const disk = new FaultyFileSystem()
    const wal = openWal(disk, 0, 'full', () => undefined, 4096)
    const path = `a-wal/${disk.list('a-wal')[0]!}`
    const end = logCommit(wal, 1) - FIRST_LSN + 64
    wal.sync()
    for (const commitId of [2, 3]) logCommit(wal, commitId)
    wal.sync()
    disk.damage(path, end, new Uint8Array(40))
    const seen: number[] = []
    const again = openWal(disk, FIRST_LSN, 'full', (id) => seen.push(id))
    expect(seen).toEqual([1])
    expect(again.stats.tornBytes).toBeGreaterThan(0)
    logCommit(again, 2)
    again.close()
    seen.length = 0
    openWal(disk, FIRST_LSN, 'full', (id) => seen.push(id))
    expect(seen).toEqual([1, 2])
  })

  test('records swapped, repeated, or moved to another segment are not replayed', () => {
    const { disk, path, ends } = sample()
    const bytes = disk.bytesOf(path)
    const first = bytes.slice(64, ends[0])
    const image = disk.crash('all', new Random(1))
    image.damage(path, ends[5]!, first)
    expect(reopen(image)).toBe(6)
    const other = disk.crash('all', new Random(1))
    other.damage(path, ends[3]!, bytes.slice(ends[4], ends[5]))
    expect(['XX001', 4]).toContain(reopen(other))
  })

  test('a segment missing from the middle is refused', () => {
    const disk = new FaultyFileSystem()
    const wal = openWal(disk, 0, 'full', () => undefined)
    for (let commitId = 1; commitId <= 20; commitId++) {
      logCommit(wal, commitId)
      wal.sync()
    }
    const names = disk.list('a-wal')
    expect(names.length).toBeGreaterThan(4)
    for (const name of names.slice(0, -1)) {
      const image = disk.crash('all', new Random(1))
      image.unlink(`a-wal/${name}`)
      expect([name, reopen(image)]).toEqual([name, 'XX001'])
    }
  })
})
