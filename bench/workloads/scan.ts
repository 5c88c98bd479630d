// Scans of a lineitem table of TPC-H's shape: query 6 (a filter and one sum) and query 1 (grouping by
// two small columns with eight aggregates). Both engines keep the table in a file and read it warm.
import { AnswerHash, grouped, roundsMs, summarize } from '../measure.ts'
import { Q1, Q6, makeLineitem } from './lineitem.ts'
import type { Workload } from './workload.ts'

const QUERIES = [['filter and sum (Q6)', Q6], ['group by with eight aggregates (Q1)', Q1]] as const

/** Queries 6 and 1. */
export const scan: Workload = {
  name: 'scan',
  title: 'TPC-H query 6 and query 1 shapes',
  engines: ['secantdb', 'duckdb'],
  rows: { full: [6_000_000], small: [300_000], tiny: [3_000] },
  run: async (one) => {
    await one.engine.loadLineitem!(makeLineitem(one.rows, one.seed))
    const found = []
    for (const [name, sql] of QUERIES) {
      const figures = await roundsMs(one.rounds, async () => void await one.engine.query!(sql))
      const hash = new AnswerHash()
      for (const row of await one.engine.query!(sql)) hash.text(`${row.join(',')};`)
      found.push(summarize(`${name}, ${grouped(one.rows)} rows`, 'ms', figures, hash.digest()))
    }
    return found
  },
}
