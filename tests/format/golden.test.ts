// Backward compatibility: a database of every format version is kept in golden/v<version>/ and must open,
// with every row as the text beside it says, for as long as this release reads that version. It is never made
// again: a new version of the format adds a folder (SECANTDB_WRITE_GOLDEN=1 writes the one that is missing).
import {
  existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { indexFigures, openEngine, walFolder } from '../../storage/mod.ts'
import type { Engine } from '../../storage/mod.ts'
import { LAYOUT } from '../../storage/column-buffers.ts'
import { FORMAT_VERSION } from '../../storage/page/meta-slot.ts'
import { PAGE_KIND } from '../../storage/page/page-store.ts'
import { PAGE_CODEC } from '../../storage/page/page-codec.ts'
import { ENCODING } from '../../storage/row-group/column-chunk.ts'
import { verifyEngine } from '../../storage/verify.ts'
import { reading, scanRows } from '../storage/rows.ts'
import { GOLDEN_OPTIONS, expectedText, makeGolden, tableLines } from './golden/make.ts'
import type { Variant } from './golden/make.ts'
import { goldenOf, shown, unpack } from './golden/unpack.ts'

const here = dirname(goldenOf(FORMAT_VERSION))
const folder = mkdtempSync(join(tmpdir(), 'secantdb-format-'))
afterAll(() => rmSync(folder, { recursive: true }))

const SIZE_MAX = 256 * 1024

/** Compresses a made database into the repository. */
function store(path: string, golden: string, variant: Variant): void {
  mkdirSync(join(golden, 'wal'), { recursive: true })
  const compress = (from: string, to: string): void => {
    writeFileSync(to, gzipSync(readFileSync(from), { level: 9 }))
  }
  compress(path, join(golden, 'database.gz'))
  for (const name of readdirSync(walFolder(path))) {
    compress(join(walFolder(path), name), join(golden, 'wal', `${name}.gz`))
  }
  writeFileSync(join(golden, 'rows.txt'), expectedText(variant))
}

function expectByKey(engine: Engine): void {
  reading(engine, (txn) => {
    for (const schema of txn.listTables()) {
      const access = txn.tables(schema.name)
      const rows = scanRows(engine, access, { order: 'ascending' })
      const found = rows.map((row) => access.row(schema.key.map((c) => row[c]!))!)
      expect(tableLines(schema, found)).toEqual(tableLines(schema, rows))
    }
  })
}

async function opened(path: string, use: (engine: Engine) => void, readOnly = false): Promise<void> {
  const engine = await openEngine(path, { ...GOLDEN_OPTIONS, readOnly })
  try {
    use(engine)
  } finally {
    engine.close()
  }
}

beforeAll(async () => {
  for (const variant of ['plain', 'compressed'] as const) {
    const golden = goldenOf(FORMAT_VERSION, variant === 'compressed')
    if (existsSync(golden) || process.env.SECANTDB_WRITE_GOLDEN !== '1') continue
    const path = join(folder, `${variant}-to-store.sdb`)
    await makeGolden(path, variant)
    store(path, golden, variant)
  }
})

test('there is a golden database of the current version', () => {
  expect(existsSync(goldenOf(FORMAT_VERSION))).toBe(true)
  expect(existsSync(goldenOf(FORMAT_VERSION, true))).toBe(true)
})

describe.each(readdirSync(here).filter((name) => /^v\d+(-compressed)?$/.test(name)))('%s', (name) => {
  const golden = join(here, name)
  const text = readFileSync(join(golden, 'rows.txt'), 'utf8')

  test('opens read-only with every row, by scan and by key', async () => {
    await opened(unpack(golden, join(folder, `${name}-read.sdb`)), (engine) => {
      expect(engine.counters.recoveredRecords).toBeGreaterThan(100)
      expect(shown(engine)).toBe(text)
      expectByKey(engine)
    }, true)
  })

  test('opens for writing, checks out, is checkpointed, changed, and opens again', async () => {
    const path = unpack(golden, join(folder, `${name}-write.sdb`))
    await opened(path, (engine) => {
      expect(verifyEngine(engine).problems).toEqual([])
      expect(shown(engine)).toBe(text)
      engine.checkpoint()
      const txn = engine.begin()
      txn.put('created', [3])
      txn.commit()
    })
    await opened(path, (engine) => {
      expect(verifyEngine(engine).problems).toEqual([])
      expect(shown(engine)).toBe(text.replace(/(created .*\n {2}1\n {2}2)\n/, '$1\n  3\n'))
    })
  })

  test('is small', () => {
    const log = readdirSync(join(golden, 'wal')).map((file) => `wal/${file}`)
    const files = ['database.gz', 'rows.txt', ...log]
    expect(files.reduce((sum, file) => sum + statSync(join(golden, file)).size, 0)).toBeLessThan(SIZE_MAX)
  })
})

describe('the golden database', () => {
  test('holds every encoding, layout, page kind and kind of model', async () => {
    await opened(unpack(goldenOf(FORMAT_VERSION), join(folder, 'coverage.sdb')), (engine) => {
      const chunks = engine.catalog.tables().flatMap((table) =>
        table.root.groups.flatMap((group) => [...table.metaOf(group).chunks]))
      const { RUNS: _runs, DELTA: _delta, ...inPlace } = ENCODING
      expect(new Set(chunks.map(({ encoding }) => encoding))).toEqual(new Set(Object.values(inPlace)))
      expect(new Set(chunks.map(({ layout }) => layout))).toEqual(new Set(Object.values(LAYOUT)))
      const { FREE: _free, MAP: _map, ...kinds } = PAGE_KIND
      for (const kind of Object.values(kinds)) expect([...engine.pages.pagesOfKind(kind)]).not.toEqual([])
      const models = engine.catalog.tables()
        .flatMap((table) => indexFigures(table).groups.map(({ kind }) => kind))
      expect(models).toContain('learned')
      expect(models).toContain('sampled')
    }, true)
  })

  test('compressed, holds runs, deltas and compressed pages', async () => {
    await opened(unpack(goldenOf(FORMAT_VERSION, true), join(folder, 'compressed.sdb')), (engine) => {
      const chunks = engine.catalog.tables().flatMap((table) =>
        table.root.groups.flatMap((group) => [...table.metaOf(group).chunks]))
      expect(new Set(chunks.map(({ encoding }) => encoding))).toEqual(new Set(Object.values(ENCODING)))
      const codecs = [...engine.pages.pagesOfKind(PAGE_KIND.BASE)].map((page) => engine.pages.map.codecOf(page))
      expect(codecs).toContain(PAGE_CODEC.ZSTD)
    }, true)
  })

  test('can be made again: the script beside it still works', async () => {
    const path = join(folder, 'made.sdb')
    await makeGolden(path)
    await opened(path, (engine) => expect(shown(engine)).toBe(expectedText()))
  })

  test('is what its tables say', () => {
    expect(readFileSync(join(goldenOf(FORMAT_VERSION), 'rows.txt'), 'utf8')).toBe(expectedText())
    expect(readFileSync(join(goldenOf(FORMAT_VERSION, true), 'rows.txt'), 'utf8')).toBe(expectedText('compressed'))
  })
})
