// The log on memory files: replay, segments, recycling, group commit, refusals.
import { describe, expect, test } from 'vitest'
import { crc32c } from '../../src/base/checksum.ts'
import { Random } from '../../src/base/random.ts'
import type { FileSystem } from '../file/file.ts'
import { MemoryFileSystem } from '../file/memory-file.ts'
import { FaultyFileSystem } from '../../tests/sim/faulty-file.ts'
import { RECORD } from './record.ts'
import { segmentName } from './segment.ts'
import { FIRST_LSN, Wal } from './wal-writer.ts'
import type { WalOptions } from './wal-options.ts'

const databaseId = new Uint8Array(16).fill(9)
const OPTIONS: WalOptions = { synchronous: 'full', databaseId, segmentBytes: 4096 }

interface Replayed {
  commitId: number
  bodies: string[]
}

function open(
  files: FileSystem, redoLsn: number, options: Partial<WalOptions> = {},
): { wal: Wal; replayed: Replayed[] } {
  const replayed: Replayed[] = []
  let bodies: string[] = []
  const wal = Wal.open(files, 'a-wal', { ...OPTIONS, ...options }, redoLsn, (record) => {
    if (record.type === RECORD.COMMIT) {
      replayed.push({ commitId: record.commitId, bodies })
      bodies = []
    } else {
      const body = Buffer.from(record.body.subarray(record.offset, record.offset + record.length)).toString('latin1')
      bodies.push(`${record.type}/${record.tableId}/${record.txnId}:${body}`)
    }
  })
  return { wal, replayed }
}

function log(wal: Wal, commitId: number, bodies: string[]): number {
  wal.begin(commitId + 1000)
  for (const body of bodies) {
    const bytes = Buffer.from(`xx${body}y`, 'latin1')
    wal.append(RECORD.INSERT, commitId % 7, bytes, 2, body.length)
  }
  return wal.commit(commitId)
}

function expected(commitId: number, bodies: string[]): Replayed {
  return { commitId, bodies: bodies.map((body) => `1/${commitId % 7}/${commitId + 1000}:${body}`) }
}

describe('wal', () => {
  test('committed transactions come back in order, over many segments and reopenings', () => {
    const files = new MemoryFileSystem()
    const random = new Random(3)
    let { wal } = open(files, 0)
    const all: Replayed[] = []
    for (let commitId = 1; commitId <= 300; commitId++) {
      const bodies = Array.from({ length: random.below(5) }, () => 'z'.repeat(random.below(300)))
      log(wal, commitId, bodies)
      all.push(expected(commitId, bodies))
      if (random.chance(0.5)) wal.sync()
      if (random.chance(0.1)) {
        wal.begin(77)
        wal.append(RECORD.DELETE, 1, new Uint8Array(10), 0, 10)
        wal.abort()
      }
      if (random.chance(0.05)) {
        wal.close()
        const again = open(files, FIRST_LSN)
        expect(again.replayed).toEqual(all)
        wal = again.wal
      }
    }
    wal.close()
    const last = open(files, FIRST_LSN)
    expect(last.replayed).toEqual(all)
    expect(last.wal.stats).toMatchObject({ recoveredCommits: 300, tornBytes: 0, commits: 0 })
    expect(last.wal.stats.segments).toBeGreaterThan(10)
  })

  test('replay starts at the redo LSN', () => {
    const files = new MemoryFileSystem()
    const { wal } = open(files, 0)
    const lsns = [1, 2, 3, 4].map((commitId) => log(wal, commitId, ['a']))
    wal.close()
    expect(open(files, lsns[1]!).replayed.map(({ commitId }) => commitId)).toEqual([3, 4])
    expect(open(files, lsns[3]!).replayed).toEqual([])
    expect(() => open(files, lsns[3]! + 1)).toThrow(/ends at LSN/)
  })

  test('a transaction larger than a segment, and an empty one', () => {
    const files = new MemoryFileSystem()
    const { wal } = open(files, 0)
    const large = ['q'.repeat(30_000), 'r'.repeat(3000)]
    log(wal, 1, ['before'])
    log(wal, 2, large)
    log(wal, 3, [])
    log(wal, 4, ['after'])
    wal.close()
    expect(open(files, FIRST_LSN).replayed).toEqual(
      [expected(1, ['before']), expected(2, large), expected(3, []), expected(4, ['after'])])
  })

  test('what was aborted or not committed is never written', () => {
    const files = new MemoryFileSystem()
    const { wal } = open(files, 0)
    log(wal, 1, ['one'])
    wal.sync()
    const before = files.counters.bytesWritten
    wal.begin(5)
    wal.append(RECORD.INSERT, 1, new Uint8Array(500), 0, 500)
    wal.abort()
    wal.sync()
    expect(files.counters.bytesWritten).toBe(before)
    expect(wal.endLsn).toBe(wal.flushedLsn)
  })

  test('recycling frees segments before the LSN, keeps spare files and uses them again', () => {
    const files = new MemoryFileSystem()
    const { wal } = open(files, 0)
    let redo = FIRST_LSN
    for (let commitId = 1; commitId <= 400; commitId++) {
      const lsn = log(wal, commitId, ['w'.repeat(200)])
      wal.sync()
      if (commitId % 50 !== 0) continue
      wal.recycle(redo)
      redo = lsn
      expect(files.list('a-wal').length).toBeLessThan(12)
    }
    expect(files.list('a-wal').filter((name) => name.startsWith('spare')).length).toBeLessThanOrEqual(2)
    wal.close()
    expect(open(files, redo).replayed.length).toBe(0)
    expect(() => open(files, FIRST_LSN)).toThrow(/segment with LSN 1 is missing/)
  })

  test('old records in a reused file never come back, though they stand exactly where new ones would', () => {
    for (let extra = 1; extra <= 12; extra++) {
      const files = new MemoryFileSystem()
      const { wal } = open(files, 0)
      let redo = FIRST_LSN
      let commitId = 0
      // Commits of one size: every record of the file's earlier life is on a boundary of the new ones.
      for (; commitId < 120; commitId++) {
        redo = log(wal, commitId + 1, ['s'.repeat(100)])
        wal.sync()
        if (commitId % 20 === 19) wal.recycle(redo)
      }
      expect(wal.stats.reusedSegments).toBeGreaterThan(2)
      for (let i = 0; i < extra; i++) log(wal, ++commitId, ['s'.repeat(100)])
      wal.sync()
      const reader = open(files, redo, { readOnly: true })
      expect(reader.replayed.map((each) => each.commitId)).toEqual(Array.from({ length: extra }, (_, i) => 121 + i))
      expect(reader.wal.stats.tornBytes).toBe(0)
    }
  })

  test('a full disk while a segment is begun: the commit fails, the log goes on when there is room', () => {
    const disk = new FaultyFileSystem()
    const { wal } = open(disk, 0)
    let commitId = 0
    for (let begun = 0; begun < 3; begun++) {
      const segments = (): number => disk.list('a-wal').filter((name) => !name.startsWith('spare')).length
      const before = segments()
      const path = segmentName(before + 1 + begun)
      disk.faults = [{ operation: 'write', nth: 1, what: 'ENOSPC', isSticky: true, path }]
      let code = ''
      while (code === '') {
        try {
          log(wal, commitId + 1, ['f'.repeat(300)])
          wal.sync()
          commitId++
        } catch (error) {
          code = (error as { code: string }).code
        }
      }
      expect([code, segments()]).toEqual(['53100', before])
      disk.faults = []
      log(wal, ++commitId, ['after'])
      wal.sync()
    }
    wal.close()
    expect(open(disk, FIRST_LSN).replayed.map((each) => each.commitId)).toEqual(
      Array.from({ length: commitId }, (_, i) => i + 1))
  })

  test('group commit: callers in flight share a sync, and resolve only when durable', async () => {
    const files = new MemoryFileSystem()
    const { wal } = open(files, 0, { segmentBytes: 1 << 20 })
    const before = wal.stats.syncs
    let commitId = 0
    const client = async (): Promise<void> => {
      for (let i = 0; i < 20; i++) {
        const lsn = log(wal, ++commitId, ['x'])
        await wal.syncSoon()
        expect(wal.flushedLsn).toBeGreaterThanOrEqual(lsn)
      }
    }
    await Promise.all(Array.from({ length: 64 }, client))
    expect(commitId).toBe(1280)
    expect(wal.stats.syncs - before).toBeLessThanOrEqual(25)
    await wal.syncSoon()
    log(wal, ++commitId, ['last'])
    const pending = wal.syncSoon()
    wal.close()
    await pending
    expect(open(files, FIRST_LSN).replayed.length).toBe(1281)
  })

  test('normal and off: commits need no sync, a forced one is for the checkpoint', async () => {
    for (const synchronous of ['normal', 'off'] as const) {
      const files = new MemoryFileSystem()
      const { wal } = open(files, 0, { synchronous })
      const before = files.counters.syncs
      for (let commitId = 1; commitId <= 20; commitId++) {
        log(wal, commitId, ['v'.repeat(100)])
        if (commitId % 2 === 0) wal.sync()
        else await wal.syncSoon()
        expect(wal.flushedLsn).toBe(wal.endLsn)
      }
      expect(files.counters.syncs).toBe(before)
      wal.sync(true)
      expect(files.counters.syncs - before).toBe(synchronous === 'normal' ? 1 : 0)
      wal.close()
      expect(open(files, FIRST_LSN, { synchronous }).replayed.length).toBe(20)
    }
  })

  test('refusals: another database, read-only, closed, a log without its database, two transactions', () => {
    const files = new MemoryFileSystem()
    const { wal } = open(files, 0)
    log(wal, 1, ['a'])
    wal.begin(1)
    expect(() => wal.begin(2)).toThrow(/one transaction/)
    wal.abort()
    wal.close()
    expect(() => wal.begin(3)).toThrow(/closed/)
    expect(() => open(files, FIRST_LSN, { databaseId: new Uint8Array(16) })).toThrow(/belongs to another database/)
    expect(() => open(files, 0)).toThrow(/a database that is not there/)
    const before = files.list('a-wal')
    const reader = open(files, FIRST_LSN, { readOnly: true })
    expect(reader.replayed.length).toBe(1)
    expect(() => reader.wal.begin(1)).toThrow(/read-only/)
    expect(files.list('a-wal')).toEqual(before)
  })

  test('commits carry the time, which never goes back', () => {
    const files = new MemoryFileSystem()
    const clock = [5000, 7000, 6000, 9000]
    let { wal } = open(files, 0, { now: () => clock.shift()! })
    for (const commitId of [1, 2, 3]) log(wal, commitId, ['a'])
    wal.close()
    wal = open(files, wal.endLsn, { now: () => 100 }).wal
    log(wal, 4, ['b'])
    wal.close()
    const times: number[] = []
    Wal.open(files, 'a-wal', OPTIONS, FIRST_LSN, ({ type, commitMs }) => {
      if (type === RECORD.COMMIT) times.push(commitMs)
    })
    expect(times).toEqual([5000, 7000, 7000, 7000])
  })

  test('a segment of version 1 is read and not appended to', () => {
    const files = new MemoryFileSystem()
    const { wal } = open(files, 0)
    log(wal, 1, ['a'])
    wal.close()
    const path = `a-wal/${files.list('a-wal')[0]!}`
    const bytes = files.files.get(path)!.snapshot()
    const view = new DataView(bytes.buffer)
    // The commit record as version 1 had it: 8 bytes of body.
    const at = 64 + 36 + 1
    view.setUint32(at + 4, 8, true)
    view.setUint32(at, crc32c(bytes.subarray(at + 4, at + 44)), true)
    bytes.fill(0, at + 44)
    view.setUint32(8, 1, true)
    view.setUint32(60, crc32c(bytes.subarray(0, 60)), true)
    files.open(path, 'write').write(0, bytes)
    const again = open(files, FIRST_LSN)
    expect(again.replayed).toEqual([expected(1, ['a'])])
    log(again.wal, 2, ['b'])
    again.wal.close()
    expect(files.list('a-wal').length).toBe(2)
    expect(open(files, FIRST_LSN).replayed.map(({ commitId }) => commitId)).toEqual([1, 2])
  })

  test('a missing log: an error, unless it is known to be empty', () => {
    expect(() => open(new MemoryFileSystem(), 500)).toThrow()
    const files = new MemoryFileSystem()
    const { wal } = open(files, 500, { allowMissing: true })
    expect(wal.endLsn).toBe(500)
    log(wal, 1, ['a'])
    wal.close()
    expect(open(files, 500).replayed.length).toBe(1)
  })
})
