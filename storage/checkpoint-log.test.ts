// What checkpoints leave in the log: the dirty-page table, the open transactions, and that they ended.
import { expect, test } from 'vitest'
import { INTEGER } from '../src/base/types.ts'
import { decodeCheckpoint, encodeCheckpointBegin } from './checkpoint-log.ts'
import type { CheckpointNote } from './checkpoint-log.ts'
import { MemoryFileSystem } from './file/memory-file.ts'
import { openEngine } from './open-engine.ts'
import { walFolder } from './wal/wal-folder.ts'
import { RECORD } from './wal/record.ts'
import { Wal } from './wal/wal-writer.ts'

test('begin names dirty pages and open transactions, end the durable epoch; recovery passes them by', async () => {
  const files = new MemoryFileSystem()
  const options = { files, memoryBytes: 16 << 20 }
  const engine = await openEngine('a.sdb', options)
  const create = engine.begin()
  create.createTable({ name: 't', columns: [{ name: 'k', type: INTEGER, nullable: false }], key: [0] })
  create.put('t', [1])
  create.commit()
  const open = engine.begin()
  open.put('t', [2])
  engine.checkpoint()
  const { databaseId } = { databaseId: engine.pages.hold().meta.databaseId }
  const seen: [number, CheckpointNote][] = []
  engine.wal!.sync()
  Wal.open(files, walFolder('a.sdb'), { synchronous: 'full', databaseId, readOnly: true }, 1, (record) => {
    if (record.type !== RECORD.CHECKPOINT_BEGIN && record.type !== RECORD.CHECKPOINT_END) return
    const body = record.body.slice(record.offset, record.offset + record.length)
    seen.push([record.type, decodeCheckpoint(record.type, body, { file: 'log' })])
  })
  const { epoch, redoLsn, commitId } = { epoch: engine.pages.epoch, redoLsn: engine.redoLsn, commitId: engine.commitId }
  expect(seen.map(([type]) => type)).toEqual([RECORD.CHECKPOINT_BEGIN, RECORD.CHECKPOINT_END])
  expect(seen[0]![1]).toMatchObject({ epoch, redoLsn, commitId, transactions: [open.id] })
  expect(seen[0]![1].dirtyPages.length).toBeGreaterThan(0)
  expect(seen[1]![1]).toEqual({ epoch, redoLsn, commitId, transactions: [], dirtyPages: [] })
  open.rollback()
  engine.close()
  const again = await openEngine('a.sdb', options)
  expect(again.durability.recovery).toMatchObject({ records: 0, transactions: 0, tornBytes: 0, damagedCopies: 0 })
  again.close()
})

test('a body that is cut or goes on is XX001', () => {
  const note = { redoLsn: 1, commitId: 2, epoch: 3, transactions: [4, 5], dirtyPages: [[6, 7]] as [number, number][] }
  const body = encodeCheckpointBegin(note)
  expect(decodeCheckpoint(RECORD.CHECKPOINT_BEGIN, body, { file: 'log' })).toEqual(note)
  for (let length = 0; length < body.length; length++) {
    expect(() => decodeCheckpoint(RECORD.CHECKPOINT_BEGIN, body.subarray(0, length), { file: 'log' }))
      .toThrow(expect.objectContaining({ code: 'XX001' }))
  }
  expect(() => decodeCheckpoint(RECORD.CHECKPOINT_END, body, { file: 'log' })).toThrow(/wrong length/)
})
