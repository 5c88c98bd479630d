// The log as docs/FORMAT.md describes it: which records a transaction leaves, with which bodies, and what a
// record type or a version this release does not know gives. Read from the bytes, not through recovery.
import { expect, test } from 'vitest'
import { ByteReader } from '../../src/base/bytes.ts'
import { crc32c } from '../../src/base/checksum.ts'
import { INTEGER, TEXT } from '../../src/base/types.ts'
import { MemoryFileSystem } from '../../storage/file/memory-file.ts'
import { openEngine, walFolder } from '../../storage/mod.ts'
import type { Engine } from '../../storage/mod.ts'
import { RowCodec } from '../../storage/table/row-codec.ts'
import { RECORD, decodeRecord } from '../../storage/wal/record.ts'
import type { WalRecord } from '../../storage/wal/record.ts'
import { segmentName } from '../../storage/wal/segment.ts'

const PATH = 'log.sdb'
const SEGMENT = `${walFolder(PATH)}/${segmentName(1)}`
const SCHEMA = {
  name: 't', key: [1],
  columns: [{ name: 'v', type: TEXT, nullable: true }, { name: 'k', type: INTEGER, nullable: false }],
}

function opened(files: MemoryFileSystem): Promise<Engine> {
  return openEngine(PATH, { files, memoryBytes: 16 * 1024 * 1024 })
}

/** Files of a database whose commits are in the log only. */
async function logged(): Promise<MemoryFileSystem> {
  const files = new MemoryFileSystem()
  const engine = await opened(files)
  const create = engine.begin()
  create.createTable(SCHEMA)
  create.put('t', ['one', 1])
  create.put('t', ['uno', 1])
  create.put('t', ['two', 2])
  create.commit()
  const change = engine.begin()
  change.createTable({ ...SCHEMA, name: 'u' })
  change.update('t', [1], ['eins', 10])
  change.put('t', [null, 2])
  change.commit()
  const drop = engine.begin()
  drop.dropTable('u')
  drop.commit()
  const copy = new MemoryFileSystem()
  for (const path of [PATH, SEGMENT]) {
    copy.makeFolder(walFolder(PATH))
    copy.open(path, 'create').write(0, files.files.get(path)!.snapshot())
  }
  engine.close()
  return copy
}

function readRecords(bytes: Uint8Array): { record: WalRecord; body: Uint8Array }[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const records = []
  for (let at = 64; view.getUint32(at + 4, true) > 0;) {
    const record = decodeRecord(bytes, view, at)
    at = record.offset + record.length
    records.push({ record, body: bytes.slice(record.offset, at) })
  }
  return records
}

test('a transaction leaves creates, one record for each key, drops, and its commit', async () => {
  const files = await logged()
  const whole = new RowCodec([TEXT, INTEGER])
  const key = new RowCodec([INTEGER])
  const seen = readRecords(files.files.get(SEGMENT)!.snapshot()).map(({ record, body }) => {
    const reader = new ByteReader(body, { file: SEGMENT })
    const { type, tableId } = record
    if (type === RECORD.COMMIT) return ['commit', tableId, reader.u64()]
    if (type === RECORD.DDL) {
      return [reader.u8() === 1 ? 'create' : 'drop', tableId, JSON.parse(reader.string()).name]
    }
    const isDelete = type === RECORD.DELETE
    const row = (isDelete ? key : whole).decode(reader)
    return [isDelete ? 'delete' : type === RECORD.INSERT ? 'insert' : 'update', tableId, ...row]
  })
  expect(seen).toEqual([
    ['create', 1, 't'], ['insert', 1, 'uno', 1], ['insert', 1, 'two', 2], ['commit', 0, 1],
    ['create', 2, 'u'], ['delete', 1, 1], ['insert', 1, 'eins', 10], ['update', 1, null, 2], ['commit', 0, 2],
    ['drop', 2, 'u'], ['commit', 0, 3],
  ])
})

test('the ids of dropped tables are not used again', async () => {
  const files = await logged()
  for (const id of [3, 4]) {
    const engine = await opened(files)
    const txn = engine.begin()
    txn.createTable({ ...SCHEMA, name: `t${id}` })
    txn.commit()
    expect(engine.catalog.get(`t${id}`).id).toBe(id)
    const drop = engine.begin()
    drop.dropTable(`t${id}`)
    drop.commit()
    engine.close()
  }
})

/** Changes the segment and says which checksum covers what. */
type Change = (bytes: Uint8Array, view: DataView) => { crcAt: number; from: number; to: number }

/** Opens the database after a change of its log with the checksum made right again. */
async function codeAfter(change: Change): Promise<string> {
  const files = await logged()
  const bytes = files.files.get(SEGMENT)!.snapshot()
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const { crcAt, from, to } = change(bytes, view)
  view.setUint32(crcAt, crc32c(bytes.subarray(from, to)), true)
  files.open(SEGMENT, 'write').write(0, bytes)
  return opened(files).then(() => 'opened', (error: { code: string }) => error.code)
}

test.each([0, 99])('a record of type %i, which nothing writes, is XX001', async (type) => {
  expect(await codeAfter((bytes, view) => {
    bytes[64 + 30] = type
    return { crcAt: 64, from: 68, to: 64 + 36 + view.getUint32(68, true) }
  })).toBe('XX001')
})

test('a log of another version is 0A000', async () => {
  expect(await codeAfter((_bytes, view) => {
    view.setUint32(8, 3, true)
    return { crcAt: 60, from: 0, to: 60 }
  })).toBe('0A000')
})
