// What a table of information_schema or pg_catalog is: columns as text, and rows that name the columns they fill;
// the others are NULL. A cell may be a function call, for what is only known when the statement runs.
import type { OutputColumn } from '../../exec/plan/logical.ts'
import type { Scalar, SqlType } from '../base/types.ts'
import { BIGINT, BOOLEAN, INTEGER, REAL, SMALLINT, TEXT, arrayType } from '../base/types.ts'
import type { CatalogFacts, ColumnFact } from './system-facts.ts'

/** A call of a function with constants. */
export interface SystemCall {
  readonly fn: string
  readonly args: readonly (string | number)[]
}

export type Cell = Scalar | boolean | SystemCall
export type SystemRow = Readonly<Record<string, Cell>>

/** What builders read: the facts, and the columns of a view, which cost binding it. */
export interface SystemSource extends CatalogFacts {
  viewColumns(name: string): readonly ColumnFact[]
}

export interface SystemTable {
  readonly columns: readonly OutputColumn[]
  readonly rows: (source: SystemSource) => readonly SystemRow[]
}

const TYPES: Readonly<Record<string, SqlType>> = {
  oid: BIGINT, name: TEXT, text: TEXT, char: TEXT, int2: SMALLINT, int4: INTEGER, int8: BIGINT, bool: BOOLEAN,
  float4: REAL, int2s: arrayType(SMALLINT), texts: arrayType(TEXT),
}

/** A table from `name type, name type`. */
export function systemTable(columns: string, rows: SystemTable['rows']): SystemTable {
  return {
    rows,
    columns: columns.trim().split(/\s*,\s*/).map(column => {
      const [name, type] = column.split(' ') as [string, string]
      return { name, type: TYPES[type]!, nullable: true }
    }),
  }
}

/** The text of an array of numbers. */
export function numbersText(numbers: readonly number[]): string {
  return `{${numbers.join(',')}}`
}
