// Fuzzes the log: records whose checksums hold with hostile bodies, types and ids, hostile segment headers, and
// log files cut, shuffled and overwritten. Recovery replays them or refuses them; it never breaks.
import { expect, test } from 'vitest'
import type { Random } from '../../src/base/random.ts'
import { RECORD_HEADER_BYTES } from '../../storage/wal/record.ts'
import { SEGMENT_HEADER_BYTES } from '../../storage/wal/segment.ts'
import { DAMAGED_PATH, copyFiles, makeSmallDatabase, readFile, writeFile } from '../storage/small-database.ts'
import { runCampaign } from './campaign.ts'
import { mutate, mutateCopy } from './mutator.ts'
import { logRecords, sealRecord } from './seal.ts'
import type { LogRecord } from './seal.ts'
import { useDatabase } from './use-database.ts'

const WAL = `${DAMAGED_PATH}-wal`

test('log records and segments', async () => {
  const healthy = await makeSmallDatabase()
  const logs = healthy.list(WAL).map((name) => `${WAL}/${name}`)
    .map((path) => ({ path, bytes: readFile(healthy, path) }))
    .map((log) => ({ ...log, records: logRecords(log.bytes, SEGMENT_HEADER_BYTES, RECORD_HEADER_BYTES) }))
    .filter(({ records }) => records.length > 0)
  expect(logs.flatMap(({ records }) => records).length).toBeGreaterThan(40)
  const { executions, refused } = await runCampaign('wal', (random) => {
    const { path, bytes, records } = random.pick(logs)
    const files = copyFiles(healthy)
    writeFile(files, path, random.chance(0.8) ? hostileRecords(bytes, records, random) : mutateCopy(bytes, random))
    return useDatabase(files)
  })
  expect(refused).toBeGreaterThan(executions / 50)
}, 600_000)

function hostileRecords(bytes: Uint8Array, records: readonly LogRecord[], random: Random): Uint8Array {
  const copy = bytes.slice()
  for (let i = random.pick([1, 1, 2, 4]); i > 0; i--) {
    const record = random.pick(records)
    mutate(copy.subarray(record.begin + (random.chance(0.5) ? 24 : RECORD_HEADER_BYTES), record.end), random)
    sealRecord(copy, bytes, record)
  }
  return copy
}
