// Samples of the log records whose bodies have fixed fields, for the tests that compare code and documents.
import { encodeCheckpointBegin, encodeCheckpointEnd } from '../../storage/checkpoint-log.ts'
import { encodePageImage, encodePublish } from '../../storage/publish-log.ts'
import { INTEGER } from '../../src/base/types.ts'
import { RowCodec } from '../../storage/table/row-codec.ts'
import { ascii, bytesField, field } from './layout.ts'
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

function publishLayouts(): Layout[] {
  const source = 'storage/publish-log.ts'
  const keyCodec = new RowCodec([INTEGER])
  const group = {
    firstPage: 0x91919192, pageCount: 0x92929293, streamBytes: 0x93939394, metaOffset: 0x94949495, rows: 0x9596,
    firstKeyValues: [1], lastKeyValues: [2],
  }
  const bytes = ascii('page')
  return [{
    name: 'page image', heading: 'Page image', source, picture: /^ *page image: +/,
    sample: encodePageImage({
      page: 0xa1a1a1a2, groupPage: 0xa2a2a2a3, groupPages: 0xa3a3a3a4, kind: 0xa4, codec: 0xa5, crc: 0xa6a6a6a7, bytes,
    }),
    fields: [
      field('page', /^page id/, 4, 0xa1a1a1a2), field('groupPage', /^first page/, 4, 0xa2a2a2a3),
      field('groupPages', /^pages of/, 4, 0xa3a3a3a4), field('kind', /^kind/, 1, 0xa4),
      field('codec', /^codec/, 1, 0xa5), field('crc', /^CRC-32C/, 4, 0xa6a6a6a7),
      bytesField('bytes', /^the page as/, bytes),
    ],
  }, {
    name: 'publish', heading: 'Publish', source, picture: /^ *publish: +/,
    sample: encodePublish({ nextRowId: 0x818181818182, liveRows: 0x828282828283, keyCodec }, [group]).slice(0, 24),
    fields: [
      field('groups', /^groups/, 4, 1), field('nextRowId', /^next row id/, 8, 0x818181818182),
      field('liveRows', /^live rows/, 8, 0x828282828283),
    ],
  }]
}

/** All of them. */
export function logLayouts(): Layout[] {
  return [...checkpointLayouts(), ...publishLayouts()]
}
