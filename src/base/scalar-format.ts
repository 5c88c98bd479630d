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

/** Shortest text that reads back to the same double; exponent form below 1e-4 and from 1e15 on. */
export function formatDouble(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'NaN' : value > 0 ? 'Infinity' : '-Infinity'
  const size = Math.abs(value)
  if (size === 0) return '0'
  if (size >= 1e-4 && size < 1e15) return String(value)
  return twoDigitExponent(value.toExponential())
}

/** Shortest text that reads back to the same float; exponent form below 1e-4 and from 1e6 on. */
export function formatReal(value: number): string {
  if (!Number.isFinite(value) || value === 0) return formatDouble(value)
  let digits = 1
  while (digits < 9 && Math.fround(Number(value.toPrecision(digits))) !== value) digits++
  const short = Number(value.toPrecision(digits))
  const size = Math.abs(short)
  return size >= 1e-4 && size < 1e6 ? String(short) : twoDigitExponent(short.toExponential())
}

function twoDigitExponent(text: string): string {
  return text.replace(/e([+-])(\d)$/, 'e$10$2')
}
