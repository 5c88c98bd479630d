// A minimal SQL session over the engine without the public API: text → parse → bind → plan → rows, or the
// number of changed rows. Used to compare the executor with DuckDB.
import type { DropObjects } from '../../src/sql/ast-definition.ts'
import type { ExecutionContext, Backend, PhysicalPlan } from '../../exec/mod.ts'
import { planStatement } from '../../exec/mod.ts'
import { forEachRow } from '../../exec/operators/rows.ts'
import { FittingWriter } from '../../src/api/fit-row.ts'
import { spillSpace } from '../../src/api/spill-space.ts'
import { fromJs } from '../../src/base/scalar-js.ts'
import type { Row, Scalar, SqlType } from '../../src/base/types.ts'
import { bind } from '../../src/sql/bind.ts'
import type { Catalog } from '../../src/sql/bind.ts'
import { loadParser, parse } from '../../src/sql/parse.ts'
import type { BoundStatement } from '../../exec/plan/logical.ts'
import { Arena, MEMORY_PATH, openEngine } from '../../storage/mod.ts'
import type { Engine, EngineOptions, Transaction } from '../../storage/mod.ts'

export interface Result {
  readonly types: readonly SqlType[]
  readonly names: readonly string[]
  readonly rows: Row[]
}

/** One connection to an engine in memory. */
export class Session {
  readonly engine: Engine
  backend: Backend = 'auto'

  constructor(engine: Engine) {
    this.engine = engine
  }

  static async open(options: Partial<EngineOptions> = {}): Promise<Session> {
    await loadParser()
    return new Session(await openEngine(MEMORY_PATH, { memoryBytes: 128 << 20, ...options }))
  }

  /** Runs statements; returns the last result. */
  run(sql: string, parameters: unknown[] = []): Result {
    let result: Result = { types: [], names: [], rows: [] }
    for (const parsed of parse(sql)) {
      const txn = this.engine.begin()
      try {
        result = this.#statement(txn, bind(parsed, catalogOf(txn)), parameters)
        txn.commit()
      } catch (error) {
        txn.rollback()
        throw error
      }
    }
    return result
  }

  /** The plan of a query as EXPLAIN text. */
  explain(sql: string): string {
    const txn = this.engine.begin()
    try {
      return this.#plan(txn, bind(parse(sql)[0]!, catalogOf(txn))).plan.explain('text')
    } finally {
      txn.rollback()
    }
  }

  /** EXPLAIN ANALYZE as parsed JSON. */
  analyze(sql: string): Record<string, unknown> {
    const txn = this.engine.begin()
    try {
      const { plan } = this.#plan(txn, bind(parse(sql)[0]!, catalogOf(txn)))
      const context = this.#context(txn, [])
      const profile = plan.analyze(context)
      context.arena.release()
      return (JSON.parse(plan.explain('json', profile)) as { plan: Record<string, unknown> }[])[0]!.plan
    } finally {
      txn.rollback()
    }
  }

  #plan(txn: Transaction, bound: BoundStatement): { plan: PhysicalPlan; parameters: readonly SqlType[] } {
    if (bound.kind !== 'query') throw new Error(`not a query: ${bound.kind}`)
    return { plan: planStatement(bound.plan, (name) => txn.tables(name)), parameters: bound.parameters }
  }

  #statement(txn: Transaction, bound: BoundStatement, values: unknown[]): Result {
    const none: Result = { types: [], names: [], rows: [] }
    if (bound.kind === 'create_table') {
      txn.createTable(bound.schema)
      return none
    }
    if (bound.kind === 'definition' && bound.definition.kind === 'drop_objects') {
      for (const table of (bound.definition as DropObjects).names) txn.dropTable(table)
      return none
    }
    const { plan, parameters } = this.#plan(txn, bound)
    const context = this.#context(txn, parameters.map((type, i) => fromJs(type, values[i])))
    try {
      if (plan.changes) return { ...none, rows: [[plan.executeChanges(context)]] }
      const rows: Row[] = []
      const source = plan.execute(context)
      try {
        for (let batch = source.next(); batch !== null; batch = source.next()) {
          forEachRow(this.engine.memory, batch, (row) => rows.push(row))
        }
      } finally {
        source.close()
      }
      return { types: plan.output.map((c) => c.type), names: plan.output.map((c) => c.name), rows }
    } finally {
      context.arena.release()
    }
  }

  #context(txn: Transaction, parameters: Scalar[]): ExecutionContext {
    const { engine } = this
    return {
      memory: engine.memory, arena: new Arena(engine.memory), tables: (name) => txn.tables(name),
      writer: new FittingWriter(txn), spill: spillSpace(engine),
      indexCounters: engine.indexCounters, poolCounters: () => engine.pool.stats,
      parameters, backend: this.backend,
    }
  }

  close(): void {
    this.engine.close()
  }
}

function catalogOf(txn: Transaction): Catalog {
  return {
    schema: (name) => txn.listTables().find((schema) => schema.name === name),
    names: () => txn.listTables().map((schema) => schema.name),
  }
}
