// The function catalogue: what the binder asks to resolve names and operators, and what the kernels ask
// for implementations. A new function is one line in numeric.ts, text.ts or datetime.ts.
import type { SqlType } from '../../src/base/types.ts'
import { commonType, canCast } from './type-rules.ts'
import type { FunctionEntry } from './entry.ts'
import type { ResolvedCall } from './resolve.ts'
import { chooseOverload, exactOverload, unknownFunction, unknownOperator } from './resolve.ts'
import { resolveArithmetic, resolveComparison, resolveConcatenation, resolvePrefix } from './operators.ts'
import { AGGREGATE_NAMES, isAggregateName, resolveAggregate } from './aggregates.ts'
import { isWindowName, resolveWindow } from './window.ts'
import { NUMERIC_FUNCTIONS } from './numeric.ts'
import { TEXT_FUNCTIONS } from './text.ts'
import { PATTERN_FUNCTIONS } from './pattern.ts'
import { DATETIME_FUNCTIONS } from './datetime.ts'
import { GENERAL_FUNCTIONS } from './general.ts'
import { BIT_FUNCTIONS } from './bits.ts'
import { SESSION_FUNCTIONS } from './session.ts'
import { SYSTEM_FUNCTIONS } from './system.ts'
import { ARRAY_FUNCTIONS } from './array.ts'
import { JSON_FUNCTIONS } from './json.ts'
import { MOMENT_FUNCTIONS } from './moment.ts'
import { BYTE_FUNCTIONS } from './bytes.ts'
import { FORMAT_FUNCTIONS } from './format.ts'

export type { FunctionEntry, ResolvedCall }
export { commonType, canCast, isAggregateName, resolveAggregate, isWindowName, resolveWindow }

const ENTRIES: readonly FunctionEntry[] = [
  ...NUMERIC_FUNCTIONS, ...TEXT_FUNCTIONS, ...PATTERN_FUNCTIONS, ...DATETIME_FUNCTIONS, ...GENERAL_FUNCTIONS,
  ...BIT_FUNCTIONS, ...SESSION_FUNCTIONS, ...ARRAY_FUNCTIONS, ...JSON_FUNCTIONS,
  ...MOMENT_FUNCTIONS, ...BYTE_FUNCTIONS, ...FORMAT_FUNCTIONS, ...SYSTEM_FUNCTIONS,
]

const byName = new Map<string, FunctionEntry[]>()
const byId = new Map<string, FunctionEntry[]>()
for (const entry of ENTRIES) {
  for (const name of entry.sqlNames) append(byName, name, entry)
  append(byId, entry.id, entry)
}

function append(map: Map<string, FunctionEntry[]>, key: string, entry: FunctionEntry): void {
  const list = map.get(key)
  if (list === undefined) map.set(key, [entry])
  else list.push(entry)
}

/**
 * Resolves a scalar function by its lower-case SQL name. Arguments of kind `null` are untyped literals or
 * parameters. Cast each argument to `argTypes[i]`, then call `fn`. Throws 42883 with the nearest name.
 * EXTRACT(field FROM x) is `extract_<field>` (result numeric, as in PostgreSQL); date_part(text, x) is double.
 */
export function resolveFunction(name: string, args: readonly SqlType[], position?: number): ResolvedCall {
  const resolved = chooseOverload(byName.get(name) ?? [], args, position)
  if (resolved === null) {
    throw unknownFunction(name, args, [...byName.keys(), ...AGGREGATE_NAMES.keys()], position)
  }
  return resolved
}

/**
 * Resolves an operator; `left` is null for prefix operators. Symbols: + - * / % ^ || = <> != < <= > >= @
 * ~~ !~~ ~~* !~~* (LIKE family), ~ !~ ~* !~* (regular expressions), & | # ~ << >>.
 * An untyped side takes the other's type.
 */
export function resolveOperator(
  symbol: string, left: SqlType | null, right: SqlType, position?: number,
): ResolvedCall {
  const resolved = left === null
    ? resolvePrefix(symbol, right) ?? chooseOverload(byName.get(symbol) ?? [], [right], position)
    : resolveInfix(symbol, left, right, position)
  if (resolved === null) throw unknownOperator(symbol, left, right, position)
  return resolved
}

function resolveInfix(symbol: string, left: SqlType, right: SqlType, position?: number): ResolvedCall | null {
  if (symbol === '||') {
    const isList = [left, right].some(type => type.kind === 'array' || type.kind === 'jsonb')
    return isList ? chooseOverload(byName.get(symbol)!, [left, right], position) : resolveConcatenation(left, right)
  }
  const comparison = resolveComparison(symbol, left, right, position)
  if (comparison !== null) return comparison
  const entries = byName.get(symbol) ?? []
  if (left.kind === 'null' || right.kind === 'null') {
    const known = left.kind === 'null' ? right : left
    const alike = resolveArithmetic(symbol, known, known)
    if (alike !== null) return alike
    return chooseOverload(entries, [known, known], position) ?? chooseOverload(entries, [left, right], position)
  }
  return resolveArithmetic(symbol, left, right) ?? chooseOverload(entries, [left, right], position)
}

/** Every scalar function and operator that is not built into the kernel language. */
export function listFunctions(): readonly FunctionEntry[] {
  return ENTRIES
}

/** The implementation of a call whose arguments already have exact types, or null when there is none. */
export function findImplementation(id: string, args: readonly SqlType[]): FunctionEntry | null {
  return exactOverload(byId.get(id) ?? [], args)
}
