// db.table(name): rows by primary key without SQL. Outside a transaction, get() goes straight from the key to
// the row: no transaction, no promise, no catalogue look-up.
import type { ReadableStream, WritableStream } from 'node:stream/web'
import type { Table as ArrowTable } from 'apache-arrow'
import { stageColumns } from './append-columns.ts'
import type { AppendColumns } from './append-columns.ts'
import { appendRows, isRowByRow } from './append-rows.ts'
import { TableLoader } from './table-loader.ts'
import { CODE, DatabaseError } from '../base/errors.ts'
import { TEXT, sameType } from '../base/types.ts'
import type { ColumnSchema, Row, Scalar, TableSchema } from '../base/types.ts'
import { checkWellFormed } from '../base/utf8.ts'
import { homeOf } from './attachments.ts'
import { ColumnDefaults } from './column-defaults.ts'
import { fitRow } from './fit-row.ts'
import { checkNames, checkOneOf } from './options.ts'
import { PlainReads } from './plain-reads.ts'
import { RowInput } from './row-input.ts'
import { converterFor, scalarRowBuilder } from './row-shape.ts'
import type { RowObject } from './row-shape.ts'
import type { Session } from './session.ts'
import { didYouMean } from '../sql/nearest-name.ts'
import { keyScalars } from './table-key.ts'
import { readStream, streamColumn, writeStream } from './value-stream.ts'
import { TableRange, visibleColumns } from './table-range.ts'
import type { RangeOptions } from './table-range.ts'
import { BulkLoader, LongRow, PointReader, appendColumns, indexFigures } from '../../storage/mod.ts'
import type { IndexFigures, KeyValue, Transaction } from '../../storage/mod.ts'

export type { AppendColumns, RangeOptions, TableRange }

/** How append() treats keys that exist: an error (23505, nothing is appended), or who wins. */
export interface AppendOptions {
  readonly onConflict?: 'error' | 'replace' | 'skip'
}

/** What a handle knows about its table at one version of the catalogue. */
interface Resolved {
  readonly schema: TableSchema
  readonly reader: PointReader | null
  readonly fromRow: (row: readonly Scalar[]) => RowObject
  readonly fromValues: ((values: Scalar[]) => KeyValue) | null
  readonly defaults: ColumnDefaults
  readonly input: RowInput
}

const PLAIN_MAX: Readonly<Record<string, number>> = { smallint: 32767, integer: 2147483647, bigint: 2 ** 53 - 1 }

/** One table. Cheap to keep; it follows the table when it is dropped and created again. */
export class TableHandle {
  readonly name: string
  readonly #session: Session
  #version = 0
  #resolved: Resolved | null = null
  #reader: PointReader | null = null
  /** Largest integer key that needs no conversion; 0 when keys are not one integer column. */
  #plainMax = 0
  /** While open, integer keys go straight to the reader. */
  readonly #plain: PlainReads
  /** While open, so do texts: the key is one TEXT column. */
  readonly #plainText: PlainReads

  /** Made by {@link Database.table}. */
  constructor(session: Session, name: string) {
    this.#session = session
    this.#plain = new PlainReads(session)
    this.#plainText = new PlainReads(session)
    this.name = name
  }

  /** Throws 42P01 when the table does not exist. */
  check(): void {
    this.#resolve()
  }

  /** The table's visible columns. */
  get columns(): readonly ColumnSchema[] {
    return this.#resolve().schema.columns.filter(column => column.hidden !== true)
  }

  /** Names of the key columns in key order; empty for a table without a primary key. */
  get key(): readonly string[] {
    const { schema } = this.#resolve()
    return schema.key.map(i => schema.columns[i]!).filter(column => column.hidden !== true).map(column => column.name)
  }

  #resolve(): Resolved {
    const session = this.#session
    if (this.#resolved !== null && this.#version === session.catalogVersion) return this.#resolved
    const { catalog } = session
    const { engine, name } = homeOf(session.engine, this.name)
    const schema = catalog.schema(this.name)
    if (schema === undefined) {
      const hint = didYouMean(this.name, catalog.names())
      throw new DatabaseError(
        CODE.UNDEFINED_TABLE, `table "${this.name}" does not exist`, hint === undefined ? {} : { hint }
      )
    }
    const columns = visibleColumns(schema)
    const names = columns.map(c => schema.columns[c]!.name)
    const converts = columns.map(c => converterFor(schema.columns[c]!.type, {}))
    const committed = engine.catalog.has(name) && (name !== this.name || engine.catalog.get(name).schema === schema)
    const store = committed ? engine.catalog.get(name) : null
    this.#reader = store === null ? null : new PointReader(store, () => engine.commitId, columns, names, converts)
    const keyType = schema.columns[schema.key[0]!]!
    const isPlain = store !== null && schema.key.length === 1 && keyType.hidden !== true
    this.#plainMax = isPlain ? PLAIN_MAX[keyType.type.kind] ?? 0 : 0
    const defaults = new ColumnDefaults(schema)
    this.#resolved = {
      schema, reader: this.#reader, fromRow: scalarRowBuilder(names, columns, converts),
      fromValues: store === null ? null : values => store.order.fromValues(values),
      defaults, input: new RowInput(this.name, schema, defaults),
    }
    this.#version = session.catalogVersion
    return this.#resolved
  }

  #keyOf(schema: TableSchema, key: unknown): Scalar[] | null {
    if (schema.columns[schema.key[0]!]!.hidden === true) {
      throw new DatabaseError(CODE.WRONG_OBJECT, `table "${this.name}" has no primary key`)
    }
    return keyScalars(schema, key)
  }

  /** The row with this key (an array for composite keys), or undefined. Below 1 µs for cached pages. */
  get(key: unknown): RowObject | undefined {
    if (typeof key === 'number' && this.#plain.isOpen) {
      // Never -0. A key that is found is a number as it is stored; one that is not may be no integer at all.
      const row = this.#reader!.get(key === 0 ? 0 : key)
      if (row !== undefined || this.#isInteger(key)) return row
    }
    if (typeof key === 'string' && this.#plainText.isOpen) return this.#reader!.get(checkWellFormed(key))
    return this.#getSlow(key)
  }

  // True for a number that needs no conversion to be looked up.
  #isInteger(key: number): boolean {
    return key <= this.#plainMax && key >= -this.#plainMax && Math.floor(key) === key
  }

  #getSlow(key: unknown): RowObject | undefined {
    const session = this.#session
    session.assertReady()
    const { schema, reader, fromValues, fromRow } = this.#resolve()
    const isHome = reader !== null && homeOf(session.engine, this.name).engine === session.engine
    this.#plain.check(isHome && this.#plainMax > 0)
    this.#plainText.check(isHome && schema.key.length === 1 && sameType(schema.columns[schema.key[0]!]!.type, TEXT))
    const values = this.#keyOf(schema, key)
    if (values === null) return undefined
    if (session.transaction === null && reader !== null) return reader.get(fromValues!(values))
    return session.read(txn => {
      const row = txn.tables(this.name).row(values)
      return row === null ? undefined : fromRow(row)
    })
  }

  /**
   * The rows with these keys, in their order; undefined where there is none. On tables larger than the processor's
   * caches a fraction of the time of as many get().
   */
  getMany(keys: Iterable<unknown>): (RowObject | undefined)[] {
    const isList = Array.isArray(keys) || (ArrayBuffer.isView(keys) && !(keys instanceof DataView))
    const list = isList ? keys as ArrayLike<unknown> : [...keys]
    const get = (key: unknown): RowObject | undefined => this.get(key)
    if (this.#plain.isOpen) return this.#reader!.getMany(list, get)
    const rows: (RowObject | undefined)[] = []
    for (let i = 0; i < list.length; i++) rows.push(get(list[i]))
    return rows
  }

  /** True when a row with this key exists. */
  has(key: unknown): boolean {
    if (typeof key === 'number' && this.#plain.isOpen && this.#isInteger(key)) {
      return this.#reader!.has(key === 0 ? 0 : key)
    }
    if (typeof key === 'string' && this.#plainText.isOpen) return this.#reader!.has(checkWellFormed(key))
    const session = this.#session
    session.assertReady()
    const { schema, reader, fromValues } = this.#resolve()
    const values = this.#keyOf(schema, key)
    if (values === null) return false
    if (session.transaction === null && reader !== null) return reader.has(fromValues!(values))
    return session.read(txn => txn.tables(this.name).find(values, [], []))
  }

  /** Inserts the row, or replaces the one with its key. Missing columns take their defaults. */
  put(row: RowObject): 'inserted' | 'updated' {
    return this.#write(txn => txn.put(this.name, this.#resolve().input.row(row)))
  }

  /** Deletes the row with this key; false when there is none. */
  delete(key: unknown): boolean {
    return this.#write(txn => {
      const values = this.#keyOf(this.#resolve().schema, key)
      return values !== null && txn.delete(this.name, values)
    })
  }

  #write<T>(run: (txn: Transaction) => T): T {
    this.#session.assertReady()
    this.#resolve()
    return this.#session.write(run)
  }

  /**
   * Appends many rows at once, given as columns or as an Arrow table; atomic. Large appends outside a
   * transaction build row groups directly. Returns the number of rows inserted or replaced.
   */
  append(data: AppendColumns | ArrowTable, options: AppendOptions = {}): number {
    checkNames(options, ['onConflict'], 'append')
    const { onConflict = 'error' } = options
    checkOneOf('onConflict', onConflict, ['error', 'replace', 'skip'])
    const session = this.#session
    session.assertReady()
    const { schema, defaults } = this.#resolve()
    const { engine, name } = homeOf(session.engine, this.name)
    if (isRowByRow(engine, name, schema)) {
      return session.write(txn => appendRows(txn, this.name,
        stageColumns(schema, data, column => defaults.valueOf(column)),
        onConflict))
    }
    if (session.transaction === null) {
      session.assertWritable()
      const columns = stageColumns(schema, data, column => defaults.valueOf(column))
      return appendColumns(engine, name, columns, onConflict, null)
    }
    return session.write(txn => {
      const columns = stageColumns(schema, data, column => defaults.valueOf(column))
      return appendColumns(engine, name, columns, onConflict, txn.far(this.name) ?? txn)
    })
  }

  /**
   * A bulk load of any size for rows that come piece by piece, in any order: `add()` as often as needed, then
   * `finish()`. Outside of transactions only (25001).
   */
  loader(options: AppendOptions = {}): TableLoader {
    checkNames(options, ['onConflict'], 'loader')
    const { onConflict = 'error' } = options
    checkOneOf('onConflict', onConflict, ['error', 'replace', 'skip'])
    const session = this.#session
    session.assertReady()
    if (session.transaction !== null) {
      throw new DatabaseError(
        CODE.ACTIVE_TRANSACTION, 'a bulk load commits by itself and cannot run inside a transaction'
      )
    }
    session.assertWritable()
    const { schema, defaults } = this.#resolve()
    const { engine, name } = homeOf(session.engine, this.name)
    if (isRowByRow(engine, name, schema)) {
      throw new DatabaseError(CODE.UNSUPPORTED,
        `a bulk load into table "${this.name}", which has foreign keys or generated columns, is not supported`,
        { hint: 'Use append(), or INSERT.' })
    }
    return new TableLoader(new BulkLoader(engine, name, onConflict), schema, defaults)
  }

  /** Rows whose keys lie in an interval, in key order. */
  range(options: RangeOptions = {}): TableRange {
    this.#session.assertReady()
    const { schema } = this.#resolve()
    const bounded = options.gt ?? options.gte ?? options.lt ?? options.lte
    if (bounded !== undefined && schema.columns[schema.key[0]!]!.hidden === true) {
      throw new DatabaseError(CODE.WRONG_OBJECT, `table "${this.name}" has no primary key`)
    }
    return new TableRange(this.#session, schema, options)
  }

  /**
   * One TEXT, JSON or BYTEA value as a stream of chunks (text as UTF-8), as of now; null when it is NULL, undefined
   * when there is no such row. `for await (const chunk of item.readStream(1, 'body')!)`. Ending it early releases it.
   */
  readStream(key: unknown, column: string): ReadableStream<Uint8Array> | null | undefined {
    this.#session.assertReady()
    const { schema } = this.#resolve()
    const ordinal = streamColumn(schema, column)
    const values = this.#keyOf(schema, key)
    return values === null ? undefined : readStream(this.#session, this.name, values, ordinal)
  }

  /**
   * A stream whose chunks become the value of one column when it is closed: of the row with this key, or of a new one
   * with defaults elsewhere. Committed at close() as put() would; abort() leaves everything as it was. TEXT to
   * 256 MiB, BYTEA to 1 GiB (54000 beyond). Chunks go to free pages of the file as they come, so the value may be
   * longer than the memory; JSON, and whatever is closed inside a transaction, is in memory once.
   */
  writeStream(key: unknown, column: string): WritableStream<Uint8Array> {
    this.#session.assertReady()
    const { schema, defaults } = this.#resolve()
    const ordinal = streamColumn(schema, column)
    const values = this.#keyOf(schema, key)
    if (values === null || schema.key.includes(ordinal)) {
      const text = 'a stream writes a column outside of the key, of a key without NULLs'
      throw new DatabaseError(CODE.INVALID_PARAMETER, text)
    }
    const session = this.#session
    const home = homeOf(session.engine, this.name)
    const fresh = (): Row => {
      const row = schema.columns.map(known => defaults.valueOf(known))
      schema.key.forEach((c, i) => { row[c] = values[i]! })
      return row
    }
    return writeStream({
      type: schema.columns[ordinal]!.type, limits: home.engine.parts.options.valueLimits,
      mayStream: () => {
        session.assertReady()
        if (session.transaction === null) session.assertWritable()
        return session.transaction === null
      },
      begin: () => LongRow.begin(home.engine, home.name, ordinal),
      commit: long => long.commit(values, fitRow(schema, fresh())),
      put: value => {
        this.#write(txn => {
          const row = txn.tables(this.name).row(values)?.slice() ?? fresh()
          row[ordinal] = value
          return txn.put(this.name, fitRow(schema, row))
        })
      },
    })
  }

  /**
   * Figures of the primary key's learned index, or of a secondary index of this table by its name; enough to draw
   * the fit. Throws 42704 for an index the table does not have.
   */
  index(secondary?: string): IndexFigures {
    this.#session.assertReady()
    this.#resolve()
    const { engine, name } = homeOf(this.#session.engine, this.name)
    const table = engine.catalog.get(name)
    if (secondary === undefined) return indexFigures(table)
    const index = table.indexes.find(known => known.schema.name === secondary)
    if (index !== undefined) return indexFigures(index)
    const hint = didYouMean(secondary, table.indexes.map(known => known.schema.name))
    throw new DatabaseError(
      CODE.UNDEFINED_OBJECT, `table "${name}" has no index "${secondary}"`, hint === undefined ? {} : { hint }
    )
  }
}
