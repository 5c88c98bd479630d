// Text input and output of every type against answers of PostgreSQL 15 (psql, TimeZone UTC), plus round trips.
import { describe, expect, test } from 'vitest'
import fc from 'fast-check'
import { encodeInterval } from './interval.ts'
import { compareScalars } from './scalar-compare.ts'
import { formatScalar } from './scalar-format.ts'
import { parseScalar } from './scalar-parse.ts'
import {
  BIGINT, BOOLEAN, BYTEA, DATE, decimalType, DOUBLE, INTEGER, INTERVAL, JSON_TYPE, REAL, SMALLINT, TEXT, TIME,
  TIMESTAMP, TIMESTAMPTZ, typeName, UUID, type SqlType,
} from './types.ts'

const VARCHAR3: SqlType = { kind: 'text', maxLength: 3 }
const CHAR4: SqlType = { kind: 'text', maxLength: 4, blankPadded: true }

/** Type, then pairs of input and PostgreSQL's output; an output of `!code` is an error. */
const TABLE: [SqlType, [string, string][]][] = [
  [BOOLEAN, [['t', 't'], ['TRUE', 't'], ['tr', 't'], [' yes ', 't'], ['on', 't'], ['1', 't'], ['f', 'f'],
    ['off', 'f'], ['n', 'f'], ['0', 'f'], ['o', '!22P02'], ['', '!22P02'], ['2', '!22P02']]],
  [SMALLINT, [['32767', '32767'], ['-32768', '-32768'], ['32768', '!22003'], ['1.5', '!22P02']]],
  [INTEGER, [[' 12 ', '12'], ['+5', '5'], ['-0', '0'], ['007', '7'], ['2147483648', '!22003'], ['abc', '!22P02'],
    ['1e5', '!22P02'], ['', '!22P02'], ['0x1F', '31'], ['1_000', '1000']]],
  [BIGINT, [['9223372036854775807', '9223372036854775807'], ['-9223372036854775808', '-9223372036854775808'],
    ['9223372036854775808', '!22003'], ['9007199254740993', '9007199254740993']]],
  [DOUBLE, [['0.1', '0.1'], ['1e15', '1e+15'], ['1e14', '100000000000000'],
    ['123456789012345678', '1.2345678901234568e+17'],
    ['0.0001', '0.0001'], ['0.00001', '1e-05'], ['NaN', 'NaN'], ['-inf', '-Infinity'], ['1e400', '!22003'],
    ['1e-400', '!22003'], ['20379459857940670', '2.0379459857940672e+16'], ['abc', '!22P02'], ['.', '!22P02']]],
  [REAL, [['0.1', '0.1'], ['1e6', '1e+06'], ['123456', '123456'], ['16777217', '1.6777216e+07'], ['1e39', '!22003'],
    ['2545409.25', '2.5454092e+06'], ['869957632', '8.6995763e+08'], ['3.4028235e38', '3.4028235e+38']]],
  [decimalType(10, 2), [['1.005', '1.01'], ['-1.005', '-1.01'], ['2.345', '2.35'], ['1e7', '10000000.00'],
    ['99999999.995', '!22003'], ['1e-3', '0.00'], ['.5', '0.50'], ['1.2.3', '!22P02'], ['', '!22P02']]],
  [decimalType(38, 10), [['12345678901234567890123456.12345678905', '12345678901234567890123456.1234567891'],
    ['-.00000000005', '-0.0000000001'], ['1e28', '!22003']]],
  [DATE, [['2024-02-29', '2024-02-29'], ['2023-02-29', '!22008'], ['Jun 12 1998', '1998-06-12'],
    ['29-Feb-2024', '2024-02-29'], ['7/4/2024', '2024-07-04'], ['13/1/2024', '!22008'], ['20240229', '2024-02-29'],
    ['0044-03-15 BC', '0044-03-15 BC'], ['4713-11-24 BC', '4713-11-24 BC'], ['4714-11-23 BC', '!22008'],
    ['5874897-12-31', '5874897-12-31'], ['5874898-01-01', '!22008'], ['0000-01-01', '!22008'], ['abc', '!22007'],
    ['1/1/70', '1970-01-01'], ['1/1/69', '2069-01-01'], ['10000-01-01', '10000-01-01'], ['2024', '!22007']]],
  [TIME, [['04:05', '04:05:00'], ['04:05:06.789', '04:05:06.789'], ['04:05:06.1234565', '04:05:06.123456'],
    ['04:05:06.1234575', '04:05:06.123458'], ['12:00 AM', '00:00:00'], ['12:30 PM', '12:30:00'], ['040506', '04:05:06'],
    ['24:00:00', '24:00:00'], ['24:00:01', '!22008'], ['25:00', '!22008'], ['abc', '!22007']]],
  [TIMESTAMP, [['2024-02-29T04:05:06.789Z', '2024-02-29 04:05:06.789'], ['2024-02-29', '2024-02-29 00:00:00'],
    ['2024-02-29 24:00:00', '2024-03-01 00:00:00'], ['1969-12-31 23:59:59.999999', '1969-12-31 23:59:59.999999'],
    ['1500-01-01 00:00:00.000001', '1500-01-01 00:00:00.000001'], ['0044-03-15 12:00 BC', '0044-03-15 12:00:00 BC'],
    ['9999-12-31 23:59:59.999999', '9999-12-31 23:59:59.999999'], ['2024-02-30 10:00', '!22008'], ['x', '!22007'],
    ['Mon Jul  1 10:00:00 2024', '2024-07-01 10:00:00'], ['2024-02-29 04:05:06-03:30', '2024-02-29 04:05:06']]],
  [TIMESTAMPTZ, [['2024-02-29 04:05:06.789+02', '2024-02-29 02:05:06.789+00'],
    ['2024-07-01 10:00 Europe/Berlin', '2024-07-01 08:00:00+00'],
    ['2024-03-31 02:30 Europe/Berlin', '2024-03-31 01:30:00+00'],
    ['2024-10-27 02:30 Europe/Berlin', '2024-10-27 01:30:00+00'],
    ['1900-01-01 00:00 Europe/Paris', '1899-12-31 23:50:39+00'],
    ['2024-07-01 10:00 PDT', '2024-07-01 17:00:00+00'], ['2024-07-01 10:00 Nope/Zone', '!22023'],
    ['2100-07-01 00:00 Europe/Berlin', '2100-06-30 22:00:00+00'],
    ['0044-03-15 12:00 BC', '0044-03-15 12:00:00+00 BC']]],
  [INTERVAL, [['1 year 2 mons 3 days 04:05:06.7', '1 year 2 mons 3 days 04:05:06.7'], ['P1Y2M3DT4H5M6.7S',
    '1 year 2 mons 3 days 04:05:06.7'], ['1.5 months', '1 mon 15 days'], ['1.5 days', '1 day 12:00:00'],
    ['1-2', '1 year 2 mons'],
  ['3 4:05:06', '3 days 04:05:06'], ['-1 year +2 days', '-1 years +2 days'], ['1 year ago', '-1 years'],
  ['2 days -3 hours', '2 days -03:00:00'], ['100:00:00', '100:00:00'], ['90', '00:01:30'], ['0.5 years', '6 mons'],
  ['0', '00:00:00'], ['1 foo', '!22007'], ['', '!22007'], ['5 5', '!22007']]],
  [UUID, [['{A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11}', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'],
    ['a0eebc999c0b4ef8bb6d6bb9bd380a11', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'], ['a0e', '!22P02']]],
  [BYTEA, [['\\x0aFF', '\\x0aff'], ['abc', '\\x616263'], ['a\\\\b', '\\x615c62'], ['a\\001b', '\\x610162'],
    ['\\x0', '!22023'], ['\\9', '!22P02'], ['\\x', '\\x']]],
  [JSON_TYPE, [[' {"a" : 1} ', ' {"a" : 1} '], ['[1,', '!22P02'], ['', '!22P02'], ['"x"', '"x"']]],
  [VARCHAR3, [['abc', 'abc'], ['abc  ', 'abc'], ['abcd', '!22001'], ['😀😀😀', '😀😀😀'], ['😀😀😀😀', '!22001']]],
  [CHAR4, [['ab', 'ab  '], ['ab   ', 'ab  '], ['abcde', '!22001']]],
  [TEXT, [['', ''], ['é\u0000x', 'é\u0000x'], ['\ud800', '!22021']]],
]

describe.each(TABLE)('%j', (type, pairs) => {
  test.each(pairs)('%j gives %j', (input, output) => {
    if (output.startsWith('!')) {
      expect(() => parseScalar(type, input)).toThrowError(expect.objectContaining({ code: output.slice(1) }))
    } else {
      expect(formatScalar(type, parseScalar(type, input))).toBe(output)
    }
  })
})

const MIN64 = -(2n ** 63n)
const canonical = (v: bigint): number | bigint => (Number.isSafeInteger(Number(v)) ? Number(v) : v)

describe('every output reads back to the same value', () => {
  const roundTrip = (type: SqlType, values: fc.Arbitrary<unknown>): void => {
    test(typeName(type), () => {
      fc.assert(fc.property(values, (value) => {
        const scalar = value as number | string
        const text = formatScalar(type, scalar)
        expect(compareScalars(type, parseScalar(type, text), scalar)).toBe(0)
      }), { numRuns: 500 })
    })
  }
  roundTrip(DOUBLE, fc.double())
  roundTrip(REAL, fc.float())
  roundTrip(BIGINT, fc.bigInt(MIN64, -MIN64 - 1n).map(canonical))
  roundTrip(decimalType(38, 7), fc.bigInt(-(10n ** 38n) + 1n, 10n ** 38n - 1n).map(canonical))
  roundTrip(DATE, fc.integer({ min: -2440588, max: 2145042905 }))
  roundTrip(TIME, fc.integer({ min: 0, max: 86400000000 }))
  roundTrip(TIMESTAMP, fc.bigInt(-210866803200000000n, -MIN64 - 1n).map(canonical))
  roundTrip(TIMESTAMPTZ, fc.bigInt(-210866803200000000n, -MIN64 - 1n).map(canonical))
  roundTrip(TEXT, fc.string({ unit: 'binary' }))
  roundTrip(BYTEA, fc.uint8Array())
  roundTrip(UUID, fc.uint8Array({ minLength: 16, maxLength: 16 }))
  roundTrip(INTERVAL, fc.record({
    months: fc.integer({ min: -100000, max: 100000 }), days: fc.integer(), micros: fc.bigInt(-(10n ** 17n), 10n ** 17n),
  }).map(encodeInterval))
})
