// JSONB: JSON in one form per value. Keys are unique (the last wins) and sorted by their length in bytes, then by their
// bytes; one blank follows each comma and colon; numbers are written out without exponent. So equal values have equal
// texts but for trailing zeros of numbers, and a part of a text is a JSONB text itself.
// Reference: PostgreSQL, "JSON Types", and compareJsonbContainers for the order.
import { checkJson } from './json-text.ts'
import { jsonElements, jsonKind, jsonMembers } from './json-scan.ts'
import { compareUtf8, utf8Length } from './utf8.ts'

/** The text of a value in its one form. Throws 22P02 when it is not JSON. */
export function canonicalJson(text: string): string {
  return canonical(checkJson(text))
}

function canonical(text: string): string {
  switch (jsonKind(text)) {
    case 'object': return jsonbObject(jsonMembers(text)!.map(([key, value]) => [key, canonical(value)]))
    case 'array': return jsonbArray(jsonElements(text)!.map(canonical))
    case 'string': return JSON.stringify(JSON.parse(text))
    case 'number': return plainNumber(text.trim())
    default: return text.trim()
  }
}

/** An object of members whose values are JSONB texts already. */
export function jsonbObject(members: readonly (readonly [string, string])[]): string {
  const unique = [...new Map(members)]
  unique.sort(([a], [b]) => utf8Length(a) - utf8Length(b) || compareUtf8(a, b))
  return `{${unique.map(([key, value]) => `${JSON.stringify(key)}: ${value}`).join(', ')}}`
}

/** An array of JSONB texts. */
export function jsonbArray(elements: readonly string[]): string {
  return `[${elements.join(', ')}]`
}

// 1.5e3 as 1500, 25e-3 as 0.025; zeros behind the point stay, as in numeric. -0 is 0.
function plainNumber(text: string): string {
  const [, sign, whole, fraction = '', exponent = '0'] = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text)!
  const shift = Number(exponent)
  const digits = whole! + fraction
  const point = whole!.length + shift
  const [left, right] = point <= 0 ? ['0', '0'.repeat(-point) + digits]
    : point >= digits.length ? [digits + '0'.repeat(point - digits.length), '']
    : [digits.slice(0, point), digits.slice(point)]
  const bare = left.replace(/^0+(?=\d)/, '') + (right === '' ? '' : `.${right}`)
  return /[1-9]/.test(bare) ? sign! + bare : bare
}

const RANK = { null: 0, string: 1, number: 2, boolean: 3, array: 4, object: 5 } as const

/** PostgreSQL's order of JSONB: by kind, then containers by size, then by content. */
export function compareJsonb(a: string, b: string): number {
  const [kindA, kindB] = [jsonKind(a), jsonKind(b)]
  if (kindA !== kindB) {
    // An empty array at the top sorts before everything, for historical reasons.
    if (a === '[]' || b === '[]') return a === '[]' ? -1 : 1
    return RANK[kindA] - RANK[kindB]
  }
  switch (kindA) {
    case 'null': return 0
    case 'string': return compareUtf8(JSON.parse(a) as string, JSON.parse(b) as string)
    case 'boolean': return Number(a === 'true') - Number(b === 'true')
    case 'number': return compareNumbers(a, b)
    case 'array': return compareLists(jsonElements(a)!, jsonElements(b)!)
    case 'object': return compareObjects(jsonMembers(a)!, jsonMembers(b)!)
  }
}

function compareLists(a: readonly string[], b: readonly string[]): number {
  if (a.length !== b.length) return a.length - b.length
  for (let i = 0; i < a.length; i++) {
    const order = compareJsonb(a[i]!, b[i]!)
    if (order !== 0) return order
  }
  return 0
}

function compareObjects(a: readonly (readonly [string, string])[], b: readonly (readonly [string, string])[]): number {
  if (a.length !== b.length) return a.length - b.length
  for (let i = 0; i < a.length; i++) {
    const [[keyA, valueA], [keyB, valueB]] = [a[i]!, b[i]!]
    const order = utf8Length(keyA) - utf8Length(keyB) || compareUtf8(keyA, keyB) || compareJsonb(valueA, valueB)
    if (order !== 0) return order
  }
  return 0
}

// By digits, because a double would not tell 2^53 from 2^53 + 1.
function compareNumbers(a: string, b: string): number {
  const [x, y] = [scaled(a), scaled(b)]
  const scale = Math.max(x.scale, y.scale)
  const left = x.digits * 10n ** BigInt(scale - x.scale)
  const right = y.digits * 10n ** BigInt(scale - y.scale)
  return left < right ? -1 : left > right ? 1 : 0
}

function scaled(text: string): { digits: bigint; scale: number } {
  const point = text.indexOf('.')
  return point < 0 ? { digits: BigInt(text), scale: 0 }
    : { digits: BigInt(text.replace('.', '')), scale: text.length - point - 1 }
}

/** a @> b: every part of b is in a at the same place; arrays as sets; an array contains a bare scalar. */
export function containsJsonb(a: string, b: string, isTop = true): boolean {
  const [kindA, kindB] = [jsonKind(a), jsonKind(b)]
  if (kindA === 'object' && kindB === 'object') {
    const members = new Map(jsonMembers(a)!)
    return jsonMembers(b)!.every(([key, value]) => {
      const mine = members.get(key)
      return mine !== undefined && containsJsonb(mine, value, false)
    })
  }
  if (kindA === 'array' && kindB === 'array') {
    const mine = jsonElements(a)!
    return jsonElements(b)!.every(element => mine.some(one => containsJsonb(one, element, false)))
  }
  if (isTop && kindA === 'array' && kindB !== 'object') {
    return jsonElements(a)!.some(one => jsonKind(one) === kindB && compareJsonb(one, b) === 0)
  }
  return kindA === kindB && compareJsonb(a, b) === 0
}
