// Readers of a database that somebody else writes: they follow every commit without reopening, also through bulk
// appends, merges, checkpoints and recycled log segments; what a reader's open snapshot shows never changes; blocks
// it may read are not reused, whatever the writer does, also after the writer was reopened; dead readers block nothing.
import { describe, expect, test } from 'vitest'
import { CODE, DatabaseError } from '../../src/base/errors.ts'
import { Random } from '../../src/base/random.ts'
import type { FileLock } from '../../storage/file/file.ts'
import { MemoryFileSystem } from '../../storage/file/memory-file.ts'
import { appendColumns, openEngine } from '../../storage/mod.ts'
import type { Engine, EngineOptions } from '../../storage/mod.ts'
import { listReaderSlots } from '../../storage/process/reader-slot.ts'
import { checkState, lastStep } from '../crash/state.ts'
import { KILL_OPTIONS, applyStep, modelStep } from '../crash/steps.ts'
import type { Model } from '../crash/steps.ts'
import { reading, rowText, scanRows } from './rows.ts'

const PATH = 'r.sdb'
const OPTIONS: Partial<EngineOptions> = {
  ...KILL_OPTIONS, memoryBytes: 8 << 20, poolFrames: 12, deltaRows: 16, checkpointEvery: 9, walSegmentBytes: 8192,
}

const openWriter = (files: MemoryFileSystem): Promise<Engine> => openEngine(PATH, { ...OPTIONS, files })
const openReader = (files: MemoryFileSystem): Promise<Engine> =>
  openEngine(PATH, { ...OPTIONS, files, readOnly: true })

function copyOf(model: Model): Model {
  return new Map([...model].map(([name, rows]) => [name, new Map(rows)]))
}

/** What a transaction of its own sees, as text, and a way to see it again. */
function holdSnapshot(reader: Engine): { check: () => void; close: () => void } {
  const txn = reader.begin('repeatable read')
  const read = (): string => ['item', 'pair'].map((name) =>
    scanRows(reader, txn.tables(name), { order: 'ascending' }).map(rowText).join('\n')).join('\n\n')
  const before = read()
  return { check: () => expect(read()).toBe(before), close: () => txn.rollback() }
}

describe('following', () => {
  test.each([1, 2, 3])('random steps of the writer, seed %d', async (seed) => {
    const files = new MemoryFileSystem()
    const random = new Random(seed)
    let writer = await openWriter(files)
    const model: Model = new Map()
    const step = async (n: number): Promise<void> => {
      await applyStep(writer, appendColumns, seed, n)
      modelStep(model, seed, n)
    }
    await step(0)
    const reader = await openReader(files)
    let held: ReturnType<typeof holdSnapshot> | null = null
    for (let n = 1; n < 220; n++) {
      await step(n)
      if (n % 60 === 0) {
        writer.close()
        writer = await openWriter(files)
      }
      if (random.chance(0.2)) held ??= holdSnapshot(reader)
      held?.check()
      if (held !== null && random.chance(0.1)) {
        held.close()
        held = null
      }
      if (random.chance(0.5)) continue
      reader.follower!.look()
      if (held !== null && lastStep(reader) < n) continue
      expect(lastStep(reader)).toBe(n)
      checkState(reader, copyOf(model))
    }
    expect(reader.follower!.reloads).toBeGreaterThan(2)
    held?.close()
    reader.close()
    writer.close()
    expect(listReaderSlots(files, `${PATH}-wal`)).toEqual([])
  }, 120_000)

  test('a transaction that is being written is not seen', async () => {
    const files = new MemoryFileSystem()
    const calm = { walSegmentBytes: 1 << 20, checkpointEvery: 1000, deltaRows: 10_000 }
    const writer = await openEngine(PATH, { ...OPTIONS, ...calm, files })
    await applyStep(writer, appendColumns, 1, 0)
    const reader = await openReader(files)
    const log = files.list(`${PATH}-wal`).filter((name) => name.endsWith('.wal')).at(-1)!
    const bytes = files.files.get(`${PATH}-wal/${log}`)!
    const before = bytes.snapshot()
    for (let n = 1; n < 8; n++) await applyStep(writer, appendColumns, 1, n)
    const after = bytes.snapshot()
    const end = after.findLastIndex((byte) => byte !== 0) + 1
    // The log as a reader may meet it while it grows: each prefix of the new bytes in turn.
    let seen = 0
    const shown = new Set<number>()
    for (let at = before.findLastIndex((byte) => byte !== 0) + 1; at <= end; at += 7) {
      bytes.write(0, before)
      bytes.write(0, after.subarray(0, Math.min(at, end)))
      reader.follower!.look()
      const step = lastStep(reader)
      expect(step).toBeGreaterThanOrEqual(seen)
      shown.add(seen = step)
    }
    bytes.write(0, after)
    reader.follower!.look()
    expect(lastStep(reader)).toBe(7)
    expect(shown.size).toBeGreaterThan(4)
    reader.close()
    writer.close()
  })
})

describe('blocks in use', () => {
  test('a held snapshot stays readable through any number of checkpoints, also of a reopened writer', async () => {
    const files = new MemoryFileSystem()
    let writer = await openWriter(files)
    for (let n = 0; n < 60; n++) await applyStep(writer, appendColumns, 7, n)
    writer.checkpoint()
    const reader = await openReader(files)
    const held = holdSnapshot(reader)
    for (let n = 60; n < 180; n++) {
      await applyStep(writer, appendColumns, 7, n)
      if (n % 10 === 0) writer.checkpoint()
      if (n % 40 === 0) {
        writer.close()
        writer = await openWriter(files)
      }
      reader.pool.discardAll()
      held.check()
    }
    const grown = writer.pages.stats.usedBlocks
    held.close()
    reader.close()
    for (let i = 180; i < 200; i++) {
      await applyStep(writer, appendColumns, 7, i)
      writer.checkpoint()
      await Promise.resolve()
    }
    expect(writer.readers!.count).toBe(0)
    expect(writer.pages.stats.usedBlocks).toBeLessThan(grown)
    writer.close()
  })

  test('the slot of a dead reader is removed, and holds nothing', async () => {
    const files = new MemoryFileSystem()
    const writer = await openWriter(files)
    for (let n = 0; n < 30; n++) await applyStep(writer, appendColumns, 3, n)
    await openReader(files)
    // A killed process: its locks are free, its slot stays.
    const slot = `${PATH}-wal/${listReaderSlots(files, `${PATH}-wal`)[0]!}`
    files.releaseLocks(slot)
    writer.checkpoint()
    for (let n = 30; n < 40; n++) await applyStep(writer, appendColumns, 3, n)
    writer.checkpoint()
    await new Promise((resolve) => setImmediate(resolve))
    expect(files.exists(slot)).toBe(false)
    for (let n = 40; n < 50; n++) await applyStep(writer, appendColumns, 3, n)
    writer.checkpoint()
    expect(writer.readers!.count).toBe(0)
    writer.close()
  })

  // The writer may take a slot for that of a dead reader before its reader has locked it.
  test.each(['gone', 'locked by the writer'])('a slot that is %s when it is locked is made again', async (state) => {
    let wasTaken = false
    class Taking extends MemoryFileSystem {
      override async lock(path: string): Promise<FileLock> {
        if (wasTaken || !path.endsWith('.slot')) return super.lock(path)
        wasTaken = true
        const writersLock = await super.lock(path)
        this.unlink(path)
        if (state === 'gone') writersLock.release()
        return state === 'gone' ? { release: () => undefined } : Promise.reject(new DatabaseError(CODE.IN_USE, 'held'))
      }
    }
    const files = new Taking()
    const writer = await openWriter(files)
    await applyStep(writer, appendColumns, 1, 0)
    const reader = await openReader(files)
    expect(wasTaken).toBe(true)
    expect(listReaderSlots(files, `${PATH}-wal`)).toHaveLength(1)
    writer.checkpoint()
    expect(writer.readers!.count).toBe(1)
    reader.close()
    writer.close()
  })

  test('a reader that cannot make a slot keeps one state, and is told when it is overtaken', async () => {
    const files = new MemoryFileSystem()
    const writer = await openWriter(files)
    for (let n = 0; n < 60; n++) await applyStep(writer, appendColumns, 3, n)
    writer.checkpoint()
    const { open } = MemoryFileSystem.prototype
    files.open = function (path, mode) {
      if (path.endsWith('.slot')) throw new DatabaseError(CODE.READ_ONLY, 'cannot create it', { file: path })
      return open.call(this, path, mode)
    }
    const reader = await openReader(files)
    const before = lastStep(reader)
    let code: string | null = null
    for (let n = 60; n < 160 && code === null; n++) {
      await applyStep(writer, appendColumns, 3, n)
      writer.checkpoint()
      reader.pool.discardAll()
      try {
        expect(lastStep(reader)).toBe(before)
      } catch (error) {
        if (!(error instanceof DatabaseError)) throw error
        code = error.code
      }
    }
    expect(code).toBe('72000')
    writer.close()
  })

  test('reading is all a reader does', async () => {
    const files = new MemoryFileSystem()
    const writer = await openWriter(files)
    await applyStep(writer, appendColumns, 3, 0)
    const [one, two] = [await openReader(files), await openReader(files)]
    expect(() => one.begin().put('meta', [1, 5])).toThrow(expect.objectContaining({ code: CODE.READ_ONLY }))
    await applyStep(writer, appendColumns, 3, 1)
    for (const reader of [one, two]) {
      reader.follower!.look()
      expect(reading(reader, (txn) => txn.tables('meta').row([1]))).toEqual([1, 1])
      reader.close()
    }
    writer.close()
  })
})
