// The views of information_schema, with the columns of the SQL standard that mean something here. Names and words are
// PostgreSQL's: data_type 'character varying', 'YES' and 'NO'.
import { typeEntry } from '../base/type-oid.ts'
import type { SqlType } from '../base/types.ts'
import { DATABASE, OWNER, referredIndex, shownSchema } from './system-facts.ts'
import type { ColumnFact, ConstraintFact, TableFact } from './system-facts.ts'
import { bareOf } from './relation-name.ts'
import { systemTable } from './system-table.ts'
import type { SystemRow, SystemSource, SystemTable } from './system-table.ts'

const BITS: Readonly<Record<string, number>> = { smallint: 16, integer: 32, bigint: 64, real: 24, double: 53 }
const WORDS = { p: 'PRIMARY KEY', u: 'UNIQUE', c: 'CHECK', f: 'FOREIGN KEY' } as const

function yes(value: boolean): 'YES' | 'NO' {
  return value ? 'YES' : 'NO'
}

function place(name: string): SystemRow {
  return { table_catalog: DATABASE, table_schema: shownSchema(name), table_name: bareOf(name) }
}

function constraintPlace(table: TableFact, constraint: ConstraintFact): SystemRow {
  return {
    constraint_catalog: DATABASE, constraint_schema: shownSchema(table.schema.name), constraint_name: constraint.name,
    ...place(table.schema.name),
  }
}

function typeFacts(type: SqlType): SystemRow {
  const { kind } = type
  const bits = BITS[kind]
  const exact = bits !== undefined && kind !== 'real' && kind !== 'double'
  const entry = typeEntry(type)
  return {
    data_type: kind === 'array' ? 'ARRAY' : entry.sqlName, udt_catalog: DATABASE, udt_schema: 'pg_catalog',
    udt_name: kind === 'array' ? `_${entry.name}` : entry.name,
    character_maximum_length: type.maxLength ?? null,
    character_octet_length: kind !== 'text' ? null : type.maxLength === undefined ? 2 ** 30 : type.maxLength * 4,
    numeric_precision: kind === 'decimal' ? type.precision ?? null : bits ?? null,
    numeric_precision_radix: kind === 'decimal' ? 10 : bits === undefined ? null : 2,
    numeric_scale: kind === 'decimal' ? type.scale ?? 0 : exact ? 0 : null,
    datetime_precision: kind === 'date' ? 0
      : ['time', 'timestamp', 'timestamptz', 'interval'].includes(kind) ? 6 : null,
  }
}

function columnRow(name: string, column: ColumnFact, isView: boolean): SystemRow {
  const { name: column_name, number, type, nullable, defaultSql, generatedSql, identity } = column
  return {
    ...place(name), column_name, ordinal_position: number, column_default: defaultSql, is_nullable: yes(nullable),
    ...typeFacts(type), dtd_identifier: String(number), is_self_referencing: 'NO', is_identity: yes(identity !== null),
    identity_generation: identity === null ? null : identity ? 'ALWAYS' : 'BY DEFAULT', identity_cycle: 'NO',
    is_generated: generatedSql === null ? 'NEVER' : 'ALWAYS', generation_expression: generatedSql,
    is_updatable: yes(!isView && generatedSql === null),
  }
}

function columns(source: SystemSource): SystemRow[] {
  return [
    ...source.tables.flatMap(({ schema, columns: own }) => own.map(column => columnRow(schema.name, column, false))),
    ...source.contents.views.flatMap(({ name }) => (
      source.viewColumns(name).map(column => columnRow(name, column, true))
    )),
  ]
}

function tables({ tables: own, contents }: SystemSource): SystemRow[] {
  return [
    ...own.map(({ schema }): SystemRow => ({
      ...place(schema.name), table_type: schema.temporary === undefined ? 'BASE TABLE' : 'LOCAL TEMPORARY',
      is_insertable_into: 'YES', is_typed: 'NO',
    })),
    ...contents.views.map(({ name }): SystemRow => (
      { ...place(name), table_type: 'VIEW', is_insertable_into: 'NO', is_typed: 'NO' }
    )),
  ]
}

function eachConstraint(
  source: SystemSource, row: (table: TableFact, constraint: ConstraintFact) => readonly SystemRow[],
): SystemRow[] {
  return source.tables.flatMap(table => table.constraints.flatMap(constraint => row(table, constraint)))
}

function keyColumns(source: SystemSource): SystemRow[] {
  return eachConstraint(source, (table, constraint) => {
    const key = constraint.kind === 'f' ? table.schema.foreign![constraint.ordinal]! : null
    const referred = key === null ? null : referredIndex(source, key.table, key.references)
    return constraint.columns.map((number, i) => {
      const there = referred?.columns[i]
      const at = there === undefined ? undefined : referred?.index?.columns.indexOf(there)
      return {
        ...constraintPlace(table, constraint), column_name: table.columns[number - 1]!.name, ordinal_position: i + 1,
        position_in_unique_constraint: at === undefined ? null : at + 1,
      }
    })
  })
}

function references(source: SystemSource): SystemRow[] {
  return eachConstraint(source, (table, constraint) => {
    if (constraint.kind !== 'f') return []
    const key = table.schema.foreign![constraint.ordinal]!
    const referred = referredIndex(source, key.table, key.references)
    const { constraint_catalog, constraint_schema, constraint_name } = constraintPlace(table, constraint)
    return [{
      constraint_catalog, constraint_schema, constraint_name, unique_constraint_catalog: DATABASE,
      unique_constraint_schema: shownSchema(key.table),
      unique_constraint_name: referred === null || referred.index === null ? null : bareOf(referred.index.name),
      match_option: 'NONE', update_rule: key.onUpdate.toUpperCase(), delete_rule: key.onDelete.toUpperCase(),
    } as SystemRow]
  })
}

/** The columns that a constraint is about: of a FOREIGN KEY those it refers to, as the standard has it. */
function usedColumns(source: SystemSource): SystemRow[] {
  return eachConstraint(source, (table, constraint) => {
    const key = constraint.kind === 'f' ? table.schema.foreign![constraint.ordinal]! : null
    const referred = key === null ? null : referredIndex(source, key.table, key.references)
    const of = key === null ? table : referred?.table
    const numbers = key === null ? constraint.columns : referred?.columns ?? []
    return of === undefined ? [] : numbers.map(number => ({
      ...constraintPlace(table, constraint), ...place(of.schema.name), column_name: of.columns[number - 1]!.name,
    }))
  })
}

const PLACE = 'table_catalog name, table_schema name, table_name name'
const CONSTRAINT = 'constraint_catalog name, constraint_schema name, constraint_name name'

/** Views of information_schema by name. */
export const INFORMATION_SCHEMA: Readonly<Record<string, SystemTable>> = {
  schemata: systemTable('catalog_name name, schema_name name, schema_owner name, sql_path text', ({ contents }) => (
    contents.schemas.map(name => ({ catalog_name: DATABASE, schema_name: name, schema_owner: OWNER }))
  )),
  tables: systemTable(`${PLACE}, table_type text, is_insertable_into text, is_typed text, commit_action text`, tables),
  columns: systemTable(`${PLACE}, column_name name, ordinal_position int4, column_default text, is_nullable text,
    data_type text, character_maximum_length int4, character_octet_length int4, numeric_precision int4,
    numeric_precision_radix int4, numeric_scale int4, datetime_precision int4, interval_type text,
    character_set_name name, collation_name name, domain_name name, udt_catalog name, udt_schema name, udt_name name,
    dtd_identifier name, is_self_referencing text, is_identity text, identity_generation text, identity_cycle text,
    is_generated text, generation_expression text, is_updatable text`, columns),
  views: systemTable(`${PLACE}, view_definition text, check_option text, is_updatable text, is_insertable_into text`,
    ({ contents }) => contents.views.map(({ name, sql }) => ({
      ...place(name), view_definition: sql, check_option: 'NONE', is_updatable: 'NO', is_insertable_into: 'NO',
    }))),
  table_constraints: systemTable(`${CONSTRAINT}, ${PLACE}, constraint_type text, is_deferrable text,
    initially_deferred text, enforced text`, source => eachConstraint(source, (table, constraint) => {
    const key = constraint.kind === 'f' ? table.schema.foreign![constraint.ordinal]! : null
    return [{
      ...constraintPlace(table, constraint), constraint_type: WORDS[constraint.kind], enforced: 'YES',
      is_deferrable: yes(key?.deferrable === true), initially_deferred: yes(key?.deferred === true),
    }]
  })),
  key_column_usage: systemTable(`${CONSTRAINT}, ${PLACE}, column_name name, ordinal_position int4,
    position_in_unique_constraint int4`, keyColumns),
  constraint_column_usage: systemTable(`${CONSTRAINT}, ${PLACE}, column_name name`, usedColumns),
  referential_constraints: systemTable(`${CONSTRAINT}, unique_constraint_catalog name, unique_constraint_schema name,
    unique_constraint_name name, match_option text, update_rule text, delete_rule text`, references),
  check_constraints: systemTable(`${CONSTRAINT}, check_clause text`, source => (
    eachConstraint(source, (table, constraint) => constraint.kind !== 'c' ? [] : [{
      ...constraintPlace(table, constraint), check_clause: `(${table.schema.checks![constraint.ordinal]!.sql})`,
    }])
  )),
  sequences: systemTable(`sequence_catalog name, sequence_schema name, sequence_name name, data_type text,
    numeric_precision int4, numeric_precision_radix int4, numeric_scale int4, start_value text, minimum_value text,
    maximum_value text, increment text, cycle_option text`, ({ contents }) => contents.sequences.map(sequence => ({
    sequence_catalog: DATABASE, sequence_schema: shownSchema(sequence.name), sequence_name: bareOf(sequence.name),
    data_type: sequence.type, numeric_precision: BITS[sequence.type]!, numeric_precision_radix: 2, numeric_scale: 0,
    start_value: sequence.start, minimum_value: sequence.min, maximum_value: sequence.max,
    increment: sequence.increment, cycle_option: yes(sequence.cycle),
  }))),
}
