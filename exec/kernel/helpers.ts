// What printed JavaScript calls: exact integer arithmetic past 2^53, text access, and the throwing of
// run-time errors, kept out of the loops.
import type { Integer } from '../../src/base/decimal.ts'
import {
  addIntegers, canonicalInteger, checkPrecision, divideRounded, multiplyIntegers, pow10,
  subtractIntegers,
} from '../../src/base/decimal.ts'
import { CODE, DatabaseError } from '../../src/base/errors.ts'
import { typeName } from '../../src/base/types.ts'
import { compareUtf8 } from '../../src/base/utf8.ts'
import type { LinearMemory } from '../../storage/memory/linear-memory.ts'
import { edgeMask } from '../vector/batch.ts'
import { readBytes, readInt128, readInt64, readText, writeInt128, writeInt64 } from '../vector/memory-access.ts'
import { dictionaryText, stringsOf } from '../vector/reader.ts'
import type { Vector } from '../vector/vector.ts'
import type { Check } from './ir.ts'
import { MATCH } from './ir.ts'

function divisionByZero(): never {
  throw new DatabaseError(CODE.DIVISION_BY_ZERO, 'division by zero')
}

function overflow(check: Check, value: Integer): never {
  const { type } = check
  if (type.kind === 'decimal') checkPrecision(value, type.precision!, type.scale ?? 0)
  throw new DatabaseError(CODE.NUMERIC_OVERFLOW, `${typeName(type)} out of range: ${value}`)
}

function floatOverflow(what: 'overflow' | 'underflow', a: number, b: number): never {
  throw new DatabaseError(CODE.NUMERIC_OVERFLOW, `value out of range: ${what} (operands ${a} and ${b})`)
}

const isInfinite = (x: number): boolean => x === Infinity || x === -Infinity

/** Helpers that need no memory: enough for expressions without columns. */
export const VALUE_HELPERS = {
  noBytes: new Uint8Array(0),
  edge: edgeMask,
  add: addIntegers, sub: subtractIntegers, mul: multiplyIntegers,
  compareText: compareUtf8,
  divisionByZero, overflow,
  quotient(a: number, b: number): number {
    return b === 0 ? divisionByZero() : Math.trunc(a / b)
  },
  remainder(a: number, b: number): number {
    return b === 0 ? divisionByZero() : a % b
  },
  bigQuotient(a: Integer, b: Integer): Integer {
    return b === 0 ? divisionByZero() : canonicalInteger(BigInt(a) / BigInt(b))
  },
  bigRemainder(a: Integer, b: Integer): Integer {
    return b === 0 ? divisionByZero() : canonicalInteger(BigInt(a) % BigInt(b))
  },
  /** a / divisor rounded half away from zero; the remainder decides, so nothing is lost. */
  rounded(a: number, divisor: number): number {
    const rest = a % divisor
    const whole = (a - rest) / divisor
    return Math.abs(rest) * 2 < divisor ? whole : a < 0 ? whole - 1 : whole + 1
  },
  bigRounded(a: Integer, divisor: number): Integer {
    // 10^23 and up are no exact doubles.
    return canonicalInteger(divideRounded(BigInt(a), pow10(Math.round(Math.log10(divisor)))))
  },
  checkSum(result: number, a: number, b: number): void {
    if (isInfinite(result) && !isInfinite(a) && !isInfinite(b)) floatOverflow('overflow', a, b)
  },
  checkProduct(result: number, a: number, b: number): void {
    if (isInfinite(result) && !isInfinite(a) && !isInfinite(b)) floatOverflow('overflow', a, b)
    if (result === 0 && a !== 0 && b !== 0) floatOverflow('underflow', a, b)
  },
  checkQuotient(result: number, a: number, b: number): void {
    if (b === 0 && a === a) divisionByZero()
    if (isInfinite(result) && !isInfinite(a)) floatOverflow('overflow', a, b)
    if (result === 0 && a !== 0 && !isInfinite(b)) floatOverflow('underflow', a, b)
  },
}

/** Helpers over one memory. */
function makeHelpers(memory: LinearMemory) {
  const { u8 } = memory
  return {
    ...VALUE_HELPERS,
    read64: (address: number): Integer => readInt64(memory, address),
    read128: (address: number): Integer => readInt128(memory, address),
    write64: (address: number, value: Integer): void => writeInt64(memory, address, value),
    write128: (address: number, value: Integer): void => writeInt128(memory, address, value),
    copy16(from: number, to: number): void {
      memory.u8.copyWithin(to, from, from + 16)
    },
    /** A `match` node: 1 when the bytes at an address equal, start with, end with or contain a constant. */
    match(address: number, length: number, part: Uint8Array, kind: number): number {
      const spare = length - part.length
      if (spare < 0 || (kind === MATCH.whole && spare !== 0)) return 0
      const first = kind === MATCH.end ? spare : 0
      const last = kind === MATCH.anywhere ? spare : first
      for (let at = first; at <= last; at++) {
        let i = 0
        while (i < part.length && u8[address + at + i] === part[i]) i++
        if (i === part.length) return 1
      }
      return 0
    },
    text: (address: number, length: number): string => readText(memory, address, length),
    bytes: (address: number, length: number): Uint8Array => readBytes(memory, address, length),
    strings: (vector: Vector): (string | undefined)[] => stringsOf(memory, vector.dictionary!.id),
    decode: (vector: Vector, code: number): string => dictionaryText(memory, vector.dictionary!, code),
    codedBytes(vector: Vector, code: number): Uint8Array {
      const at = (vector.dictionary!.viewsPtr >>> 2) + 2 * code
      return readBytes(memory, memory.u32[at]!, memory.u32[at + 1]!)
    },
  }
}

export type Helpers = ReturnType<typeof makeHelpers>

const helpers = new WeakMap<LinearMemory, Helpers>()

/** The helpers of a memory, made once. */
export function helpersOf(memory: LinearMemory): Helpers {
  let known = helpers.get(memory)
  if (known === undefined) {
    known = makeHelpers(memory)
    helpers.set(memory, known)
  }
  return known
}
