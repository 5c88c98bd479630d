// Table functions: names, overloads and result types. How they make rows is in exec/operators/series.ts.
//
//   unnest(array)                           the type of its elements
//   generate_series(start, stop [, step])   integer, bigint; decimal(p,s) of the common scale; timestamp and
//                                           timestamptz with an interval (a date counts as timestamptz, as PostgreSQL
//                                           resolves it)
import { CODE, DatabaseError } from '../../src/base/errors.ts'
import type { SqlType } from '../../src/base/types.ts'
import { BIGINT, INTEGER, INTERVAL, isInteger, typeName } from '../../src/base/types.ts'
import { elementType } from './array.ts'
import type { ResolvedCall } from './resolve.ts'
import { commonType } from './type-rules.ts'

const NAMES: ReadonlySet<string> = new Set(['generate_series', 'unnest'])

/** True when the name is a function that gives rows. */
export function isTableFunctionName(name: string): boolean {
  return NAMES.has(name)
}

/** Resolves a call of a table function. Throws 42883. */
export function resolveTableFunction(name: string, args: readonly SqlType[], position?: number): ResolvedCall {
  const resolved = name === 'generate_series' ? resolveSeries(args) : name === 'unnest' ? resolveUnnest(args) : null
  if (resolved !== null) return resolved
  throw new DatabaseError(CODE.UNDEFINED_FUNCTION,
    `function ${name}(${args.map(typeName).join(', ')}) does not exist`, {
      position, hint: name === 'generate_series'
        ? 'generate_series takes integers, decimals, or timestamps and an interval.'
        : 'No table function has this name and these argument types.',
    })
}

function resolveSeries(args: readonly SqlType[]): ResolvedCall | null {
  if (args.length !== 2 && args.length !== 3) return null
  const [start, stop, step] = args as [SqlType, SqlType, SqlType | undefined]
  const ends = [start, stop].filter((type) => type.kind !== 'null')
  if (ends.some(isMoment) || step?.kind === 'interval') return resolveMoments(ends, step)
  const known = args.filter((type) => type.kind !== 'null')
  if (known.some((type) => !isInteger(type) && type.kind !== 'decimal')) return null
  const common = known.length === 0 ? INTEGER : commonType(known)
  const type = common.kind === 'smallint' ? INTEGER : common
  return { fn: 'generate_series', argTypes: args.map(() => type), result: type }
}

function resolveUnnest(args: readonly SqlType[]): ResolvedCall | null {
  const [array] = args
  if (args.length !== 1 || array!.kind !== 'array') return null
  return { fn: 'unnest', argTypes: [array!], result: elementType(array!) }
}

function isMoment(type: SqlType): boolean {
  return type.kind === 'date' || type.kind === 'timestamp' || type.kind === 'timestamptz'
}

function resolveMoments(ends: readonly SqlType[], step: SqlType | undefined): ResolvedCall | null {
  if (step === undefined || (step.kind !== 'interval' && step.kind !== 'null')) return null
  if (ends.some((type) => !isMoment(type))) return null
  const isZoned = ends.length === 0 || ends.some((type) => type.kind !== 'timestamp')
  const type: SqlType = { kind: isZoned ? 'timestamptz' : 'timestamp' }
  return { fn: 'generate_series', argTypes: [type, type, INTERVAL], result: type }
}

/** Type of WITH ORDINALITY. */
export const ORDINALITY_TYPE: SqlType = BIGINT
