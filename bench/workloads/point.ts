// Point reads by integer key in random order, present and absent keys, through the key-value
// interface and through prepared SQL. Everything is warm.
import type { Engine, OrderRow } from '../engines/engine.ts'
import type { Measurement } from '../measure.ts'
import { AnswerHash, grouped, roundsMs, summarize } from '../measure.ts'
import { makeOrders, makeProbes } from './orders.ts'
import type { Case, Workload } from './workload.ts'

const GETS_PER_ROUND = 1_000_000
const SLOW_GETS_PER_ROUND = 1_000
const HASHED_GETS = 1_000
const KEYS_PER_CALL = 1_000

type Get = (key: number) => OrderRow | undefined

/** `table.get` and its like. */
export const point: Workload = {
  name: 'point',
  title: 'get by integer key, warm, random order',
  engines: ['secantdb', 'lmdb', 'sqlite', 'map', 'sorted-btree', 'binary-search'],
  rows: { full: [1_000_000, 10_000_000], small: [200_000], tiny: [2_000] },
  run: async (one) => {
    const get = one.engine.get!.bind(one.engine)
    const { hits, misses } = await loadAndProbe(one, GETS_PER_ROUND)
    const figures = [
      await syncGets(`get, present keys, ${grouped(one.rows)} rows`, get, hits, one.rounds),
      await syncGets(`get, absent keys, ${grouped(one.rows)} rows`, get, misses, one.rounds),
    ]
    if (one.engine.getMany === undefined) return figures
    const getMany = one.engine.getMany.bind(one.engine)
    return [...figures, await manyGets(`getMany, present keys, ${grouped(one.rows)} rows`, getMany, hits, one.rounds)]
  },
}

/** `SELECT * FROM orders WHERE id = $1`, prepared once. */
export const sqlPoint: Workload = {
  name: 'sql-point',
  title: 'prepared SELECT by key, warm, random order',
  engines: ['secantdb', 'sqlite', 'duckdb'],
  rows: { full: [1_000_000], small: [200_000], tiny: [2_000] },
  run: async (one) => {
    const what = `prepared SELECT by key, ${grouped(one.rows)} rows`
    const isSlow = one.engineName === 'duckdb'
    const { hits } = await loadAndProbe(one, isSlow ? SLOW_GETS_PER_ROUND : GETS_PER_ROUND)
    if (isSlow) return [await asyncGets(what, one.engine, hits, one.rounds)]
    return [await syncGets(what, one.engine.sqlGet!.bind(one.engine) as Get, hits, one.rounds)]
  },
}

async function loadAndProbe(one: Case, gets: number): Promise<{ hits: Float64Array; misses: Float64Array }> {
  const orders = makeOrders(one.rows, one.seed)
  await one.engine.loadOrders!(orders)
  const probes = makeProbes(one.rows, Math.min(gets, one.rows * 2), one.seed + 1)
  const hits = Float64Array.from(probes, (i) => orders.id[i]!)
  return { hits, misses: hits.map((key) => key + 1) }
}

async function syncGets(what: string, get: Get, keys: Float64Array, rounds: number): Promise<Measurement> {
  let found = 0
  const loop = (): void => {
    for (let i = 0; i < keys.length; i++) {
      const row = get(keys[i]!)
      if (row !== undefined) found += row.customer & 1
    }
  }
  const figures = await roundsMs(rounds, loop)
  if (found < 0) throw new Error('a count went below zero')
  const hash = new AnswerHash()
  for (const key of keys.subarray(0, HASHED_GETS)) addRow(hash, get(key))
  return summarize(what, 'ns', figures.map((ms) => ms * 1e6 / keys.length), hash.digest())
}

// Thousand keys a call; nanoseconds per key.
async function manyGets(
  what: string, getMany: NonNullable<Engine['getMany']>, keys: Float64Array, rounds: number,
): Promise<Measurement> {
  let found = 0
  const figures = await roundsMs(rounds, () => {
    for (let first = 0; first < keys.length; first += KEYS_PER_CALL) {
      const rows = getMany(keys.subarray(first, first + KEYS_PER_CALL))
      for (let i = 0; i < rows.length; i++) found += (rows[i]?.customer ?? 0) & 1
    }
  })
  if (found < 0) throw new Error('a count went below zero')
  const hash = new AnswerHash()
  for (const row of getMany(keys.subarray(0, HASHED_GETS))) addRow(hash, row)
  return summarize(what, 'ns', figures.map((ms) => ms * 1e6 / keys.length), hash.digest())
}

async function asyncGets(
  what: string, engine: Engine, keys: Float64Array, rounds: number,
): Promise<Measurement> {
  const figures = await roundsMs(rounds, async () => {
    for (const key of keys) await engine.sqlGet!(key)
  })
  const hash = new AnswerHash()
  for (const key of keys.subarray(0, HASHED_GETS)) addRow(hash, await engine.sqlGet!(key))
  return summarize(what, 'ns', figures.map((ms) => ms * 1e6 / keys.length), hash.digest())
}

function addRow(hash: AnswerHash, row: OrderRow | undefined): void {
  if (row === undefined) return hash.number(-1)
  hash.number(row.customer)
  hash.number(Math.round(row.amount * 100))
  hash.text(row.status)
}
