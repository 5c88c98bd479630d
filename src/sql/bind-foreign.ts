// FOREIGN KEY and REFERENCES to what the schema keeps: ordinals of the referring columns, names of those referred to.
// The referred columns must be the primary key or have a unique index, in any order, as in PostgreSQL (42830
// otherwise).
import { CODE, DatabaseError } from '../base/errors.ts'
import type { ForeignKey, TableSchema } from '../base/types.ts'
import { isNumeric, isText, typeName } from '../base/types.ts'
import type { SqlType } from '../base/types.ts'
import type { ForeignClause } from './ast.ts'
import type { Catalog, UniqueColumns } from './bind-context.ts'
import { bindError } from './bind-context.ts'
import { didYouMean } from './nearest-name.ts'
import { bareOf, isTemporaryName } from './relation-name.ts'

/** What a clause may refer to beside the tables there are. */
export interface OwnTable {
  readonly schema: TableSchema
  /** Its unique constraints, by ordinals. */
  readonly uniques: readonly (readonly number[])[]
}

/** Binds the clauses of one table; names that are not given are PostgreSQL's. */
export function bindForeignKeys(clauses: readonly ForeignClause[], own: OwnTable, catalog: Catalog): ForeignKey[] {
  const taken = new Set([...own.schema.checks ?? [], ...own.schema.foreign ?? []].map(({ name }) => name))
  return clauses.map(clause => {
    const columns = clause.columns.map(name => ordinalOf(own.schema, name, clause.position))
    if (new Set(columns).size !== columns.length) {
      throw bindError(CODE.INVALID_FOREIGN_KEY, 'a column appears twice in a foreign key', clause.position)
    }
    const key: ForeignKey = {
      name: nameOf(clause, own.schema, columns, taken), columns, ...target(clause, columns, own, catalog),
      onUpdate: clause.onUpdate, onDelete: clause.onDelete,
      ...(clause.deferrable === true ? { deferrable: true } : {}),
        ...(clause.deferred === true ? { deferred: true } : {}),
    }
    if (clause.setColumns === undefined) return key
    const setColumns = clause.setColumns.map(name => ordinalOf(own.schema, name, clause.position))
    const other = clause.setColumns.find((_, i) => !columns.includes(setColumns[i]!))
    if (other === undefined) return { ...key, setColumns }
    throw bindError(CODE.INVALID_REFERENCE,
      `column "${other}" referenced in ON DELETE SET action must be part of foreign key`, clause.position)
  })
}

function ordinalOf(schema: TableSchema, name: string, position?: number): number {
  const ordinal = schema.columns.findIndex(column => column.name === name && column.hidden !== true)
  if (ordinal >= 0) return ordinal
  const names = schema.columns.filter(({ hidden }) => hidden !== true).map(column => column.name)
  throw bindError(CODE.UNDEFINED_COLUMN, `column "${name}" referenced in foreign key constraint does not exist`,
    position,
    didYouMean(name, names))
}

function nameOf(clause: ForeignClause, schema: TableSchema, columns: readonly number[], taken: Set<string>): string {
  const table = bareOf(schema.name)
  if (clause.name !== null && taken.has(clause.name)) {
    throw bindError(CODE.DUPLICATE_OBJECT, `constraint "${clause.name}" for relation "${table}" already exists`,
      clause.position)
  }
  const base = clause.name ?? [table, ...columns.map(c => schema.columns[c]!.name), 'fkey'].join('_')
  let name = base
  for (let n = 1; taken.has(name); n++) name = `${base}${n}`
  taken.add(name)
  return name
}

// The table and columns referred to.
function target(
  clause: ForeignClause, columns: readonly number[], own: OwnTable, catalog: Catalog,
): Pick<ForeignKey, 'table' | 'references'> {
  const { position } = clause
  const schema = referred(clause, own, catalog)
  const table = bareOf(schema.name)
  const isOwn = schema === own.schema
  if (isTemporaryName(schema.name) !== isTemporaryName(own.schema.name)) {
    const kind = isTemporaryName(own.schema.name) ? 'temporary' : 'permanent'
    throw bindError(CODE.INVALID_DEFINITION, `constraints on ${kind} tables may reference only ${kind} tables`,
      position)
  }
  const hasKey = schema.columns[schema.key[0]!]!.hidden !== true
  if (clause.references.length === 0 && !hasKey) {
    throw bindError(CODE.UNDEFINED_OBJECT, `there is no primary key for referenced table "${table}"`, position)
  }
  const references = clause.references.length === 0 ? schema.key
    : clause.references.map(name => ordinalOf(schema, name, position))
  if (references.length !== columns.length) {
    throw bindError(CODE.INVALID_FOREIGN_KEY,
      'number of referencing and referenced columns for foreign key disagree', position)
  }
  const uniques = isOwn ? own.uniques
    : (catalog.uniques?.(schema.name) ?? []).map((unique: UniqueColumns) => unique.columns)
  const isSame = (unique: readonly number[]): boolean =>
    unique.length === references.length && references.every(c => unique.includes(c))
  if (!isSame(hasKey ? schema.key : []) && !uniques.some(isSame)) {
    throw bindError(CODE.INVALID_FOREIGN_KEY,
      `there is no unique constraint matching given keys for referenced table "${table}"`, position)
  }
  columns.forEach((column, i) => {
    const [from, to] = [own.schema.columns[column]!, schema.columns[references[i]!]!]
    if (isComparable(from.type, to.type)) return
    throw new DatabaseError(CODE.DATATYPE_MISMATCH, 'foreign key constraint cannot be implemented', {
      ...(position === undefined ? {} : { position }),
      detail: `Key columns "${from.name}" and "${to.name}" are of incompatible types: `
        + `${typeName(from.type)} and ${typeName(to.type)}.`,
    })
  })
  return { table: schema.name, references: references.map(c => schema.columns[c]!.name) }
}

function referred(clause: ForeignClause, own: OwnTable, catalog: Catalog): TableSchema {
  const { name, position } = clause.table
  const target = catalog.target?.(name, isTemporaryName(own.schema.name) && !name.includes('.')) ?? name
  if (target === own.schema.name || name === own.schema.name) return own.schema
  const schema = catalog.schema(name)
  if (schema !== undefined) return schema.name === own.schema.name ? own.schema : schema
  if (catalog.view?.(name) !== undefined) {
    throw bindError(CODE.WRONG_OBJECT, `referenced relation "${name}" is not a table`, position)
  }
  throw bindError(CODE.UNDEFINED_TABLE, `relation "${name}" does not exist`, position,
    didYouMean(name, catalog.names()))
}

// Types whose values compare without a cast that may fail.
function isComparable(a: SqlType, b: SqlType): boolean {
  if (a.kind === b.kind || (isNumeric(a) && isNumeric(b))) return true
  const times = ['date', 'timestamp', 'timestamptz']
  return (isText(a) && isText(b)) || (times.includes(a.kind) && times.includes(b.kind))
}
