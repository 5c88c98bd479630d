// Text facts that JavaScript strings do not give: order by UTF-8 bytes, length in characters, encoded size.
// JavaScript compares UTF-16 code units, which differs from UTF-8 (= code point) order only where one side
// has a surrogate and the other a unit in U+E000..U+FFFF.

import { CODE, DatabaseError } from './errors.ts'

/** Three-way comparison in the order of the UTF-8 bytes. Cost: one pass to the first difference. */
export function compareUtf8(a: string, b: string): number {
  if (a === b) return 0
  const shared = Math.min(a.length, b.length)
  for (let i = 0; i < shared; i++) {
    const left = a.charCodeAt(i)
    const right = b.charCodeAt(i)
    if (left === right) continue
    if (left >= 0xd800 && right >= 0xd800) return codePointRank(left) < codePointRank(right) ? -1 : 1
    return left < right ? -1 : 1
  }
  return a.length < b.length ? -1 : 1
}

/** Moves surrogates (astral characters) above U+E000..U+FFFF. */
function codePointRank(unit: number): number {
  return unit >= 0xe000 ? unit - 0x800 : unit + 0x2000
}

/** Bytes of the text in UTF-8. The text must be well formed. */
export function utf8Length(text: string): number {
  let bytes = text.length
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit < 0x80) continue
    // A surrogate pair is two units and four bytes, so each half adds one.
    bytes += unit < 0x800 || (unit >= 0xd800 && unit < 0xe000) ? 1 : 2
  }
  return bytes
}

/** Length in characters (code points). */
export function characterCount(text: string): number {
  let count = text.length
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit >= 0xd800 && unit < 0xdc00) {
      count--
      i++
    }
  }
  return count
}

/** The first `count` characters. */
export function firstCharacters(text: string, count: number): string {
  if (text.length <= count) return text
  let end = 0
  for (let taken = 0; taken < count && end < text.length; taken++) {
    const unit = text.charCodeAt(end)
    end += unit >= 0xd800 && unit < 0xdc00 ? 2 : 1
  }
  return text.slice(0, end)
}

/** A method of every string since ES2024, and in Node 20; it knows of Latin-1 strings without looking at them. */
interface WellFormedText {
  isWellFormed(): boolean
}

/** Index of the first lone surrogate, or -1 when the text is well formed. */
function loneSurrogateAt(text: string): number {
  if ((text as unknown as WellFormedText).isWellFormed()) return -1
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit < 0xd800 || unit > 0xdfff) continue
    const next = text.charCodeAt(i + 1)
    if (unit >= 0xdc00 || !(next >= 0xdc00 && next <= 0xdfff)) return i
    i++
  }
  return -1
}

/** Returns its argument; throws 22021 when it holds a lone surrogate, which UTF-8 cannot encode. */
export function checkWellFormed(text: string): string {
  const at = loneSurrogateAt(text)
  if (at < 0) return text
  const unit = text.charCodeAt(at).toString(16).toUpperCase()
  throw new DatabaseError(CODE.INVALID_ENCODING, `text has a lone surrogate U+${unit} at character ${at + 1}`)
}

/** Three-way lexicographic comparison of byte strings. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const shared = Math.min(a.length, b.length)
  for (let i = 0; i < shared; i++) {
    if (a[i] !== b[i]) return a[i]! < b[i]! ? -1 : 1
  }
  return a.length - b.length
}
