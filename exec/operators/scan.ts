// Reads one table by its access path: key lookups (POINT), key ranges (RANGE) or everything with zone-map
// pruning (SCAN). Cursor windows are handed on in place; looked-up rows are built into small dense batches.
//
// Order: with `order` 'ascending' rows come in key order over the whole output. With 'descending' windows
// come in descending key order and rows inside a window ascend (ReverseOperator turns each one round);
// looked-up keys are then delivered as one ascending window per batch too, so the same rule holds.
import type { Scalar, SqlType, TableSchema } from '../../src/base/types.ts'
import type { CursorCounters, KeyRange, TableAccess, TableCursor } from '../../storage/access.ts'
import { BATCH_ROWS } from '../../storage/column-buffers.ts'
import type { ZonePredicate } from '../../storage/column-buffers.ts'
import type { Arena } from '../../storage/memory/arena.ts'
import type { BatchSource } from '../context.ts'
import { bindAccess } from '../plan/access-path.ts'
import type { AccessPath } from '../plan/access-path.ts'
import type { OutputColumn } from '../plan/logical.ts'
import type { Run } from '../run.ts'
import type { Batch } from '../vector/batch.ts'
import { typeColumns } from '../vector/vector.ts'
import type { Description, Estimate, Operator, PlanNode } from './operator.ts'
import { RowLookup } from './row-lookup.ts'

export type ScanOrder = 'none' | 'ascending' | 'descending'

const OP_NAME = { point: 'Point', range: 'Range', scan: 'Scan' } as const

export interface ScanSpec {
  readonly table: string
  readonly schema: TableSchema
  /** Ordinals of the schema's columns. */
  readonly columns: readonly number[]
  readonly path: AccessPath
  readonly order: ScanOrder
}

/** Rows of one table by an access path. */
export class ScanOperator implements Operator {
  readonly output: readonly OutputColumn[]
  readonly children: readonly Operator[] = []
  readonly estimate: Estimate
  readonly spec: ScanSpec

  constructor(spec: ScanSpec, output: readonly OutputColumn[], estimate: Estimate) {
    this.spec = spec
    this.output = output
    this.estimate = estimate
  }

  describe(): Description {
    const { table, path, order } = this.spec
    const details: [string, string][] = []
    if (order !== 'none') details.push(['order', `key ${order}`])
    return { op: OP_NAME[path.kind], table, access: path.kind, reason: path.reason, details }
  }

  open(run: Run): BatchSource {
    const { table, schema, path } = this.spec
    const access = run.context.tables(table)
    const bound = bindAccess(path, schema, run)
    const shape = { node: this, columns: this.spec.columns, schema, order: this.spec.order }
    switch (bound.kind) {
      case 'empty': return EMPTY_SOURCE
      case 'points': return new PointSource(run, this.spec, bound.keys)
      case 'ranges': return new CursorSource(run, shape, access, { ranges: bound.ranges, zones: bound.zones })
      case 'all': return new CursorSource(run, shape, access, { ranges: [null], zones: bound.zones })
    }
  }
}

/** A source without rows. */
const EMPTY_SOURCE: BatchSource = { next: () => null, close: () => {} }

class PointSource implements BatchSource {
  readonly #rows: RowLookup
  readonly #isDescending: boolean
  readonly #keys: readonly (readonly Scalar[])[]
  #next: number

  constructor(run: Run, spec: ScanSpec, keys: readonly (readonly Scalar[])[]) {
    this.#rows = new RowLookup(run, spec)
    this.#isDescending = spec.order === 'descending'
    this.#keys = keys
    this.#next = this.#isDescending ? keys.length : 0
  }

  next(): Batch | null {
    for (;;) {
      const part = this.#part()
      if (part.length === 0) return null
      const batch = this.#rows.batch(part)
      if (batch !== null) return batch
    }
  }

  /** The next keys to look up: from the end when the order is descending. */
  #part(): readonly (readonly Scalar[])[] {
    const from = this.#next
    if (this.#isDescending) {
      this.#next = Math.max(0, from - BATCH_ROWS)
      return this.#keys.slice(this.#next, from)
    }
    this.#next = Math.min(this.#keys.length, from + BATCH_ROWS)
    return this.#keys.slice(from, this.#next)
  }

  close(): void {
    this.#next = this.#isDescending ? 0 : this.#keys.length
    this.#rows.close()
  }
}

interface CursorPlan {
  /** null: the whole table. */
  readonly ranges: readonly (KeyRange | null)[]
  readonly zones: readonly ZonePredicate[]
}

/** What a cursor source reads of a table, and for which operator. */
export interface CursorShape {
  readonly node: PlanNode
  /** Ordinals of the columns of `schema`. */
  readonly columns: readonly number[]
  readonly schema: TableSchema
  readonly order: ScanOrder
}

/** Ranges of a table, one after the other, as batches over pool frames. */
export class CursorSource implements BatchSource {
  readonly #run: Run
  readonly #shape: CursorShape
  readonly #access: TableAccess
  readonly #plan: CursorPlan
  readonly #types: readonly SqlType[]
  readonly #arena: Arena
  readonly #counters: CursorCounters = { groupsTotal: 0, groupsSkipped: 0, baseRows: 0, deltaRows: 0 }
  readonly #batch: Batch = { windowRows: 0, begin: 0, end: 0, alivePtr: 0, columns: [] }
  #cursor: TableCursor | null = null
  #nextRange = 0
  #closed = false

  constructor(run: Run, shape: CursorShape, access: TableAccess, plan: CursorPlan) {
    this.#run = run
    this.#shape = shape
    this.#access = access
    this.#plan = plan
    this.#types = shape.columns.map((ordinal) => shape.schema.columns[ordinal]!.type)
    this.#arena = run.newArena()
  }

  next(): Batch | null {
    while (!this.#closed) {
      this.#run.check()
      const cursor = this.#cursor ?? this.#openNext()
      if (cursor === null) break
      const window = cursor.next()
      if (window === null) this.#closeCursor()
      else if (window.end > window.begin) {
        const batch = this.#batch
        batch.windowRows = window.windowRows
        batch.begin = window.begin
        batch.end = window.end
        batch.alivePtr = window.alivePtr
        batch.columns = typeColumns(window.columns, this.#types)
        return batch
      }
    }
    return null
  }

  #openNext(): TableCursor | null {
    const { ranges, zones } = this.#plan
    if (this.#nextRange >= ranges.length) return null
    const { columns, order } = this.#shape
    const at = order === 'descending' ? ranges.length - 1 - this.#nextRange : this.#nextRange
    this.#nextRange++
    const range = ranges[at]!
    const options = { columns, order, zones, arena: this.#arena }
    this.#cursor = this.#access.scan(range === null ? options : { ...options, range })
    return this.#cursor
  }

  #closeCursor(): void {
    const cursor = this.#cursor
    if (cursor === null) return
    this.#cursor = null
    cursor.close()
    this.#arena.reset()
    this.#note(cursor.counters)
  }

  /** Row groups read and skipped and rows by origin, for EXPLAIN ANALYZE. */
  #note(counters: CursorCounters): void {
    if (this.#run.profiles === null) return
    const sum = this.#counters
    sum.groupsTotal += counters.groupsTotal
    sum.groupsSkipped += counters.groupsSkipped
    sum.baseRows += counters.baseRows
    sum.deltaRows += counters.deltaRows
    const { notes } = this.#run.profileOf(this.#shape.node)
    notes.set('row groups', `${sum.groupsTotal - sum.groupsSkipped} read, ${sum.groupsSkipped} skipped`)
    notes.set('rows read', `${sum.baseRows} base, ${sum.deltaRows} delta`)
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#closeCursor()
    this.#run.releaseArena(this.#arena)
  }
}
