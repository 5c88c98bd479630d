// Features that are tested one by one elsewhere, all at once on one small table: three kinds of secondary index,
// codecs that change, runs and merges of every size, VACUUM, snapshots held open, a reader that follows, backups with
// restores, copies of the files as a crash would leave them, and both log modes; every answer against a map.
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { Random } from '../../src/base/random.ts'
import { open } from '../../src/index.ts'
import type { Connection, Database, OpenOptions } from '../../src/index.ts'

const folder = mkdtempSync(join(tmpdir(), 'secantdb-combinations-'))
afterAll(() => rmSync(folder, { recursive: true }))

const STEPS = 250
const OPTIONS: OpenOptions = { deltaRows: 16, rowGroupRows: 64, memory: '8MB', checkpointEvery: 7 }

interface Row {
  id: number
  a: number | null
  b: string | null
}
type Model = Map<number, Row>

const copyOf = (model: Model): Model => new Map([...model].map(([id, row]) => [id, { ...row }]))
const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

function check(db: Connection | Database, model: Model, a: number): void {
  const rows = [...model.values()].sort((x, y) => x.id - y.id)
  expect(db.prepare('SELECT id, a, b FROM t ORDER BY id').all()).toEqual(rows)
  const ids = rows.filter((row) => row.a === a).map(({ id }) => ({ id }))
  expect(db.prepare('SELECT id FROM t WHERE a = $1 ORDER BY id').all([a])).toEqual(ids)
  const nulls = rows.filter((row) => row.b === null && row.a !== null && row.a > 10).length
  expect(db.prepare('SELECT count(*) AS n FROM t WHERE b IS NULL AND a > 10').get()).toEqual({ n: nulls })
  const texts = rows.flatMap(({ b }) => b ?? []).sort()
  expect(db.prepare('SELECT max(b) AS m FROM t').get()).toEqual({ m: texts.at(-1) ?? null })
}

class Work {
  readonly random: Random
  readonly path: string
  model: Model = new Map()
  db!: Database
  reader!: Database
  held: { session: Connection; model: Model } | null = null
  copies = 0

  constructor(seed: number) {
    this.random = new Random(seed)
    this.path = join(folder, `${seed}.sdb`)
  }

  row(): Row {
    const { random } = this
    const a = random.chance(0.75) ? random.below(20) : null
    return { id: random.below(400), a, b: random.chance(0.75) ? `k${random.below(30)}` : null }
  }

  put(model: Model): void {
    const row = this.row()
    this.db.table('t').put({ ...row })
    model.set(row.id, row)
  }

  change(): void {
    const { db, model, random } = this
    const kind = random.below(10)
    if (kind < 5) this.put(model)
    else if (kind < 7) {
      const id = random.below(400)
      db.prepare('DELETE FROM t WHERE id = $1').run([id])
      model.delete(id)
    } else if (kind < 9) {
      const [from, to] = [random.below(20), random.below(20)]
      db.prepare('UPDATE t SET a = $2 WHERE a = $1').run([from, to])
      for (const row of model.values()) if (row.a === from) row.a = to
    } else {
      const ids = Array.from({ length: 100 }, (_, i) => 400 + i * 3).filter((id) => !model.has(id))
      const rows = ids.map((id) => ({ ...this.row(), id }))
      db.table('t').append({ id: ids, a: rows.map((row) => row.a), b: rows.map((row) => row.b) })
      for (const row of rows) model.set(row.id, row)
    }
  }

  rollBack(): void {
    const { db } = this
    db.exec('BEGIN')
    const kept = this.model
    this.model = copyOf(kept)
    for (let i = 0; i < 5; i++) this.change()
    if (this.random.chance(0.5)) {
      db.exec('ROLLBACK')
      this.model = kept
    } else db.exec('COMMIT')
  }

  maintain(): void {
    const codec = this.random.pick(['none', 'rle', 'lz4', 'zstd', 'gzip'])
    this.db.exec(this.random.pick([
      'VACUUM', 'PRAGMA wal_checkpoint', 'REINDEX TABLE t', 'PRAGMA recompress = t',
      `PRAGMA compression(t) = '${codec}'`, 'DROP INDEX ia; CREATE INDEX ia ON t (a)',
    ]))
  }

  hold(): void {
    if (this.held === null) {
      const session = this.db.connect()
      session.exec('BEGIN ISOLATION LEVEL SERIALIZABLE')
      session.prepare('SELECT count(*) FROM t').get()
      this.held = { session, model: copyOf(this.model) }
    } else this.letGo()
  }

  letGo(): void {
    if (this.held === null) return
    check(this.held.session, this.held.model, this.random.below(20))
    this.held.session.exec('COMMIT')
    this.held.session.close()
    this.held = null
  }

  async checkCopy(path: string): Promise<void> {
    const copy = await open(path, OPTIONS)
    check(copy, this.model, this.random.below(20))
    expect(copy.prepare('PRAGMA integrity_check').get()).toEqual({ name: 'integrity_check', value: 'ok' })
    copy.close()
  }

  async copy(): Promise<void> {
    const to = `${this.path}.copy${this.copies++}`
    if (this.random.chance(0.5)) {
      await this.db.backup(`${this.path}.bak`, { incremental: true })
      this.db.exec(`RESTORE DATABASE '${to}' FROM '${this.path}.bak'`)
    } else {
      cpSync(this.path, to)
      cpSync(`${this.path}-wal`, `${to}-wal`, { recursive: true })
    }
    await this.checkCopy(to)
  }

  async reopen(): Promise<void> {
    this.letGo()
    this.db.close()
    this.db = await open(this.path, { ...OPTIONS, walMode: this.random.pick(['on', 'off']) })
  }

  async step(): Promise<void> {
    const kind = this.random.below(100)
    if (kind < 65) this.change()
    else if (kind < 72) this.rollBack()
    else if (kind < 80) this.maintain()
    else if (kind < 85) this.hold()
    else if (kind < 90) await this.copy()
    else if (kind < 92) await this.reopen()
    else {
      await nextTurn()
      check(this.random.chance(0.5) ? this.reader : this.db, this.model, this.random.below(20))
    }
  }
}

test.each([1, 2])('every feature beside every other, seed %d', { timeout: 120_000 }, async (seed) => {
  const work = new Work(seed)
  work.db = await open(work.path, { ...OPTIONS, mergeEveryCommit: seed === 2 })
  work.db.exec(`CREATE TABLE t (id INT PRIMARY KEY, a INT, b TEXT) WITH (compression = 'lz4');
    CREATE INDEX ia ON t (a); CREATE INDEX ib ON t (b, a) USING btree;
    CREATE UNIQUE INDEX ic ON t (b, id) USING sorted`)
  work.reader = await open(work.path, { readOnly: true, memory: '8MB' })
  for (let i = 0; i < STEPS; i++) await work.step()
  work.letGo()
  work.reader.close()
  work.db.close()
  await work.checkCopy(work.path)
})
