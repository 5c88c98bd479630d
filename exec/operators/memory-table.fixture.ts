// Test-only tables in JavaScript arrays that serve scan batches in every layout storage may use: narrow
// integers with a base, dictionary codes, plain int64, views, validity and alive bitmaps, begin > 0,
// windows of delta rows after the base. Layouts are drawn from a seed, so a test can sweep them.
//
// Rows are kept in key order. Each scan cuts them into row groups of `groupRows` rows, pads every group
// with dead rows and leading rows outside the window, and encodes each column anew.
import { compareScalars } from '../../src/base/scalar-compare.ts'
import { CODE, DatabaseError } from '../../src/base/errors.ts'
import { Random } from '../../src/base/random.ts'
import { physicalOf } from '../../src/base/types.ts'
import type { Row, Scalar, TableSchema } from '../../src/base/types.ts'
import type { IndexCounters, KeyRange, ScanOptions, TableAccess, TableCursor,
  IndexAccess, TableWriter } from '../../storage/access.ts'
import type { ScanBatch, ZonePredicate } from '../../storage/column-buffers.ts'
import { Arena } from '../../storage/memory/arena.ts'
import { LinearMemory } from '../../storage/memory/linear-memory.ts'
import type { BatchSource, ExecutionContext } from '../context.ts'
import type { Backend } from '../kernel/kernel.ts'
import { planStatement } from '../plan/planner.ts'
import type { LogicalPlan } from '../plan/logical.ts'
import type { PhysicalPlan } from '../plan/physical.ts'
import { encodeColumn } from './memory-column.fixture.ts'
import { forEachRow } from './rows.ts'

/** One table: rows in key order. */
export class MemoryTable implements TableAccess {
  readonly schema: TableSchema
  rows: Row[]
  readonly groupRows: number
  readonly #database: MemoryDatabase

  constructor(database: MemoryDatabase, schema: TableSchema, rows: Row[], groupRows: number) {
    this.#database = database
    this.schema = schema
    this.groupRows = groupRows
    this.rows = [...rows].sort((a, b) => this.compareKeys(this.keyOf(a), this.keyOf(b)))
  }

  keyOf(row: Row): Scalar[] {
    return this.schema.key.map((ordinal) => row[ordinal]!)
  }

  /** Compares key prefixes; a shorter prefix equals what it starts. */
  compareKeys(a: readonly Scalar[], b: readonly Scalar[]): number {
    for (let i = 0; i < Math.min(a.length, b.length); i++) {
      const order = compareScalars(this.schema.columns[this.schema.key[i]!]!.type, a[i]!, b[i]!)
      if (order !== 0) return order
    }
    return 0
  }

  inRange(row: Row, range: KeyRange): boolean {
    const key = this.keyOf(row)
    if (range.lower !== null) {
      const order = this.compareKeys(key, range.lower)
      if (order < 0 || (order === 0 && !range.lowerInclusive)) return false
    }
    if (range.upper === null) return true
    const order = this.compareKeys(key, range.upper)
    return order < 0 || (order === 0 && range.upperInclusive)
  }

  estimateRows(): number {
    return this.rows.length
  }

  estimateRange(range: KeyRange): number {
    return this.rows.filter((row) => this.inRange(row, range)).length
  }

  estimateZones(zones: readonly ZonePredicate[]): number {
    const groups = this.groups(this.rows)
    if (groups.length === 0) return 1
    return groups.filter((group) => zones.every((zone) => this.mayMatch(group, zone))).length / groups.length
  }

  groupCount(): number {
    return Math.ceil(this.rows.length / this.groupRows)
  }

  sampledGroups(): number {
    return 0
  }

  groups(rows: Row[]): Row[][] {
    const out: Row[][] = []
    for (let at = 0; at < rows.length; at += this.groupRows) out.push(rows.slice(at, at + this.groupRows))
    return out
  }

  mayMatch(group: Row[], zone: ZonePredicate): boolean {
    const { type } = this.schema.columns[zone.column]!
    return group.some((row) => {
      const value = row[zone.column]!
      if (zone.op === 'is null') return value === null
      if (value === null) return false
      if (zone.op === 'is not null') return true
      return zone.values.some((bound) => holds(compareScalars(type, value, bound), zone.op))
    })
  }

  scan(options: ScanOptions): TableCursor {
    return new MemoryCursor(this, options, this.#database)
  }

  indexes(): readonly IndexAccess[] {
    return []
  }

  find(key: readonly Scalar[], columns: readonly number[], out: Scalar[]): boolean {
    const { indexCounters } = this.#database
    indexCounters.probes++
    indexCounters.maxError = Math.max(indexCounters.maxError, 3)
    const row = this.rows.find((candidate) => this.compareKeys(this.keyOf(candidate), key) === 0)
    if (row === undefined) return false
    columns.forEach((ordinal, i) => {
      out[i] = row[ordinal]!
    })
    return true
  }
}

function holds(order: number, op: ZonePredicate['op']): boolean {
  switch (op) {
    case '<': return order < 0
    case '<=': return order <= 0
    case '>': return order > 0
    case '>=': return order >= 0
    default: return order === 0
  }
}

class MemoryCursor implements TableCursor {
  readonly counters = { groupsTotal: 0, groupsSkipped: 0, baseRows: 0, deltaRows: 0 }
  readonly #table: MemoryTable
  readonly #options: ScanOptions
  readonly #database: MemoryDatabase
  readonly #groups: { rows: Row[]; isDelta: boolean }[]
  #closed = false

  constructor(table: MemoryTable, options: ScanOptions, database: MemoryDatabase) {
    this.#table = table
    this.#options = options
    this.#database = database
    database.openCursors++
    const { range } = options
    const rows = range === undefined ? table.rows : table.rows.filter((row) => table.inRange(row, range))
    const isDelta = rows.map(() => options.order === 'none' && database.random.chance(0.1))
    const base = table.groups(rows.filter((_, i) => !isDelta[i]))
    const delta = table.groups(rows.filter((_, i) => isDelta[i]))
    this.counters.groupsTotal = base.length
    const read = base.filter((group) => (options.zones ?? []).every((zone) => table.mayMatch(group, zone)))
    this.counters.groupsSkipped = base.length - read.length
    this.#groups = [...read.map((r) => ({ rows: r, isDelta: false })),
      ...delta.map((r) => ({ rows: r, isDelta: true }))]
    if (options.order === 'descending') this.#groups.reverse()
  }

  next(): ScanBatch | null {
    const group = this.#closed ? undefined : this.#groups.shift()
    if (group === undefined) return null
    if (group.isDelta) this.counters.deltaRows += group.rows.length
    else this.counters.baseRows += group.rows.length
    return this.#window(group.rows, group.isDelta)
  }

  /** A window with rows to skip in front, dead rows in between and rows behind its end. */
  #window(rows: Row[], isDelta: boolean): ScanBatch {
    const { random, memory } = this.#database
    const { arena, columns } = this.#options
    const physical: (Row | null)[] = []
    const pad = (): void => {
      physical.push(null)
    }
    while (random.chance(0.4)) pad()
    const begin = physical.length
    const hasDead = random.chance(0.5)
    for (const row of rows) {
      while (hasDead && random.chance(0.2)) pad()
      physical.push(row)
    }
    const end = physical.length
    while (random.chance(0.4)) pad()
    let alivePtr = 0
    if (hasDead) {
      alivePtr = arena.allocateZeroed(Math.ceil(physical.length / 64) * 8 + 8)
      physical.forEach((row, i) => {
        if (row !== null || i < begin || i >= end) memory.u8[alivePtr + (i >>> 3)]! |= 1 << (i & 7)
      })
    }
    return {
      windowRows: physical.length, begin, end, alivePtr, isDelta,
      columns: columns.map((ordinal) => {
        const { type } = this.#table.schema.columns[ordinal]!
        const values = physical.map((row) => row === null ? filler(random, type.kind) : row[ordinal]!)
        return encodeColumn({ memory, arena, random }, type, values)
      }),
    }
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#database.openCursors--
  }
}

/** A value for dead rows: mostly NULL, so that reading one is likely to be noticed. */
function filler(random: Random, kind: string): Scalar {
  const isNumber = ['smallint', 'integer', 'bigint', 'double', 'real', 'date', 'timestamp'].includes(kind)
  return isNumber && random.chance(0.5) ? 77 : null
}

/** Tables, a writer and everything an ExecutionContext needs. */
export class MemoryDatabase implements TableWriter {
  readonly memory = LinearMemory.create(64 << 20)
  readonly random: Random
  readonly tables = new Map<string, MemoryTable>()
  readonly indexCounters: IndexCounters = {
    probes: 0, windowRows: 0, maxError: 7, keyPages: 0, deltaHits: 0, filterProbes: 0, filterErrors: 0,
  }
  openCursors = 0
  #nextRowId = 1

  constructor(seed: number) {
    this.random = new Random(seed)
  }

  /** Adds a table. */
  add(schema: TableSchema, rows: Row[], groupRows = 50): MemoryTable {
    const table = new MemoryTable(this, schema, rows, groupRows)
    this.tables.set(schema.name, table)
    return table
  }

  access = (name: string): MemoryTable => this.tables.get(name)!

  context(backend: Backend, parameters: Scalar[] = [], rest: Partial<ExecutionContext> = {}): ExecutionContext {
    return {
      memory: this.memory, arena: new Arena(this.memory), tables: this.access, writer: this,
      indexCounters: this.indexCounters, poolCounters: () => ({ hits: 0, misses: 0 }), parameters, backend, ...rest,
    }
  }

  plan(plan: LogicalPlan): PhysicalPlan {
    return planStatement(plan, this.access)
  }

  /** All rows of a query. */
  query(plan: LogicalPlan | PhysicalPlan, backend: Backend, parameters: Scalar[] = []): Row[] {
    const context = this.context(backend, parameters)
    const physical = 'execute' in plan ? plan : this.plan(plan)
    const rows = drain(this.memory, physical.execute(context))
    context.arena.release()
    return rows
  }

  /** Runs a DML plan. */
  change(plan: LogicalPlan, backend: Backend, parameters: Scalar[] = []): number {
    const context = this.context(backend, parameters)
    try {
      return this.plan(plan).executeChanges(context)
    } finally {
      context.arena.release()
    }
  }

  insert(name: string, row: Row): void {
    const table = this.access(name)
    const { columns } = table.schema
    const full = row.map((value, i) => columns[i]!.hidden === true && value === null ? this.#nextRowId++ : value)
    columns.forEach((column, i) => {
      if (!column.nullable && full[i] === null) {
        throw new DatabaseError(CODE.NOT_NULL, `null value in column ${column.name}`)
      }
    })
    const key = table.keyOf(full)
    const at = table.rows.findIndex((other) => table.compareKeys(table.keyOf(other), key) >= 0)
    if (at >= 0 && table.compareKeys(table.keyOf(table.rows[at]!), key) === 0) {
      throw new DatabaseError(CODE.UNIQUE, `duplicate key ${String(key)}`)
    }
    table.rows.splice(at < 0 ? table.rows.length : at, 0, full)
  }

  update(name: string, key: readonly Scalar[], row: Row): boolean {
    const table = this.access(name)
    const at = table.rows.findIndex((other) => table.compareKeys(table.keyOf(other), key) === 0)
    if (at < 0) return false
    const [old] = table.rows.splice(at, 1)
    try {
      this.insert(name, row)
    } catch (error) {
      table.rows.splice(at, 0, old!)
      throw error
    }
    return true
  }

  insertUnless(name: string, row: Row): { row: Row; inserted: boolean } {
    const table = this.access(name)
    const found = table.rows.find((other) => table.compareKeys(table.keyOf(other), table.keyOf(row)) === 0)
    if (found === undefined) this.insert(name, row)
    return { row: found ?? row, inserted: found === undefined }
  }

  replace(name: string, key: readonly Scalar[], row: Row): boolean {
    return this.update(name, key, row)
  }

  fit(_name: string, row: Row): Row {
    return row
  }

  delete(name: string, key: readonly Scalar[]): boolean {
    const table = this.access(name)
    const before = table.rows.length
    table.rows = table.rows.filter((row) => table.compareKeys(table.keyOf(row), key) !== 0)
    return table.rows.length < before
  }

  lock(name: string, key: readonly Scalar[]): boolean {
    const table = this.access(name)
    return table.rows.some((row) => table.compareKeys(table.keyOf(row), key) === 0)
  }
}

/** Reads a source to its end and closes it. */
export function drain(memory: LinearMemory, source: BatchSource): Row[] {
  const rows: Row[] = []
  try {
    for (let batch = source.next(); batch !== null; batch = source.next()) {
      forEachRow(memory, batch, (row) => rows.push(row))
    }
  } finally {
    source.close()
  }
  return rows
}

/** True for types whose Scalars compare with ===. */
export function isPlain(type: TableSchema['columns'][number]['type']): boolean {
  return physicalOf(type) !== 'bytes'
}
