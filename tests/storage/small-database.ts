// A small database that holds every kind of page, for tests that damage it: row groups of several encodings,
// heap pages with tombstones and overflow chains, roots, a catalogue, a page map, and a log with commits in it.
import { BIGINT, DOUBLE, INTEGER, TEXT, TIMESTAMP, decimalType } from '../../src/base/types.ts'
import type { Compression, Row, TableSchema } from '../../src/base/types.ts'
import { MemoryFileSystem } from '../../storage/file/memory-file.ts'
import { openEngine } from '../../storage/mod.ts'
import type { Engine, EngineOptions } from '../../storage/mod.ts'

/** Path of the database in its file system. */
export const DAMAGED_PATH = 'd.sdb'

/** Small enough that each test opens it hundreds of times. */
export const DAMAGED_OPTIONS: Partial<EngineOptions> = {
  memoryBytes: 4 << 20, rowGroupRows: 64, deltaRows: 1e6, bulkRows: 20, poolFrames: 16, walSegmentBytes: 32 * 1024,
}

const SCHEMA: TableSchema = {
  name: 'item', key: [0],
  columns: [
    { name: 'id', type: BIGINT, nullable: false },
    { name: 'name', type: TEXT, nullable: true },
    { name: 'kind', type: TEXT, nullable: true },
    { name: 'price', type: DOUBLE, nullable: true },
    { name: 'stock', type: INTEGER, nullable: true },
    { name: 'exact', type: decimalType(30, 2), nullable: true },
  ],
}
const WORDS: TableSchema = {
  name: 'word', key: [0, 1],
  columns: [{ name: 'text', type: TEXT, nullable: false }, { name: 'n', type: INTEGER, nullable: false }],
}

function itemRow(id: number, version: number): Row {
  const name = id % 5 === 0 ? null : `name of ${id} ${version}`
  return [id, name, `kind ${id % 3}`, id / 7, version, BigInt(id) * 10n ** 20n]
}

// Only in compressed databases: runs, deltas, and pages that are worth compressing.
const SERIES: TableSchema = {
  name: 'series', key: [0],
  columns: [
    { name: 'n', type: INTEGER, nullable: false }, { name: 'at', type: TIMESTAMP, nullable: true },
    { name: 'state', type: TEXT, nullable: true }, { name: 'level', type: DOUBLE, nullable: true },
    { name: 'note', type: TEXT, nullable: true },
  ],
}

function seriesRow(i: number): Row {
  const state = i % 20 === 5 ? null : ['on', 'off', 'broken'][(i >> 5) % 3]!
  return [i, 1.7e15 + i * 1e6 + i % 9, state, (i >> 6) / 4, `${i}: ${'as before, and again '.repeat(8)}`]
}

/** Writes the database and returns its files; the last commits are in the log only. */
export async function makeSmallDatabase(compression: Compression | null = null): Promise<MemoryFileSystem> {
  const files = new MemoryFileSystem()
  const engine = await openEngine(DAMAGED_PATH, { ...DAMAGED_OPTIONS, files, compression })
  const commit = (work: (txn: ReturnType<Engine['begin']>) => void): void => {
    const txn = engine.begin()
    work(txn)
    txn.commit()
  }
  commit((txn) => {
    txn.createTable(SCHEMA)
    txn.createTable(WORDS)
    if (compression !== null) txn.createTable(SERIES)
  })
  const { mergeTable } = await import('../../storage/merging.ts')
  commit((txn) => {
    for (let id = 0; id < 200; id++) txn.insert('item', itemRow(id * 3, 0))
    for (let i = 0; i < 100; i++) txn.insert('word', [`a shared prefix ${i % 10}`, i])
    for (let i = 0; i < 192 && compression !== null; i++) txn.insert('series', seriesRow(i))
  })
  for (const table of engine.catalog.tables()) mergeTable(engine, table, () => true)
  commit((txn) => {
    for (let id = 0; id < 200; id += 9) txn.put('item', itemRow(id * 3, 1))
    for (let id = 1; id < 200; id += 20) txn.delete('item', [id * 3])
    txn.put('item', [1, 'long '.repeat(30_000), null, null, null, null])
  })
  engine.checkpoint()
  for (let id = 0; id < 40; id++) commit((txn) => void txn.put('item', itemRow(id * 5, 2)))
  commit((txn) => void txn.delete('word', ['a shared prefix 3', 3]))
  engine.parts.lock?.release()
  engine.memory.release()
  return files
}

/** A copy of the files that can be damaged. */
export function copyFiles(files: MemoryFileSystem): MemoryFileSystem {
  const copy = new MemoryFileSystem()
  copy.makeFolder(`${DAMAGED_PATH}-wal`)
  const paths = [DAMAGED_PATH, ...files.list(`${DAMAGED_PATH}-wal`).map((name) => `${DAMAGED_PATH}-wal/${name}`)]
  for (const path of paths) writeFile(copy, path, readFile(files, path))
  return copy
}

/** All bytes of a file. */
export function readFile(files: MemoryFileSystem, path: string): Uint8Array {
  const file = files.open(path, 'read')
  const bytes = new Uint8Array(file.size())
  file.read(0, bytes)
  file.close()
  return bytes
}

/** Replaces a file. */
export function writeFile(files: MemoryFileSystem, path: string, bytes: Uint8Array): void {
  const file = files.open(path, 'create')
  file.truncate(0)
  if (bytes.length > 0) file.write(0, bytes)
  file.close()
}
