// A hundred thousand random operations a table against a map, with crashes of the whole disk in between: after each,
// recovery must bring back exactly what was acknowledged. Lighter checks than model.test.ts (each operation checks its
// own key, everything is compared now and then), so that tables live long: deltas are sealed and merged, log segments
// recycled, blocks reused, many times over.
//
//   SECANTDB_MODEL_OPERATIONS   operations for each kind of key
import { describe, expect, test } from 'vitest'
import { Random } from '../../src/base/random.ts'
import { BIGINT, INTEGER, TEXT } from '../../src/base/types.ts'
import type { Row, Scalar, TableSchema } from '../../src/base/types.ts'
import { openEngine } from '../../storage/mod.ts'
import type { Engine, EngineOptions, Transaction } from '../../storage/mod.ts'
import { verifyEngine } from '../../storage/verify.ts'
import { CRASH_POLICIES } from '../sim/crash-image.ts'
import { FaultyFileSystem } from '../sim/faulty-file.ts'
import { reading, rowText, scanRows } from './rows.ts'

const OPERATIONS = Number(process.env['SECANTDB_MODEL_OPERATIONS'] ?? 100_000)
const PATH = 'c.sdb'
const OPTIONS: Partial<EngineOptions> = {
  memoryBytes: 8 << 20, rowGroupRows: 256, deltaRows: 200, poolFrames: 24, walSegmentBytes: 64 * 1024,
  checkpointBytes: 256 * 1024,
}

interface Kind {
  readonly name: string
  readonly schema: TableSchema
  readonly keyOf: (n: number) => Scalar[]
}

const VALUES = [{ name: 'n', type: BIGINT, nullable: true }, { name: 'text', type: TEXT, nullable: true }]
const KINDS: readonly Kind[] = [
  {
    name: 'integer', keyOf: (n) => [n * 3],
    schema: { name: 't', key: [0], columns: [{ name: 'id', type: INTEGER, nullable: false }, ...VALUES] },
  },
  {
    name: 'text and integer', keyOf: (n) => [`owner ${n % 40}`, n],
    schema: {
      name: 't', key: [0, 1],
      columns: [{ name: 'a', type: TEXT, nullable: false }, { name: 'b', type: INTEGER, nullable: false }, ...VALUES],
    },
  },
]
const KEYS = 6000

type Model = Map<number, Row>

class CrashRun {
  private readonly kind: Kind
  private readonly random: Random
  private disk = new FaultyFileSystem()
  private engine!: Engine
  private model: Model = new Map()
  readonly counts = { commits: 0, rollbacks: 0, crashes: 0, closes: 0, comparisons: 0 }

  constructor(kind: Kind, random: Random) {
    this.kind = kind
    this.random = random
  }

  async start(): Promise<void> {
    this.engine = await openEngine(PATH, { ...OPTIONS, files: this.disk })
    const txn = this.engine.begin()
    txn.createTable(this.kind.schema)
    txn.commit()
  }

  /** One transaction; returns its operations. */
  transaction(): number {
    const { random, engine } = this
    const txn = engine.begin()
    const written = new Map<number, Row | null>()
    const count = random.pick([1, 1, 5, 40, 300])
    // Some transactions stay in one place, as real ones do.
    const base = random.below(KEYS)
    const spread = random.pick([50, KEYS])
    for (let i = 0; i < count; i++) this.operate(txn, (base + random.below(spread)) % KEYS, written)
    if (random.chance(0.1)) {
      txn.rollback()
      this.counts.rollbacks++
      return count
    }
    txn.commit()
    for (const [n, row] of written) {
      if (row === null) this.model.delete(n)
      else this.model.set(n, row)
    }
    this.counts.commits++
    return count
  }

  private operate(txn: Transaction, n: number, written: Map<number, Row | null>): void {
    const { random } = this
    const key = this.kind.keyOf(n)
    const before = written.has(n) ? written.get(n)! : this.model.get(n) ?? null
    const roll = random.next()
    if (roll < 0.3) {
      expect(rowText(txn.tables('t').row(key))).toBe(rowText(before))
    } else if (roll < 0.5) {
      expect(txn.delete('t', key)).toBe(before !== null)
      written.set(n, null)
    } else {
      const text = random.chance(0.1) ? null : random.chance(0.002) ? 'long '.repeat(9000) : `text ${random.below(500)}`
      const row: Row = [...key, random.chance(0.1) ? null : random.between(-1e12, 1e12), text]
      expect(txn.put('t', row)).toBe(before === null ? 'inserted' : 'updated')
      written.set(n, row)
    }
  }

  async crashOrClose(): Promise<void> {
    const { random } = this
    if (random.chance(0.7)) {
      const policy = random.pick(CRASH_POLICIES)
      this.engine.parts.lock?.release()
      this.engine.memory.release()
      this.disk = this.disk.crash(policy, random)
      this.counts.crashes++
    } else {
      this.engine.close()
      this.counts.closes++
    }
    this.engine = await openEngine(PATH, { ...OPTIONS, files: this.disk })
    this.compare()
  }

  compare(): void {
    this.counts.comparisons++
    reading(this.engine, (txn) => {
      const found = scanRows(this.engine, txn.tables('t'), { order: 'ascending' }).map(rowText).sort()
      expect(found).toEqual([...this.model.values()].map(rowText).sort())
    })
  }

  finish(): void {
    this.compare()
    expect(verifyEngine(this.engine).problems).toEqual([])
    this.engine.close()
  }
}

describe('random operations and crashes', () => {
  test.each(KINDS)('key: $name', async (kind) => {
    const run = new CrashRun(kind, new Random(Number(process.env['SECANTDB_SEED'] ?? 3)))
    await run.start()
    let operations = 0
    for (let step = 1; operations < OPERATIONS; step++) {
      operations += run.transaction()
      if (step % 25 === 0) await run.crashOrClose()
    }
    run.finish()
    console.log(`${kind.name}: ${operations} operations, ${JSON.stringify(run.counts)}`)
    expect(run.counts.crashes).toBeGreaterThan(OPERATIONS / 5000)
  }, 400_000)
})
