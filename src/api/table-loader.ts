// table.loader(): bulk loads of any size in bounded memory, for rows that come piece by piece and in any
// order. Pieces are sorted into runs on free pages and merged at the end; nothing is visible before finish().
import type { Table as ArrowTable } from 'apache-arrow'
import type { ColumnDefaults } from './column-defaults.ts'
import type { TableSchema } from '../base/types.ts'
import { stageColumns } from './append-columns.ts'
import type { AppendColumns } from './append-columns.ts'
import { BulkLoader } from '../../storage/mod.ts'

/** A bulk load in progress. End it with finish() or abort(); closing the database aborts it. */
export class TableLoader {
  readonly #loader: BulkLoader
  readonly #schema: TableSchema
  readonly #defaults: ColumnDefaults

  /** Made by {@link TableHandle.loader}. */
  constructor(loader: BulkLoader, schema: TableSchema, defaults: ColumnDefaults) {
    this.#loader = loader
    this.#schema = schema
    this.#defaults = defaults
  }

  /** Adds rows, given as columns or as an Arrow table. Throws what append() throws for bad values. */
  add(data: AppendColumns | ArrowTable): void {
    this.#loader.add(stageColumns(this.#schema, data, column => this.#defaults.valueOf(column)))
  }

  /**
   * Publishes all rows at once, durably; returns the number inserted or replaced. A duplicate key: 23505, nothing
   * loaded.
   */
  finish(): number {
    return this.#loader.finish()
  }

  /** Gives up: the table is as it was. */
  abort(): void {
    this.#loader.abort()
  }
}
