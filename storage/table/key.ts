// Primary keys as single comparable values. A table's KeyOrder is made once from its schema and answers
// how its keys compare, hash and project; everything above compares keys only through it.
//
//   mode    key columns                                 KeyValue
//   number  one int, float or wide column               number, or bigint when not a safe integer
//   text    one text column                             the string; order of its UTF-8 bytes
//   binary  one bytea / uuid column, or several columns binary string: one char per byte of the
//                                                       memcomparable encoding below; order of `<`
//
// Memcomparable: int 8 bytes big-endian with the sign bit flipped; float 8 bytes of the IEEE pattern,
// sign bit flipped (all bits when negative), NaN above everything; wide 16 bytes as int; text and bytes
// with 00 escaped as 00 FF and closed by 00 00. Encodings of one column are prefix-free, so a prefix of
// the key columns is a byte prefix of the key. A nullable column, which only the hidden table of a secondary
// index may have in its key, is 02 for NULL (so NULLs come last) or 01 and the encoding of its value.
import { assert } from '../../src/base/assert.ts'
import { CODE, DatabaseError } from '../../src/base/errors.ts'
import { isText, physicalOf } from '../../src/base/types.ts'
import type { Row, Scalar, SqlType, TableSchema } from '../../src/base/types.ts'
import { compareUtf8 } from '../../index/mod.ts'

export type KeyValue = number | bigint | string
export type KeyMode = 'number' | 'text' | 'binary'

/** Presence byte of a nullable part. */
const VALUE_PART = '\u0001'
const NULL_PART = '\u0002'

const encoder = new TextEncoder()
const floatBits = new DataView(new ArrayBuffer(8))

/** Order of the keys of one table. */
export class KeyOrder {
  readonly mode: KeyMode
  /** Ordinals of the key columns in the schema. */
  readonly columns: readonly number[]
  readonly types: readonly SqlType[]
  /** By place in the key: whether NULL is a value there. */
  readonly nullable: readonly boolean[]
  private readonly schema: TableSchema

  constructor(schema: TableSchema) {
    assert(schema.key.length > 0, 'a table has at least one key column')
    this.schema = schema
    this.columns = schema.key
    this.types = schema.key.map((c) => schema.columns[c]!.type)
    this.nullable = schema.key.map((c) => schema.index !== undefined && schema.columns[c]!.nullable)
    this.mode = this.chooseMode()
  }

  private chooseMode(): KeyMode {
    if (this.types.length > 1 || this.nullable[0] === true) return 'binary'
    const type = this.types[0]!
    if (physicalOf(type) !== 'bytes') return 'number'
    return isText(type) ? 'text' : 'binary'
  }

  /** Key of a full row; 23502 when a key column is NULL. */
  fromRow(row: Row): KeyValue {
    if (this.columns.length === 1) return this.single(row[this.columns[0]!]!)
    let out = ''
    for (let i = 0; i < this.columns.length; i++) out += this.encodeAt(i, row[this.columns[i]!]!)
    return out
  }

  /** Key from the key columns' values in key order; 23502 for NULL. */
  fromValues(values: readonly Scalar[]): KeyValue {
    assert(values.length === this.columns.length, 'a key needs one value per key column')
    if (values.length === 1) return this.single(values[0]!)
    return this.prefix(values)
  }

  /** Byte prefix shared by all keys that begin with these values (binary mode). */
  prefix(values: readonly Scalar[]): string {
    let out = ''
    for (let i = 0; i < values.length; i++) out += this.encodeAt(i, values[i]!)
    return out
  }

  private single(value: Scalar): KeyValue {
    if (this.mode === 'number' && value !== null) return typeof value === 'number' ? value + 0 : value as bigint
    if (this.mode === 'text' && typeof value === 'string') return value
    return this.encodeAt(0, value)
  }

  private encodeAt(i: number, value: Scalar): string {
    if (this.nullable[i]!) return value === null ? NULL_PART : VALUE_PART + encodeKeyPart(this.types[i]!, value)
    if (value === null) this.failNull(i)
    return encodeKeyPart(this.types[i]!, value)
  }

  private failNull(i: number): never {
    const name = this.schema.columns[this.columns[i]!]!.name
    throw new DatabaseError(CODE.NOT_NULL, `null value in key column "${name}" of table "${this.schema.name}"`)
  }

  /** Negative, 0 or positive. NaN sorts last and equals itself. */
  compare(a: KeyValue, b: KeyValue): number {
    if (this.mode === 'text') return compareUtf8(a as string, b as string)
    if (a < b) return -1
    if (a > b) return 1
    if (a === b) return 0
    return compareUnordered(a, b)
  }
}

// Neither less, greater nor identical: NaN, or a number against an equal bigint.
function compareUnordered(a: KeyValue, b: KeyValue): number {
  const aNaN = a !== a
  const bNaN = b !== b
  if (aNaN || bNaN) return aNaN ? (bNaN ? 0 : 1) : -1
  return 0
}

/** True for equal keys under any mode (values of one table are canonical, so === suffices save for NaN). */
export function sameKey(a: KeyValue, b: KeyValue): boolean {
  return a === b || (a !== a && b !== b)
}

/** 32-bit hash, equal for equal keys. */
export function hashKey(key: KeyValue): number {
  if (typeof key === 'number') return hashNumber(key)
  if (typeof key === 'string') return hashString(key)
  return hashBigInt(key)
}

// All 32-bit words count: scaled decimals share their low bits.
function hashBigInt(key: bigint): number {
  let h = key < 0n ? 0x5bd1e995 : 0x165667b1
  for (let rest = key; rest !== 0n && rest !== -1n; rest >>= 32n) {
    h = Math.imul(h ^ Number(BigInt.asIntN(32, rest)), 0x01000193)
    h ^= h >>> 15
  }
  return hashNumber(h)
}

function hashNumber(key: number): number {
  let h = key | 0
  if (h !== key) {
    // One pattern for every NaN; arithmetic makes several.
    floatBits.setFloat64(0, key === key ? key : 0)
    h = floatBits.getInt32(0) ^ Math.imul(floatBits.getInt32(4), 0x85ebca6b)
  }
  h = Math.imul(h ^ (h >>> 16), 0x7feb352d)
  h = Math.imul(h ^ (h >>> 15), 0x846ca68b)
  return h ^ (h >>> 16)
}

function hashString(key: string): number {
  let h = 0x811c9dc5 | 0
  for (let i = 0; i < key.length; i++) h = Math.imul(h ^ key.charCodeAt(i), 0x01000193)
  h = Math.imul(h ^ (h >>> 15), 0x846ca68b)
  return h ^ (h >>> 16)
}

/** Smallest binary string above every string that begins with `prefix`; null when there is none. */
export function prefixSuccessor(prefix: string): string | null {
  let end = prefix.length
  while (end > 0 && prefix.charCodeAt(end - 1) === 0xff) end--
  if (end === 0) return null
  return prefix.slice(0, end - 1) + String.fromCharCode(prefix.charCodeAt(end - 1) + 1)
}

function encodeKeyPart(type: SqlType, value: Scalar): string {
  switch (physicalOf(type)) {
    case 'int': return encodeInteger(value as number | bigint)
    case 'float': return encodeFloat(value as number)
    case 'wide': {
      const flipped = BigInt.asUintN(128, (value as bigint) ^ (1n << 127n))
      return fourBytes(Number(flipped >> 96n)) + fourBytes(Number((flipped >> 64n) & 0xffffffffn))
        + fourBytes(Number((flipped >> 32n) & 0xffffffffn)) + fourBytes(Number(flipped & 0xffffffffn))
    }
    case 'bytes': return escapeBytes(typeof value === 'string' ? encoder.encode(value) : value as Uint8Array)
  }
}

function encodeInteger(value: number | bigint): string {
  if (typeof value === 'number') {
    return fourBytes((Math.floor(value / 0x1_0000_0000) ^ 0x80000000) >>> 0) + fourBytes(value >>> 0)
  }
  const high = Number(BigInt.asIntN(32, value >> 32n))
  return fourBytes((high ^ 0x80000000) >>> 0) + fourBytes(Number(value & 0xffffffffn))
}

function encodeFloat(value: number): string {
  floatBits.setFloat64(0, value + 0)
  let high = floatBits.getUint32(0)
  let low = floatBits.getUint32(4)
  if (value !== value) return fourBytes(0xffffffff) + fourBytes(0xffffffff)
  if (high >= 0x80000000) {
    high = ~high >>> 0
    low = ~low >>> 0
  } else high = (high ^ 0x80000000) >>> 0
  return fourBytes(high) + fourBytes(low)
}

function fourBytes(word: number): string {
  return String.fromCharCode(word >>> 24, (word >>> 16) & 255, (word >>> 8) & 255, word & 255)
}

function escapeBytes(bytes: Uint8Array): string {
  let out = ''
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i]!
    out += byte === 0 ? '\u0000\u00ff' : String.fromCharCode(byte)
  }
  return out + '\u0000\u0000'
}
