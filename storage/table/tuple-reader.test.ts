// Tuples read in place against the codec: the same row or null, and null for every tuple that is cut.
import { expect, test } from 'vitest'
import { ByteReader, ByteWriter } from '../../src/base/bytes.ts'
import { Random } from '../../src/base/random.ts'
import {
  BIGINT, BOOLEAN, BYTEA, DOUBLE, INTEGER, REAL, SMALLINT, TEXT, decimalType,
} from '../../src/base/types.ts'
import type { Scalar, SqlType } from '../../src/base/types.ts'
import { LinearMemory } from '../memory/linear-memory.ts'
import { RowCodec } from './row-codec.ts'
import { TupleReader } from './tuple-reader.ts'

const SIMPLE: [SqlType, readonly Scalar[]][] = [
  [BOOLEAN, [0, 1]],
  [SMALLINT, [-32768, -1, 0, 32767]],
  [INTEGER, [-2147483648, -1, 0, 2147483647]],
  [BIGINT, [1 - 2 ** 53, -(2 ** 32), -1, 0, 2 ** 31, 2 ** 32, 2 ** 53 - 1]],
  [REAL, [-Infinity, -1.5, Math.fround(0.1), NaN]],
  [DOUBLE, [-Number.MAX_VALUE, 0, -0, 0.1, NaN, Infinity]],
  // Lengths and bytes that collide in the table of known texts must not be mistaken for each other.
  [TEXT, ['', '\0', '\0\0', 'a', 'b', 'open', 'paid', 'x'.repeat(31), 'y'.repeat(32), 'Aa', 'BB',
    'z'.repeat(33), 'é'.repeat(40), 'x'.repeat(127)]],
]
const ODD: [SqlType, Scalar][] = [
  [TEXT, 'Grüße'], [TEXT, 'x'.repeat(128)], [TEXT, 'x'.repeat(200)], [BIGINT, 2n ** 53n], [BIGINT, -(2n ** 63n)],
]
const AT = 4099
const memory = LinearMemory.create(64 << 16)

function place(codec: RowCodec, row: readonly Scalar[]): number {
  const out = new ByteWriter(8)
  codec.encode(row, out)
  const bytes = out.finish()
  memory.u8.fill(0xff, AT, AT + bytes.length + 64)
  memory.u8.set(bytes, AT)
  return AT + bytes.length
}

test('rows of simple types and NULLs are those of the codec; cut ones are left to it', () => {
  const types = SIMPLE.map(([type]) => type)
  const codec = new RowCodec(types)
  const reader = new TupleReader(memory, codec.fields)
  const random = new Random(11)
  for (let i = 0; i < 3000; i++) {
    const row = SIMPLE.map(([, values]) => random.chance(0.2) ? null : random.pick(values))
    const end = place(codec, row)
    const known = codec.decode(new ByteReader(memory.u8.slice(AT, end), { file: 'a.sdb' }))
    expect(reader.read(AT, end)).toEqual(known)
    expect(reader.read(AT, end)).toEqual(row)
    expect(reader.read(AT, end - 1 - random.below(end - AT))).toBeNull()
  }
})

test('any short ASCII text, however often', () => {
  const codec = new RowCodec([TEXT])
  const reader = new TupleReader(memory, codec.fields)
  const random = new Random(12)
  for (let i = 0; i < 20_000; i++) {
    const text = Array.from({ length: random.below(5) }, () => String.fromCharCode(random.below(4) + 97)).join('')
    expect(reader.read(AT, place(codec, [text]))).toEqual([text])
  }
})

test('what it has no code for is null', () => {
  for (const [type, value] of ODD) {
    const codec = new RowCodec([type])
    expect(new TupleReader(memory, codec.fields).read(AT, place(codec, [value]))).toBeNull()
  }
  for (const type of [BYTEA, decimalType(38, 2)]) {
    const codec = new RowCodec([type])
    expect(new TupleReader(memory, codec.fields).read(AT, place(codec, [null]))).toBeNull()
  }
})
