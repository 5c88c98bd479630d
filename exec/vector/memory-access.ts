// Reading and writing single values in linear memory: 64- and 128-bit integers as canonical Integers
// (number when safe, else bigint), text and bytes. Addresses go up to 2^32, so shifts are unsigned.
import type { Integer } from '../../src/base/decimal.ts'
import { canonicalInteger } from '../../src/base/decimal.ts'
import { utf8Length } from '../../src/base/utf8.ts'
import type { LinearMemory } from '../../storage/memory/linear-memory.ts'

const TWO32 = 4294967296
const buffers = new WeakMap<LinearMemory, Buffer>()

/** A Node Buffer over the whole memory, made once: its text codecs are the fastest there are. */
export function bufferOf(memory: LinearMemory): Buffer {
  let buffer = buffers.get(memory)
  if (buffer === undefined) {
    buffer = Buffer.from(memory.memory.buffer)
    buffers.set(memory, buffer)
  }
  return buffer
}

/** int64 at an 8-byte aligned address. */
export function readInt64(memory: LinearMemory, address: number): Integer {
  const at = address >>> 2
  const high = memory.i32[at + 1]!
  const value = high * TWO32 + memory.u32[at]!
  if (high >= -0x200000 && high < 0x200000 && value !== -9007199254740992) return value
  return memory.i64[at >>> 1]!
}

/** 16-byte two's complement integer at an 8-byte aligned address. */
export function readInt128(memory: LinearMemory, address: number): Integer {
  const at = address >>> 2
  const { u32, i32 } = memory
  const second = i32[at + 1]!
  const sign = second >> 31
  if (i32[at + 2] === sign && i32[at + 3] === sign && second >= -0x200000 && second < 0x200000) {
    const value = second * TWO32 + u32[at]!
    if (value !== -9007199254740992) return value
  }
  const low = BigInt.asUintN(64, memory.i64[at >>> 1]!)
  return canonicalInteger((memory.i64[(at >>> 1) + 1]! << 64n) | low)
}

/** Writes an Integer as int64 at an 8-byte aligned address. */
export function writeInt64(memory: LinearMemory, address: number, value: Integer): void {
  if (typeof value === 'number') {
    const at = address >>> 2
    const high = Math.floor(value / TWO32)
    memory.u32[at] = value - high * TWO32
    memory.i32[at + 1] = high
  } else memory.i64[address / 8] = value
}

/** Writes an Integer as 16 bytes of two's complement at an 8-byte aligned address. */
export function writeInt128(memory: LinearMemory, address: number, value: Integer): void {
  const at = address / 8
  if (typeof value === 'number') {
    writeInt64(memory, address, value)
    memory.i64[at + 1] = value < 0 ? -1n : 0n
  } else {
    memory.i64[at] = BigInt.asIntN(64, value)
    memory.i64[at + 1] = BigInt.asIntN(64, value >> 64n)
  }
}

/** UTF-8 text. Short ASCII is joined from char codes, which costs less than a call into the runtime. */
export function readText(memory: LinearMemory, address: number, length: number): string {
  if (length <= 12) {
    const u8 = memory.u8
    let text = ''
    for (let i = 0; i < length; i++) {
      const byte = u8[address + i]!
      if (byte >= 128) return bufferOf(memory).toString('utf8', address, address + length)
      text += String.fromCharCode(byte)
    }
    return text
  }
  return bufferOf(memory).toString('utf8', address, address + length)
}

/** A copy of bytes, owned by the caller. */
export function readBytes(memory: LinearMemory, address: number, length: number): Uint8Array {
  const copy = new Uint8Array(length)
  copy.set(memory.u8.subarray(address, address + length))
  return copy
}

/** Bytes that `writeText` will need: at most three per UTF-16 unit, exact for long texts. */
export function textBytesBound(text: string): number {
  return text.length < 64 ? text.length * 3 : utf8Length(text)
}

/** Writes UTF-8 and returns the number of bytes. */
export function writeText(memory: LinearMemory, address: number, text: string): number {
  const length = text.length
  if (length <= 16) {
    const u8 = memory.u8
    let i = 0
    for (; i < length; i++) {
      const unit = text.charCodeAt(i)
      if (unit >= 128) break
      u8[address + i] = unit
    }
    if (i === length) return length
  }
  return bufferOf(memory).write(text, address, 'utf8')
}
