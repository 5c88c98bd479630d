// Samples of the log records whose bodies have fixed fields, for the tests that compare code and documents.
import { encodeCheckpointBegin, encodeCheckpointEnd } from '../../storage/checkpoint-log.ts'
import { field } from './layout.ts'
import type { Layout } from './layout.ts'

function checkpointLayouts(): Layout[] {
  const source = 'storage/checkpoint-log.ts'
  const note = { redoLsn: 0x818181818182, commitId: 0x828282828283, epoch: 0x83838384 }
  const common = [
    field('redoLsn', /^redo LSN/, 8, note.redoLsn), field('commitId', /^commit id/, 8, note.commitId),
    field('epoch', /^epoch/, 4, note.epoch),
  ]
  return [{
    name: 'checkpoint begin', heading: 'Checkpoint begin', source, picture: /^ *begin: +/,
    sample: encodeCheckpointBegin({ ...note, transactions: [0x848484848485], dirtyPages: [[0x85858586, 0x86868687]] }),
    fields: [
      ...common, field('transactions', /^(open )?transactions/, 4, 1), field('runs', /^runs/, 4, 1),
      field('transactionId', /^id of/, 8, 0x848484848485), field('firstPage', /^first page/, 4, 0x85858586),
      field('pages', /^pages/, 4, 0x86868687),
    ],
  }, {
    name: 'checkpoint end', heading: 'Checkpoint end', source, picture: /^ *end: +/,
    sample: encodeCheckpointEnd(note), fields: common,
  }]
}

/** All of them. */
export function logLayouts(): Layout[] {
  return checkpointLayouts()
}
