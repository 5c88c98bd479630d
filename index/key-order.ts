// Keys as numbers: order-preserving projections of every key type onto doubles, which is all the models see.
// A projection p keeps order, a <= b implies p(a) <= p(b), but may tie where a < b; whoever uses a search
// bound therefore ends with a comparison of full keys.
//
//   numbers       exact; -0 is 0; NaN sorts last and ties with +Infinity
//   bigint        rounded to the nearest double: exact up to 2^53, ties beyond. A group whose keys are large
//                 but close stays exact when the caller subtracts the group's first key beforehand.
//   bytes, text   the first 8 bytes past the common prefix of the group, as a big-endian number (rounded
// once,
//                 so ties within 2^11 at the low end), shorter keys padded with zero bytes
//   composite     a memcomparable encoding held as a latin1 string, one char per byte ("binary string")
//
// Text order is the order of UTF-8 bytes, which is code point order. JavaScript's `<` compares UTF-16 units
// and puts astral characters before U+E000..U+FFFF. Lone surrogates are refused (22021) before they get
// here; projections treat them as U+FFFD, as TextEncoder does.
const TWO_32 = 0x1_0000_0000

/** Any number to its place in key order; NaN goes to +Infinity, its tie. */
export function projectNumber(value: number): number {
  // -0 + 0 = 0
  return value !== value ? Infinity : value + 0
}

/** Monotone rounding of an integer of any width. Distinct values may tie beyond 2^53. */
export function projectBigint(value: bigint): number {
  return Number(value)
}

/**
 * The 8 bytes from offset + prefixLength on, of a key held in bytes[offset, offset + length), as a number.
 * The key must start with the group's prefix (see {@link projectBytesInGroup} for keys that may not).
 */
export function projectBytes(
  bytes: Uint8Array, offset: number, length: number, prefixLength: number,
): number {
  const at = offset + prefixLength
  const end = offset + length
  let high = 0
  let low = 0
  for (let i = 0; i < 4; i++) high = (high << 8) | (at + i < end ? bytes[at + i]! : 0)
  for (let i = 4; i < 8; i++) low = (low << 8) | (at + i < end ? bytes[at + i]! : 0)
  return (high >>> 0) * TWO_32 + (low >>> 0)
}

/**
 * {@link projectBytes}, or -Infinity / +Infinity for a key that lies before / after all keys with the prefix.
 */
export function projectBytesInGroup(bytes: Uint8Array, prefix: Uint8Array): number {
  for (let i = 0; i < prefix.length; i++) {
    if (i >= bytes.length || bytes[i]! < prefix[i]!) return -Infinity
    if (bytes[i]! > prefix[i]!) return Infinity
  }
  return projectBytes(bytes, 0, bytes.length, prefix.length)
}

/** {@link projectBytes} over a binary string (one char per byte). */
export function projectBinaryString(text: string, prefixLength: number): number {
  const end = text.length
  let high = 0
  let low = 0
  for (let i = 0; i < 4; i++) {
    high = (high << 8) | (prefixLength + i < end ? text.charCodeAt(prefixLength + i) : 0)
  }
  for (let i = 4; i < 8; i++) {
    low = (low << 8) | (prefixLength + i < end ? text.charCodeAt(prefixLength + i) : 0)
  }
  return (high >>> 0) * TWO_32 + (low >>> 0)
}

/** {@link projectBytesInGroup} over a binary string. */
export function projectBinaryStringInGroup(text: string, prefix: Uint8Array): number {
  for (let i = 0; i < prefix.length; i++) {
    const byte = i < text.length ? text.charCodeAt(i) : -1
    if (byte !== prefix[i]) return byte < prefix[i]! ? -Infinity : Infinity
  }
  return projectBinaryString(text, prefix.length)
}

const NO_PREFIX = new Uint8Array(0)

/** {@link projectBytes} over the UTF-8 bytes of a text, without making them. */
export function projectString(text: string, prefixLength: number): number {
  return projectUtf8(text, prefixLength, NO_PREFIX)
}

/** {@link projectBytesInGroup} over the UTF-8 bytes of a text, without making them. */
export function projectStringInGroup(text: string, prefix: Uint8Array): number {
  return projectUtf8(text, prefix.length, prefix)
}

// Streams the UTF-8 bytes of `text`: the first `skip` are compared with `prefix` (as far as it reaches), the
// next 8 fill high and low. Two words, because rounding 8 bytes more than once would break the order.
function projectUtf8(text: string, skip: number, prefix: Uint8Array): number {
  let high = 0
  let low = 0
  let at = 0
  const last = skip + 8
  for (let i = 0; i < text.length && at < last; i++) {
    let unit = text.charCodeAt(i)
    let pending = 0
    if (unit >= 0x80) {
      if (unit >= 0xd800 && unit < 0xe000) {
        unit = codePointAt(text, i)
        if (unit > 0xffff) i++
      }
      pending = unit < 0x800 ? 1 : unit < 0x10000 ? 2 : 3
    }
    for (let more = pending; more >= 0 && at < last; more--, at++) {
      const byte = pending === 0 ? unit
        : more === pending ? LEAD[pending]! | (unit >> (6 * more)) : 0x80 | ((unit >> (6 * more)) & 0x3f)
      if (at >= skip) {
        if (at < skip + 4) high = (high << 8) | byte
        else low = (low << 8) | byte
      } else if (at < prefix.length && byte !== prefix[at]) return byte < prefix[at]! ? -Infinity : Infinity
    }
  }
  if (at < prefix.length) return -Infinity
  const taken = at > skip ? at - skip : 0
  if (taken < 4) high = taken === 0 ? 0 : high << (8 * (4 - taken))
  if (taken > 4 && taken < 8) low = low << (8 * (8 - taken))
  return (high >>> 0) * TWO_32 + (low >>> 0)
}

// First byte's marker bits of a 2, 3 and 4 byte sequence.
const LEAD = [0, 0xc0, 0xe0, 0xf0]

function codePointAt(text: string, i: number): number {
  const point = text.codePointAt(i)!
  return point >= 0xd800 && point < 0xe000 ? 0xfffd : point
}

/** Number of leading bytes that two keys share. */
export function commonPrefixLength(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length)
  let i = 0
  while (i < length && a[i] === b[i]) i++
  return i
}

/** Order of two texts by UTF-8 bytes: negative, 0 or positive. No allocation. */
export function compareUtf8(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i)
    const y = b.charCodeAt(i)
    if (x !== y) return x < 0xd800 || y < 0xd800 ? x - y : codePointRank(x) - codePointRank(y)
  }
  return a.length - b.length
}

// Surrogates, which stand for points above U+FFFF, after U+E000..U+FFFF.
function codePointRank(unit: number): number {
  return unit < 0xe000 ? unit + 0x2800 : unit
}

/** Key order of numbers: NaN last and equal to itself, -0 equal to 0. */
export function compareNumbers(a: number, b: number): number {
  if (a < b) return -1
  if (a > b) return 1
  if (a === b) return 0
  return a === a ? -1 : b === b ? 1 : 0
}
