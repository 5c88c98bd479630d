// Type names as written (PostgreSQL's internal spellings and a few of SQLite and DuckDB) to SQL types.
// Modifiers are checked here: lengths, precision and scale.
import { CODE } from '../base/errors.ts'
import type { SqlType, TypeKind } from '../base/types.ts'
import { arrayType, decimalType } from '../base/types.ts'
import type { TypeNode } from './ast.ts'
import { bindError } from './bind-context.ts'
import { didYouMean } from './nearest-name.ts'
import { unsupported } from './node-reader.ts'

const KINDS: ReadonlyMap<string, TypeKind> = new Map<string, TypeKind>([
  ['bool', 'boolean'], ['boolean', 'boolean'], ['int2', 'smallint'], ['smallint', 'smallint'], ['int4', 'integer'],
  ['integer', 'integer'], ['int', 'integer'], ['int8', 'bigint'], ['bigint', 'bigint'], ['float4', 'real'],
  ['real', 'real'],
  ['float8', 'double'], ['double', 'double'], ['numeric', 'decimal'], ['decimal', 'decimal'], ['date', 'date'],
  ['time', 'time'], ['timestamp', 'timestamp'], ['datetime', 'timestamp'], ['timestamptz', 'timestamptz'],
  ['interval', 'interval'], ['text', 'text'], ['varchar', 'text'], ['string', 'text'], ['bpchar', 'text'],
  ['bytea', 'bytea'], ['blob', 'bytea'], ['uuid', 'uuid'], ['json', 'json'], ['jsonb', 'jsonb'],
  ['oid', 'bigint'], ['name', 'text'],
])

/** Types that PostgreSQL has and this engine does not: 0A000 instead of "does not exist". */
const KNOWN_ELSEWHERE = new Set([
  'timetz', 'xml', 'money', 'bit', 'varbit', 'inet', 'cidr', 'point', 'tsvector',
  'serial', 'bigserial', 'smallserial', 'serial4', 'serial8', 'serial2', 'char', 'regclass'])

/**
 * The SQL type. `undefined` precision for a bare NUMERIC: the caller decides, since this engine's decimals
 * have a fixed precision. Throws 42704 for unknown names, 0A000 for known types that are missing.
 */
export function resolveType(node: TypeNode): SqlType {
  if (node.isArray === true) return arrayType(resolveType({ ...node, isArray: false }))
  const name = node.name.toLowerCase()
  const kind = KINDS.get(name)
  if (kind === undefined) {
    if (KNOWN_ELSEWHERE.has(name)) throw unsupported(`type ${name}`, node.position)
    throw bindError(CODE.UNDEFINED_OBJECT, `type "${node.name}" does not exist`, node.position,
      didYouMean(name, KINDS.keys()))
  }
  if (kind === 'decimal') return resolveDecimal(node)
  if (kind === 'text' && (name === 'varchar' || name === 'bpchar') && node.modifiers.length > 0) {
    return resolveLength(node, name === 'bpchar')
  }
  if ((kind === 'time' || kind === 'timestamp' || kind === 'timestamptz') && node.modifiers[0] === 6) return { kind }
  if (node.modifiers.length > 0) throw unsupported(`a modifier of type ${kind}`, node.position)
  return { kind }
}

function resolveDecimal(node: TypeNode): SqlType {
  if (node.modifiers.length === 0) return { kind: 'decimal' }
  const [precision, scale = 0] = node.modifiers as [number, number?]
  if (node.modifiers.length > 2 || precision < 1 || precision > 38) {
    throw bindError(CODE.INVALID_PARAMETER, `NUMERIC precision ${precision} must be between 1 and 38`, node.position)
  }
  if (scale < 0 || scale > precision) {
    throw bindError(CODE.INVALID_PARAMETER, `NUMERIC scale ${scale} must be between 0 and precision ${precision}`,
      node.position)
  }
  return decimalType(precision, scale)
}

function resolveLength(node: TypeNode, blankPadded: boolean): SqlType {
  const length = node.modifiers[0]!
  if (length < 1 || length > 10_485_760) {
    throw bindError(CODE.INVALID_PARAMETER, `length ${length} of type ${blankPadded ? 'char' : 'varchar'} must be ` +
      'between 1 and 10485760', node.position)
  }
  return blankPadded ? { kind: 'text', maxLength: length, blankPadded } : { kind: 'text', maxLength: length }
}
