// Whole suites of queries over generated tables: the 22 of TPC-H, the 13 of SSB, 43 in the shape of ClickBench's and
// the 15 questions of H2O's group-by and join. Every query is a row of the report, and so is the geometric mean
// of a suite. Rows of a case: about as many as the largest table has (600,000 line items are scale factor 0.1).
import { SUITES } from '../../datasets/suites.ts'
import { AnswerHash, grouped, roundsMs, summarize } from '../measure.ts'
import type { Measurement } from '../measure.ts'
import type { Case, Workload } from './workload.ts'

/** Rows of the largest table at scale 1, and what the scale is called. */
const LARGEST: Readonly<Record<keyof typeof SUITES, number>> = {
  tpch: 6_000_000, ssb: 6_000_000, clickbench: 10_000_000, h2o: 10_000_000,
}

async function runSuite(name: keyof typeof SUITES, one: Case): Promise<Measurement[]> {
  const { tables, queries } = SUITES[name](one.rows / LARGEST[name])
  await one.engine.loadTables!(tables)
  await one.engine.settle?.()
  const found: Measurement[] = []
  const size = `${grouped(one.rows)} rows`
  for (const { name: query, sql } of queries) {
    let rows: string[][] = []
    const figures = await roundsMs(one.rounds, async () => { rows = await one.engine.query!(sql) })
    found.push(summarize(`${name} ${query}, ${size}`, 'ms', figures, answerHash(rows, sql)))
  }
  const logs = found.reduce((sum, { median }) => sum + Math.log(median), 0)
  const mean = Math.exp(logs / found.length)
  return [...found, summarize(`${name} geometric mean, ${size}`, 'ms', [mean])]
}

/** Hash of the answer; of unordered queries in an order of our own. */
function answerHash(rows: readonly (readonly string[])[], sql: string): string {
  const hash = new AnswerHash()
  const lines = rows.map((row) => row.map(rounded).join(','))
  for (const line of /order by(?!.*over)/is.test(sql) ? lines : lines.sort()) hash.text(`${line};`)
  return hash.digest()
}

/** Floats are added up in another order by every engine: nine digits are compared. No correlation is NULL or NaN. */
function rounded(cell: string): string {
  if (cell === 'NaN') return ''
  return /^-?\d+\.\d+$/.test(cell) ? String(Number(Number(cell).toPrecision(9))) : cell
}

function suite(name: keyof typeof SUITES, title: string, full: number): Workload {
  return {
    name, title, group: 'suites', engines: ['secantdb', 'duckdb'],
    rows: { full: [full], small: [full / 10], tiny: [3000] },
    run: (one) => runSuite(name, one),
  }
}

/** The suites, in the order of their names in `npm run bench -- suites`. */
export const QUERY_SUITES: readonly Workload[] = [
  suite('tpch', 'the 22 queries of TPC-H at scale factor 0.1', 600_000),
  suite('ssb', 'the 13 queries of the Star Schema Benchmark', 600_000),
  suite('clickbench', '43 queries over one wide table of hits', 500_000),
  suite('h2o', 'the 10 group-by and 5 join questions of H2O', 1_000_000),
]
