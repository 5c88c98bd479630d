// Arrays as their PostgreSQL text, which is also their Scalar: {1,2,NULL}, {"a b","",c}. One dimension, elements from
// 1. Every value has one text (parseScalar), so arrays that are equal are equal texts.
import { CODE, DatabaseError } from './errors.ts'

/** An element is quoted when it is empty, reads as NULL, or holds what the syntax uses. */
const QUOTED = /^$|^null$|[{},"\\\s]/i

/** The text of an array with these element texts; null is NULL. */
export function formatArray(elements: readonly (string | null)[]): string {
  return `{${elements.map(one => one === null ? 'NULL' : QUOTED.test(one) ? quote(one) : one).join(',')}}`
}

function quote(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`
}

/** The element texts of an array's text. Throws 22P02 for what is no array, 0A000 for more than one dimension. */
export function parseArray(text: string): (string | null)[] {
  const body = text.trim()
  const fail = (detail: string): DatabaseError =>
    new DatabaseError(CODE.INVALID_TEXT, `malformed array literal: "${text}"`, { detail })
  if (!body.startsWith('{')) throw fail('Array value must start with "{".')
  const elements: (string | null)[] = []
  let at = skipBlanks(body, 1)
  if (body[at] === '}') {
    if (skipBlanks(body, at + 1) < body.length) throw fail('Junk after closing right brace.')
    return elements
  }
  for (;;) {
    if (body[at] === '{') {
      throw new DatabaseError(CODE.UNSUPPORTED, 'arrays of more than one dimension are not supported')
    }
    const [element, end] = body[at] === '"' ? quotedElement(body, at) : plainElement(body, at)
    if (end < 0) throw fail('Unexpected end of input.')
    if (element === '' && body[at] !== '"') throw fail('Unexpected array element.')
    elements.push(element)
    at = skipBlanks(body, end)
    if (body[at] === ',') at = skipBlanks(body, at + 1)
    else if (body[at] === '}') break
    else throw fail('Unexpected array element.')
  }
  if (skipBlanks(body, at + 1) < body.length) throw fail('Junk after closing right brace.')
  return elements
}

function skipBlanks(text: string, at: number): number {
  while (at < text.length && /\s/.test(text[at]!)) at++
  return at
}

function quotedElement(text: string, at: number): [string, number] {
  let element = ''
  for (let i = at + 1; i < text.length; i++) {
    if (text[i] === '"') return [element, i + 1]
    if (text[i] === '\\') i++
    element += text[i] ?? ''
  }
  return ['', -1]
}

function plainElement(text: string, at: number): [string | null, number] {
  let element = ''
  let isEscaped = false
  let i = at
  for (; i < text.length && text[i] !== ',' && text[i] !== '}'; i++) {
    if (text[i] === '\\') {
      isEscaped = true
      i++
    }
    element += text[i] ?? ''
  }
  if (i >= text.length) return ['', -1]
  const trimmed = element.trimEnd()
  return [!isEscaped && /^null$/i.test(trimmed) ? null : trimmed, i]
}
