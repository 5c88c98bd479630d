// JSON and JSONB functions and operators. Both are texts; JSONB's is in one form (src/base/jsonb.ts), so that a part of
// it is JSONB itself. Operators exist for both where PostgreSQL has them for both.
import { parseArray } from '../../src/base/array-text.ts'
import { CODE, DatabaseError } from '../../src/base/errors.ts'
import {
  jsonElement, jsonElements, jsonField, jsonKind, jsonMembers, jsonToText,
} from '../../src/base/json-scan.ts'
import { canonicalJson, containsJsonb, jsonbArray, jsonbObject } from '../../src/base/jsonb.ts'
import { formatScalar } from '../../src/base/scalar-format.ts'
import type { Scalar, SqlType } from '../../src/base/types.ts'
import { isNumeric } from '../../src/base/types.ts'
import { elementScalar, elementType } from './array.ts'
import type { CallContext, FunctionEntry, ScalarFunction } from './entry.ts'
import { scalar, typed } from './entry.ts'

/** A Scalar as JSON text, as to_json does it: numbers bare, JSON as it is, everything else quoted. */
export function jsonOf(type: SqlType, value: Scalar): string {
  if (value === null) return 'null'
  switch (type.kind) {
    case 'boolean': return value === 0 ? 'false' : 'true'
    case 'json': case 'jsonb': return value as string
    case 'array': {
      const element = elementType(type)
      return `[${parseArray(value as string).map(one => jsonOf(element, elementScalar(element, one))).join(',')}]`
    }
    case 'timestamp': case 'timestamptz':
      return JSON.stringify(formatScalar(type, value).replace(' ', 'T').replace(/\+00$/, '+00:00'))
    default: {
      const text = formatScalar(type, value)
      return isNumeric(type) && /\d/.test(text) ? text : JSON.stringify(text)
    }
  }
}

function stepInto(text: string, step: string): string | null {
  if (jsonKind(text) === 'object') return jsonField(text, step)
  return /^-?\d+$/.test(step) ? jsonElement(text, Number(step)) : null
}

function pathInto(text: string, steps: readonly (string | null)[]): string | null {
  let value: string | null = text
  for (const step of steps) {
    if (value === null || step === null) return null
    value = stepInto(value, step)
  }
  return value
}

const asText = (value: string | null): string | null => value === null ? null : jsonToText(value)
const hasKey = (text: string, key: string): boolean => jsonKind(text) === 'array'
  ? jsonElements(text)!.some(one => jsonKind(one) === 'string' && jsonToText(one) === key)
  : jsonKind(text) === 'string' ? jsonToText(text) === key : jsonField(text, key) !== null

function concatenate(a: string, b: string): string {
  if (jsonKind(a) === 'object' && jsonKind(b) === 'object') return jsonbObject([...jsonMembers(a)!, ...jsonMembers(b)!])
  return jsonbArray([...(jsonElements(a) ?? [a]), ...(jsonElements(b) ?? [b])])
}

function deleteKey(text: string, key: string): string {
  const members = jsonMembers(text)
  if (members !== null) return jsonbObject(members.filter(([name]) => name !== key))
  const elements = jsonElements(text)
  if (elements === null) throw new DatabaseError(CODE.INVALID_PARAMETER, 'cannot delete from scalar')
  return jsonbArray(elements.filter(one => jsonKind(one) !== 'string' || jsonToText(one) !== key))
}

function deleteIndex(text: string, index: number): string {
  const elements = jsonElements(text)
  if (elements === null) {
    throw new DatabaseError(CODE.INVALID_PARAMETER, 'cannot delete from object using integer index')
  }
  const at = index < 0 ? elements.length + index : index
  return jsonbArray(elements.filter((_, i) => i !== at))
}

function deletePath(text: string, path: string): string {
  return change(text, parseArray(path), () => null)
}

// Rebuilds the value at a path; the new value of null deletes it. A path that leads nowhere changes nothing.
function change(
  text: string, path: readonly (string | null)[], make: (old: string | null) => string | null, depth = 0,
): string {
  const step = path[depth]
  if (step === undefined || step === null) return text
  const isLast = depth === path.length - 1
  const next = (old: string | null): string | null =>
    isLast ? make(old) : old === null ? null : change(old, path, make, depth + 1)
  const members = jsonMembers(text)
  if (members !== null) {
    const value = next(jsonField(text, step))
    const others = members.filter(([name]) => name !== step)
    return jsonbObject(value === null ? isLast ? others : members : [...others, [step, value]])
  }
  const elements = jsonElements(text)
  if (elements === null || !/^-?\d+$/.test(step)) return text
  const at = Number(step) < 0 ? elements.length + Number(step) : Number(step)
  const value = next(elements[at] ?? null)
  if (elements[at] !== undefined) {
    return jsonbArray(elements.flatMap((one, i) => i !== at ? [one] : value === null ? isLast ? [] : [one] : [value]))
  }
  return value === null ? text : jsonbArray(at < 0 ? [value, ...elements] : [...elements, value])
}

function setPath(text: string, path: string, value: string, createsMissing: number = 1): string {
  return change(text, parseArray(path), old => old === null && createsMissing === 0 ? null : value)
}

function insertAt(text: string, path: string, value: string, isAfter: number = 0): string {
  const steps = parseArray(path)
  const parent = pathInto(text, steps.slice(0, -1))
  const last = steps.at(-1) ?? ''
  const elements = parent === null ? null : jsonElements(parent)
  if (elements === null) {
    if (parent !== null && jsonField(parent, last) !== null) {
      throw new DatabaseError(CODE.INVALID_PARAMETER, 'cannot replace existing key')
    }
    return change(text, steps, () => value)
  }
  const index = Number(last)
  const place = Math.min(Math.max(0, (index < 0 ? elements.length + index : index) + isAfter), elements.length)
  const grown = jsonbArray([...elements.slice(0, place), value, ...elements.slice(place)])
  return steps.length === 1 ? grown : change(text, steps.slice(0, -1), () => grown)
}

function stripNulls(text: string): string {
  const members = jsonMembers(text)
  if (members !== null) {
    const kept = members.filter(([, value]) => jsonKind(value) !== 'null')
    return jsonbObject(kept.map(([key, value]) => [key, stripNulls(value)]))
  }
  const elements = jsonElements(text)
  return elements === null ? text : jsonbArray(elements.map(stripNulls))
}

function pretty(text: string, indent = ''): string {
  const inner = `${indent}    `
  const members = jsonMembers(text)
  const lines = members !== null ? members.map(([key, value]) => `${JSON.stringify(key)}: ${pretty(value, inner)}`)
    : jsonElements(text)?.map(one => pretty(one, inner))
  if (lines === undefined) return text
  const [open, close] = members !== null ? ['{', '}'] : ['[', ']']
  return lines.length === 0 ? `${open}\n${indent}${close}`
    : `${open}\n${lines.map(line => inner + line).join(',\n')}\n${indent}${close}`
}

function buildObject({ args }: CallContext): ScalarFunction {
  return (...values: Scalar[]) => {
    if (values.length % 2 !== 0) {
      throw new DatabaseError(CODE.INVALID_PARAMETER, 'argument list must have even number of elements')
    }
    const members: string[] = []
    for (let i = 0; i < values.length; i += 2) {
      if (values[i] === null) throw new DatabaseError(CODE.INVALID_PARAMETER, `argument ${i + 1} cannot be null`)
      const key = JSON.stringify(formatScalar(args[i]!, values[i]!))
      members.push(`${key} : ${jsonOf(args[i + 1]!, values[i + 1]!)}`)
    }
    return `{${members.join(', ')}}`
  }
}

const buildArray = ({ args }: CallContext): ScalarFunction => (...values: Scalar[]) =>
  `[${values.map((value, i) => jsonOf(args[i]!, value)).join(', ')}]`

/** The same entry for json and jsonb: results that hold JSON are of the argument's kind. */
function both(
  make: (kind: 'json' | 'jsonb', prefix: string) => FunctionEntry[],
): FunctionEntry[] {
  return [...make('json', 'json'), ...make('jsonb', 'jsonb')]
}

const length = (text: string): number => {
  const elements = jsonElements(text)
  if (elements !== null) return elements.length
  const what = jsonKind(text) === 'object' ? 'a non-array' : 'a scalar'
  throw new DatabaseError(CODE.INVALID_PARAMETER, `cannot get array length of ${what}`)
}

const READERS = both((kind, prefix) => [
  scalar(`${prefix}_get`, `${kind}, text -> ${kind}`, (text: string, key: string) => jsonField(text, key),
    { names: ['->'] }),
  scalar(`${prefix}_get`, `${kind}, integer -> ${kind}`, jsonElement, { names: ['->'] }),
  scalar(`${prefix}_get_text`, `${kind}, text -> text`, (text: string, key: string) => asText(jsonField(text, key)),
    { names: ['->>'] }),
  scalar(`${prefix}_get_text`, `${kind}, integer -> text`, (text: string, at: number) => asText(jsonElement(text, at)),
    { names: ['->>'] }),
  scalar(`${prefix}_path`, `${kind}, array -> ${kind}`, (text: string, path: string) =>
    pathInto(text, parseArray(path)), { names: ['#>'] }),
  scalar(`${prefix}_path_text`, `${kind}, array -> text`,
    (text: string, path: string) => asText(pathInto(text, parseArray(path))), { names: ['#>>'] }),
  scalar(`${prefix}_extract_path`, `${kind}, text... -> ${kind}`,
    (text: string, ...path: string[]) => pathInto(text, path)),
  scalar(`${prefix}_extract_path_text`, `${kind}, text... -> text`,
    (text: string, ...path: string[]) => asText(pathInto(text, path))),
  scalar(`${prefix}_typeof`, `${kind} -> text`, jsonKind),
  scalar(`${prefix}_array_length`, `${kind} -> integer`, length),
])

const normal = (make: (context: CallContext) => ScalarFunction) => (context: CallContext): ScalarFunction => {
  const run = make(context) as (...values: Scalar[]) => string
  return (...values: Scalar[]) => canonicalJson(run(...values))
}

const toJson = ({ args }: CallContext): ScalarFunction => (value: Scalar) => jsonOf(args[0]!, value)

export const JSON_FUNCTIONS: readonly FunctionEntry[] = [
  ...READERS,
  typed('json_build_object', 'any... -> json', buildObject, { lax: true }),
  scalar('json_build_object', '-> json', () => '{}'),
  typed('jsonb_build_object', 'any... -> jsonb', normal(buildObject), { lax: true }),
  scalar('jsonb_build_object', '-> jsonb', () => '{}'),
  typed('json_build_array', 'any... -> json', buildArray, { lax: true }),
  scalar('json_build_array', '-> json', () => '[]'),
  typed('jsonb_build_array', 'any... -> jsonb', normal(buildArray), { lax: true }),
  scalar('jsonb_build_array', '-> jsonb', () => '[]'),
  typed('to_json', 'any -> json', toJson), typed('to_jsonb', 'any -> jsonb', normal(toJson)),
  scalar('jsonb_contains', 'jsonb, jsonb -> boolean',
    (a: string, b: string) => containsJsonb(a, b) ? 1 : 0, { names: ['@>'] }),
  scalar('jsonb_contained', 'jsonb, jsonb -> boolean',
    (a: string, b: string) => containsJsonb(b, a) ? 1 : 0, { names: ['<@'] }),
  scalar('jsonb_exists', 'jsonb, text -> boolean', (text: string, key: string) => hasKey(text, key) ? 1 : 0,
    { names: ['jsonb_exists', '?'] }),
  scalar('jsonb_exists_any', 'jsonb, array -> boolean', (text: string, keys: string) =>
    parseArray(keys).some(key => key !== null && hasKey(text, key)) ? 1 : 0, { names: ['jsonb_exists_any', '?|'] }),
  scalar('jsonb_exists_all', 'jsonb, array -> boolean', (text: string, keys: string) =>
    parseArray(keys).every(key => key !== null && hasKey(text, key)) ? 1 : 0, { names: ['jsonb_exists_all', '?&'] }),
  scalar('jsonb_concat', 'jsonb, jsonb -> jsonb', concatenate, { names: ['||'] }),
  scalar('jsonb_delete', 'jsonb, text -> jsonb', deleteKey, { names: ['-'] }),
  scalar('jsonb_delete', 'jsonb, integer -> jsonb', deleteIndex, { names: ['-'] }),
  scalar('jsonb_delete_path', 'jsonb, array -> jsonb', deletePath, { names: ['jsonb_delete_path', '#-'] }),
  scalar('jsonb_set', 'jsonb, array, jsonb -> jsonb', setPath),
  scalar('jsonb_set', 'jsonb, array, jsonb, boolean -> jsonb', setPath),
  scalar('jsonb_insert', 'jsonb, array, jsonb -> jsonb', insertAt),
  scalar('jsonb_insert', 'jsonb, array, jsonb, boolean -> jsonb', insertAt),
  scalar('jsonb_strip_nulls', 'jsonb -> jsonb', stripNulls),
  scalar('jsonb_pretty', 'jsonb -> text', (text: string) => pretty(text)),
]
