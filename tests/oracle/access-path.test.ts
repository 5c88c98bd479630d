// The planner's choice of access path over real storage, and what EXPLAIN ANALYZE reports about it: the
// choice follows the learned index's row estimates, and lookups are proved to go through the index.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ColumnStage, appendColumns } from '../../storage/mod.ts'
import { Session } from './session.ts'

const ROWS = 100_000

interface PlanJson {
  op: string
  access: 'point' | 'range' | 'scan' | null
  reason: string | null
  actualRows: number
  estimatedRows: number
  indexProbes: number
  children: PlanJson[]
  [fact: string]: unknown
}

let session: Session

/** Even ids from 0, a day that grows with the id, and a shuffled value. */
beforeAll(async () => {
  session = await Session.open({ rowGroupRows: 8192 })
  session.run('CREATE TABLE event (id bigint PRIMARY KEY, day date, value integer, kind text)')
  session.run('CREATE TABLE pair (a integer, b integer, c integer, PRIMARY KEY (a, b))')
  const txn = session.engine.begin()
  const schemas = txn.listTables()
  txn.rollback()
  fill('event', ROWS, (i) => [i * 2, 10_000 + Math.floor(i / 500), (i * 7919) % ROWS, `kind ${i % 3}`])
  fill('pair', 60_000, (i) => [Math.floor(i / 60), i % 60, i])
  function fill(table: string, count: number, row: (i: number) => (number | string)[]): void {
    const schema = schemas.find((candidate) => candidate.name === table)!
    const stages = schema.columns.map((column) => new ColumnStage(column.type, count))
    for (let i = 0; i < count; i++) row(i).forEach((value, c) => stages[c]!.append(value))
    appendColumns(session.engine, table, stages, 'error', null)
  }
}, 60_000)

afterAll(() => session.close())

/** The scan node of a plan of one table, and the profile of the root. */
function leaf(sql: string): PlanJson {
  let node = session.analyze(sql) as PlanJson
  while (node.children.length > 0) node = node.children[0]!
  return node
}

const list = (count: number): string => Array.from({ length: count }, (_, i) => i * 6).join(', ')

describe('choice of access path', () => {
  const cases: readonly [string, PlanJson['access'], number][] = [
    ['SELECT * FROM event WHERE id = 500', 'point', 1],
    ['SELECT * FROM event WHERE 500 = id', 'point', 1],
    ['SELECT * FROM event WHERE id = 501', 'point', 0],
    ['SELECT * FROM event WHERE id IN (2, 4, 4, 5)', 'point', 2],
    ['SELECT * FROM event WHERE id = 2 OR id = 4 OR id IN (6, 8)', 'point', 4],
    ['SELECT * FROM event WHERE id = 500 AND value > -1', 'point', 1],
    ['SELECT * FROM event WHERE id BETWEEN 100 AND 200', 'range', 51],
    ['SELECT * FROM event WHERE id > 199900', 'range', 49],
    ['SELECT * FROM event WHERE id < 100', 'range', 50],
    ['SELECT * FROM event WHERE id >= 100 AND id < 200 AND id <> 150', 'range', 50],
    ['SELECT * FROM event WHERE id < 10 OR id > 199990', 'range', 9],
    ['SELECT * FROM event WHERE id < 10.5', 'range', 6],
    ['SELECT * FROM event WHERE id + 0 = 500', 'scan', ROWS],
    ['SELECT * FROM event WHERE value = 500', 'scan', ROWS],
    ['SELECT * FROM event', 'scan', ROWS],
    [`SELECT * FROM event WHERE id IN (${list(100)})`, 'point', 100],
    [`SELECT id FROM event WHERE id IN (${list(20_000)})`, 'scan', 65_536],
    ['SELECT * FROM pair WHERE a = 7 AND b = 9', 'point', 1],
    ['SELECT * FROM pair WHERE a IN (1, 2) AND b IN (3, 4)', 'point', 4],
    ['SELECT * FROM pair WHERE a = 7', 'range', 60],
    ['SELECT * FROM pair WHERE a = 7 AND b >= 50', 'range', 10],
    ['SELECT * FROM pair WHERE a IN (7, 9) AND b < 5', 'range', 10],
    ['SELECT * FROM pair WHERE a > 990 AND b = 5', 'range', 540],
    ['SELECT * FROM pair WHERE b = 5', 'scan', 60_000],
    ['SELECT * FROM event WHERE id IN (SELECT a FROM pair WHERE a < 10)', 'point', 5],
  ]
  for (const [sql, access, rows] of cases) {
    test(sql.length > 80 ? `${sql.slice(0, 60)} … (${sql.length} characters)` : sql, () => {
      expect(leaf(sql)).toMatchObject({ access, actualRows: rows })
    })
  }

  test('row estimates of ranges come from the rank of the learned index', () => {
    for (const [low, high] of [[0, 20_000], [4_000, 4_100], [150_000, 199_998]] as const) {
      const node = leaf(`SELECT * FROM event WHERE id BETWEEN ${low} AND ${high}`)
      expect(Math.abs(node.estimatedRows - node.actualRows)).toBeLessThanOrEqual(64)
      expect(node.reason).toContain('rank by the learned index')
    }
  })

  test('zone maps prune row groups of a scan, and of a range with a further condition', () => {
    const scan = leaf("SELECT count(*) FROM event WHERE day = DATE '1997-06-01'")
    expect(scan.access).toBe('scan')
    expect(scan['row groups']).toMatch(/^[12] read, 1[12] skipped$/)
    const range = leaf("SELECT count(*) FROM event WHERE id > 10 AND day = DATE '1997-06-01'")
    expect(range.access).toBe('range')
    expect(range.actualRows).toBeLessThanOrEqual(2 * 8192)
  })

  test('a join looks few rows up by key, and hashes many', () => {
    const few = session.analyze('SELECT value FROM pair JOIN event ON c * 2 = id WHERE a = 7 AND b < 10') as PlanJson
    const join = few.op === 'Project' ? few.children[0]! : few
    expect(join).toMatchObject({ op: 'IndexJoin', table: 'event', access: 'point', actualRows: 10, indexProbes: 12 })
    expect(session.explain('SELECT value FROM pair JOIN event ON c * 2 = id')).toContain('HashJoin')
  })

  test('ORDER BY key LIMIT reads one window, from either end', () => {
    for (const direction of ['ASC', 'DESC']) {
      const sql = `SELECT id FROM event ORDER BY id ${direction} LIMIT 3`
      expect(session.explain(sql)).not.toMatch(/Sort|TopN/)
      expect(leaf(sql).actualRows).toBeLessThanOrEqual(8192)
      expect(session.run(sql).rows.flat()).toEqual(direction === 'ASC' ? [0, 2, 4] : [199_998, 199_996, 199_994])
    }
  })
})

describe('EXPLAIN ANALYZE', () => {
  test('has the documented fields, and every lookup is one probe of the index', () => {
    const node = leaf(`SELECT * FROM event WHERE id IN (${list(50)})`)
    expect(node).toMatchObject({ op: 'Point', table: 'event', indexProbes: 50, actualRows: 50 })
    for (const field of ['estimatedRows', 'cost', 'timeMs', 'pagesHit', 'pagesRead', 'indexErrorMax']) {
      expect(typeof node[field]).toBe('number')
    }
    expect(node).toHaveProperty('wasmRowFraction')
  })

  test('reports rows of every operator and the share of rows that WebAssembly kernels handled', () => {
    session.backend = 'auto'
    const root = session.analyze('SELECT kind, sum(value) FROM event WHERE value < 5000 GROUP BY kind') as PlanJson
    expect(root).toMatchObject({ op: 'Aggregate', actualRows: 3 })
    expect(root.children[0]).toMatchObject({ op: 'Scan', actualRows: ROWS })
    expect(root.wasmRowFraction).toBeGreaterThan(0)
    session.backend = 'javascript'
    const script = session.analyze('SELECT sum(value) FROM event WHERE value < 5000')
    expect(script.wasmRowFraction).toBe(0)
    session.backend = 'auto'
  })
})
