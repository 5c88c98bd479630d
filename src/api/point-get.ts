// The fast path of `prepare('SELECT … WHERE key = ?').get([k])`: no transaction object, no operator, no vector.
// The key goes straight into storage's point reader, whose generated constructor makes the row. Budget 2-4 µs.
// Values of a unique index give the primary key first (unique-lookup.ts).
import type { Scalar, SqlType } from '../base/types.ts'
import type { JsOptions } from '../base/scalar-js.ts'
import type { PhysicalPlan, PointPlan } from '../../exec/mod.ts'
import type { Expression } from '../../exec/plan/logical.ts'
import { PointReader } from '../../storage/mod.ts'
import type { Engine, KeyValue, Transaction } from '../../storage/mod.ts'
import { storedKey } from './fit-row.ts'
import { convertParameter } from './parameters.ts'
import { converterFor, scalarRowBuilder } from './row-shape.ts'
import type { RowObject } from './row-shape.ts'
import { UniqueLookup } from './unique-lookup.ts'

const INTEGER_MAX: Readonly<Record<string, number>> = { smallint: 32767, integer: 2147483647, bigint: 2 ** 53 - 1 }

/** One prepared point query over one version of the catalogue. */
export class PointGet {
  readonly #engine: Engine
  readonly #point: PointPlan
  readonly #keys: readonly Expression[]
  readonly #names: readonly (string | null)[]
  readonly #reader: PointReader
  readonly #fromColumns: (row: readonly Scalar[]) => RowObject
  /** The largest integer key that needs no conversion; 0 when the key is not one plain integer parameter. */
  readonly #plainMax: number
  /** By which index; null = the key is the primary key. */
  readonly #unique: UniqueLookup | null

  private constructor(
    engine: Engine, plan: PhysicalPlan, point: PointPlan, names: readonly (string | null)[], options: JsOptions,
    unique: UniqueLookup | null,
  ) {
    const table = engine.catalog.get(point.table)
    const { columns } = table.schema
    const converts = point.columns.map(c => converterFor(columns[c]!.type, options))
    const outputNames = plan.output.map(column => column.name)
    this.#engine = engine
    this.#point = point
    this.#keys = point.keyExpressions
    this.#names = names
    this.#reader = new PointReader(table, () => engine.commitId, point.columns, outputNames, converts)
    this.#fromColumns = scalarRowBuilder(outputNames, point.columns.map((_, i) => i), converts)
    const only = this.#keys.length === 1 ? this.#keys[0]! : null
    this.#unique = unique
    const isPlain = unique === null && only?.kind === 'parameter' && names.length === 1 && table.order.mode === 'number'
    this.#plainMax = isPlain ? INTEGER_MAX[only.type.kind] ?? 0 : 0
  }

  /** The fast path of a plan, or null when it is not a point query by parameters and constants. */
  static of(
    engine: Engine, plan: PhysicalPlan, names: readonly (string | null)[], options: JsOptions,
  ): PointGet | null {
    const { point } = plan
    if (point === null || !engine.catalog.has(point.table)) return null
    const isSimple = point.keyExpressions.every(key => key.kind === 'parameter' || key.kind === 'constant')
    const schema = engine.catalog.get(point.table).schema
    if (!isSimple || new Set(plan.output.map(column => column.name)).size !== plan.output.length) return null
    const stored = point.columns.map(c => schema.columns[c]!.type)
    if (stored.length === 0 || plan.output.some((column, i) => !sameKind(column.type, stored[i]!))) return null
    const unique = point.index === null ? null : UniqueLookup.of(engine, point.table, point.index)
    if (point.index !== null && unique === null) return null
    return new PointGet(engine, plan, point, names, options, unique)
  }

  /** Whether the transaction (null = none) may be answered: its snapshot has the index. */
  serves(txn: Transaction | null): boolean {
    return this.#unique === null || txn === null || this.#unique.isVisible(txn)
  }

  /** The row for one plain integer key, or NOT_PLAIN when the key needs the general path. */
  getPlain(key: unknown): RowObject | undefined | typeof NOT_PLAIN {
    if (typeof key !== 'number' || !(key <= this.#plainMax && key >= -this.#plainMax) || Math.floor(key) !== key) {
      return NOT_PLAIN
    }
    return this.#reader.get(key + 0)
  }

  /** The row for parameter values in order. */
  get(values: readonly unknown[]): RowObject | undefined {
    const given = this.#keyOf(values)
    const key = given === null || this.#unique === null ? given : this.#unique.find(given)
    if (key === null) return undefined
    const { order } = this.#engine.catalog.get(this.#point.table)
    return this.#reader.get(order.fromValues(key) as KeyValue)
  }

  /** The row as a transaction sees it. */
  getIn(txn: Transaction, values: readonly unknown[]): RowObject | undefined {
    const given = this.#keyOf(values)
    const key = given === null || this.#unique === null ? given : this.#unique.findIn(txn, given)
    if (key === null) return undefined
    const row: Scalar[] = []
    return txn.tables(this.#point.table).find(key, this.#point.columns, row) ? this.#fromColumns(row) : undefined
  }

  #keyOf(values: readonly unknown[]): Scalar[] | null {
    const key: Scalar[] = []
    for (const expression of this.#keys) {
      const value = expression.kind === 'constant' ? expression.value
        : expression.kind === 'parameter'
          ? convertParameter(
            expression.type, values[expression.index], expression.index, this.#names[expression.index]!
          )
          : null
      if (value === null) return null
      key.push(value)
    }
    return storedKey(this.#unique?.schema ?? this.#engine.catalog.get(this.#point.table).schema, key).slice()
  }
}

/** Says that a key is not a plain integer. */
export const NOT_PLAIN: unique symbol = Symbol('not a plain integer key')

function sameKind(a: SqlType, b: SqlType): boolean {
  return a.kind === b.kind && a.scale === b.scale
}
