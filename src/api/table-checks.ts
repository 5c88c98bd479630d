// CHECK constraints evaluated: what storage calls for every row on its way into a table. Rows that come one by
// one are evaluated by themselves, with their values as constants (the code is cached: kernel/code-cache.ts).
// Columns of a bulk load go through a filter kernel in batches; only a batch with a row that fails is looked at
// again, for the message.
import { CODE, DatabaseError } from '../base/errors.ts'
import { formatScalar } from '../base/scalar-format.ts'
import { BOOLEAN, physicalOf } from '../base/types.ts'
import type { CheckConstraint, Row, Scalar, TableSchema } from '../base/types.ts'
import { compileFilter, evaluateConstant } from '../../exec/kernel/compile.ts'
import type { FilterKernel } from '../../exec/kernel/compile.ts'
import { columnsOf, substitute } from '../../exec/plan/expression.ts'
import type { Expression } from '../../exec/plan/logical.ts'
import { bitmapBytes } from '../../exec/vector/batch.ts'
import { VectorBuilder } from '../../exec/vector/builder.ts'
import { bindGenerated, bindTableCheck } from '../sql/bind.ts'
import { fitRow } from './fit-row.ts'
import { bareOf } from '../sql/relation-name.ts'
import { Arena, BATCH_ROWS, stagedScalar } from '../../storage/mod.ts'
import type { LinearMemory, RowChecks, StagedColumn } from '../../storage/mod.ts'

/** Fewer rows than this are checked one by one. */
const FEW = 16
/** Values longer than this are cut in the picture of a failing row. */
const SHOWN = 64

interface BoundCheck {
  readonly constraint: CheckConstraint
  readonly condition: Expression
  /** Columns that the condition reads. */
  readonly columns: readonly number[]
}

/** The checks of one table. */
class TableChecks implements RowChecks {
  readonly #schema: TableSchema
  readonly #memory: LinearMemory
  readonly #checks: readonly BoundCheck[]
  readonly #generated: readonly { readonly ordinal: number; readonly expression: Expression }[]

  constructor(schema: TableSchema, memory: LinearMemory) {
    this.#schema = schema
    this.#memory = memory
    this.#generated = schema.columns.flatMap((column, ordinal) =>
      column.generatedSql === undefined ? [] : [{ ordinal, expression: bindGenerated(column, schema) }])
    this.#checks = (schema.checks ?? []).map(constraint => {
      const condition = bindTableCheck(constraint, schema)
      return { constraint, condition, columns: [...columnsOf(condition)] }
    })
  }

  generate(row: Row): void {
    for (const { ordinal, expression } of this.#generated) {
      const value = evaluateConstant(this.#bound(expression, row), [], Date.now() * 1000)
      const column = this.#schema.columns[ordinal]!
      row[ordinal] = fitRow({ ...this.#schema, columns: [column] }, [value])[0]!
    }
  }

  // The expression over the values of a row.
  #bound(expression: Expression, row: Row): Expression {
    return substitute(expression, ({ index, type }) =>
      ({ kind: 'constant', type, value: this.#value(index, row[index]!) }))
  }

  row(row: Row): void {
    for (const check of this.#checks) this.#checkRow(check, row)
  }

  #checkRow({ constraint, condition }: BoundCheck, row: Row): void {
    if (evaluateConstant(this.#bound(condition, row), [], Date.now() * 1000) !== 0) return
    const name = bareOf(this.#schema.name)
    throw new DatabaseError(
      CODE.CHECK, `new row for relation "${name}" violates check constraint "${constraint.name}"`,
      { detail: `Failing row contains (${this.#picture(row)}).`, hint: `CHECK (${constraint.sql})` },
    )
  }

  // The executor computes with numbers while wide decimals are exact.
  #value(column: number, value: Scalar): Scalar {
    if (typeof value !== 'bigint' || physicalOf(this.#schema.columns[column]!.type) !== 'wide') return value
    return Number.isSafeInteger(Number(value)) ? Number(value) : value
  }

  #picture(row: Row): string {
    const texts = this.#schema.columns.flatMap(({ type, hidden }, c) => {
      if (hidden === true) return []
      const value = row[c]!
      if (value === null) return ['null']
      const text = formatScalar(type, value)
      return [text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text]
    })
    return texts.join(', ')
  }

  columns(columns: readonly StagedColumn[], count: number): void {
    const rowAt = (i: number): Row => columns.map(column => stagedScalar(column, i))
    if (count < FEW) {
      for (let i = 0; i < count; i++) this.row(rowAt(i))
      return
    }
    const arena = new Arena(this.#memory)
    const scratch = new Arena(this.#memory)
    try {
      for (const check of this.#checks) this.#checkColumns(check, columns, count, { arena, scratch, rowAt })
    } finally {
      scratch.release()
      arena.release()
    }
  }

  #checkColumns(
    check: BoundCheck, columns: readonly StagedColumn[], count: number,
    { arena, scratch, rowAt }: { arena: Arena; scratch: Arena; rowAt: (i: number) => Row },
  ): void {
    const kernel = this.#failing(check, arena)
    const bitmap = arena.allocate(bitmapBytes(BATCH_ROWS), 8)
    for (let begin = 0; begin < count; begin += BATCH_ROWS) {
      const rows = Math.min(BATCH_ROWS, count - begin)
      scratch.reset()
      const vectors = check.columns.map(c => {
        const builder = new VectorBuilder(this.#memory, scratch, this.#schema.columns[c]!.type, rows)
        for (let i = 0; i < rows; i++) builder.append(this.#value(c, stagedScalar(columns[c]!, begin + i)))
        return builder.finish()
      })
      const batch = { windowRows: rows, begin: 0, end: rows, alivePtr: 0, columns: vectors }
      if (kernel.run(batch, bitmap) === 0) continue
      for (let i = 0; i < rows; i++) this.#checkRow(check, rowAt(begin + i))
    }
  }

  // A filter that finds the rows for which the condition is false.
  #failing({ condition, columns }: BoundCheck, arena: Arena): FilterKernel {
    const moved = substitute(condition, column => ({ ...column, index: columns.indexOf(column.index) }))
    const predicate: Expression = { kind: 'call', fn: 'not', args: [moved], type: BOOLEAN }
    const inputs = columns.map(c => ({ type: this.#schema.columns[c]!.type }))
    return compileFilter(predicate, inputs, {
      memory: this.#memory, arena, parameters: [], backend: 'auto', counters: { wasmRows: 0, jsRows: 0 },
      now: Date.now() * 1000, subqueries: new Map(),
    })
  }
}

/** What an engine that is opened for SQL evaluates CHECK constraints with. */
export function makeChecks(schema: TableSchema, memory: LinearMemory): RowChecks {
  return new TableChecks(schema, memory)
}
