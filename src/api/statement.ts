// A prepared statement of the public API: parameters in, rows, arrays or Arrow out.
// Every way out (get, all, raw, iterate, arrow, batches) starts in #start and reads the same batches.
import type { RecordBatch, Table } from 'apache-arrow'
import type { Scalar, SqlType } from '../base/types.ts'
import type { Batch, PhysicalPlan } from '../../exec/mod.ts'
import type { BoundStatement, LogicalPlan } from '../../exec/plan/logical.ts'
import type { Convert, LinearMemory, Transaction } from '../../storage/mod.ts'
import { ArrowReader } from './arrow-reader.ts'
import { ColumnValues } from './column-values.ts'
import { columnsOf, listingPlan, runCommand } from './command.ts'
import { InsertRows } from './insert-rows.ts'
import type { StatementOptions } from './options.ts'
import { orderParameters } from './parameters.ts'
import type { Parameters } from './parameters.ts'
import { PlainReads } from './plain-reads.ts'
import { NOT_PLAIN, PointGet } from './point-get.ts'
import type { Prepared } from './prepared.ts'
import { rememberTables } from './remember-tables.ts'
import { Result, executionContext } from './result.ts'
import { converterFor, rowBuilder } from './row-shape.ts'
import type { RowObject } from './row-shape.ts'

/** What a statement did. */
export interface RunResult {
  /** Rows inserted, updated or deleted; 0 for statements that change no rows. */
  readonly changes: number
}

/** A result column. */
export interface ResultColumn {
  readonly name: string
  readonly type: SqlType
  readonly nullable: boolean
}

/** First row of a batch, -1 when none of its rows is alive. */
function firstAlive(memory: LinearMemory, batch: Batch): number {
  const { begin, end, alivePtr } = batch
  for (let row = begin; row < end; row++) {
    if (alivePtr === 0 || ((memory.u8[alivePtr + (row >>> 3)]! >> (row & 7)) & 1) === 1) return row
  }
  return -1
}

const NO_PARAMETERS: readonly unknown[] = []

/** What makes row objects of a list of result columns. */
interface RowMaker {
  readonly columns: ReturnType<typeof columnsOf>
  readonly build: ReturnType<typeof rowBuilder>
  readonly converts: readonly Convert[]
}

/** One prepared statement. Any number of executions, also interleaved. */
export class Statement {
  readonly #prepared: Prepared
  readonly #options: StatementOptions
  #madeRows: RowMaker | null = null
  #point: PointGet | null = null
  #insert: InsertRows | null = null
  /** While open, there is a point, and it answers plain keys. */
  readonly #plain: PlainReads
  /** Catalogue version for which the fast paths were decided. */
  #fastVersion = 0

  /** Made by {@link Database.prepare}. */
  constructor(prepared: Prepared, options: StatementOptions) {
    this.#prepared = prepared
    this.#options = options
    this.#plain = new PlainReads(prepared.session)
    prepared.bind()
  }

  /** The text it was prepared from. */
  get sql(): string {
    return this.#prepared.text
  }

  /** Columns of its rows; empty when it returns none. */
  get columns(): readonly ResultColumn[] {
    return columnsOf(this.#prepared.bind().statement).map(({ name, type, nullable }) => ({ name, type, nullable }))
  }

  /** Types of its parameters, in order. */
  get parameterTypes(): readonly SqlType[] {
    return this.#prepared.bind().parameters.map(parameter => parameter.type)
  }

  /** The first row as an object, or undefined. By whole primary or unique key this is a 2-4 µs look-up. */
  get(parameters: Parameters = NO_PARAMETERS): RowObject | undefined {
    if (this.#plain.isOpen && Array.isArray(parameters) && parameters.length === 1) {
      const row = this.#point!.getPlain(parameters[0])
      if (row !== NOT_PLAIN) return row
    }
    const { session } = this.#prepared
    if (this.#fastVersion === session.catalogVersion && this.#point !== null) {
      session.assertReady()
      this.#plain.check(true)
      if (this.#point.serves(session.transaction)) return this.#getPoint(this.#point, parameters)
    }
    const result = this.#start(parameters)
    if (result === null) return undefined
    try {
      return this.#firstRow(result)
    } finally {
      result.finish()
    }
  }

  #firstRow(result: Result): RowObject | undefined {
    for (let batch = this.#next(result); batch !== null; batch = this.#next(result)) {
      const first = firstAlive(result.memory, batch)
      if (first < 0) continue
      const only = { ...batch, begin: first, end: first + 1 }
      return this.#rowBuilder()(this.#values(result).read(only), 0)
    }
    return undefined
  }

  #getPoint(point: PointGet, parameters: Parameters): RowObject | undefined {
    const { session, parsed } = this.#prepared
    const txn = session.transaction
    const values = orderParameters(parameters, parsed.parameterNames)
    return txn === null ? point.get(values) : session.read(() => point.getIn(txn, values))
  }

  /** All rows as objects. With duplicate column names the last one wins; see {@link raw}. */
  all(parameters: Parameters = NO_PARAMETERS): RowObject[] {
    return this.execute(parameters).rows
  }

  /** All rows as objects, and how many rows the statement changed. */
  execute(parameters: Parameters = NO_PARAMETERS): { rows: RowObject[]; changes: number } {
    const rows: RowObject[] = []
    let changes = 0
    const build = this.#rowBuilder()
    this.#forEachBatch(parameters, (columns, count) => {
      for (let i = 0; i < count; i++) rows.push(build(columns, i))
    }, count => { changes = count })
    return { rows, changes }
  }

  /** True for a query that locks and changes nothing. */
  get isPlainQuery(): boolean {
    const { statement } = this.#prepared.bind()
    const { statement: parsed } = this.#prepared.parsed
    if (statement.kind !== 'query' || ['insert', 'update', 'delete'].includes(statement.plan.kind)) return false
    return parsed.kind === 'select' && parsed.locks.length === 0
  }

  /** As execute() of a query, started now, one batch a step. */
  executeSteps(parameters: Parameters = NO_PARAMETERS): Generator<void, { rows: RowObject[]; changes: number }> {
    return this.#stepsOf(this.#start(parameters))
  }

  *#stepsOf(result: Result | null): Generator<void, { rows: RowObject[]; changes: number }> {
    const rows: RowObject[] = []
    if (result === null) return { rows, changes: 0 }
    const build = this.#rowBuilder()
    const values = this.#values(result)
    try {
      for (let batch = this.#next(result); batch !== null; batch = this.#next(result)) {
        const columns = values.read(batch)
        for (let i = 0, { count } = values; i < count; i++) rows.push(build(columns, i))
        yield
      }
    } finally {
      result.finish()
    }
    return { rows, changes: 0 }
  }

  /** All rows as arrays in column order. */
  raw(parameters: Parameters = NO_PARAMETERS): unknown[][] {
    const rows: unknown[][] = []
    this.#forEachBatch(parameters, (columns, count) => {
      for (let i = 0; i < count; i++) rows.push(columns.map(column => column[i]))
    })
    return rows
  }

  /** Rows one by one, in bounded memory, at the snapshot of the start. Ending the loop early releases it. */
  *iterate(parameters: Parameters = NO_PARAMETERS): IterableIterator<RowObject> {
    const result = this.#start(parameters)
    if (result === null) return
    result.isReadSlowly = true
    const build = this.#rowBuilder()
    const values = this.#values(result)
    try {
      for (let batch = this.#next(result); batch !== null; batch = this.#next(result)) {
        const columns = values.read(batch)
        for (let i = 0, { count } = values; i < count; i++) yield build(columns, i)
      }
    } finally {
      result.finish()
    }
  }

  /** Runs the statement for its effect; rows of a query are computed and dropped. */
  run(parameters: Parameters = NO_PARAMETERS): RunResult {
    const { session } = this.#prepared
    if (this.#fastVersion === session.catalogVersion && this.#insert !== null) {
      return { changes: this.#prepared.guard(() => this.#insert!.run(parameters)) }
    }
    let changes = 0
    const result = this.#start(parameters, count => { changes = count })
    while (result !== null && this.#next(result) !== null) continue
    return { changes }
  }

  /** All rows as an apache-arrow Table in buffers of its own. */
  arrow(parameters: Parameters = NO_PARAMETERS): Table {
    const reader = new ArrowReader(this.#resultColumns, this.#options)
    const result = this.#start(parameters)
    if (result === null) return reader.empty()
    try {
      return this.#prepared.guard(() => reader.table(result))
    } finally {
      result.finish()
    }
  }

  /** Record batches one by one, in bounded memory. */
  *batches(parameters: Parameters = NO_PARAMETERS): IterableIterator<RecordBatch> {
    const reader = new ArrowReader(this.#resultColumns, { ...this.#options, dictionary: false })
    const result = this.#start(parameters)
    if (result === null) return
    result.isReadSlowly = true
    try {
      for (let batch = this.#next(result); batch !== null; batch = this.#next(result)) {
        const converted = reader.batch(result, batch)
        if (converted.numRows > 0) yield converted
      }
    } finally {
      result.finish()
    }
  }

  /** One array while the binding holds. */
  get #resultColumns(): ReturnType<typeof columnsOf> {
    return columnsOf(this.#prepared.bind().statement)
  }

  /** How rows of these columns are made; kept while the binding holds. */
  get #rowMaker(): RowMaker {
    const columns = this.#resultColumns
    if (this.#madeRows?.columns !== columns) {
      const converts = columns.map(column => converterFor(column.type, this.#options))
      this.#madeRows = { columns, build: rowBuilder(columns.map(column => column.name)), converts }
    }
    return this.#madeRows
  }

  #rowBuilder(): RowMaker['build'] {
    return this.#rowMaker.build
  }

  #values(result: Result): ColumnValues {
    return new ColumnValues(result.memory, this.#rowMaker.converts)
  }

  #next(result: Result): ReturnType<Result['next']> {
    return this.#prepared.guard(() => result.next())
  }

  #forEachBatch(
    parameters: Parameters, take: (columns: unknown[][], count: number) => void, changed?: (count: number) => void,
  ): void {
    const result = this.#start(parameters, changed)
    if (result === null) return
    try {
      const values = this.#values(result)
      for (let batch = this.#next(result); batch !== null; batch = this.#next(result)) {
        const columns = values.read(batch)
        take(columns, values.count)
      }
    } finally {
      result.finish()
    }
  }

  /** Starts any statement. Null when it has no rows; `changed` hears how many rows it changed. */
  #start(parameters: Parameters, changed: (count: number) => void = () => undefined): Result | null {
    const prepared = this.#prepared
    const { session } = prepared
    return prepared.guard(() => {
      const { kind } = prepared.parsed.statement
      if (kind === 'rollback' || kind === 'rollback_to' || kind === 'commit') session.assertOpen()
      else session.assertReady()
      const { bound, values } = this.#convert(parameters)
      const { statement } = bound
      if (statement.kind !== 'query') {
        session.changedRows = 0
        const listing = runCommand(session, statement, prepared, values)
        changed(session.changedRows)
        return listing === null ? null : this.#startPlan(listingPlan(listing), [])
      }
      const isChange = ['insert', 'update', 'delete'].includes(statement.plan.kind)
      if (isChange) {
        if (statement.plan.output.length > 0) return this.#startReturning(statement, values, changed)
        this.#noteInsert(statement)
        changed(this.#insert?.run(parameters)
          ?? session.write(txn => this.#change(prepared.plan(statement, txn, values), txn, values)))
        return null
      }
      const read = rememberTables(session.startRead())
      let plan: PhysicalPlan
      try {
        plan = prepared.plan(statement, read, values)
      } catch (error) {
        read.end()
        session.fail()
        throw error
      }
      this.#notePoint(plan)
      return Result.start(session, read, values, context => plan.execute(context))
    })
  }

  /** An error in the parameters of a statement fails an open transaction as any other error of it. */
  #convert(parameters: Parameters): ReturnType<Prepared['convert']> {
    try {
      return this.#prepared.convert(parameters)
    } catch (error) {
      this.#prepared.session.fail()
      throw error
    }
  }

  #startPlan(plan: PhysicalPlan, values: readonly Scalar[]): Result {
    const { session } = this.#prepared
    const txn = session.engine.begin('read committed', { session: session.id })
    const read = { txn, tables: (name: string) => txn.tables(name), end: () => txn.rollback() }
    return Result.start(session, read, values, context => plan.execute(context))
  }

  /** A change with RETURNING: made and, outside of a transaction, committed before its first row is read. */
  #startReturning(
    statement: Extract<BoundStatement, { kind: 'query' }>, values: readonly Scalar[], changed: (count: number) => void,
  ): Result {
    const rows: Scalar[][] = []
    const { session } = this.#prepared
    changed(session.write(txn => this.#change(this.#prepared.plan(statement, txn, values), txn, values, rows)))
    return this.#startPlan(listingPlan({ columns: statement.plan.output, rows }), [])
  }

  #change(plan: PhysicalPlan, txn: Transaction, values: readonly Scalar[], rows: Scalar[][] = []): number {
    const { session } = this.#prepared
    const context = executionContext(session, txn, values)
    try {
      return plan.executeChanges(context, { done: () => session.recheck?.finish(), row: row => rows.push(row) })
    } finally {
      context.arena.release()
    }
  }

  #notePoint(plan: PhysicalPlan): void {
    const { session, parsed } = this.#prepared
    const txn = session.transaction
    if (this.#fastVersion === session.catalogVersion || (txn !== null && txn.definitions > 0)) return
    this.#fastVersion = session.catalogVersion
    this.#insert = null
    this.#point = PointGet.of(session.engine, plan, parsed.parameterNames, this.#options)
  }

  #noteInsert(statement: { readonly plan: LogicalPlan }): void {
    const { session, parsed } = this.#prepared
    if (this.#fastVersion === session.catalogVersion) return
    this.#fastVersion = session.catalogVersion
    this.#point = null
    this.#insert = InsertRows.of(session, statement.plan, parsed.parameterNames)
  }
}

