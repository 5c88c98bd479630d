// Text form of byte strings: hexadecimal `\x0a0b` (the output form) and the older escape form, in which a
// byte is its ASCII character, `\\` or a backslash with three octal digits. Non-ASCII input characters
// stand for their UTF-8 bytes, as in PostgreSQL.

import { CODE, DatabaseError } from './errors.ts'
import { bytesToHex, hexToBytes } from './uuid.ts'

/** Text to bytes. Throws 22P02, or 22023 for bad hexadecimal digits. */
export function parseBytea(text: string): Uint8Array {
  if (text.startsWith('\\x')) {
    const hex = text.slice(2).replace(/\s/g, '')
    if (hex.length % 2 !== 0) {
      throw new DatabaseError(CODE.INVALID_PARAMETER, `invalid hexadecimal data: odd number of digits in "${text}"`)
    }
    if (!/^[0-9a-fA-F]*$/.test(hex)) {
      throw new DatabaseError(CODE.INVALID_PARAMETER, `invalid hexadecimal digit in "${text}"`)
    }
    return hexToBytes(hex)
  }
  const source = new TextEncoder().encode(text)
  if (!text.includes('\\')) return source
  const bytes: number[] = []
  for (let i = 0; i < source.length; i++) {
    if (source[i] !== 92) {
      bytes.push(source[i]!)
    } else if (source[i + 1] === 92) {
      bytes.push(92)
      i++
    } else {
      const octal = String.fromCharCode(...source.subarray(i + 1, i + 4))
      if (!/^[0-3][0-7][0-7]$/.test(octal)) {
        throw new DatabaseError(CODE.INVALID_TEXT, `invalid input syntax for type bytea: "${text}"`)
      }
      bytes.push(Number.parseInt(octal, 8))
      i += 3
    }
  }
  return Uint8Array.from(bytes)
}

/** Bytes to `\x…`. */
export function formatBytea(bytes: Uint8Array): string {
  return '\\x' + bytesToHex(bytes)
}
