// PostgreSQL's numbers and names of the types: what pg_type lists, pg_attribute refers to and format_type spells.
//
//   typmod: varchar(n), char(n): n + 4; decimal(p,s): (p << 16 | s) + 4; everything else: -1
import type { SqlType, TypeKind } from './types.ts'

export interface TypeEntry {
  readonly oid: number
  readonly name: string
  readonly arrayOid: number
  /** Bytes; -1 for types without a fixed size. */
  readonly length: number
  readonly category: string
  readonly sqlName: string
}

function entry(text: string): TypeEntry {
  const [oid, name, arrayOid, length, category, ...words] = text.split(' ') as [string, string, string, string, string]
  return {
    oid: Number(oid), name, arrayOid: Number(arrayOid), length: Number(length), category, sqlName: words.join(' '),
  }
}

/** The types there are, with those that only catalogues use (name, oid). */
export const TYPE_ENTRIES: readonly TypeEntry[] = [
  '16 bool 1000 1 B boolean', '17 bytea 1001 -1 U bytea', '19 name 1003 64 S name', '20 int8 1016 8 N bigint',
  '21 int2 1005 2 N smallint', '23 int4 1007 4 N integer', '25 text 1009 -1 S text', '26 oid 1028 4 N oid',
  '114 json 199 -1 U json', '700 float4 1021 4 N real', '701 float8 1022 8 N double precision',
  '1042 bpchar 1014 -1 S character', '1043 varchar 1015 -1 S character varying', '1082 date 1182 4 D date',
  '1083 time 1183 8 D time without time zone', '1114 timestamp 1115 8 D timestamp without time zone',
  '1184 timestamptz 1185 8 D timestamp with time zone', '1186 interval 1187 16 T interval',
  '1700 numeric 1231 -1 N numeric', '2950 uuid 2951 16 U uuid', '3802 jsonb 3807 -1 U jsonb',
].map(entry)

const NAMES: Readonly<Partial<Record<TypeKind, string>>> = {
  boolean: 'bool', smallint: 'int2', integer: 'int4', bigint: 'int8', real: 'float4', double: 'float8',
  decimal: 'numeric', null: 'text',
}

const byName = new Map(TYPE_ENTRIES.map(each => [each.name, each]))

/** The entry of a type; of an array's elements for an array. */
export function typeEntry(type: SqlType): TypeEntry {
  const { kind } = type
  if (kind === 'array') return typeEntry(type.element ?? { kind: 'text' })
  if (kind === 'text' && type.maxLength !== undefined) return byName.get(type.blankPadded ? 'bpchar' : 'varchar')!
  return byName.get(NAMES[kind] ?? kind)!
}

/** PostgreSQL's number of a type. */
export function typeOid(type: SqlType): number {
  return type.kind === 'array' ? typeEntry(type).arrayOid : typeEntry(type).oid
}

/** Its modifier, -1 for none. */
export function typeModifier(type: SqlType): number {
  if (type.kind === 'array') return typeModifier(type.element ?? { kind: 'text' })
  if (type.maxLength !== undefined) return type.maxLength + 4
  return type.kind === 'decimal' && type.precision !== undefined ? type.precision * 65536 + (type.scale ?? 0) + 4 : -1
}

/** format_type: `character varying(10)`, `numeric(10,2)[]`; ??? for an unknown number, as PostgreSQL says. */
export function formatType(oid: number, modifier: number): string {
  if (oid === 0) return '-'
  const plain = TYPE_ENTRIES.find(each => each.oid === oid)
  if (plain === undefined) {
    const element = TYPE_ENTRIES.find(each => each.arrayOid === oid)
    return element === undefined ? '???' : `${formatType(element.oid, modifier)}[]`
  }
  if (modifier < 4) return plain.sqlName
  const value = modifier - 4
  if (plain.name === 'numeric') return `numeric(${value >>> 16},${value & 0xffff})`
  return plain.name === 'varchar' || plain.name === 'bpchar' ? `${plain.sqlName}(${value})` : plain.sqlName
}
