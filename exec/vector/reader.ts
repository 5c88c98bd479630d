// Values of vectors as Scalars: results, sorting of small things, dictionary entries in kernels. Nothing is
// allocated but the value; texts of dictionaries are decoded once.
import type { Scalar } from '../../src/base/types.ts'
import { isText } from '../../src/base/types.ts'
import type { Dictionary } from '../../storage/column-buffers.ts'
import { LAYOUT } from '../../storage/column-buffers.ts'
import type { LinearMemory } from '../../storage/memory/linear-memory.ts'
import { readBytes, readInt128, readInt64, readText } from './memory-access.ts'
import { addIntegers } from '../../src/base/decimal.ts'
import type { Vector } from './vector.ts'

// Decoded dictionary entries by dictionary id, filled on demand. Old dictionaries go first.
const CACHED_DICTIONARIES = 256
const caches = new WeakMap<LinearMemory, Map<number, (string | undefined)[]>>()

/** Decoded entries of a dictionary by code, undefined where not decoded yet. */
export function stringsOf(memory: LinearMemory, id: number): (string | undefined)[] {
  let cache = caches.get(memory)
  if (cache === undefined) {
    cache = new Map()
    caches.set(memory, cache)
  }
  let strings = cache.get(id)
  if (strings === undefined) {
    if (cache.size >= CACHED_DICTIONARIES) cache.delete(cache.keys().next().value!)
    strings = []
    cache.set(id, strings)
  }
  return strings
}

/** Text of a dictionary entry; decoded once per dictionary. */
export function dictionaryText(memory: LinearMemory, dictionary: Dictionary, code: number): string {
  const strings = stringsOf(memory, dictionary.id)
  return strings[code] ?? decodeEntry(memory, dictionary, code, strings)
}

function decodeEntry(
  memory: LinearMemory, dictionary: Dictionary, code: number, strings: (string | undefined)[],
): string {
  const at = (dictionary.viewsPtr >>> 2) + 2 * code
  const text = readText(memory, memory.u32[at]!, memory.u32[at + 1]!)
  strings[code] = text
  return text
}

/** True when the row is NULL. */
export function isNull(memory: LinearMemory, vector: Vector, row: number): boolean {
  const { validityPtr } = vector
  return validityPtr !== 0 && ((memory.u8[validityPtr + (row >>> 3)]! >> (row & 7)) & 1) === 0
}

/** One value. Cost: a switch, plus decoding for text and bytes. */
export function readScalar(memory: LinearMemory, vector: Vector, row: number): Scalar {
  if (isNull(memory, vector, row)) return null
  const { layout, valuesPtr } = vector
  if (vector.dictionary !== null) return readDictionary(memory, vector, row)
  switch (layout) {
    case LAYOUT.U8: return rebase(memory.u8[valuesPtr + row]!, vector.base)
    case LAYOUT.U16: return rebase(memory.u16[(valuesPtr >>> 1) + row]!, vector.base)
    case LAYOUT.U32: return rebase(memory.u32[(valuesPtr >>> 2) + row]!, vector.base)
    case LAYOUT.I64: return readInt64(memory, valuesPtr + 8 * row)
    case LAYOUT.F32: return memory.f32[(valuesPtr >>> 2) + row]!
    case LAYOUT.F64: return memory.f64[(valuesPtr / 8) + row]!
    case LAYOUT.I128: return readInt128(memory, valuesPtr + 16 * row)
    default: return readView(memory, vector, (valuesPtr >>> 2) + 2 * row)
  }
}

function rebase(offset: number, base: number | bigint): number | bigint {
  if (typeof base === 'number') {
    const value = base + offset
    if (Number.isSafeInteger(value)) return value
  }
  return addIntegers(base, offset)
}

/** Code of a dictionary-coded row. */
export function readCode(memory: LinearMemory, vector: Vector, row: number): number {
  const { layout, valuesPtr } = vector
  if (layout === LAYOUT.U8) return memory.u8[valuesPtr + row]!
  return layout === LAYOUT.U16 ? memory.u16[(valuesPtr >>> 1) + row]! : memory.u32[(valuesPtr >>> 2) + row]!
}

function readDictionary(memory: LinearMemory, vector: Vector, row: number): Scalar {
  const dictionary = vector.dictionary!
  const code = readCode(memory, vector, row)
  if (isText(vector.type)) return dictionaryText(memory, dictionary, code)
  return readView(memory, vector, (dictionary.viewsPtr >>> 2) + 2 * code)
}

function readView(memory: LinearMemory, vector: Vector, at: number): string | Uint8Array {
  const address = memory.u32[at]!
  const length = memory.u32[at + 1]!
  return isText(vector.type) ? readText(memory, address, length) : readBytes(memory, address, length)
}
