// Numbered commits for crash tests, as pure functions of (seed, number): what a step writes, how it is applied
// to an engine, and how to a model. Each step leaves its number behind (in `meta`, or in the appended rows),
// so a recovered state says which prefix of the steps it claims to be.
//
//   item   random puts and deletes, long and short rows
//   pair   groups of rows whose amounts sum to zero: a partial transaction shows as another sum
//   meta   one row: the number of the last transactional step
//   bulk   rows of bulk appends, which bypass the log; all carry the number of their step
//   short  dropped and made again with the step's number in it
//
// Indexes on item, pair, bulk and short come with their tables; another one on item comes, is rebuilt and goes
// in steps of their own. They are no part of the model: the integrity check compares them with their tables.
import { BIGINT, DOUBLE, INTEGER, TEXT } from '../../src/base/types.ts'
import type { IndexDefinition, Row, SqlType, TableSchema } from '../../src/base/types.ts'
import { Random } from '../../src/base/random.ts'
import type { Engine, EngineOptions, OnConflict, StagedColumn, Transaction } from '../../storage/mod.ts'

/** Thresholds so small that merges, checkpoints, evictions and segment changes happen every few steps. */
export const KILL_OPTIONS: Partial<EngineOptions> = {
  memoryBytes: 16 << 20, rowGroupRows: 64, deltaRows: 48, bulkRows: 20, walSegmentBytes: 64 * 1024,
  checkpointEvery: 25, poolFrames: 32, mergeShare: 1, runsMax: 2,
  stepCount: 5,
}

const column = (name: string, type: SqlType, nullable = true) => ({ name, type, nullable })
const table = (name: string, columns: TableSchema['columns'], key: number[]): TableSchema => ({ name, columns, key })

const SCHEMAS: readonly TableSchema[] = [
  table('item', [
    column('id', INTEGER, false), column('step', INTEGER), column('name', TEXT), column('price', DOUBLE),
  ], [0]),
  table('pair', [column('owner', TEXT, false), column('part', INTEGER, false), column('amount', BIGINT)], [0, 1]),
  table('meta', [column('one', INTEGER, false), column('step', INTEGER)], [0]),
  table('bulk', [column('id', INTEGER, false), column('step', INTEGER), column('note', TEXT)], [0]),
]
const SHORT = table('short', [column('id', INTEGER, false), column('step', INTEGER)], [0])

/** Tables of the model, each from the JSON of its key to its row. */
export type Model = Map<string, Map<string, Row>>

/** Key columns by table. */
export const KEYS: Record<string, readonly number[]> = { item: [0], pair: [0, 1], meta: [0], bulk: [0], short: [0] }

type IndexSpec = Omit<IndexDefinition, 'of'>

type Change = { table: string; row: Row; isDelete: boolean }

interface Plan {
  kind: 'create' | 'write' | 'recreate' | 'bulk'
  changes: Change[]
  soon: boolean
  checkpoint: boolean
  index: 'create' | 'rebuild' | 'drop' | null
}

const INDEX_STEPS: Readonly<Record<number, Plan['index']>> = { 8: 'create', 14: 'rebuild', 20: 'drop' }

/** What step `n` does. Step 0 makes the tables. */
function planStep(seed: number, n: number): Plan {
  const random = new Random(seed * 1_000_003 + n)
  const plan: Plan = {
    kind: 'write', changes: [], soon: random.chance(0.4), checkpoint: random.chance(0.02), index: null,
  }
  if (n === 0) return { ...plan, kind: 'create', soon: false }
  if (n % 23 === 0) {
    const start = random.below(300)
    for (let i = 0; i < 30; i++) put(plan, 'bulk', [start + i * random.between(1, 3) + i * 3, n, `bulk ${n}`])
    return { ...plan, kind: 'bulk', changes: uniqueByKey(plan.changes), soon: false }
  }
  put(plan, 'meta', [1, n])
  if (n % 17 === 0) {
    for (let i = 0; i < 5; i++) put(plan, 'short', [i + n % 3, n])
    return { ...plan, kind: 'recreate' }
  }
  plan.index = n % 23 < 22 ? INDEX_STEPS[n % 23] ?? null : null
  for (let i = random.below(4); i > 0; i--) planItem(plan, random, n)
  if (random.chance(0.5)) planPair(plan, random)
  return plan
}

function put(plan: Plan, name: string, row: Row): void {
  plan.changes.push({ table: name, row, isDelete: false })
}

function planItem(plan: Plan, random: Random, n: number): void {
  const id = random.below(400)
  if (random.chance(0.25)) plan.changes.push({ table: 'item', row: [id], isDelete: true })
  else {
    const name = random.chance(0.2) ? null : random.chance(0.03) ? `long ${n} `.repeat(10_000) : `name ${n % 7}`
    put(plan, 'item', [id, n, name, random.chance(0.2) ? null : n / 7])
  }
}

function planPair(plan: Plan, random: Random): void {
  const owner = `owner ${random.below(12)}`
  let sum = 0
  for (let part = 0; part < 6; part++) {
    const amount = part === 5 ? -sum : random.between(-1e6, 1e6)
    sum += amount
    put(plan, 'pair', [owner, part, amount === 0 ? 0 : amount])
  }
}

function uniqueByKey(changes: Change[]): Change[] {
  return [...new Map(changes.map((change) => [change.row[0], change])).values()]
}

type Append = (
  engine: Engine, name: string, columns: readonly StagedColumn[], onConflict: OnConflict, txn: null,
) => number

/** Commits step `n`. Null = acknowledged when it returns; a promise = when that resolves. */
export function applyStep(engine: Engine, append: Append, seed: number, n: number): Promise<void> | null {
  const plan = planStep(seed, n)
  if (plan.kind === 'bulk') {
    append(engine, 'bulk', stage(plan.changes.map((change) => change.row)), 'replace', null)
    return null
  }
  const txn = engine.begin()
  let done: Promise<void> | null = null
  try {
    writePlan(txn, plan)
    if (plan.soon) done = txn.commitSoon()
    else txn.commit()
  } catch (error) {
    txn.rollback()
    throw error
  }
  if (!plan.checkpoint) return done
  const alreadySafe = done
  alreadySafe?.catch(() => {})
  engine.checkpoint()
  return done
}

// On the table that the name begins with.
function index(txn: Transaction, name: string, spec: IndexSpec): void {
  txn.defineIndex({ kind: 'create', name, table: name.slice(0, name.indexOf('_')), spec })
}

function changeIndex(txn: Transaction, plan: Plan): void {
  const isThere = txn.relationOrNull('item_price') !== null
  if (plan.index === 'create' && !isThere) {
    index(txn, 'item_price', { columns: [3], unique: false, kind: 'learned' })
  }
  if (plan.index === 'rebuild' && isThere) txn.defineIndex({ kind: 'rebuild', name: 'item_price' })
  if (plan.index === 'drop' && isThere) txn.defineIndex({ kind: 'drop', name: 'item_price' })
}

function writePlan(txn: Transaction, plan: Plan): void {
  if (plan.kind === 'create') {
    for (const schema of SCHEMAS) txn.createTable(schema)
    index(txn, 'item_name', { columns: [2], unique: false, kind: 'learned' })
    index(txn, 'item_step', { columns: [1, 3], unique: false, kind: 'sorted' })
    index(txn, 'pair_part', { columns: [1, 0], unique: true, kind: 'btree' })
    index(txn, 'bulk_note', { columns: [2], unique: false, kind: 'learned', epsilon: 2 })
  }
  changeIndex(txn, plan)
  if (plan.kind === 'recreate') {
    if (txn.listTables().some((schema) => schema.name === 'short')) txn.dropTable('short')
    txn.createTable(SHORT)
    index(txn, 'short_step', { columns: [1], unique: false, kind: 'learned' })
  }
  for (const { table: name, row, isDelete } of plan.changes) {
    if (isDelete) txn.delete(name, KEYS[name]!.map((c) => row[c]!))
    else txn.put(name, row)
  }
}

function stage(rows: readonly Row[]): StagedColumn[] {
  const count = rows.length
  return [
    { type: INTEGER, values: Int32Array.from(rows, (row) => row[0] as number), nulls: null, count },
    { type: INTEGER, values: Int32Array.from(rows, (row) => row[1] as number), nulls: null, count },
    { type: TEXT, values: rows.map((row) => row[2] as string), nulls: null, count },
  ]
}

/** The same step on the model. */
export function modelStep(model: Model, seed: number, n: number): void {
  const plan = planStep(seed, n)
  if (plan.kind === 'create') for (const { name } of SCHEMAS) model.set(name, new Map())
  if (plan.kind === 'recreate') model.set('short', new Map())
  for (const { table: name, row, isDelete } of plan.changes) {
    const key = JSON.stringify(KEYS[name]!.map((c) => row[c]))
    if (isDelete) model.get(name)!.delete(key)
    else model.get(name)!.set(key, row)
  }
}
