// What a checkpoint writes into the log: that it began, with the dirty-page table and the transactions that
// were open, and that it is durable. Recovery does not need either: the meta slot says where redo starts, and
// uncommitted work never reaches log or pages. They are for whoever reads the log: a reader process learns which
// pages of its own are stale, `secantdb inspect wal` shows what happened when. They are left out where the segment
// has no allocated room for them: a full disk must not get in the way of the checkpoint that cuts the log.
//
//   begin:  redo LSN u64 | commit id u64 | epoch u32 | transactions u32 | runs u32
//           | id of each open transaction u64 | first page u32, pages u32 of each run of dirty pages
//   end:    redo LSN u64 | commit id u64 | epoch u32
import { ByteReader, ByteWriter } from '../src/base/bytes.ts'
import type { ByteSource } from '../src/base/bytes.ts'
import type { Engine } from './engine.ts'
import { RECORD } from './wal/record.ts'

/** A decoded checkpoint record; an end has no transactions and no pages. */
export interface CheckpointNote {
  redoLsn: number
  commitId: number
  epoch: number
  transactions: number[]
  /** First id and number of each run of pages written since the checkpoint before, ascending. */
  dirtyPages: [first: number, count: number][]
}

/** The body of a begin record. */
export function encodeCheckpointBegin(note: CheckpointNote): Uint8Array {
  const out = new ByteWriter(64)
  out.u64(note.redoLsn)
  out.u64(note.commitId)
  out.u32(note.epoch)
  out.u32(note.transactions.length)
  out.u32(note.dirtyPages.length)
  for (const id of note.transactions) out.u64(id)
  for (const [first, count] of note.dirtyPages) {
    out.u32(first)
    out.u32(count)
  }
  return out.finish()
}

/** The body of an end record. */
export function encodeCheckpointEnd(note: { redoLsn: number; commitId: number; epoch: number }): Uint8Array {
  const out = new ByteWriter(32)
  out.u64(note.redoLsn)
  out.u64(note.commitId)
  out.u32(note.epoch)
  return out.finish()
}

/** Reads the body of either; XX001 when it is cut short or goes on. */
export function decodeCheckpoint(type: number, body: Uint8Array, source: ByteSource): CheckpointNote {
  const reader = new ByteReader(body, source)
  const note: CheckpointNote = {
    redoLsn: reader.u64(), commitId: reader.u64(), epoch: reader.u32(), transactions: [], dirtyPages: [],
  }
  if (type === RECORD.CHECKPOINT_BEGIN) {
    const transactions = reader.u32()
    const runs = reader.u32()
    if (transactions * 8 + runs * 8 !== body.length - 28) reader.fail('a checkpoint record of the wrong length')
    for (let i = 0; i < transactions; i++) note.transactions.push(reader.u64())
    for (let i = 0; i < runs; i++) note.dirtyPages.push([reader.u32(), reader.u32()])
  } else if (body.length !== 20) reader.fail('a checkpoint record of the wrong length')
  return note
}

/** Logs that the checkpoint which makes the next epoch is about to flip the meta slot. */
export function noteCheckpointBegin(engine: Engine, redoLsn: number): void {
  const { wal, pages, commitId } = engine
  if (wal === null || !engine.durability.isLogged) return
  const dirtyPages = toRuns(pages.map.pagesOfEpoch(pages.nextEpoch))
  const transactions = engine.active.ids()
  const note = { redoLsn, commitId, epoch: pages.nextEpoch, transactions, dirtyPages }
  wal.noteIfRoom(RECORD.CHECKPOINT_BEGIN, encodeCheckpointBegin(note))
}

/** Logs that it is durable. */
export function noteCheckpointEnd(engine: Engine): void {
  const { wal, pages, commitId, redoLsn } = engine
  if (!engine.durability.isLogged) return
  wal?.noteIfRoom(RECORD.CHECKPOINT_END, encodeCheckpointEnd({ redoLsn, commitId, epoch: pages.epoch }))
}

function toRuns(ids: Iterable<number>): [number, number][] {
  const runs: [number, number][] = []
  for (const id of ids) {
    const last = runs[runs.length - 1]
    if (last !== undefined && last[0] + last[1] === id) last[1]++
    else runs.push([id, 1])
  }
  return runs
}
