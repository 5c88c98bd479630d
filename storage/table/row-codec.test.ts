// Row bytes: every type and NULL comes back as it was, and bytes cut anywhere are XX001, never a wrong row.
import { expect, test } from 'vitest'
import { ByteReader, ByteWriter } from '../../src/base/bytes.ts'
import { CODE } from '../../src/base/errors.ts'
import { Random } from '../../src/base/random.ts'
import {
  BIGINT, BOOLEAN, BYTEA, DATE, DOUBLE, INTEGER, INTERVAL, JSON_TYPE, REAL, SMALLINT, TEXT, TIME, TIMESTAMP,
  TIMESTAMPTZ, UUID, decimalType,
} from '../../src/base/types.ts'
import type { Scalar, SqlType } from '../../src/base/types.ts'
import { RowCodec } from './row-codec.ts'

const VALUES: [SqlType, Scalar[]][] = [
  [BOOLEAN, [0, 1]],
  [SMALLINT, [-32768, -1, 0, 255, 256, 32767]],
  [INTEGER, [-2147483648, -1, 0, 2147483647]],
  [BIGINT, [-(2n ** 63n), -(2n ** 53n), -(2 ** 53 - 1), -(2 ** 32), -1, 0, 2 ** 31, 2 ** 32, 2 ** 53 - 1, 2n ** 53n,
    2n ** 63n - 1n]],
  [REAL, [-Infinity, -1.5, 0, Math.fround(0.1), NaN, Infinity]],
  [DOUBLE, [-Infinity, -Number.MAX_VALUE, 0, 0.1, Number.MIN_VALUE, NaN, Infinity]],
  [decimalType(18, 2), [-(10n ** 18n) + 1n, -5, 0, 10n ** 18n - 1n]],
  [decimalType(38, 4), [-(10n ** 38n) + 1n, -(2n ** 64n), -1n, 0n, 2n ** 64n - 1n, 2n ** 64n, 10n ** 38n - 1n]],
  [DATE, [-719162, 0, 20000]],
  [TIME, [0, 86_399_999_999]],
  [TIMESTAMP, [-62135596800000000n, 0, 1700000000123456]],
  [TIMESTAMPTZ, [-1, 1700000000123456]],
  [TEXT, ['', '\0', 'a', 'Grüße', '\u{1f600}', '\ufeffbom', 'x'.repeat(127), 'x'.repeat(128), 'ü'.repeat(40000)]],
  [JSON_TYPE, ['null', '{"a":[1,2]}']],
  [BYTEA, [new Uint8Array(0), Uint8Array.of(0, 255, 128), new Uint8Array(300).fill(7)]],
  [UUID, [Uint8Array.from({ length: 16 }, (_, i) => i * 17)]],
  [INTERVAL, [Uint8Array.from({ length: 16 }, (_, i) => 255 - i)]],
]

function encode(codec: RowCodec, row: Scalar[]): Uint8Array {
  const out = new ByteWriter(8)
  codec.encode(row, out)
  return out.finish().slice()
}

test('each value of each type and NULL round-trips alone', () => {
  for (const [type, values] of VALUES) {
    const codec = new RowCodec([type])
    for (const value of [null, ...values]) {
      const reader = new ByteReader(encode(codec, [value]), { file: 'f' })
      expect(codec.decode(reader)).toEqual([value])
      expect(reader.remaining).toBe(0)
    }
  }
})

test('rows of all types with random NULLs follow one another in one byte string', () => {
  const random = new Random(8)
  const codec = new RowCodec(VALUES.map(([type]) => type))
  const rows = Array.from({ length: 100 }, () =>
    VALUES.map(([, values]) => (random.chance(0.3) ? null : random.pick(values))))
  const out = new ByteWriter()
  out.u8(99)
  for (const row of rows) codec.encode(row, out)
  const reader = new ByteReader(out.finish(), { file: 'f' }, 1)
  for (const row of rows) expect(codec.decode(reader)).toEqual(row)
  expect(reader.remaining).toBe(0)
})

test('a used writer leaves no old bits in the null bitmap', () => {
  const codec = new RowCodec([INTEGER])
  const out = new ByteWriter()
  out.raw(new Uint8Array(64).fill(0xff))
  out.reset()
  codec.encode([5], out)
  expect(codec.decode(new ByteReader(out.finish(), { file: 'f' }))).toEqual([5])
})

test('a row cut at any byte is XX001', () => {
  const row = VALUES.map(([type, values]) => (type === TEXT ? 'Grüße' : values.at(-1)!))
  const codec = new RowCodec(VALUES.map(([type]) => type))
  const bytes = encode(codec, row)
  for (let end = 0; end < bytes.length; end++) {
    expect(() => codec.decode(new ByteReader(bytes, { file: 'cut.sdb', page: 3 }, 0, end))).toThrow(
      expect.objectContaining({ code: CODE.CORRUPT, file: 'cut.sdb', page: 3 }))
  }
  expect(codec.decode(new ByteReader(bytes, { file: 'f' }))).toEqual(row)
})

test('decoded bytes are copies: the frame they came from may be reused', () => {
  const codec = new RowCodec([BYTEA])
  const bytes = encode(codec, [Uint8Array.of(1, 2, 3)])
  const [value] = codec.decode(new ByteReader(bytes, { file: 'f' }))
  bytes.fill(0)
  expect(value).toEqual(Uint8Array.of(1, 2, 3))
})
