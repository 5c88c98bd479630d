// One entry of the function catalogue: names, parameter patterns, result type and an implementation over
// Scalars. Signatures are written as text so that a new function is one line:
//
//   scalar('repeat', 'text, integer -> text', (text: string, count: number) => …)
//   scalar('greatest', 'same... -> same', …)        '...' repeats the last parameter (at least once)
//
// Patterns: a type kind accepts that kind (and what casts to it implicitly); 'decimal' keeps precision and
// scale; 'any' takes anything as it is; 'number' any numeric; 'same' unifies all 'same' arguments.
// 'array' takes an array of T and 'element' a T, where T is the common type of all of them in the call.
// In results, '=' is the (converted) type of the first argument and 'same' the unified type.
import type { Scalar, SqlType, TypeKind } from '../../src/base/types.ts'

export type Pattern = TypeKind | 'any' | 'number' | 'same' | 'element'

/** What an implementation may ask about its call: exact types, and the time of the statement. */
export interface CallContext {
  readonly args: readonly SqlType[]
  readonly result: SqlType
  /** Statement time in microseconds since 1970 UTC, the same for the whole statement. */
  readonly now: number
}

/** Takes and returns Scalars in the canonical form of their types (src/base/types.ts). */
export type ScalarFunction = (...args: never[]) => Scalar

export interface FunctionEntry {
  /** Catalogue id, shared by overloads: CallExpression.fn. */
  readonly id: string
  /** Names in SQL, lower case; operators by their symbol. */
  readonly sqlNames: readonly string[]
  readonly parameters: readonly Pattern[]
  /** The last parameter may repeat. */
  readonly variadic: boolean
  readonly result: Pattern | '=' | ((args: readonly SqlType[]) => SqlType)
  /** Strict functions are NULL when an argument is, and are never called with null. */
  readonly strict: boolean
  /** Equal arguments give equal results within a statement (false only for random and the like). */
  readonly stable: boolean
  /** An overload that PostgreSQL does not have. */
  readonly isExtension: boolean
  readonly make: (context: CallContext) => ScalarFunction
}

export interface EntryOptions {
  names?: readonly string[]
  lax?: boolean
  volatile?: boolean
  extension?: boolean
  result?: (args: readonly SqlType[]) => SqlType
}

function parseSignature(text: string): Pick<FunctionEntry, 'parameters' | 'variadic' | 'result'> {
  const [left, right] = text.split('->').map(part => part.trim()) as [string, string]
  const words = left === '' ? [] : left.split(',').map(word => word.trim())
  const variadic = words.length > 0 && words[words.length - 1]!.endsWith('...')
  const parameters = words.map(word => word.replace('...', '') as Pattern)
  return { parameters, variadic, result: right as Pattern | '=' }
}

/** An entry whose implementation needs only the values. */
export function scalar(id: string, signature: string, run: ScalarFunction, options: EntryOptions = {}): FunctionEntry {
  return typed(id, signature, () => run, options)
}

/** An entry whose implementation depends on the exact types or the statement time. */
export function typed(
  id: string, signature: string, make: (context: CallContext) => ScalarFunction, options: EntryOptions = {},
): FunctionEntry {
  const parsed = parseSignature(signature)
  return {
    id, sqlNames: options.names ?? [id], ...parsed, result: options.result ?? parsed.result,
    strict: options.lax !== true, stable: options.volatile !== true,
    isExtension: options.extension === true, make,
  }
}
