// Window functions that are no aggregates: names, arguments and result types. How they are computed is in
// exec/operators/window*.ts. Offsets and counts are integers, as in PostgreSQL.
//
//   row_number rank dense_rank                        bigint
//   percent_rank cume_dist                            double
//   ntile(n)                                          integer
//   lag lead (value [, offset [, default]])           the common type of value and default
//   first_value last_value (value)  nth_value(value, n)   the type of value
import type { SqlType } from '../../src/base/types.ts'
import { BIGINT, DOUBLE, INTEGER } from '../../src/base/types.ts'
import type { ResolvedCall } from './resolve.ts'
import { unknownFunction } from './resolve.ts'
import { canCast, commonType } from './type-rules.ts'

const RANKS: ReadonlyMap<string, SqlType> = new Map([
  ['row_number', BIGINT], ['rank', BIGINT], ['dense_rank', BIGINT], ['percent_rank', DOUBLE], ['cume_dist', DOUBLE],
])
const NAMES: ReadonlySet<string> = new Set([
  ...RANKS.keys(), 'ntile', 'lag', 'lead', 'first_value', 'last_value', 'nth_value',
])

/** True for the functions that only exist with OVER. */
export function isWindowName(name: string): boolean {
  return NAMES.has(name)
}

/** Resolves a call of a window function by its lower-case name. Throws 42883. */
export function resolveWindow(name: string, args: readonly SqlType[], position?: number): ResolvedCall {
  const isInteger = (type: SqlType | undefined): boolean => type === undefined || canCast(type, INTEGER, 'implicit')
    || type.kind === 'null'
  const rank = RANKS.get(name)
  const value = args[0]
  if (rank !== undefined && args.length === 0) return { fn: name, argTypes: [], result: rank }
  if (value !== undefined) {
    if (name === 'ntile' && args.length === 1 && isInteger(value)) {
      return { fn: name, argTypes: [INTEGER], result: INTEGER }
    }
    if ((name === 'first_value' || name === 'last_value') && args.length === 1) {
      return { fn: name, argTypes: [value], result: value }
    }
    if (name === 'nth_value' && args.length === 2 && isInteger(args[1])) {
      return { fn: name, argTypes: [value, INTEGER], result: value }
    }
    if ((name === 'lag' || name === 'lead') && args.length <= 3 && isInteger(args[1])) {
      const type = args.length === 3 ? commonType([value, args[2]!], position) : value
      return { fn: name, argTypes: [type, INTEGER, type].slice(0, args.length), result: type }
    }
  }
  throw unknownFunction(name, args, NAMES, position)
}
