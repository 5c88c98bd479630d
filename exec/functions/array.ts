// Array functions and operators. An array's Scalar is its text (src/base/array-text.ts): elements are read when a
// function needs them. Patterns: 'array' is an array of T, 'element' a T; T is the common type of all of them.
import { formatArray, parseArray } from '../../src/base/array-text.ts'
import { CODE, DatabaseError } from '../../src/base/errors.ts'
import { compareScalars } from '../../src/base/scalar-compare.ts'
import { formatScalar } from '../../src/base/scalar-format.ts'
import { parseScalar } from '../../src/base/scalar-parse.ts'
import type { Scalar, SqlType } from '../../src/base/types.ts'
import { TEXT, arrayType, decimalType } from '../../src/base/types.ts'
import type { CallContext, FunctionEntry, ScalarFunction } from './entry.ts'
import { scalar, typed } from './entry.ts'

type Texts = (string | null)[]

/** Type of the values that come out of an array; decimals without a precision get one. */
export function elementType(array: SqlType): SqlType {
  const element = array.element ?? TEXT
  return element.kind === 'decimal' && element.precision === undefined ? decimalType(38, 16) : element
}

/** An element's text as a Scalar of the element type. */
export function elementScalar(type: SqlType, text: string | null): Scalar {
  return text === null ? null : parseScalar(type, text)
}

/** A Scalar as an element's text. */
export function elementText(type: SqlType, value: Scalar): string | null {
  return value === null ? null : formatScalar(type, value)
}

function at(texts: Texts, index: number): string | null {
  return index >= 1 ? texts[index - 1] ?? null : null
}

const subscript = ({ args }: CallContext): ScalarFunction => {
  const type = elementType(args[0]!)
  return (array: string, index: number) => elementScalar(type, at(parseArray(array), index))
}

// Bounds beyond the array are cut; lower > upper is the empty array.
function slice(array: string, from: number | null, to: number | null): string {
  const texts = parseArray(array)
  return formatArray(texts.slice(Math.max(0, (from ?? 1) - 1), Math.max(0, to ?? texts.length)))
}

function withElement(place: 'before' | 'behind'): (context: CallContext) => ScalarFunction {
  return ({ args }) => {
    const type = elementType(args[place === 'behind' ? 0 : 1]!)
    const join = (array: Scalar, value: Scalar): string => {
      const texts = array === null ? [] : parseArray(array as string)
      const one = elementText(type, value)
      return formatArray(place === 'behind' ? [...texts, one] : [one, ...texts])
    }
    return place === 'behind' ? join as ScalarFunction : (value: Scalar, array: Scalar) => join(array, value)
  }
}

function joinArrays(a: Scalar, b: Scalar): Scalar {
  if (a === null || b === null) return a ?? b
  return formatArray([...parseArray(a as string), ...parseArray(b as string)])
}

/** Elements that count as present: NULL is in no array. */
const present = (array: string): Set<string> => new Set(parseArray(array).filter(one => one !== null))

function contains(a: string, b: string): number {
  const mine = present(a)
  return parseArray(b).every(one => one !== null && mine.has(one)) ? 1 : 0
}

function overlap(a: string, b: string): number {
  const mine = present(a)
  return parseArray(b).some(one => one !== null && mine.has(one)) ? 1 : 0
}

const textOfElement = ({ args }: CallContext): ((value: Scalar) => string | null) => {
  const type = elementType(args[0]!)
  return value => elementText(type, value)
}

function remove(context: CallContext): ScalarFunction {
  const text = textOfElement(context)
  return (array: Scalar, value: Scalar) => {
    if (array === null) return null
    const unwanted = text(value)
    return formatArray(parseArray(array as string).filter(one => one !== unwanted))
  }
}

function replace(context: CallContext): ScalarFunction {
  const text = textOfElement(context)
  return (array: Scalar, from: Scalar, to: Scalar) => {
    if (array === null) return null
    const [old, fresh] = [text(from), text(to)]
    return formatArray(parseArray(array as string).map(one => one === old ? fresh : one))
  }
}

function position(context: CallContext): ScalarFunction {
  const text = textOfElement(context)
  return (array: Scalar, value: Scalar, start: Scalar = 1) => {
    if (array === null) return null
    const found = parseArray(array as string).indexOf(text(value), Math.max(0, Number(start) - 1))
    return found < 0 ? null : found + 1
  }
}

function positions(context: CallContext): ScalarFunction {
  const text = textOfElement(context)
  return (array: Scalar, value: Scalar) => {
    if (array === null) return null
    const wanted = text(value)
    return formatArray(parseArray(array as string).flatMap((one, i) => one === wanted ? [String(i + 1)] : []))
  }
}

function toText(array: Scalar, separator: Scalar, forNull: Scalar = null): Scalar {
  if (array === null || separator === null) return null
  const texts = parseArray(array as string).map(one => one ?? forNull as string | null)
  return texts.filter(one => one !== null).join(separator as string)
}

function fromText(text: Scalar, separator: Scalar, forNull: Scalar = null): Scalar {
  if (text === null) return null
  if (text === '') return '{}'
  const parts = separator === null ? Array.from(text as string)
    : separator === '' ? [text as string] : (text as string).split(separator as string)
  return formatArray(parts.map(one => one === forNull ? null : one))
}

// x op ANY (array), x op ALL (array): three-valued, as IN and NOT IN are.
function quantified(test: (order: number) => boolean, all: boolean): (context: CallContext) => ScalarFunction {
  return ({ args }) => {
    const type = elementType(args[1]!)
    return (value: Scalar, array: Scalar) => {
      if (array === null) return null
      let hasNull = false
      for (const text of parseArray(array as string)) {
        if (text === null || value === null) hasNull = true
        else if (test(compareScalars(type, value, parseScalar(type, text))) !== all) return all ? 0 : 1
      }
      return hasNull ? null : all ? 1 : 0
    }
  }
}

const TESTS: readonly (readonly [symbol: string, name: string, test: (order: number) => boolean])[] = [
  ['=', 'eq', order => order === 0], ['<>', 'ne', order => order !== 0], ['<', 'lt', order => order < 0],
  ['<=', 'le', order => order <= 0], ['>', 'gt', order => order > 0], ['>=', 'ge', order => order >= 0],
]

/** Catalogue name of `value op ANY|ALL (array)`; null for an operator that has none. */
export function quantifiedName(symbol: string, all: boolean): string | null {
  const found = TESTS.find(([one]) => one === (symbol === '!=' ? '<>' : symbol))
  return found === undefined ? null : `${all ? 'all' : 'any'}_${found[1]}`
}

function ordered(test: (order: number) => boolean): (context: CallContext) => ScalarFunction {
  return ({ args }) => (a: Scalar, b: Scalar) => test(compareScalars(args[0]!, a, b)) ? 1 : 0
}

function fill(context: CallContext): ScalarFunction {
  return (value: Scalar, sizes: Scalar) => {
    if (sizes === null) return null
    const lengths = parseArray(sizes as string)
    if (lengths.length > 1) {
      throw new DatabaseError(CODE.UNSUPPORTED, 'arrays of more than one dimension are not supported')
    }
    const length = Number(lengths[0] ?? 0)
    return formatArray(Array.from({ length }, () => elementText(context.args[0]!, value)))
  }
}

function trim(array: string, count: number): string {
  const texts = parseArray(array)
  if (count < 0 || count > texts.length) {
    throw new DatabaseError(CODE.ARRAY_SUBSCRIPT, `number of elements to trim must be between 0 and ${texts.length}`)
  }
  return formatArray(texts.slice(0, texts.length - count))
}

const build = ({ args }: CallContext): ScalarFunction => (...values: Scalar[]) =>
  formatArray(values.map((value, i) => elementText(args[i]!, value)))

const count = (array: string): number => parseArray(array).length
const inDimension = (run: (array: string) => number | null): ScalarFunction => (array: string, dimension: number) =>
  dimension === 1 && count(array) > 0 ? run(array) : null
const INTEGERS = arrayType({ kind: 'integer' })
const TEXTS = arrayType(TEXT)

export const ARRAY_FUNCTIONS: readonly FunctionEntry[] = [
  typed('array', 'element... -> array', build, { names: ['array_construct', 'list_value'], lax: true }),
  typed('array_get', 'array, integer -> element', subscript),
  scalar('array_slice', 'array, integer, integer -> array', slice, { lax: true }),
  scalar('array_length', 'array, integer -> integer', inDimension(count)),
  scalar('array_upper', 'array, integer -> integer', inDimension(count)),
  scalar('array_lower', 'array, integer -> integer', inDimension(() => 1)),
  scalar('array_ndims', 'array -> integer', (array: string) => count(array) > 0 ? 1 : null),
  scalar('array_dims', 'array -> text', (array: string) => count(array) > 0 ? `[1:${count(array)}]` : null),
  scalar('cardinality', 'array -> integer', count, { names: ['cardinality', 'len'] }),
  typed('array_append', 'array, element -> array', withElement('behind'), { names: ['array_append', '||'], lax: true }),
  typed('array_prepend', 'element, array -> array', withElement('before'),
    { names: ['array_prepend', '||'], lax: true }),
  scalar('array_cat', 'array, array -> array', joinArrays, { names: ['array_cat', '||'], lax: true }),
  typed('array_remove', 'array, element -> array', remove, { lax: true }),
  typed('array_replace', 'array, element, element -> array', replace, { lax: true }),
  typed('array_position', 'array, element -> integer', position, { lax: true }),
  typed('array_position', 'array, element, integer -> integer', position, { lax: true }),
  typed('array_positions', 'array, element -> array', positions, { lax: true, result: () => INTEGERS }),
  scalar('array_to_string', 'array, text -> text', toText, { lax: true }),
  scalar('array_to_string', 'array, text, text -> text', toText, { lax: true }),
  scalar('string_to_array', 'text, text -> array', fromText, { lax: true, result: () => TEXTS }),
  scalar('string_to_array', 'text, text, text -> array', fromText, { lax: true, result: () => TEXTS }),
  typed('array_fill', 'any, array -> array', fill, { lax: true, result: args => arrayType(args[0]!) }),
  scalar('trim_array', 'array, integer -> array', trim),
  scalar('array_contains', 'array, array -> boolean', contains, { names: ['@>'] }),
  scalar('array_contained', 'array, array -> boolean', (a: string, b: string) => contains(b, a), { names: ['<@'] }),
  scalar('array_overlap', 'array, array -> boolean', overlap, { names: ['&&'] }),
  ...TESTS.flatMap(([, name, test]) => [
    typed(`any_${name}`, 'element, array -> boolean', quantified(test, false), { lax: true }),
    typed(`all_${name}`, 'element, array -> boolean', quantified(test, true), { lax: true }),
    typed(`ordered_${name}`, 'same, same -> boolean', ordered(test), { names: [] }),
  ]),
]
