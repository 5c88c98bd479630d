// UUID text and its 16 big-endian bytes. Input is as liberal as PostgreSQL's: upper or lower case, optional
// braces, and a hyphen allowed after any group of four digits; output is the lower-case 8-4-4-4-12 form.

import { CODE, DatabaseError } from './errors.ts'

const HEX: string[] = []
for (let i = 0; i < 256; i++) HEX.push(i.toString(16).padStart(2, '0'))

/** Text to 16 bytes. Throws 22P02. */
export function parseUuid(text: string): Uint8Array {
  const bare = text.startsWith('{') && text.endsWith('}') ? text.slice(1, -1) : text
  if (!/^(?:[0-9a-fA-F]{4}-?){7}[0-9a-fA-F]{4}$/.test(bare)) {
    throw new DatabaseError(CODE.INVALID_TEXT, `invalid input syntax for type uuid: "${text}"`)
  }
  return hexToBytes(bare.replaceAll('-', ''))
}

/** 16 bytes to lower-case text with hyphens. */
export function formatUuid(bytes: Uint8Array): string {
  const hex = bytesToHex(bytes)
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

/** Pairs of hexadecimal digits, already validated, to bytes. */
export function hexToBytes(hex: string): Uint8Array {
  const bytes = new Uint8Array(hex.length >> 1)
  for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16)
  return bytes
}

/** Lower-case hexadecimal digits of the bytes. */
export function bytesToHex(bytes: Uint8Array): string {
  let hex = ''
  for (let i = 0; i < bytes.length; i++) hex += HEX[bytes[i]!]
  return hex
}
