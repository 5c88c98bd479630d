// Reading ahead: what a scan asks for is what it then reads from the file, in large pieces and once; and it asks for
// nothing where reads are quick or pages are in memory. Answers are the same either way.
import { expect, test } from 'vitest'
import { DOUBLE, INTEGER, TEXT } from '../../src/base/types.ts'
import { scanRows } from '../../tests/storage/rows.ts'
import { zeroCounters } from '../file/file.ts'
import type { FileHandle } from '../file/file.ts'
import { IoQueue } from '../file/io-queue.ts'
import { MemoryFileSystem } from '../file/memory-file.ts'
import { appendColumns, openEngine } from '../mod.ts'
import type { Engine } from '../mod.ts'
import { ReadAhead } from './read-ahead.ts'

const ROWS = 40_000
const GROUP_ROWS = 4096

interface Range { offset: number; length: number }

/** A queue that notes what is asked for. */
class NotingQueue extends IoQueue {
  readonly asked: Range[] = []

  override prefetch(_file: FileHandle, offset: number, length: number): void {
    this.asked.push({ offset, length })
  }
}

async function opened(files: MemoryFileSystem): Promise<Engine> {
  return openEngine('r.sdb', { files, memoryBytes: 8 << 20, rowGroupRows: GROUP_ROWS })
}

async function filled(): Promise<MemoryFileSystem> {
  const files = new MemoryFileSystem()
  const engine = await opened(files)
  const txn = engine.begin()
  const column = (name: string, type: typeof INTEGER | typeof DOUBLE | typeof TEXT) => ({ name, type, nullable: true })
  const id = { name: 'id', type: INTEGER, nullable: false }
  txn.createTable({ name: 't', key: [0], columns: [id, column('a', DOUBLE), column('b', TEXT), column('c', DOUBLE)] })
  txn.commit()
  const numbers = Float64Array.from({ length: ROWS }, (_, i) => Math.sin(i))
  appendColumns(engine, 't', [
    { type: INTEGER, values: Int32Array.from({ length: ROWS }, (_, i) => i), nulls: null, count: ROWS },
    { type: DOUBLE, values: numbers, nulls: null, count: ROWS },
    { type: TEXT, values: Array.from({ length: ROWS }, (_, i) => `text number ${i}`), nulls: null, count: ROWS },
    { type: DOUBLE, values: numbers.map((v) => v * 2), nulls: null, count: ROWS },
  ], 'error', null)
  engine.close()
  return files
}

interface Scanned {
  asked: Range[]
  read: Range[]
  rows: unknown[]
  /** Ranges asked for by a second scan. */
  again: number
}

// Scans some columns with reads that seem to take `readMs` each; the ranges asked for, and the sum of what was read.
async function scanned(files: MemoryFileSystem, columns: number[], readMs: number): Promise<Scanned> {
  const engine = await opened(files)
  const io = new NotingQueue()
  const read: Range[] = []
  const counters = zeroCounters()
  const { file } = engine.parts
  const plain = file.read.bind(file)
  file.read = (offset, target) => {
    counters.reads++
    counters.readMs += readMs
    read.push({ offset, length: target.length })
    return plain(offset, target)
  }
  engine.reader.ahead = new ReadAhead(engine.pages, engine.pool, io, counters)
  const txn = engine.begin()
  const rows = scanRows(engine, txn.tables('t'), { columns })
  const first = io.asked.length
  scanRows(engine, txn.tables('t'), { columns })
  txn.rollback()
  file.read = plain
  engine.close()
  return { asked: io.asked.slice(0, first), rows, read, again: io.asked.length - first }
}

const covers = (ranges: readonly Range[], offset: number): boolean =>
  ranges.some((range) => range.offset <= offset && offset < range.offset + range.length)

test.each([[[1]], [[0, 3]], [[2]], [[0, 1, 2, 3]]])('columns %j of the next groups are asked for', async (columns) => {
  const files = await filled()
  const quick = await scanned(files, columns, 0.01)
  expect(quick.asked).toEqual([])
  const slow = await scanned(files, columns, 1)
  expect(slow.rows).toEqual(quick.rows)
  expect(slow.rows.length).toBe(ROWS)
  expect(slow.again).toBe(0)
  // All that is read of the later groups was asked for before.
  const later = slow.read.slice(slow.read.length >> 1)
  expect(later.filter(({ offset }) => !covers(slow.asked, offset))).toEqual([])
  expect(new Set(slow.asked.map(({ offset }) => offset)).size).toBe(slow.asked.length)
})
