// Explicit casts against answers of PostgreSQL 15; casts that it does not have are 42846.
import { describe, expect, test } from 'vitest'
import { canCast, castScalar } from './scalar-cast.ts'
import { formatScalar } from './scalar-format.ts'
import { parseScalar } from './scalar-parse.ts'
import {
  BIGINT, BOOLEAN, DATE, decimalType, DOUBLE, INTEGER, INTERVAL, REAL, SMALLINT, TEXT, TIME, TIMESTAMP, TIMESTAMPTZ,
  UUID, type SqlType,
} from './types.ts'

const MONEY = decimalType(10, 2)
const WIDE = decimalType(38, 10)

const CASES: [SqlType, string, SqlType, string][] = [
  [DOUBLE, '0.5', INTEGER, '0'], [DOUBLE, '1.5', INTEGER, '2'], [DOUBLE, '2.5', INTEGER, '2'],
  [DOUBLE, '-1.5', INTEGER, '-2'],
  [DOUBLE, '32767.5', SMALLINT, '!22003'], [DOUBLE, 'NaN', INTEGER, '!22003'], [DOUBLE, '9.3e18', BIGINT, '!22003'],
  [DOUBLE, '0.30000000000000004', WIDE, '0.3000000000'], [DOUBLE, '123456789.123456789', WIDE, '123456789.1234570000'],
  [REAL, '0.1', WIDE, '0.1000000000'], [REAL, '0.1', DOUBLE, '0.10000000149011612'], [DOUBLE, '1e20', TEXT, '1e+20'],
  [WIDE, '0.5', INTEGER, '1'], [WIDE, '-2.5', INTEGER, '-3'], [WIDE, '2.49', SMALLINT, '2'],
  [WIDE, '12345678901234567890.5', BIGINT, '!22003'],
  [WIDE, '12345678901234567890.5', DOUBLE, '1.2345678901234567e+19'],
  [INTEGER, '12', MONEY, '12.00'], [BIGINT, '123456789', MONEY, '!22003'], [INTEGER, '40000', SMALLINT, '!22003'],
  [DATE, '2024-02-29', TIMESTAMP, '2024-02-29 00:00:00'], [TIMESTAMP, '1969-12-31 23:59:59.5', DATE, '1969-12-31'],
  [TIMESTAMP, '1969-12-31 23:59:59.5', TIME, '23:59:59.5'],
  [TIMESTAMP, '2024-01-01 01:00', TIMESTAMPTZ, '2024-01-01 01:00:00+00'],
  [TIME, '10:00:01.5', INTERVAL, '10:00:01.5'], [INTERVAL, '1 day 25 hours', TIME, '01:00:00'],
  [INTERVAL, '-1 hour', TIME, '23:00:00'],
  [BOOLEAN, 't', TEXT, 'true'], [BOOLEAN, 't', INTEGER, '1'], [INTEGER, '5', BOOLEAN, 't'], [TEXT, '12', INTEGER, '12'],
  [TEXT, 'x', INTEGER, '!22P02'], [TEXT, 'abcdef', { kind: 'text', maxLength: 3 }, 'abc'],
  [BIGINT, '1234', { kind: 'text', maxLength: 3 }, '123'], [DATE, '2024-01-01', INTEGER, '!42846'], [UUID,
    'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', BOOLEAN, '!42846'],
]

describe('castScalar', () => {
  test.each(CASES)('%j %s to %j is %s', (from, input, to, output) => {
    const run = (): string => formatScalar(to, castScalar(from, to, parseScalar(from, input)))
    if (output.startsWith('!')) expect(run).toThrowError(expect.objectContaining({ code: output.slice(1) }))
    else expect(run()).toBe(output)
    expect(canCast(from, to)).toBe(output !== '!42846')
  })

  test('NULL casts to NULL', () => {
    expect(castScalar(DOUBLE, INTEGER, null)).toBe(null)
  })
})
