// What was written reads back; what was cut short or damaged raises XX001 and never reads outside.
import { describe, expect, test } from 'vitest'
import fc from 'fast-check'
import { ByteReader, ByteWriter } from './bytes.ts'
import { DatabaseError } from './errors.ts'

const source = { file: 'a.sdb', page: 7, offset: 100 }

describe('bytes', () => {
  test('every kind of value reads back', () => {
    const w = new ByteWriter(1)
    w.u8(255); w.u16(65535); w.u32(0xffffffff); w.i32(-1)
    w.u64(Number.MAX_SAFE_INTEGER); w.i64(-(2n ** 63n)); w.f64(-0.1)
    w.string('Größe 🦫'); w.blob(Uint8Array.of(1, 2)); w.raw(Uint8Array.of(9))
    const r = new ByteReader(w.finish(), source)
    expect([r.u8(), r.u16(), r.u32(), r.i32()]).toEqual([255, 65535, 0xffffffff, -1])
    expect(r.u64()).toBe(Number.MAX_SAFE_INTEGER)
    expect(r.i64()).toBe(-(2n ** 63n))
    expect(r.f64()).toBe(-0.1)
    expect(r.string()).toBe('Größe 🦫')
    expect(Array.from(r.blob())).toEqual([1, 2])
    expect(Array.from(r.raw(1))).toEqual([9])
    expect(r.remaining).toBe(0)
  })

  test('texts of any length and any characters are what TextEncoder makes of them', () => {
    const unit = fc.constantFrom('a', '~', '\u007f', '\u0080', 'ß', 'य', '🦫', '\ud83e')
    const lengths = fc.constantFrom(0, 1, 15, 16, 17, 41, 42, 43, 63, 64, 126, 127, 128, 129, 16384, 16385)
    fc.assert(fc.property(lengths, fc.array(unit, { minLength: 1, maxLength: 3 }), (length, units) => {
      const text = units.join('').repeat(length).slice(0, length)
      const w = new ByteWriter(1)
      w.u8(7)
      w.string(text)
      w.u8(9)
      const expected = new ByteWriter()
      expected.u8(7)
      expected.blob(new TextEncoder().encode(text))
      expected.u8(9)
      expect(Buffer.from(w.finish()).equals(Buffer.from(expected.finish()))).toBe(true)
    }), { numRuns: 300 })
  })

  test('varints of all sizes', () => {
    fc.assert(fc.property(fc.array(fc.maxSafeNat()), (values) => {
      const w = new ByteWriter()
      for (const v of values) w.varint(v)
      const r = new ByteReader(w.finish(), source)
      expect(values.map(() => r.varint())).toEqual(values)
    }))
  })

  test('a cut at any byte is XX001 with its place', () => {
    const w = new ByteWriter()
    w.string('twelve bytes')
    w.u64(1)
    const whole = w.finish()
    for (let end = 0; end < whole.length; end++) {
      const r = new ByteReader(whole.slice(0, end), source)
      let error: unknown
      try {
        r.string()
        r.u64()
      } catch (e) {
        error = e
      }
      expect(error).toBeInstanceOf(DatabaseError)
      expect((error as DatabaseError).code).toBe('XX001')
      expect((error as DatabaseError).page).toBe(7)
      expect((error as DatabaseError).offset).toBeGreaterThanOrEqual(100)
    }
  })

  test('bad UTF-8, endless varints and numbers beyond 2^53 are XX001', () => {
    const read = (bytes: number[], get: (r: ByteReader) => unknown): string => {
      try {
        get(new ByteReader(Uint8Array.from(bytes), source))
      } catch (e) {
        return (e as DatabaseError).code
      }
      return 'none'
    }
    expect(read([2, 0xc3, 0x28], (r) => r.string())).toBe('XX001')
    expect(read(Array(9).fill(0xff), (r) => r.varint())).toBe('XX001')
    expect(read([255, 255, 255, 255, 255, 255, 255, 0x10], (r) => r.varint())).toBe('XX001')
    expect(read(Array(8).fill(0xff), (r) => r.u64())).toBe('XX001')
  })

  test('patching', () => {
    const w = new ByteWriter()
    w.u32(0)
    w.u8(1)
    w.patchU32(0, 77)
    expect(new ByteReader(w.finish(), source).u32()).toBe(77)
  })
})
