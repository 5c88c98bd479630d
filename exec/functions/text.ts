// Text functions. They count characters (code points) as PostgreSQL does: `characters` splits a string
// only when it holds surrogates, so plain text pays nothing.
import { createHash } from 'node:crypto'
import { CODE, DatabaseError } from '../../src/base/errors.ts'
import type { Scalar, SqlType } from '../../src/base/types.ts'
import { TEXT, isText } from '../../src/base/types.ts'
import { castScalar } from '../../src/base/scalar-cast.ts'
import { characterCount, utf8Length } from '../../src/base/utf8.ts'
import { bytesToHex, hexToBytes } from '../../src/base/uuid.ts'
import type { CallContext, FunctionEntry } from './entry.ts'
import { scalar, typed } from './entry.ts'

const SURROGATE = /[\ud800-\udfff]/
const LONGEST = 1 << 28

/** The characters of a text: the string itself when every code unit is one, else an array. */
function characters(text: string): string | string[] {
  return SURROGATE.test(text) ? Array.from(text) : text
}

function slice(chars: string | string[], from: number, to?: number): string {
  return typeof chars === 'string' ? chars.slice(from, to) : chars.slice(from, to).join('')
}

function substring(text: string, start: number, count: number): string {
  if (count < 0) throw new DatabaseError(CODE.SUBSTRING, `negative substring length not allowed: ${count}`)
  const from = Math.max(1, start)
  const end = Math.max(from, start + count)
  return slice(characters(text), from - 1, end - 1)
}

function left(text: string, count: number): string {
  return slice(characters(text), 0, count < 0 ? Math.max(0, characterCount(text) + count) : count)
}

function right(text: string, count: number): string {
  const total = characterCount(text)
  return slice(characters(text), count < 0 ? Math.min(total, -count) : Math.max(0, total - count))
}

function pad(text: string, width: number, fill: string, atLeft: boolean): string {
  if (width <= 0) return ''
  if (width > LONGEST) throw new DatabaseError(CODE.PROGRAM_LIMIT, `requested length too large: ${width}`)
  const chars = characters(text)
  if (chars.length >= width || fill === '') return slice(chars, 0, width)
  const fillers = characters(fill)
  let padding = ''
  for (let i = 0; i < width - chars.length; i++) padding += fillers[i % fillers.length]!
  return atLeft ? padding + text : text + padding
}

function trim(text: string, set: string, side: 'both' | 'start' | 'end'): string {
  const chars = characters(text)
  const drop = new Set(Array.from(set))
  let first = 0
  let end = chars.length
  if (side !== 'end') while (first < end && drop.has(chars[first]!)) first++
  if (side !== 'start') while (end > first && drop.has(chars[end - 1]!)) end--
  return slice(chars, first, end)
}

function trimmer(name: string, side: 'both' | 'start' | 'end', names: string[]): FunctionEntry[] {
  return [
    scalar(name, 'text -> text', (text: string) => trim(text, ' ', side), { names }),
    scalar(name, 'text, text -> text', (text: string, set: string) => trim(text, set, side), { names }),
  ]
}

/** 1-based character position of the first occurrence, 0 when there is none. */
function position(text: string, part: string): number {
  const at = text.indexOf(part)
  return at <= 0 ? at + 1 : characterCount(text.slice(0, at)) + 1
}

function splitPart(text: string, separator: string, field: number): string {
  if (field === 0) throw new DatabaseError(CODE.INVALID_PARAMETER, 'field position must not be zero')
  const parts = separator === '' ? [text] : text.split(separator)
  return parts.at(field > 0 ? field - 1 : field) ?? ''
}

function repeat(text: string, count: number): string {
  if (count <= 0) return ''
  if (text.length * count > LONGEST) {
    throw new DatabaseError(CODE.PROGRAM_LIMIT, `requested length too large: ${text.length} * ${count}`)
  }
  return text.repeat(count)
}

function initcap(text: string): string {
  return text.toLowerCase().replace(/[\p{L}\p{N}]+/gu, word => {
    const first = String.fromCodePoint(word.codePointAt(0)!)
    return first.toUpperCase() + word.slice(first.length)
  })
}

function translate(text: string, from: string, to: string): string {
  const target = Array.from(to)
  const map = new Map<string, string>()
  Array.from(from).forEach((char, i) => {
    if (!map.has(char)) map.set(char, target[i] ?? '')
  })
  let out = ''
  for (const char of text) out += map.get(char) ?? char
  return out
}

function overlay(text: string, replacement: string, start: number, count: number): string {
  if (start <= 0) throw new DatabaseError(CODE.SUBSTRING, 'negative substring length not allowed')
  const chars = characters(text)
  return slice(chars, 0, start - 1) + replacement + slice(chars, Math.max(0, start - 1 + count))
}

function chr(code: number): string {
  if (code === 0) throw new DatabaseError(CODE.PROGRAM_LIMIT, 'null character not permitted')
  if (code < 0 || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) {
    throw new DatabaseError(CODE.PROGRAM_LIMIT, `requested character not valid for encoding: ${code}`)
  }
  return String.fromCodePoint(code)
}

/** Text form of any Scalar, as concat() and format() show it. */
function textOf(type: SqlType): (value: Scalar) => string {
  if (isText(type)) return value => value as string
  if (type.kind === 'boolean') return value => value === 1 ? 't' : 'f'
  return value => castScalar(type, TEXT, value) as string
}

function concatAll({ args }: CallContext): (...values: Scalar[]) => Scalar {
  const shows = args.map(textOf)
  return (...values) => {
    let out = ''
    for (let i = 0; i < values.length; i++) if (values[i] !== null) out += shows[i]!(values[i]!)
    return out
  }
}

function concatWith({ args }: CallContext): (...values: Scalar[]) => Scalar {
  const shows = args.map(textOf)
  return (separator, ...values) => {
    if (separator === null) return null
    const parts: string[] = []
    values.forEach((value, i) => {
      if (value !== null) parts.push(shows[i + 1]!(value))
    })
    return parts.join(separator as string)
  }
}

/** Escapes only where it must: an identifier is quoted when it is not plain lower case. */
function quoteIdent(text: string): string {
  return /^[a-z_][a-z0-9_$]*$/.test(text) ? text : `"${text.replaceAll('"', '""')}"`
}

const encodeText = (text: string): Uint8Array => new TextEncoder().encode(text)

function joinBytes(a: Uint8Array, b: Uint8Array): Uint8Array {
  const out = new Uint8Array(a.length + b.length)
  out.set(a)
  out.set(b, a.length)
  return out
}

function encode(bytes: Uint8Array, format: string): string {
  if (format === 'hex') return bytesToHex(bytes)
  if (format === 'base64') return Buffer.from(bytes).toString('base64').replace(/(.{76})(?=.)/g, '$1\n')
  if (format === 'escape') {
    return Array.from(bytes, byte => byte === 92 ? '\\\\' : byte === 0 || byte > 127
      ? `\\${byte.toString(8).padStart(3, '0')}` : String.fromCharCode(byte)).join('')
  }
  throw new DatabaseError(CODE.INVALID_PARAMETER, `unrecognized encoding: "${format}"`)
}

function decode(text: string, format: string): Uint8Array {
  if (format === 'hex') {
    const digits = text.replace(/\s/g, '')
    if (digits.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(digits)) {
      throw new DatabaseError(CODE.INVALID_PARAMETER, `invalid hexadecimal data: "${text}"`)
    }
    return hexToBytes(digits)
  }
  if (format === 'base64') return Uint8Array.from(Buffer.from(text, 'base64'))
  throw new DatabaseError(CODE.INVALID_PARAMETER, `unrecognized encoding: "${format}"`)
}

const LENGTH = ['length', 'char_length', 'character_length']
const SUBSTRING = ['substr', 'substring']

export const TEXT_FUNCTIONS: readonly FunctionEntry[] = [
  scalar('length', 'text -> integer', characterCount, { names: LENGTH }),
  scalar('length', 'bytea -> integer', (bytes: Uint8Array) => bytes.length, { names: ['length'] }),
  scalar('octet_length', 'text -> integer', utf8Length),
  scalar('octet_length', 'bytea -> integer', (bytes: Uint8Array) => bytes.length),
  scalar('bit_length', 'text -> integer', (text: string) => utf8Length(text) * 8),
  scalar('lower', 'text -> text', (text: string) => text.toLowerCase()),
  scalar('upper', 'text -> text', (text: string) => text.toUpperCase()),
  scalar('initcap', 'text -> text', initcap),
  ...trimmer('btrim', 'both', ['btrim', 'trim']),
  ...trimmer('ltrim', 'start', ['ltrim']), ...trimmer('rtrim', 'end', ['rtrim']),
  scalar('substr', 'text, integer -> text', (text: string, start: number) => substring(text, start, 0x7fffffff),
    { names: SUBSTRING }),
  scalar('substr', 'text, integer, integer -> text', substring, { names: SUBSTRING }),
  scalar('left', 'text, integer -> text', left), scalar('right', 'text, integer -> text', right),
  scalar('lpad', 'text, integer -> text', (text: string, width: number) => pad(text, width, ' ', true)),
  scalar('lpad', 'text, integer, text -> text',
    (text: string, width: number, fill: string) => pad(text, width, fill, true)),
  scalar('rpad', 'text, integer -> text', (text: string, width: number) => pad(text, width, ' ', false)),
  scalar('rpad', 'text, integer, text -> text',
    (text: string, width: number, fill: string) => pad(text, width, fill, false)),
  scalar('replace', 'text, text, text -> text',
    (text: string, from: string, to: string) => from === '' ? text : text.replaceAll(from, () => to)),
  scalar('strpos', 'text, text -> integer', position, { names: ['strpos', 'position', 'instr'] }),
  scalar('split_part', 'text, text, integer -> text', splitPart),
  scalar('repeat', 'text, integer -> text', repeat),
  scalar('reverse', 'text -> text', (text: string) => Array.from(text).reverse().join('')),
  scalar('starts_with', 'text, text -> boolean', (text: string, part: string) => text.startsWith(part) ? 1 : 0,
    { names: ['starts_with', '^@'] }),
  scalar('ends_with', 'text, text -> boolean', (text: string, part: string) => text.endsWith(part) ? 1 : 0),
  scalar('contains', 'text, text -> boolean', (text: string, part: string) => text.includes(part) ? 1 : 0),
  scalar('ascii', 'text -> integer', (text: string) => text.codePointAt(0) ?? 0, { names: ['ascii', 'unicode'] }),
  scalar('chr', 'integer -> text', chr),
  scalar('md5', 'text -> text', (text: string) => createHash('md5').update(text).digest('hex')),
  scalar('md5', 'bytea -> text', (bytes: Uint8Array) => createHash('md5').update(bytes).digest('hex')),
  scalar('sha256', 'bytea -> bytea',
    (bytes: Uint8Array) => Uint8Array.from(createHash('sha256').update(bytes).digest())),
  scalar('normalize', 'text -> text', (text: string) => text.normalize('NFC')),
  scalar('normalize', 'text, text -> text', (text: string, form: string) => text.normalize(form.toUpperCase())),
  scalar('translate', 'text, text, text -> text', translate),
  scalar('overlay', 'text, text, integer -> text',
    (text: string, part: string, start: number) => overlay(text, part, start, characterCount(part))),
  scalar('overlay', 'text, text, integer, integer -> text', overlay),
  scalar('to_hex', 'bigint -> text', (value: number | bigint) => BigInt.asUintN(64, BigInt(value)).toString(16)),
  scalar('quote_ident', 'text -> text', quoteIdent),
  scalar('encode', 'bytea, text -> text', encode), scalar('decode', 'text, text -> bytea', decode),
  scalar('convert_to', 'text, text -> bytea', encodeText),
  typed('concat_text', 'any... -> text', concatAll, { names: ['concat'], lax: true }),
  typed('concat_ws', 'text, any... -> text', concatWith, { lax: true }),
  scalar('concat', 'text, text -> text', (a: string, b: string) => a + b, { names: [] }),
  scalar('concat', 'bytea, bytea -> bytea', joinBytes, { names: [] }),
  scalar('substr', 'bytea, integer, integer -> bytea',
    (bytes: Uint8Array, start: number, count: number) =>
      bytes.slice(Math.max(0, start - 1), Math.max(0, start - 1 + count)), { names: SUBSTRING }),
]
