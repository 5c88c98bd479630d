// Queries over run-length and delta columns against DuckDB, on both back ends: filters, joins, groups and orders see
// the same values whatever the chunks are encoded as, also with a delta on top and after it is merged.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Random } from '../../src/base/random.ts'
import type { Compression } from '../../src/base/types.ts'
import { ENCODING_NAMES } from '../../storage/row-group/column-chunk.ts'
import { asText, comparableRows, ourRows } from './compare.ts'
import { openOracle } from './duckdb.ts'
import type { Oracle } from './duckdb.ts'
import { Session } from './session.ts'

const ROWS = 6000
const ROWS_PER_INSERT = 200
const CREATE = `CREATE TABLE reading (id integer PRIMARY KEY, seen timestamp, sensor text, seq bigint,
  level double precision, is_on boolean, big bigint, day date, price decimal(12,2))`

function inserts(): string[] {
  const random = new Random(31)
  const rows: string[] = []
  let seq = 5_000_000_000
  for (let i = 0; i < ROWS; i++) {
    seq += random.between(1, 200)
    const at = new Date(Date.UTC(2024, 0, 1) + i * 1000).toISOString().slice(0, 19).replace('T', ' ')
    const sensor = i % 97 === 3 ? 'NULL' : `'${['north', 'süd', 'its', ''][(i >> 8) % 4]}'`
    const level = i % 61 === 0 ? 'NULL' : `${(i >> 7) % 5 / 4}::double precision`
    const big = `${i < 3000 ? 4_000_000_000_000_000_000n + BigInt(i >> 9) : BigInt(i >> 9)}`
    rows.push(`(${i * 2}, TIMESTAMP '${at}', ${sensor}, ${seq}, ${level}, ${(i >> 6) % 3 === 0}, ${big},
      DATE '2024-02-${String(1 + (i >> 9) % 28).padStart(2, '0')}', ${(i >> 5) % 40}.25)`)
  }
  return Array.from({ length: Math.ceil(ROWS / ROWS_PER_INSERT) }, (_, i) =>
    `INSERT INTO reading VALUES ${rows.slice(i * ROWS_PER_INSERT, (i + 1) * ROWS_PER_INSERT).join(', ')}`)
}

const CHANGES = [
  'UPDATE reading SET seq = seq + 1 WHERE id BETWEEN 3000 AND 3100',
  "UPDATE reading SET sensor = NULL, level = 9 WHERE id BETWEEN 7000 AND 7010",
  'DELETE FROM reading WHERE id BETWEEN 9000 AND 9020 OR id = 2',
]

const QUERIES = [
  'SELECT count(*), sum(seq), min(seen), max(seen), sum(level), count(sensor), sum(price) FROM reading',
  "SELECT sensor, count(*), sum(seq), max(big) FROM reading GROUP BY sensor ORDER BY sensor",
  "SELECT count(*), sum(seq) FROM reading WHERE sensor = 'süd' AND level > 0.25",
  'SELECT id, seq, seen FROM reading WHERE seq BETWEEN 5000100000 AND 5000110000 ORDER BY id',
  `SELECT count(*) FROM reading WHERE seen >= TIMESTAMP '2024-01-01 00:40:00'
     AND seen < TIMESTAMP '2024-01-01 01:10:00'`,
  'SELECT day, is_on, count(*), avg(level) FROM reading GROUP BY day, is_on ORDER BY day, is_on',
  'SELECT big, count(*) FROM reading GROUP BY big ORDER BY big',
  `SELECT id, sensor, level, is_on, big, price FROM reading
     WHERE id IN (0, 2, 4, 511, 512, 3002, 7002, 9010, 11998) ORDER BY id`,
  'SELECT a.id, b.id FROM reading a JOIN reading b ON a.seq = b.seq WHERE a.level IS NULL ORDER BY a.id, b.id',
  'SELECT level, price FROM reading WHERE is_on ORDER BY seq DESC LIMIT 20',
  "SELECT count(*) FROM reading WHERE sensor <> '' AND price * 2 > 10 AND NOT is_on",
  'SELECT DISTINCT price FROM reading WHERE day > DATE \'2024-02-03\' ORDER BY price',
]

let oracle: Oracle

beforeAll(async () => {
  oracle = await openOracle()
  for (const sql of [CREATE, ...inserts(), ...CHANGES]) await oracle.run(sql)
}, 60_000)

afterAll(() => oracle.close())

async function compare(session: Session): Promise<void> {
  for (const sql of QUERIES) {
    const want = await oracle.rows(asText(sql))
    for (const backend of ['javascript', 'webassembly', 'auto'] as const) {
      session.backend = backend
      const ordered = sql.includes('ORDER BY')
      const result = session.run(sql)
      expect([sql, backend, ...ourRows(result, ordered)])
        .toEqual([sql, backend, ...comparableRows(want, result.types, ordered)])
    }
  }
}

const SETTINGS: readonly Compression[] = ['rle', 'zstd']

test.each(SETTINGS)('%s: the answers are DuckDB\'s', async (compression) => {
  const session = await Session.open({ compression, rowGroupRows: 2048, deltaRows: 3000 })
  for (const sql of [CREATE, ...inserts()]) session.run(sql)
  const { mergeTable } = await import('../../storage/merging.ts')
  const table = session.engine.catalog.get('reading')
  mergeTable(session.engine, table, () => true)
  const encodings = table.metaOf(table.root.groups[1]!).chunks.map(({ encoding }) => ENCODING_NAMES[encoding])
  expect(encodings).toEqual(['narrow', 'delta', 'runs', 'delta', 'runs', 'runs', 'runs', 'runs', 'runs'])
  for (const sql of CHANGES) session.run(sql)
  await compare(session)
  mergeTable(session.engine, table, () => true)
  await compare(session)
  session.close()
}, 120_000)
