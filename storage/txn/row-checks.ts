// CHECK constraints of a table, as storage knows them: something that rows must pass on every way into the table.
// Storage cannot evaluate SQL; whoever opens the engine for SQL hands in what makes the checks of a schema.
//
// Rules: I2 (storage/README.md): no committed row makes a CHECK of its table false. NULL passes.
import { assert } from '../../src/base/assert.ts'
import type { Row, TableSchema } from '../../src/base/types.ts'
import type { LinearMemory } from '../memory/linear-memory.ts'
import type { StagedColumn } from '../row-group/staged-column.ts'

/** The checks of one table. Both throw 23514, which names the constraint and the row. */
export interface RowChecks {
  /** Computes the generated columns of a row, in place. */
  generate(row: Row): void
  /** Checks a full row. */
  row(row: Row): void
  /** Checks the rows of staged columns, one for each column of the table. */
  columns(columns: readonly StagedColumn[], count: number): void
}

/** Makes the checks of a table that has some. */
type MakeRowChecks = (schema: TableSchema, memory: LinearMemory) => RowChecks

/** Where an engine gets the checks of its tables from. */
export class CheckMaker {
  /** Set by whoever opens the engine for SQL. */
  make: MakeRowChecks | null = null

  /** The checks of a table that has some. */
  of(schema: TableSchema, memory: LinearMemory): RowChecks {
    assert(this.make !== null, 'a table with CHECK constraints is written without anybody to evaluate them')
    return this.make(schema, memory)
  }
}
