// Functions of byte strings: single bytes and bits, search, trimming, text encodings, hashes, UUIDs. Bytes count from
// 0 in get_byte and set_byte, from 1 in substr and position, as in PostgreSQL.
import { createHash, randomUUID } from 'node:crypto'
import { CODE, DatabaseError } from '../../src/base/errors.ts'
import { checkWellFormed } from '../../src/base/utf8.ts'
import { parseUuid } from '../../src/base/uuid.ts'
import type { FunctionEntry } from './entry.ts'
import { scalar } from './entry.ts'

function checkIndex(index: number, length: number): void {
  if (index < 0 || index >= length) {
    throw new DatabaseError(CODE.ARRAY_SUBSCRIPT, `index ${index} out of valid range, 0..${length - 1}`)
  }
}

function getByte(bytes: Uint8Array, index: number): number {
  checkIndex(index, bytes.length)
  return bytes[index]!
}

function setByte(bytes: Uint8Array, index: number, value: number): Uint8Array {
  checkIndex(index, bytes.length)
  const changed = bytes.slice()
  changed[index] = value
  return changed
}

function getBit(bytes: Uint8Array, index: number): number {
  checkIndex(index, bytes.length * 8)
  return (bytes[index >> 3]! >> (index & 7)) & 1
}

function trim(bytes: Uint8Array, set: Uint8Array, side: 'both' | 'start' | 'end'): Uint8Array {
  let [first, end] = [0, bytes.length]
  if (side !== 'end') while (first < end && set.includes(bytes[first]!)) first++
  if (side !== 'start') while (end > first && set.includes(bytes[end - 1]!)) end--
  return bytes.slice(first, end)
}

function decodeText(bytes: Uint8Array, encoding: string): string {
  const name = encoding.replace(/[-_ ]/g, '').toLowerCase()
  if (name === 'latin1' || name === 'iso88591') return Buffer.from(bytes).toString('latin1')
  if (name !== 'utf8' && name !== 'unicode' && name !== 'sqlascii') {
    throw new DatabaseError(CODE.INVALID_PARAMETER, `invalid source encoding name "${encoding}"`)
  }
  try {
    return checkWellFormed(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes))
  } catch (cause) {
    throw new DatabaseError(CODE.INVALID_ENCODING, 'invalid byte sequence for encoding "UTF8"', { cause })
  }
}

const hash = (name: string): FunctionEntry => scalar(name, 'bytea -> bytea',
  (bytes: Uint8Array) => Uint8Array.from(createHash(name).update(bytes).digest()))
const indexOf = (bytes: Uint8Array, part: Uint8Array): number => Buffer.from(bytes).indexOf(part) + 1

export const BYTE_FUNCTIONS: readonly FunctionEntry[] = [
  scalar('get_byte', 'bytea, integer -> integer', getByte),
  scalar('set_byte', 'bytea, integer, integer -> bytea', setByte),
  scalar('get_bit', 'bytea, bigint -> integer', getBit),
  scalar('strpos', 'bytea, bytea -> integer', indexOf, { names: ['strpos', 'position'] }),
  scalar('substr', 'bytea, integer -> bytea', (bytes: Uint8Array, start: number) => bytes.slice(Math.max(0, start - 1)),
    { names: ['substr', 'substring'] }),
  scalar('btrim', 'bytea, bytea -> bytea', (bytes: Uint8Array, set: Uint8Array) => trim(bytes, set, 'both'),
    { names: ['btrim', 'trim'] }),
  scalar('ltrim', 'bytea, bytea -> bytea', (bytes: Uint8Array, set: Uint8Array) => trim(bytes, set, 'start')),
  scalar('rtrim', 'bytea, bytea -> bytea', (bytes: Uint8Array, set: Uint8Array) => trim(bytes, set, 'end')),
  scalar('convert_from', 'bytea, text -> text', decodeText),
  hash('sha224'), hash('sha384'), hash('sha512'),
  scalar('gen_random_uuid', '-> uuid', () => parseUuid(randomUUID()),
    { volatile: true, names: ['gen_random_uuid', 'uuid'] }),
]
