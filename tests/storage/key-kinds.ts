// Tables for the model test: one per kind of primary key, each with nullable columns of every physical kind,
// and random values for them. Comparison and order are written here a second time, from the documented rules.
import { BIGINT, BOOLEAN, DOUBLE, INTEGER, TEXT, decimalType } from '../../src/base/types.ts'
import type { ColumnSchema, Row, Scalar, SqlType, TableSchema } from '../../src/base/types.ts'
import type { Random } from '../../src/base/random.ts'

/** A table and how to draw keys for it. */
export interface KeyKind {
  readonly name: string
  readonly schema: TableSchema
  /** Values of the key columns; null for a table with a hidden row id. */
  readonly randomKey: ((random: Random) => Scalar[]) | null
}

const WIDE = decimalType(30, 4)

const VALUES: readonly ColumnSchema[] = [
  { name: 'i', type: INTEGER, nullable: true },
  { name: 'b', type: BIGINT, nullable: true },
  { name: 'd', type: DOUBLE, nullable: true },
  { name: 'w', type: WIDE, nullable: true },
  { name: 't', type: TEXT, nullable: true },
  { name: 'o', type: BOOLEAN, nullable: true },
]

const PREFIX = 'https://example.org/a/rather/long/shared/prefix/'
const TEXTS = [
  '', 'a', 'aa', 'ab', 'b', '\u0000', 'a\u0000', '\uffff', '\u{1f600}', '\u{10ffff}', 'é', 'z', 'zz', '\ue000',
]

function kind(name: string, key: readonly SqlType[], randomKey: (random: Random) => Scalar[]): KeyKind {
  const columns = key.map((type, c) => ({ name: `k${c}`, type, nullable: false }))
  // The key columns are not the first ones, so that ordinals and key positions differ.
  const schema = { name: 't', columns: [VALUES[0]!, ...columns, ...VALUES.slice(1)], key: key.map((_, c) => c + 1) }
  return { name, schema, randomKey }
}

function randomText(random: Random): string {
  if (random.chance(0.3)) return random.pick(TEXTS)
  if (random.chance(0.5)) return PREFIX + random.below(150)
  return PREFIX + random.pick(TEXTS) + random.below(6)
}

function randomDouble(random: Random): number {
  const special = [
    NaN, -0, 0, Infinity, -Infinity, Number.MIN_VALUE, -Number.MIN_VALUE, Number.MAX_VALUE, 2 ** 53, 0.1,
  ]
  if (random.chance(0.3)) return random.pick(special)
  return random.chance(0.5) ? random.between(-80, 80) / 4 : random.normal() * 1e9
}

function randomBigint(random: Random): number | bigint {
  const near = random.pick([0n, 2n ** 53n, -(2n ** 53n), 2n ** 63n - 60n, -(2n ** 63n) + 60n, 10n ** 15n])
  return safe(near + BigInt(random.between(-50, 50)))
}

function randomWide(random: Random): bigint {
  const near = random.pick([0n, 10n ** 29n, -(10n ** 29n), 2n ** 64n, -(2n ** 64n), 2n ** 53n])
  return near + BigInt(random.between(-40, 40))
}

/** An int as the engine's Scalar: a number when safe. */
export function safe(value: bigint): number | bigint {
  return Number.isSafeInteger(Number(value)) ? Number(value) : value
}

/** One table per kind of key. */
export const KEY_KINDS: readonly KeyKind[] = [
  kind('integer', [INTEGER], (random) => [random.between(-100, 150)]),
  kind('bigint', [BIGINT], (random) => [randomBigint(random)]),
  kind('double', [DOUBLE], (random) => [randomDouble(random)]),
  kind('wide decimal', [WIDE], (random) => [randomWide(random)]),
  kind('text', [TEXT], (random) => [randomText(random)]),
  kind('text and integer', [TEXT, INTEGER], (random) => [
    random.pick([...TEXTS.slice(0, 9), PREFIX, `${PREFIX}x`]), random.between(-9, 9)]),
  {
    name: 'row id', randomKey: null,
    schema: {
      name: 't', columns: [...VALUES, { name: '#id', type: BIGINT, nullable: false, hidden: true }], key: [6],
    },
  },
]

/** A random value of a type, NULL now and then. */
export function randomValue(random: Random, type: SqlType): Scalar {
  if (random.chance(0.2)) return null
  switch (type.kind) {
    case 'integer':
      return random.chance(0.7) ? random.between(-5, 5) : random.pick([2147483647, -2147483648, 70000])
    case 'bigint': return random.chance(0.8) ? random.below(1000) : randomBigint(random)
    case 'double': return randomDouble(random)
    case 'decimal': return randomWide(random)
    case 'boolean': return random.below(2)
    default:
      if (random.chance(0.02)) return 'x'.repeat(random.between(1, 70_000))
      return random.chance(0.5) ? random.pick(TEXTS) : `${PREFIX}${random.below(1e6)}`
  }
}

/** Values are stored canonically: -0 is 0. */
export function canonical(row: readonly Scalar[]): Row {
  return row.map((value) => (value === 0 ? 0 : value))
}

/** Order of two non-NULL Scalars: NaN last, text by the bytes of its UTF-8. */
export function compareValues(a: Scalar, b: Scalar): number {
  if (typeof a === 'string' && typeof b === 'string') return Buffer.compare(Buffer.from(a), Buffer.from(b))
  const x = a as number | bigint
  const y = b as number | bigint
  const xNaN = x !== x
  const yNaN = y !== y
  if (xNaN || yNaN) return Number(xNaN) - Number(yNaN)
  return x < y ? -1 : x > y ? 1 : 0
}

/** Order of keys, or of a key and a prefix (equal when the prefix is). */
export function compareKeys(a: readonly Scalar[], b: readonly Scalar[]): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const order = compareValues(a[i]!, b[i]!)
    if (order !== 0) return order
  }
  return 0
}
