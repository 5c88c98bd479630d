// Dense ids for values: the hash tables of grouping and DISTINCT. Id 0 is NULL; values get 1, 2, 3, … in
// order of appearance. Integers of up to 64 bits (and floats by their normalised bits, and pairs of ids)
// live in linear memory, where WebAssembly kernels probe the same table:
//
//   table    capacity (a power of two) slots of 16 bytes: low word, high word, id (0 = empty), unused
//   keys     by id: low word, high word
//   hash     h = (low ^ high * 0x85ebca6b) * 0x9e3779b1; h ^= h >>> 15; slot = h & mask, then linear probing
//
// Everything else (text, bytes, wide decimals) is in a JavaScript Map.
import type { Integer } from '../../src/base/decimal.ts'
import { canonicalInteger } from '../../src/base/decimal.ts'
import { decodeInterval, intervalOrder } from '../../src/base/interval.ts'
import type { Scalar, SqlType } from '../../src/base/types.ts'
import { isText, physicalOf } from '../../src/base/types.ts'
import type { Dictionary } from '../../storage/column-buffers.ts'
import type { Arena } from '../../storage/memory/arena.ts'
import type { LinearMemory } from '../../storage/memory/linear-memory.ts'
import { dictionaryText } from '../vector/reader.ts'
import { readBytes } from '../vector/memory-access.ts'

export const HASH_HIGH = 0x85ebca6b | 0
export const HASH_MULTIPLIER = 0x9e3779b1 | 0
const FIRST_CAPACITY = 256

/** Ids of values of one type. */
export interface IdMap {
  /** Ids given so far; the next one is count + 1. */
  readonly count: number
  /** Id of a value that is not null. */
  identify(value: Scalar): number
  /** The value of an id; null for 0. */
  valueOf(id: number): Scalar
}

/** Ids of 64-bit keys in linear memory. */
export class WordMap implements IdMap {
  count = 0
  tablePtr: number
  keysPtr: number
  mask: number
  private readonly memory: LinearMemory
  private readonly arena: Arena
  private readonly isFloat: boolean

  constructor(memory: LinearMemory, arena: Arena, isFloat = false) {
    this.memory = memory
    this.arena = arena
    this.isFloat = isFloat
    this.mask = FIRST_CAPACITY - 1
    this.tablePtr = arena.allocateZeroed(FIRST_CAPACITY * 16)
    this.keysPtr = arena.allocate((FIRST_CAPACITY / 2 + 1) * 8)
  }

  identify(value: Scalar): number {
    if (this.isFloat) return this.identifyFloat(value as number)
    if (typeof value === 'number') return this.pair(value >>> 0, Math.floor(value / 4294967296) >>> 0)
    const word = BigInt.asUintN(64, value as bigint)
    return this.pair(Number(word & 0xffffffffn), Number(word >> 32n))
  }

  // NaN is one value and -0 is 0.
  private identifyFloat(value: number): number {
    FLOAT[0] = Number.isNaN(value) ? NaN : value + 0
    return this.pair(WORDS[0]!, WORDS[1]!)
  }

  /** Id of the pair (low, high) of unsigned words. */
  pair(low: number, high: number): number {
    if (this.count * 2 > this.mask) this.grow(this.count + 1)
    const { u32 } = this.memory
    let hash = Math.imul(low ^ Math.imul(high, HASH_HIGH), HASH_MULTIPLIER)
    hash ^= hash >>> 15
    const { mask, tablePtr } = this
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const at = (tablePtr >>> 2) + slot * 4
      const id = u32[at + 2]!
      if (id === 0) return this.insert(at, low, high)
      if (u32[at] === low && u32[at + 1] === high) return id
    }
  }

  private insert(at: number, low: number, high: number): number {
    const { u32 } = this.memory
    const id = ++this.count
    u32[at] = low
    u32[at + 1] = high
    u32[at + 2] = id
    const key = (this.keysPtr >>> 2) + 2 * id
    u32[key] = low
    u32[key + 1] = high
    return id
  }

  /** Makes room for `extra` more ids, so that a kernel over a batch need not grow the table. */
  reserve(extra: number): void {
    if ((this.count + extra) * 2 > this.mask) this.grow(this.count + extra)
  }

  private grow(wanted: number): void {
    const { memory, arena } = this
    let capacity = this.mask + 1
    while (wanted * 2 >= capacity) capacity *= 2
    const keys = arena.allocate((capacity / 2 + 1) * 8)
    memory.u8.copyWithin(keys, this.keysPtr, this.keysPtr + (this.count + 1) * 8)
    this.keysPtr = keys
    this.tablePtr = arena.allocateZeroed(capacity * 16)
    this.mask = capacity - 1
    this.refill()
  }

  private refill(): void {
    const { u32 } = this.memory
    const { mask, tablePtr, keysPtr, count } = this
    for (let id = 1; id <= count; id++) {
      const low = u32[(keysPtr >>> 2) + 2 * id]!
      const high = u32[(keysPtr >>> 2) + 2 * id + 1]!
      let hash = Math.imul(low ^ Math.imul(high, HASH_HIGH), HASH_MULTIPLIER)
      hash ^= hash >>> 15
      let slot = hash & mask
      while (u32[(tablePtr >>> 2) + slot * 4 + 2] !== 0) slot = (slot + 1) & mask
      const at = (tablePtr >>> 2) + slot * 4
      u32[at] = low
      u32[at + 1] = high
      u32[at + 2] = id
    }
  }

  /** Low word of an id's key: the left id of a pair. */
  lowOf(id: number): number {
    return this.memory.u32[(this.keysPtr >>> 2) + 2 * id]!
  }

  /** High word of an id's key: the right id of a pair. */
  highOf(id: number): number {
    return this.memory.u32[(this.keysPtr >>> 2) + 2 * id + 1]!
  }

  valueOf(id: number): Scalar {
    if (id === 0) return null
    const low = this.lowOf(id)
    const high = this.highOf(id)
    if (this.isFloat) {
      WORDS[0] = low
      WORDS[1] = high
      return FLOAT[0]!
    }
    const value = (high | 0) * 4294967296 + low
    return Number.isSafeInteger(value) ? value : canonicalInteger((BigInt(high | 0) << 32n) | BigInt(low))
  }
}

const FLOAT = new Float64Array(1)
const WORDS = new Uint32Array(FLOAT.buffer)

/** Ids of texts, byte strings, intervals and wide decimals. */
export class ObjectMap implements IdMap {
  private readonly ids = new Map<string | number | bigint, number>()
  private readonly values: Scalar[] = [null]
  private readonly keyOf: (value: Scalar) => string | number | bigint

  constructor(type: SqlType) {
    this.keyOf = objectKey(type)
  }

  get count(): number {
    return this.values.length - 1
  }

  identify(value: Scalar): number {
    const key = this.keyOf(value)
    let id = this.ids.get(key)
    if (id === undefined) {
      id = this.values.push(value) - 1
      this.ids.set(key, id)
    }
    return id
  }

  valueOf(id: number): Scalar {
    return this.values[id]!
  }
}

function objectKey(type: SqlType): (value: Scalar) => string | number | bigint {
  if (isText(type)) {
    return type.blankPadded ? value => (value as string).replace(/ +$/, '') : value => value as string
  }
  if (type.kind === 'interval') return value => intervalOrder(decodeInterval(value as Uint8Array))
  if (physicalOf(type) === 'bytes') return value => Buffer.from(value as Uint8Array).toString('latin1')
  return value => value as Integer
}

/** The map for values of a type. */
export function makeIdMap(memory: LinearMemory, arena: Arena, type: SqlType): WordMap | ObjectMap {
  const physical = physicalOf(type)
  if (physical === 'int') return new WordMap(memory, arena)
  if (physical === 'float') return new WordMap(memory, arena, true)
  return new ObjectMap(type)
}

/** Ids of dictionary codes: a u32 table in linear memory that follows the dictionary of each batch. */
export class Recoder {
  tablePtr = 0
  private capacity = 0
  private dictionaryId = -1
  private readonly memory: LinearMemory
  private readonly arena: Arena
  private readonly map: ObjectMap
  private readonly type: SqlType

  constructor(memory: LinearMemory, arena: Arena, map: ObjectMap, type: SqlType) {
    this.memory = memory
    this.arena = arena
    this.map = map
    this.type = type
  }

  /** Makes the table fit a dictionary. Cost: one map look-up per entry when the dictionary changed. */
  prepare(dictionary: Dictionary): void {
    if (dictionary.id === this.dictionaryId) return
    if (dictionary.count > this.capacity) {
      this.capacity = Math.max(256, dictionary.count * 2)
      this.tablePtr = this.arena.allocate(this.capacity * 4)
    }
    const { u32 } = this.memory
    for (let code = 0; code < dictionary.count; code++) {
      u32[(this.tablePtr >>> 2) + code] = this.map.identify(this.entry(dictionary, code))
    }
    this.dictionaryId = dictionary.id
  }

  private entry(dictionary: Dictionary, code: number): Scalar {
    if (isText(this.type)) return dictionaryText(this.memory, dictionary, code)
    const at = (dictionary.viewsPtr >>> 2) + 2 * code
    return readBytes(this.memory, this.memory.u32[at]!, this.memory.u32[at + 1]!)
  }
}
