// Scalar to text, as PostgreSQL's type output functions print it: shortest round-trip floats, fixed decimal
// scale, ISO dates, timestamptz in UTC. parseScalar reads every result back to the same Scalar.

import { formatBytea } from './bytea.ts'
import { formatDate, formatTime, formatTimestamp } from './datetime.ts'
import { formatDecimal } from './decimal.ts'
import { decodeInterval, formatInterval } from './interval.ts'
import type { Scalar, SqlType } from './types.ts'
import { characterCount } from './utf8.ts'
import { formatUuid } from './uuid.ts'

/** Text of a non-NULL Scalar; NULL gives the empty string, so callers test for it first. */
export function formatScalar(type: SqlType, scalar: Scalar): string {
  if (scalar === null) return ''
  switch (type.kind) {
    case 'boolean': return scalar ? 't' : 'f'
    case 'double': return formatDouble(scalar as number)
    case 'real': return formatReal(scalar as number)
    case 'decimal': return formatDecimal(scalar as number | bigint, type.scale ?? 0)
    case 'date': return formatDate(scalar as number)
    case 'time': return formatTime(scalar as number)
    case 'timestamp': return formatTimestamp(scalar as number | bigint)
    case 'timestamptz': return formatTimestamp(scalar as number | bigint, '+00')
    case 'interval': return formatInterval(decodeInterval(scalar as Uint8Array))
    case 'bytea': return formatBytea(scalar as Uint8Array)
    case 'uuid': return formatUuid(scalar as Uint8Array)
    case 'text': return type.blankPadded ? padBlanks(scalar as string, type.maxLength ?? 1) : scalar as string
    default: return String(scalar)
  }
}

function padBlanks(text: string, length: number): string {
  return text + ' '.repeat(Math.max(0, length - characterCount(text)))
}

/** Shortest text strictly nearer to this double than to any other; exponent form below 1e-4 and from 1e15 on. */
export function formatDouble(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'NaN' : value > 0 ? 'Infinity' : '-Infinity'
  const size = Math.abs(value)
  if (size === 0) return '0'
  if (size >= 1e-4 && size < 1e15) return String(value)
  const shortest = value.toExponential()
  // JavaScript accepts a text halfway to the neighbour (it reads back by ties-to-even); PostgreSQL does not.
  // Halfway points have 17 digits or fewer only from 2^53 on.
  if (size < 2 ** 53 || !isHalfway(shortest, value)) return twoDigitExponent(shortest)
  return twoDigitExponent(value.toExponential(16).replace(/0+e/, 'e'))
}

function isHalfway(text: string, value: number): boolean {
  const twice = 2n * decimalInteger(text)
  FLOAT64[0] = value
  BITS64[0] = BITS64[0]! + 1n
  const outer = BigInt(Number.isFinite(FLOAT64[0]) ? FLOAT64[0] : value)
  FLOAT64[0] = value
  BITS64[0] = BITS64[0]! - 1n
  return twice === BigInt(value) + outer || twice === BigInt(value) + BigInt(FLOAT64[0])
}

/** The exact integer an exponent text stands for. */
function decimalInteger(text: string): bigint {
  const [mantissa, exponent] = text.split('e')
  const [whole, fraction = ''] = mantissa!.split('.')
  return BigInt(whole! + fraction) * 10n ** BigInt(Number(exponent) - fraction.length)
}

const FLOAT64 = new Float64Array(1)
const BITS64 = new BigUint64Array(FLOAT64.buffer)
const FLOAT32 = new Float32Array(1)
const BITS32 = new Uint32Array(FLOAT32.buffer)

/** Shortest text strictly nearer to this float than to any other; exponent form below 1e-4 and from 1e6 on. */
export function formatReal(value: number): string {
  if (!Number.isFinite(value) || value === 0) return formatDouble(value)
  // Halfway points between floats are exact doubles.
  FLOAT32[0] = value
  BITS32[0] = BITS32[0]! + 1
  const above = (value + FLOAT32[0]) / 2
  FLOAT32[0] = value
  BITS32[0] = BITS32[0]! - 1
  const below = (value + FLOAT32[0]) / 2
  let digits = 1
  let short = Number(value.toPrecision(digits))
  while (digits < 9 && (Math.fround(short) !== value || short === above || short === below)) {
    short = Number(value.toPrecision(++digits))
  }
  // toPrecision rounds an exact tie up; the last digit should be even.
  const tie = /^(.*[02468]\.?)5(e.*)$/.exec(value.toExponential(digits))
  if (tie && Number(value.toExponential(digits)) === value) short = Number(tie[1]! + tie[2]!)
  const size = Math.abs(short)
  return size >= 1e-4 && size < 1e6 ? String(short) : twoDigitExponent(short.toExponential())
}

function twoDigitExponent(text: string): string {
  return text.replace(/e([+-])(\d)$/, 'e$10$2')
}
