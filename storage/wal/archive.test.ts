// The archive: what is written is one unbroken log, is read back up to any commit or time, and damage, gaps and
// other databases' segments are refused before anything is written.
import { describe, expect, test } from 'vitest'
import { MemoryFileSystem } from '../file/memory-file.ts'
import { checkArchive, listArchive, placeArchivedLog } from './archive.ts'
import { RECORD } from './record.ts'
import { FIRST_LSN, Wal } from './wal-writer.ts'

const databaseId = new Uint8Array(16).fill(7)

/** Forty commits at times 10, 20, …, over several segments, archived at close. */
function archived(commits = 40): { files: MemoryFileSystem; ends: number[] } {
  const files = new MemoryFileSystem()
  files.makeFolder('kept')
  let clock = 0
  const options = {
    synchronous: 'full', databaseId, segmentBytes: 1024, archive: 'kept', now: () => (clock += 10),
  } as const
  const wal = Wal.open(files, 'a-wal', options, 0, () => undefined)
  const ends: number[] = []
  for (let commitId = 1; commitId <= commits; commitId++) {
    wal.begin(commitId)
    wal.append(RECORD.INSERT, 1, new Uint8Array(60).fill(commitId), 0, 60)
    ends.push(wal.commit(commitId))
    wal.sync()
    // A quarter is given up as if checkpointed: the archive has it all the same.
    if (commitId === 10) wal.recycle(ends[8]!)
  }
  wal.close()
  return { files, ends }
}

const codeOf = (body: () => unknown): string => {
  try {
    body()
    return 'none'
  } catch (error) {
    return (error as { code: string }).code
  }
}

function replayed(files: MemoryFileSystem, folder: string, redoLsn: number): number[] {
  const ids: number[] = []
  const wal = Wal.open(files, folder, { synchronous: 'full', databaseId }, redoLsn, (record) => {
    if (record.type === RECORD.COMMIT) ids.push(record.commitId)
  })
  wal.close()
  return ids
}

describe('archive', () => {
  test('is the whole log, in segments that end where their records do', () => {
    const { files, ends } = archived()
    const segments = listArchive(files, 'kept', databaseId)
    expect(segments.length).toBeGreaterThan(5)
    expect(segments[0]!.startLsn).toBe(FIRST_LSN)
    expect(segments.at(-1)!.endLsn).toBe(ends.at(-1))
    const range = { databaseId, fromLsn: FIRST_LSN }
    expect(checkArchive(files, 'kept', range)).toEqual(
      { endLsn: ends.at(-1), commits: 40, lastCommitId: 40, lastCommitMs: 400, isCut: false })
  })

  test('goes on after reopening, in the segment that was archived half full', () => {
    const { files, ends } = archived(3)
    const options = { synchronous: 'full', databaseId, archive: 'kept' } as const
    const wal = Wal.open(files, 'a-wal', options, FIRST_LSN, () => undefined)
    wal.begin(4)
    const end = wal.commit(4)
    wal.close()
    expect(end).toBeGreaterThan(ends.at(-1)!)
    expect(listArchive(files, 'kept', databaseId).length).toBe(1)
    expect(checkArchive(files, 'kept', { databaseId, fromLsn: FIRST_LSN })).toMatchObject({ endLsn: end, commits: 4 })
  })

  test('is placed up to any time, from any commit on, and replays to there', () => {
    const { files, ends } = archived()
    for (let from = 0; from < 40; from += 7) {
      for (const untilMs of [5, 100, 105, 233, 400, 1000]) {
        const fromLsn = from === 0 ? FIRST_LSN : ends[from - 1]!
        const target = `r${from}-${untilMs}`
        const log = placeArchivedLog(files, 'kept', target, { databaseId, fromLsn, untilMs })
        const last = Math.max(from, Math.min(40, Math.floor(untilMs / 10)))
        expect(log.isCut).toBe(last < 40)
        expect(replayed(files, target, fromLsn)).toEqual(Array.from({ length: last - from }, (_, i) => from + 1 + i))
      }
    }
    const log = placeArchivedLog(files, 'kept', 'byCommit', { databaseId, fromLsn: FIRST_LSN, untilCommit: 17 })
    expect(log).toMatchObject({ lastCommitId: 17, lastCommitMs: 170, endLsn: ends[16] })
    expect(codeOf(() => placeArchivedLog(files, 'kept', 'byCommit', { databaseId, fromLsn: FIRST_LSN }))).toBe('55006')
  })

  test('damage, gaps, another database, a place before it: refused, and nothing is written', () => {
    const range = { databaseId, fromLsn: FIRST_LSN }
    const refuse = (change: (files: MemoryFileSystem) => void, wanted = range): string => {
      const { files } = archived()
      change(files)
      const code = codeOf(() => placeArchivedLog(files, 'kept', 'target', wanted))
      expect(files.exists('target')).toBe(false)
      return code
    }
    const names = archived().files.list('kept').filter((name) => name.endsWith('.wal'))
    for (const name of names.slice(0, -1)) expect(refuse((files) => files.unlink(`kept/${name}`))).toBe('XX001')
    for (const offset of [0, 20, 64, 70, 300]) {
      expect(refuse((files) => {
        const file = files.open(`kept/${names[2]!}`, 'write')
        const byte = new Uint8Array(1)
        file.read(offset, byte)
        file.write(offset, Uint8Array.of(byte[0]! ^ 4))
      })).toBe('XX001')
    }
    expect(refuse(() => undefined, { ...range, fromLsn: 1_000_000 })).toBe('XX001')
    expect(refuse(() => undefined, { ...range, databaseId: new Uint8Array(16) })).toBe('XX001')
    expect(refuse((files) => {
      for (const name of files.list('kept')) files.unlink(`kept/${name}`)
      files.removeFolder('kept')
    })).toBe('58P01')
  })
})
