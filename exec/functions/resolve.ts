// Overload resolution: which catalogue entry a call means, and what its arguments must be cast to.
// An argument of type `null` is an untyped literal ('abc', NULL) or parameter: it fits every parameter and
// takes the type that the chosen overload wants, as PostgreSQL's "unknown" does.
import { CODE, DatabaseError } from '../../src/base/errors.ts'
import type { SqlType, TypeKind } from '../../src/base/types.ts'
import { DOUBLE, TEXT, arrayType, decimalType, isInteger, isNumeric, typeName } from '../../src/base/types.ts'
import type { FunctionEntry, Pattern } from './entry.ts'
import { asDecimal, commonType, implicitDistance } from './type-rules.ts'

/** A call after resolution: the catalogue id, the type each argument must be cast to, and the result. */
export interface ResolvedCall { fn: string; argTypes: SqlType[]; result: SqlType }

/** Parameter pattern of argument `index`, or null when there are too many arguments. */
function patternAt(entry: FunctionEntry, index: number): Pattern | null {
  if (index < entry.parameters.length) return entry.parameters[index]!
  return entry.variadic ? entry.parameters[entry.parameters.length - 1]! : null
}

function acceptsCount(entry: FunctionEntry, count: number): boolean {
  return count === entry.parameters.length || (entry.variadic && count > entry.parameters.length)
}

/** Cost of giving `type` to a parameter: 0 exact, larger = further away, -1 impossible. */
function matchCost(pattern: Pattern, type: SqlType): number {
  if (pattern === 'any') return type.kind === 'null' ? 1 : 0
  if (pattern === 'same') return 1
  if (pattern === 'element') return type.kind === 'array' ? -1 : 1
  if (pattern === 'number') return type.kind === 'null' ? 3 : isNumeric(type) ? 0 : -1
  if (type.kind === 'null') return unknownCost(pattern)
  // Double precision is the preferred numeric type: round(5) is a double, as in PostgreSQL.
  if (pattern === 'double' && isInteger(type)) return 2
  const distance = implicitDistance(type.kind, pattern)
  return distance < 0 ? -1 : distance * 4
}

// Among overloads that fit an untyped literal PostgreSQL prefers text, then each category's preferred type.
function unknownCost(kind: TypeKind): number {
  switch (kind) {
    case 'text': return 1
    case 'double': case 'timestamptz': return 2
    case 'interval': case 'timestamp': return 3
    default: return 4
  }
}

// Overloads that PostgreSQL does not have never win against one it has.
const EXTENSION_COST = 50

function callCost(entry: FunctionEntry, args: readonly SqlType[]): number {
  if (!acceptsCount(entry, args.length)) return -1
  let total = entry.isExtension ? EXTENSION_COST : 0
  for (let i = 0; i < args.length; i++) {
    const cost = matchCost(patternAt(entry, i)!, args[i]!)
    if (cost < 0) return -1
    total += cost
  }
  return total
}

/** The cheapest overload of `entries` for these arguments, or null. */
export function chooseOverload(
  entries: readonly FunctionEntry[], args: readonly SqlType[], position?: number,
): ResolvedCall | null {
  let best: FunctionEntry | null = null
  let bestCost = Infinity
  for (const entry of entries) {
    const cost = callCost(entry, args)
    if (cost >= 0 && cost < bestCost) {
      best = entry
      bestCost = cost
    }
  }
  return best === null ? null : applyOverload(best, args, position)
}

function applyOverload(entry: FunctionEntry, args: readonly SqlType[], position?: number): ResolvedCall {
  const same = args.filter((_, i) => patternAt(entry, i) === 'same')
  const unified = same.length === 0 ? TEXT : commonType(same, position)
  const element = elementOf(entry, args, position)
  const target = (pattern: Pattern, type: SqlType): SqlType => pattern === 'element' ? element
    : pattern === 'array' ? arrayType(element) : targetType(pattern, type, unified)
  const argTypes = args.map((type, i) => target(patternAt(entry, i)!, type))
  const result = typeof entry.result === 'function' ? entry.result(argTypes)
    : entry.result === '=' ? argTypes[0]!
    : target(entry.result, { kind: 'null' })
  return { fn: entry.id, argTypes, result }
}

// The T of arrays of T and of their elements; text when nothing tells.
function elementOf(entry: FunctionEntry, args: readonly SqlType[], position?: number): SqlType {
  const types = args.flatMap((type, i) => {
    const pattern = patternAt(entry, i)
    if (pattern === 'element') return [type]
    return pattern === 'array' && type.element !== undefined ? [type.element] : []
  })
  return types.length === 0 ? TEXT : commonType(types, position)
}

function targetType(pattern: Exclude<Pattern, 'element'>, type: SqlType, unified: SqlType): SqlType {
  switch (pattern) {
    case 'any': return type.kind === 'null' ? TEXT : type
    case 'same': return unified
    case 'number': return type.kind === 'null' ? DOUBLE : type
    case 'decimal': return type.kind === 'null' ? decimalType(38, 6) : asDecimal(type)
    default: return type.kind === pattern ? type : { kind: pattern }
  }
}

/** The overload whose patterns accept exactly these (already cast) types. */
export function exactOverload(entries: readonly FunctionEntry[], args: readonly SqlType[]): FunctionEntry | null {
  for (const entry of entries) {
    if (!acceptsCount(entry, args.length)) continue
    const fits = args.every((type, i) => {
      const pattern = patternAt(entry, i)!
      if (pattern === 'any' || pattern === 'same' || pattern === 'element' || type.kind === 'null') return true
      return pattern === 'number' ? isNumeric(type) : pattern === type.kind
    })
    if (fits) return entry
  }
  return null
}

/** 42883 with the call's types and, where one is near, the name that was probably meant. */
export function unknownFunction(
  name: string, args: readonly SqlType[], known: Iterable<string>, position?: number,
): DatabaseError {
  const types = args.map(type => type.kind === 'null' ? 'unknown' : typeName(type)).join(', ')
  const names = [...known]
  const hint = names.includes(name)
    ? 'No function of this name takes these argument types. You might need to add explicit type casts.'
    : nearestHint(name, names)
  return new DatabaseError(CODE.UNDEFINED_FUNCTION, `function ${name}(${types}) does not exist`, { position, hint })
}

/** 42883 for an operator. */
export function unknownOperator(
  symbol: string, left: SqlType | null, right: SqlType, position?: number,
): DatabaseError {
  const show = (type: SqlType): string => type.kind === 'null' ? 'unknown' : typeName(type)
  const text = left === null ? `${symbol} ${show(right)}` : `${show(left)} ${symbol} ${show(right)}`
  return new DatabaseError(CODE.UNDEFINED_FUNCTION, `operator does not exist: ${text}`, {
    position, hint: 'No operator matches the given argument types. You might need to add explicit type casts.',
  })
}

function nearestHint(name: string, names: readonly string[]): string {
  let best = ''
  let bestDistance = Math.max(2, Math.floor(name.length / 3)) + 1
  for (const other of names) {
    const distance = editDistance(name, other)
    if (distance < bestDistance) {
      best = other
      bestDistance = distance
    }
  }
  return best === '' ? 'No function of this name exists.' : `Perhaps you meant ${best}.`
}

function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const current = [i]
    for (let j = 1; j <= b.length; j++) {
      const change = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)
      current.push(Math.min(change, previous[j]! + 1, current[j - 1]! + 1))
    }
    previous = current
  }
  return previous[b.length]!
}
