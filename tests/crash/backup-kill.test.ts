// kill -9 while a backup is made, added to, or restored, by real processes over real files. The source opens and is
// whole; the backup is what it was or a complete newer one; a restore that was cut short leaves no database behind, and
// the next one makes it. A backup whose bytes were damaged is refused before anything is written.
import {
  closeSync, copyFileSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync, statSync, writeFileSync, writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, test } from 'vitest'
import { Random } from '../../src/base/random.ts'
import { open } from '../../src/index.ts'
import { builtStorage, compile, liveAndDie } from './process.ts'

const isBuilt = existsSync(builtStorage)
const ROUNDS = 3
const ROWS = 12_000

async function hashOf(path: string): Promise<string> {
  const db = await open(path, { readOnly: true })
  try {
    expect(db.verify().problems).toEqual([])
    return db.contentHash()
  } finally {
    db.close()
  }
}

async function restored(backup: string, target: string): Promise<string> {
  const db = await open(':memory:')
  try {
    await db.execute(`RESTORE DATABASE '${target}' FROM '${backup}'`)
    return await hashOf(target)
  } finally {
    db.close()
    for (const file of [target, `${target}-wal`]) rmSync(file, { recursive: true, force: true })
  }
}

test.skipIf(!isBuilt)('kills during backups, incremental ones and restores', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'secantdb-copy-'))
  try {
    const [path, backup, target] = ['a.sdb', 'a.bak', 'copy.sdb'].map(name => join(folder, name)) as
      [string, string, string]
    const index = pathToFileURL(join(builtStorage, '..', '..', 'src', 'index.js')).href
    const copier = compile('copier', folder)
    const random = new Random(9)
    const db = await open(path)
    db.exec('CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER, s TEXT)')
    const id = Int32Array.from({ length: ROWS }, (_, i) => i)
    db.table('t').append({ id, n: id, s: Array.from(id, i => `row ${i} ${random.below(2 ** 30)} ${i % 97}`.repeat(8)) })
    await db.execute(`BACKUP DATABASE TO '${backup}'`)
    const first = db.contentHash()
    db.close()
    expect(await restored(backup, target)).toBe(first)
    for (const what of ['backup', 'incremental', 'restore'] as const) {
      for (let round = 0; round < ROUNDS; round++) {
        const command = [copier, what, what === 'restore' ? target : path, backup, index]
        await liveAndDie(command, random.between(0, 60), false)
        if (what === 'restore') {
          // There whole, or not there.
          if (existsSync(target)) expect(await hashOf(target)).toBe(await restored(backup, join(folder, 'other.sdb')))
          for (const file of [target, `${target}-wal`]) rmSync(file, { recursive: true, force: true })
        }
        await hashOf(path)
        expect(await restored(backup, target)).toMatch(/^[0-9a-f]{64}$/)
      }
    }
    const again = await open(path)
    await again.backup(backup, { incremental: true })
    const now = again.contentHash()
    again.close()
    expect(await restored(backup, target)).toBe(now)
    await damageRefused(backup, join(folder, 'bad.bak'), target, random)
    expect(await hashOf(path)).toBe(now)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}, 300_000)

async function damageRefused(backup: string, bad: string, target: string, random: Random): Promise<void> {
  const db = await open(':memory:')
  for (let i = 0; i < 6; i++) {
    copyFileSync(backup, bad)
    const { size } = statSync(bad)
    if (i === 0) writeFileSync(bad, readFileSync(backup).subarray(0, size - 5000))
    else {
      const at = 8192 + random.below(size - 8192)
      const file = openSync(bad, 'r+')
      writeSync(file, Buffer.from([readFileSync(backup)[at]! ^ 0x10]), 0, 1, at)
      closeSync(file)
    }
    await expect(db.execute(`RESTORE DATABASE '${target}' FROM '${bad}'`)).rejects.toMatchObject({ code: 'XX001' })
    expect([existsSync(target), existsSync(`${target}.restoring`)]).toEqual([false, false])
  }
  db.close()
}

test.runIf(!isBuilt)('kills need the build', () => {
  console.log('skipped: there is no dist/; run npm run build, or npm test, which does')
})
