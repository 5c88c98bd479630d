// The hidden table of a secondary index. It is an ordinary table, so that deltas, merges, the log, snapshots
// and learned models serve it as they serve any other:
//
//   index (a, b) on t (id, a, b, c)          columns   a | b | id          key  (a, b, id)
//   unique, a and b NOT NULL                 columns   a | b | id          key  (a, b)
//   unique, a or b nullable                  columns   a | b | tie | id    key  (a, b, tie)
//
// `tie` is NULL, or the primary key where a or b is NULL: NULLs are distinct from each other, everything else
// is found as a duplicate by the machinery that finds duplicate primary keys. Key columns that stand among the
// indexed ones are not repeated.
//
// I1  An index has exactly one entry for each row of its table, visible to the same snapshots, and it is the
//     one that entryOf() makes of the row.
import { CODE, DatabaseError } from '../../src/base/errors.ts'
import { formatScalar } from '../../src/base/scalar-format.ts'
import { sameType } from '../../src/base/types.ts'
import type { ColumnSchema, IndexDefinition, Row, Scalar, TableSchema } from '../../src/base/types.ts'
import type { StagedColumn } from '../row-group/staged-column.ts'

/** The columns of an index that its key columns are followed by. */
const TIE = '__tie_'

function restOfKey(table: TableSchema, columns: readonly number[]): number[] {
  return table.key.filter((ordinal) => !columns.includes(ordinal))
}

function needsTies(table: TableSchema, definition: IndexDefinition): boolean {
  return definition.unique && definition.columns.some((c) => table.columns[c]!.nullable)
}

/** Schema of the hidden table of an index on `table`. */
export function indexSchema(name: string, table: TableSchema, definition: IndexDefinition): TableSchema {
  const indexed = definition.columns.map((c) => bare(table.columns[c]!))
  const rest = restOfKey(table, definition.columns).map((c) => ({ ...bare(table.columns[c]!), nullable: false }))
  const ties = needsTies(table, definition)
    ? rest.map((column) => ({ ...column, name: TIE + column.name, nullable: true })) : []
  const columns = [...indexed, ...ties, ...rest]
  const keyLength = definition.unique ? indexed.length + ties.length : columns.length
  return { name, columns, key: Array.from({ length: keyLength }, (_, i) => i), index: definition }
}

function bare({ name, type, nullable }: ColumnSchema): ColumnSchema {
  return { name, type, nullable }
}

/** True when a stored schema is that of an index on `table` as it says: a damaged or hostile one may say anything. */
export function isIndexOf(schema: TableSchema, table: TableSchema | undefined): boolean {
  const definition = schema.index
  if (definition === undefined || table === undefined || table.index !== undefined) return false
  if (definition.columns.some((c) => c >= table.columns.length)) return false
  const expected = indexSchema(schema.name, table, definition)
  return expected.columns.length === schema.columns.length && expected.key.length === schema.key.length
    && expected.key.every((c, i) => c === schema.key[i]) && expected.columns.every((column, c) => {
      const stored = schema.columns[c]!
      return column.name === stored.name && column.nullable === stored.nullable && sameType(column.type, stored.type)
    })
}

/** Makes the entries of an index from rows of its table. */
export class EntryMaker {
  /** Ordinals of the table's columns that are read, in order of the entry's columns; ties come from the key. */
  readonly sources: readonly number[]
  private readonly indexed: number
  private readonly ties: number

  constructor(table: TableSchema, definition: IndexDefinition) {
    const rest = restOfKey(table, definition.columns)
    const ties = needsTies(table, definition) ? rest : []
    this.indexed = definition.columns.length
    this.ties = ties.length
    this.sources = [...definition.columns, ...ties, ...rest]
  }

  /** The entry of a full row. */
  entryOf(row: Row): Row {
    const entry: Row = this.sources.map((c) => row[c]!)
    this.clearTies(entry)
    return entry
  }

  /** Ties count only where an indexed value is NULL. */
  clearTies(entry: Row): void {
    if (this.ties === 0 || this.hasNull(entry)) return
    for (let i = 0; i < this.ties; i++) entry[this.indexed + i] = null
  }

  /** The same for columns of entries, of which the given ones are not changed. */
  clearStagedTies(columns: readonly StagedColumn[], count: number): readonly StagedColumn[] {
    if (this.ties === 0) return columns
    const nulls = new Uint8Array(count).fill(1)
    for (let c = 0; c < this.indexed; c++) {
      const own = columns[c]!.nulls
      if (own !== null) for (let i = 0; i < count; i++) if (own[i] === 1) nulls[i] = 0
    }
    const isTie = (c: number): boolean => c >= this.indexed && c < this.indexed + this.ties
    return columns.map((column, c) => {
      if (!isTie(c)) return column
      const { type, values } = column
      if (!Array.isArray(values)) return { type, values, count, nulls }
      return { type, values: values.slice(0, count).map((value, i) => nulls[i] === 1 ? null : value), count, nulls }
    })
  }

  private hasNull(entry: Row): boolean {
    for (let i = 0; i < this.indexed; i++) if (entry[i] === null) return true
    return false
  }
}

/** Where each column of the table stands in an entry: ordinal of the entry's column, -1 = nowhere. */
export function entryPlaces(table: TableSchema, definition: IndexDefinition): number[] {
  const rest = restOfKey(table, definition.columns)
  const ties = needsTies(table, definition) ? rest.length : 0
  return table.columns.map((_, c) => {
    const indexed = definition.columns.indexOf(c)
    if (indexed >= 0) return indexed
    const place = rest.indexOf(c)
    return place < 0 ? -1 : definition.columns.length + ties + place
  })
}

/** 23505 for an entry (or its key) of a unique index whose values are there already. */
export function failNotUnique(schema: TableSchema, entry: readonly Scalar[]): never {
  const { columns } = schema.index!
  const names = columns.map((_, i) => schema.columns[i]!.name)
  const values = columns.map((_, i) => entry[i] === null ? 'NULL' : formatScalar(schema.columns[i]!.type, entry[i]!))
  throw new DatabaseError(CODE.UNIQUE, `duplicate key value violates unique index "${schema.name}": `
    + `(${names.join(', ')}) = (${values.join(', ')}) already exists`)
}
