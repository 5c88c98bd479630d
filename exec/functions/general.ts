// Functions over any type. COALESCE, NULLIF and the comparisons are part of the kernel language; they are
// listed here so that the binder can resolve their argument types.
import type { Scalar, SqlType } from '../../src/base/types.ts'
import { typeName } from '../../src/base/types.ts'
import { unreachable } from '../../src/base/assert.ts'
import { compareScalars } from '../../src/base/scalar-compare.ts'
import type { CallContext, FunctionEntry, ScalarFunction } from './entry.ts'
import { scalar, typed } from './entry.ts'

function extreme(sign: 1 | -1): (context: CallContext) => ScalarFunction {
  return context => (...values: Scalar[]): Scalar => {
    let best: Scalar = null
    for (const value of values) {
      if (value === null) continue
      if (best === null || compareScalars(context.result, value, best) * sign > 0) best = value
    }
    return best
  }
}

// PostgreSQL's name of a type without modifiers.
function plainName(type: SqlType): string {
  if (type.kind === 'array') return `${plainName(type.element!)}[]`
  if (type.kind === 'decimal') return 'numeric'
  if (type.kind === 'timestamp' || type.kind === 'time') return `${type.kind} without time zone`
  if (type.kind !== 'text' || type.maxLength === undefined) return typeName(type)
  return type.blankPadded === true ? 'character' : 'character varying'
}

const builtIn = (): Scalar => unreachable('the kernel language evaluates this itself')

export const GENERAL_FUNCTIONS: readonly FunctionEntry[] = [
  typed('greatest', 'same... -> same', extreme(1), { lax: true }),
  typed('least', 'same... -> same', extreme(-1), { lax: true }),
  scalar('coalesce', 'same... -> same', builtIn, { lax: true, names: ['coalesce', 'ifnull'] }),
  typed('typeof', 'any -> text', ({ args }) => () => typeName(args[0]!), { lax: true }),
  typed('pg_typeof', 'any -> text', ({ args }) => () => plainName(args[0]!), { lax: true }),
  scalar('version', '-> text', () => 'PostgreSQL 15.0 compatible SecantDB'),
  scalar('nullif', 'same, same -> same', builtIn, { lax: true }),
]
