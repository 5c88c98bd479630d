// Aggregate functions: names, overloads and result types. How they accumulate is in exec/kernel/aggregate*.
//
//   count(*) count(x)          bigint
//   sum   smallint, integer -> bigint;  bigint -> decimal(38,0);  decimal(p,s) -> decimal(38,s);
//         real -> real;  double -> double;  interval -> interval
//   avg   integers -> decimal(38,16);  decimal(p,s) -> decimal(38, max(16, s));  real, double -> double
//   min, max   any ordered type -> the same type
//   bool_and every, bool_or    boolean
//   stddev[_samp|_pop] variance var_samp var_pop   double (PostgreSQL: numeric for exact inputs)
//   corr(y, x) covar_* regr_*   double;  regr_count bigint;  median(x) double
//   string_agg(text, text)     text, in input order (group_concat)
//   array_agg json_agg jsonb_agg, json_object_agg jsonb_object_agg     NULLs included, in input order
//   bit_and bit_or bit_xor any_value approx_count_distinct (2 % off)
import { CODE, DatabaseError } from '../../src/base/errors.ts'
import type { SqlType } from '../../src/base/types.ts'
import {
  BIGINT, BOOLEAN, DOUBLE, INTERVAL, JSONB, JSON_TYPE, TEXT, arrayType, decimalType, isInteger, isNumeric,
} from '../../src/base/types.ts'
import type { ResolvedCall } from './resolve.ts'
import { asDecimal, implicitDistance } from './type-rules.ts'
import { unknownFunction } from './resolve.ts'
import { PAIR_STATISTICS } from '../kernel/statistics.ts'

/** Names of the aggregates in SQL, and the catalogue id each stands for. */
export const AGGREGATE_NAMES: ReadonlyMap<string, string> = new Map([
  ['count', 'count'], ['sum', 'sum'], ['avg', 'avg'], ['mean', 'avg'], ['min', 'min'], ['max', 'max'],
  ['bool_and', 'bool_and'], ['every', 'bool_and'], ['bool_or', 'bool_or'],
  ['stddev', 'stddev_samp'], ['stddev_samp', 'stddev_samp'], ['stddev_pop', 'stddev_pop'],
  ['variance', 'var_samp'], ['var_samp', 'var_samp'], ['var_pop', 'var_pop'], ['string_agg', 'string_agg'],
  ['median', 'median'], ['percentile_cont', 'percentile_cont'], ['percentile_disc', 'percentile_disc'],
  ['mode', 'mode'], ['array_agg', 'array_agg'], ['list', 'array_agg'],
  ['json_agg', 'json_agg'], ['jsonb_agg', 'jsonb_agg'],
  ['json_object_agg', 'json_object_agg'], ['jsonb_object_agg', 'jsonb_object_agg'], ['bit_and', 'bit_and'],
  ['bit_or', 'bit_or'], ['bit_xor', 'bit_xor'], ['group_concat', 'string_agg'], ['any_value', 'any_value'],
  ['approx_count_distinct', 'approx_count_distinct'], ...PAIR_STATISTICS.map((name): [string, string] => [name, name]),
])

/** True for aggregates that are 0 of no rows, where all others are NULL. */
export function isCount(fn: string): boolean {
  return fn === 'count' || fn === 'count_star' || fn === 'regr_count' || fn === 'approx_count_distinct'
}

/** Aggregates that are nothing without WITHIN GROUP (ORDER BY …), and how many arguments they have beside. */
export const ORDERED_SETS: ReadonlyMap<string, number> = new Map([
  ['percentile_cont', 1], ['percentile_disc', 1], ['mode', 0],
])

const ORDER_SENSITIVE: ReadonlySet<string> = new Set([
  'string_agg', 'array_agg', 'json_agg', 'jsonb_agg', 'json_object_agg', 'jsonb_object_agg', 'any_value',
])

/** True when the order of an aggregate's rows can be seen in its result. */
export function isOrderSensitive(fn: string): boolean {
  return ORDER_SENSITIVE.has(fn)
}

/**
 * Resolves an ordered-set aggregate: `args` are the value of WITHIN GROUP and then the fraction. percentile_cont is
 * double, the others have the type of the value. Throws 42883.
 */
export function resolveOrderedSet(name: string, args: readonly SqlType[], position?: number): ResolvedCall {
  const [value, fraction] = args
  const isFraction = fraction === undefined || isNumeric(fraction) || fraction.kind === 'null'
  const isValue = value !== undefined && value.kind !== 'json'
    && (name !== 'percentile_cont' || isNumeric(value) || value.kind === 'null')
  if (args.length !== ORDERED_SETS.get(name)! + 1 || !isValue || !isFraction) {
    throw unknownFunction(name, args.slice(1), AGGREGATE_NAMES.keys(), position)
  }
  const type = name === 'percentile_cont' ? DOUBLE : value.kind === 'null' ? TEXT : value
  return { fn: name, argTypes: fraction === undefined ? [type] : [type, DOUBLE], result: type }
}

/** True when the name is an aggregate, so that the binder can tell sum(x) from abs(x). */
export function isAggregateName(name: string): boolean {
  return AGGREGATE_NAMES.has(name)
}

/**
 * Resolves an aggregate call. `count` without arguments is count(*): fn 'count_star'.
 * Throws 42883, and 42809-like errors as 42883 for DISTINCT where it has no meaning.
 */
export function resolveAggregate(
  name: string, args: readonly SqlType[], distinct: boolean, position?: number,
): ResolvedCall {
  const id = AGGREGATE_NAMES.get(name)
  if (id === 'count' && args.length === 0) {
    if (distinct) throw new DatabaseError(CODE.SYNTAX, 'count(DISTINCT *) is not possible', { position })
    return { fn: 'count_star', argTypes: [], result: BIGINT }
  }
  const resolved = id === undefined ? null : resolveById(id, args)
  if (resolved === null) throw unknownFunction(name, args, AGGREGATE_NAMES.keys(), position)
  return resolved
}

function resolveById(id: string, args: readonly SqlType[]): ResolvedCall | null {
  const isPair = PAIR_STATISTICS.includes(id)
  if (args.length !== (TWO_ARGUMENTS.has(id) || isPair ? 2 : 1)) return null
  if (isPair) return resolvePair(id, args)
  const type = args[0]!
  switch (id) {
    case 'count': return { fn: id, argTypes: [type.kind === 'null' ? TEXT : type], result: BIGINT }
    case 'min': case 'max': return resolveExtreme(id, type)
    case 'sum': return resolveSum(type)
    case 'avg': return resolveAverage(type)
    case 'bool_and': case 'bool_or':
      return type.kind === 'boolean' || type.kind === 'null' ? { fn: id, argTypes: [BOOLEAN], result: BOOLEAN } : null
    case 'array_agg': return { fn: id, argTypes: [known(type)], result: arrayType(known(type)) }
    case 'json_agg': return { fn: id, argTypes: [known(type)], result: JSON_TYPE }
    case 'jsonb_agg': return { fn: id, argTypes: [known(type)], result: JSONB }
    case 'json_object_agg': return { fn: id, argTypes: [TEXT, known(args[1]!)], result: JSON_TYPE }
    case 'jsonb_object_agg': return { fn: id, argTypes: [TEXT, known(args[1]!)], result: JSONB }
    case 'bit_and': case 'bit_or': case 'bit_xor':
      return isInteger(type) ? { fn: id, argTypes: [type], result: type } : null
    case 'any_value': return { fn: id, argTypes: [known(type)], result: known(type) }
    case 'approx_count_distinct': return { fn: id, argTypes: [known(type)], result: BIGINT }
    case 'string_agg': return { fn: id, argTypes: [TEXT, TEXT], result: TEXT }
    default: return isNumeric(type) || type.kind === 'null' ? { fn: id, argTypes: [DOUBLE], result: DOUBLE } : null
  }
}

const TWO_ARGUMENTS = new Set(['string_agg', 'json_object_agg', 'jsonb_object_agg'])

/** An untyped NULL is text. */
function known(type: SqlType): SqlType {
  return type.kind === 'null' ? TEXT : type
}

function resolvePair(fn: string, args: readonly SqlType[]): ResolvedCall | null {
  if (!args.every((type) => isNumeric(type) || type.kind === 'null')) return null
  return { fn, argTypes: [DOUBLE, DOUBLE], result: fn === 'regr_count' ? BIGINT : DOUBLE }
}

function resolveExtreme(fn: string, type: SqlType): ResolvedCall | null {
  if (type.kind === 'json') return null
  const target = type.kind === 'null' ? TEXT : type
  return { fn, argTypes: [target], result: target }
}

function resolveSum(type: SqlType): ResolvedCall | null {
  if (type.kind === 'bigint') return { fn: 'sum', argTypes: [type], result: decimalType(38, 0) }
  if (isInteger(type)) return { fn: 'sum', argTypes: [type], result: BIGINT }
  if (type.kind === 'decimal') return { fn: 'sum', argTypes: [type], result: decimalType(38, type.scale ?? 0) }
  if (type.kind === 'real' || type.kind === 'double') return { fn: 'sum', argTypes: [type], result: type }
  if (type.kind === 'interval') return { fn: 'sum', argTypes: [type], result: INTERVAL }
  return type.kind === 'null' ? { fn: 'sum', argTypes: [DOUBLE], result: DOUBLE } : null
}

function resolveAverage(type: SqlType): ResolvedCall | null {
  if (type.kind === 'interval') return { fn: 'avg', argTypes: [type], result: INTERVAL }
  if (isInteger(type)) return { fn: 'avg', argTypes: [type], result: decimalType(38, 16) }
  if (type.kind === 'decimal') {
    const exact = asDecimal(type)
    return { fn: 'avg', argTypes: [exact], result: decimalType(38, Math.max(16, exact.scale ?? 0)) }
  }
  return implicitDistance(type.kind, 'double') >= 0 ? { fn: 'avg', argTypes: [DOUBLE], result: DOUBLE } : null
}
