// Samples of the structures of a backup file, for the tests that compare them with docs/FORMAT.md, with the pictures
// in the source files and with the golden list.
import { crc32c } from '../../src/base/checksum.ts'
import { encodeBackupHeader } from '../../storage/backup/backup-header.ts'
import { encodeDirectory, encodeLinkHeader, encodeTrailer } from '../../storage/backup/backup-link.ts'
import { ascii, bytesField, field } from './layout.ts'
import type { Layout } from './layout.ts'

const DATABASE_ID = Uint8Array.from({ length: 16 }, (_, i) => 0xd0 + i)
const HASH = Uint8Array.from({ length: 32 }, (_, i) => 0x60 + i)

function headerLayout(): Layout {
  const sample = encodeBackupHeader({
    databaseId: DATABASE_ID, links: 0x51515152, end: 0x5252525253 * 4096, lastHash: HASH,
  }).slice(0, 2048)
  return {
    name: 'backup header copy', heading: 'Backup files', source: 'storage/backup/backup-header.ts',
    picture: /one copy$/, sample,
    fields: [
      bytesField('magic', /^magic/, ascii('SecntBAK')), field('version', /^format version/, 4, 1),
      field('flags', /^incompatible flags/, 4, 0), bytesField('databaseId', /^database id/, DATABASE_ID),
      field('links', /^links/, 4, 0x51515152), field('end', /^end/, 8, 0x5252525253 * 4096),
      bytesField('lastHash', /^hash of the last/, HASH), field('crc', /^CRC-32C/, 4, crc32c(sample.subarray(0, 2044))),
    ],
  }
}

function linkLayout(): Layout {
  const sample = encodeLinkHeader({
    number: 0x61616162, baseEpoch: 0x62626263, epoch: 0x63636364, mapPages: 0x64646465, storedMapPages: 0x65656566,
    images: 0x66666667, bytes: 0x676767676768, commitId: 0x686868686869, redoLsn: 0x69696969696a,
    timeMs: 0x6a6a6a6a6a6b, previousHash: HASH,
  }, new Uint8Array(2048)).slice(0, 2048)
  return {
    name: 'link header', heading: 'Links', source: 'storage/backup/backup-link.ts',
    picture: /^ *offset  bytes  header$/, sample,
    fields: [
      bytesField('magic', /^magic/, ascii('SecntLNK')), field('number', /^link number/, 4, 0x61616162),
      field('baseEpoch', /^base epoch/, 4, 0x62626263), field('epoch', /^epoch/, 4, 0x63636364),
      field('mapPages', /^map pages of/, 4, 0x64646465), field('storedMapPages', /^map pages stored/, 4, 0x65656566),
      field('images', /^page images/, 4, 0x66666667), field('bytes', /^bytes/, 8, 0x676767676768),
      field('commitId', /^commit id/, 8, 0x686868686869), field('redoLsn', /^redo LSN/, 8, 0x69696969696a),
      field('timeMs', /^time/, 8, 0x6a6a6a6a6a6b), bytesField('previousHash', /^hash of the link before/, HASH),
      field('crc', /^CRC-32C/, 4, crc32c(sample.subarray(0, 2044))),
    ],
  }
}

function directoryLayout(): Layout {
  const entry = { block: 0x71717172, crc: 0x72727273, epoch: 0x73737374, blocks: 0x74747475, link: 0x75757576 }
  return {
    name: 'backup directory entry', heading: 'Directories of links', source: 'storage/backup/backup-link.ts',
    picture: /^ *directory entry +/, sample: encodeDirectory([entry]).slice(0, 24),
    fields: [
      field('block', /^block( |$)/, 4, entry.block), field('crc', /^CRC-32C/, 4, entry.crc),
      field('epoch', /^epoch/, 4, entry.epoch), field('blocks', /^blocks/, 4, entry.blocks),
      field('link', /^link number/, 4, entry.link),
    ],
  }
}

function trailerLayout(): Layout {
  const sample = encodeTrailer(0x81818182, 0x828282828283, HASH).slice(0, 64)
  return {
    name: 'link trailer', heading: 'Trailers of links', source: 'storage/backup/backup-link.ts',
    picture: /^ *offset  bytes  trailer$/, sample,
    fields: [
      bytesField('magic', /^magic/, ascii('SecntEND')), field('number', /^link number/, 4, 0x81818182),
      field('bytes', /^bytes/, 8, 0x828282828283), bytesField('hash', /^hash/, HASH),
      field('crc', /^CRC-32C/, 4, crc32c(sample.subarray(0, 60))),
    ],
  }
}

/** The structures of a backup file. */
export function backupLayouts(): Layout[] {
  return [headerLayout(), linkLayout(), directoryLayout(), trailerLayout()]
}
