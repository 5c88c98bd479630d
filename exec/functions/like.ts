// LIKE and ILIKE. A pattern is cut at its % into parts that must follow each other; the leftmost place of each part is
// always good enough for the ones behind it, so matching never goes back: at most text times pattern steps, whatever
// the pattern is. Parts without _ are found by indexOf.
//
//   a%b_c%d     head 'a'   middle ['b_c']   tail 'd'          no %: head is all there is
import { CODE, DatabaseError } from '../../src/base/errors.ts'

/** One part between two %: text, or code points where it has an _ (null). */
interface Part {
  readonly text: string
  readonly points: readonly (string | null)[] | null
}

interface Parts {
  readonly head: Part
  /** Null: no % at all, the head is the whole pattern. */
  readonly tail: Part | null
  readonly middle: readonly Part[]
}

/** Compiles a pattern. The escape character is one character, or empty for none. Throws 22023, 22025. */
export function compileLike(pattern: string, escape: string, ignoreCase: boolean): (text: string) => boolean {
  const parts = splitPattern(ignoreCase ? pattern.toLowerCase() : pattern, escape)
  const match = matcherOf(parts)
  return ignoreCase ? text => match(text.toLowerCase()) : match
}

function splitPattern(pattern: string, escape: string): Parts {
  const parts: Part[] = []
  let points: (string | null)[] = []
  const end = (): void => {
    const isPlain = points.every(point => point !== null)
    parts.push({ text: isPlain ? points.join('') : '', points: isPlain ? null : points })
    points = []
  }
  const chars = Array.from(pattern)
  for (let i = 0; i < chars.length; i++) {
    const char = chars[i]!
    if (escape !== '' && char === escape) {
      if (++i === chars.length) {
        throw new DatabaseError(CODE.INVALID_PARAMETER, `LIKE pattern must not end with escape character: "${pattern}"`)
      }
      points.push(chars[i]!)
    } else if (char === '%') end()
    else points.push(char === '_' ? null : char)
  }
  end()
  const head = parts[0]!
  if (parts.length === 1) return { head, middle: [], tail: null }
  const middle = parts.slice(1, -1).filter(part => part.text !== '' || part.points !== null)
  return { head, middle, tail: parts[parts.length - 1]! }
}

function matcherOf({ head, middle, tail }: Parts): (text: string) => boolean {
  if (tail === null) {
    return head.points === null ? text => text === head.text : text => endOfPart(head, text, 0) === text.length
  }
  if (middle.length === 0 && head.points === null && tail.points === null) {
    const [first, last] = [head.text, tail.text]
    const least = first.length + last.length
    return text => text.length >= least && text.startsWith(first) && text.endsWith(last)
  }
  return (text) => {
    let at = endOfPart(head, text, 0)
    if (at < 0) return false
    for (const part of middle) {
      at = findPart(part, text, at)
      if (at < 0) return false
    }
    return endsWithPart(tail, text, at)
  }
}

// Where the part ends when it stands at `at`, or -1.
function endOfPart(part: Part, text: string, at: number): number {
  if (part.points === null) return text.startsWith(part.text, at) ? at + part.text.length : -1
  let place = at
  for (const point of part.points) {
    if (place >= text.length) return -1
    if (point === null) place += text.codePointAt(place)! > 0xffff ? 2 : 1
    else if (text.startsWith(point, place)) place += point.length
    else return -1
  }
  return place
}

// End of the leftmost place of a part from `from` on, or -1.
function findPart(part: Part, text: string, from: number): number {
  if (part.points === null) {
    const at = text.indexOf(part.text, from)
    return at < 0 ? -1 : at + part.text.length
  }
  for (let at = from; at < text.length; at += text.codePointAt(at)! > 0xffff ? 2 : 1) {
    const end = endOfPart(part, text, at)
    if (end >= 0) return end
  }
  return -1
}

function endsWithPart(part: Part, text: string, from: number): boolean {
  if (part.points === null) return text.length - part.text.length >= from && text.endsWith(part.text)
  // The part has a fixed number of code points: step back so many from the end.
  let at = text.length
  for (let left = part.points.length; left > 0; left--) {
    if (at <= from) return false
    at -= at >= 2 && (text.charCodeAt(at - 1) & 0xfc00) === 0xdc00 ? 2 : 1
  }
  return at >= from && endOfPart(part, text, at) === text.length
}

/** A LIKE pattern that is a literal with `%` at its ends at most, or null. An empty escape means none. */
export function likeLiteral(
  pattern: string, escape: string,
): { literal: string; openStart: boolean; openEnd: boolean } | null {
  if (Array.from(escape).length > 1) return null
  const inner = pattern.replace(/^%+/, '').replace(/%+$/, '')
  if (/[%_]/.test(inner) || (escape !== '' && pattern.includes(escape))) return null
  return { literal: inner, openStart: pattern.startsWith('%'), openEnd: pattern.endsWith('%') }
}
