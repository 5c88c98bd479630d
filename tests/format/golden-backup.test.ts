// Backups stay restorable: a backup file of every format version is kept in golden/backup-v<version>/ and must
// restore, for as long as this release reads that version, to the rows of the golden database it was made of. It has
// two links, made of database version 1: the whole, and one change.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { NodeFileSystem } from '../../storage/file/node-file.ts'
import { backupSteps, openEngine, restoreSteps, runSteps, verifyEngine } from '../../storage/mod.ts'
import { GOLDEN_OPTIONS } from './golden/make.ts'
import { goldenOf, shown, unpack } from './golden/unpack.ts'

const here = dirname(goldenOf(1))
const current = join(here, 'backup-v1')
const folder = mkdtempSync(join(tmpdir(), 'secantdb-golden-backup-'))
afterAll(() => rmSync(folder, { recursive: true }))

async function makeGoldenBackup(): Promise<void> {
  const path = unpack(goldenOf(1), join(folder, 'source.sdb'))
  const engine = await openEngine(path, GOLDEN_OPTIONS)
  const backup = join(folder, 'source.bak')
  runSteps(backupSteps(engine, backup))
  const txn = engine.begin()
  txn.put('created', [3])
  txn.commit()
  runSteps(backupSteps(engine, backup, { incremental: true }))
  engine.close()
  mkdirSync(current)
  writeFileSync(join(current, 'backup.gz'), gzipSync(readFileSync(backup), { level: 9 }))
}

beforeAll(async () => {
  if (!existsSync(current) && process.env.SECANTDB_WRITE_GOLDEN === '1') await makeGoldenBackup()
})

test('there is a golden backup of the current version', () => {
  expect(existsSync(current)).toBe(true)
  expect(readFileSync(join(current, 'backup.gz')).length).toBeLessThan(200 * 1024)
})

const names = readdirSync(here).filter((name) => name.startsWith('backup-'))
test.each(names)('%s restores, each of its links', async (name) => {
  const backup = join(folder, `${name}.bak`)
  writeFileSync(backup, gunzipSync(readFileSync(join(here, name, 'backup.gz'))))
  const rows = readFileSync(join(goldenOf(1), 'rows.txt'), 'utf8')
  const changed = rows.replace(/(created .*\n {2}1\n {2}2)\n/, '$1\n  3\n')
  for (const [link, text] of [[1, rows], [2, changed]] as const) {
    const to = join(folder, `${name}-${link}.sdb`)
    runSteps(restoreSteps(new NodeFileSystem(), { from: backup, to, link }))
    const engine = await openEngine(to, GOLDEN_OPTIONS)
    expect(shown(engine)).toBe(text)
    expect(verifyEngine(engine).problems).toEqual([])
    engine.close()
  }
})
