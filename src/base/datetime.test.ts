// Calendar arithmetic, fields, intervals and to_char against answers of PostgreSQL 15.
import { describe, expect, test } from 'vitest'
import fc from 'fast-check'
import { addMonths, civilFromDays, daysFromCivil, isoWeek, joinMicros, makeDate, splitMicros } from './datetime.ts'
import { datePart, extractField, extractScale, fieldName, truncateTimestamp } from './datetime-fields.ts'
import { toCharTimestamp } from './datetime-to-char.ts'
import { localOffset, zoneOffset } from './datetime-zone.ts'
import { formatDecimal, type Integer } from './decimal.ts'
import { addIntervalToTimestamp, age, formatInterval, multiplyInterval, subtractTimestamps } from './interval.ts'
import { parseIntervalParts } from './interval-parse.ts'
import { formatScalar } from './scalar-format.ts'
import { parseScalar } from './scalar-parse.ts'
import { TIMESTAMP } from './types.ts'

const timestamp = (text: string): Integer => parseScalar(TIMESTAMP, text) as Integer

test('days and civil dates are inverse and agree with Date', () => {
  fc.assert(fc.property(fc.integer({ min: -2440588, max: 2145042905 }), (days) => {
    const { year, month, day } = civilFromDays(days)
    expect(daysFromCivil(year, month, day)).toBe(days)
    const date = new Date(days * 86400000)
    if (Number.isNaN(date.getTime())) return
    expect([year, month, day]).toStrictEqual([date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate()])
  }), { numRuns: 2000 })
})

test('microseconds split and join, also as bigints', () => {
  fc.assert(fc.property(fc.bigInt(-210866803200000000n, 2n ** 63n - 1n), (exact) => {
    const micros = Number.isSafeInteger(Number(exact)) ? Number(exact) : exact
    const { days, time } = splitMicros(micros)
    expect(time).toBeGreaterThanOrEqual(0)
    expect(time).toBeLessThan(86400e6)
    expect(joinMicros(days, time)).toBe(micros)
  }))
})

describe('extract and date_trunc', () => {
  test.each([
    ['century', '2000-01-01', '20'], ['century', '2001-01-01', '21'], ['decade', '2005-01-01 BC', '-201'],
    ['millennium', '2005-01-01', '3'], ['week', '2021-01-01', '53'], ['isoyear', '2021-01-01', '2020'],
    ['dow', '2021-01-03', '0'], ['isodow', '2021-01-03', '7'], ['second', '2020-01-01 00:00:01.5', '1.500000'],
    ['milliseconds', '2020-01-01 00:00:01.5', '1500.000'], ['epoch', '2020-01-01 00:00:01.5', '1577836801.500000'],
    ['year', '0044-03-15 BC', '-44'], ['quarter', '2024-05-01', '2'], ['doy', '2024-12-31', '366'],
  ])('extract(%s from %s) = %s', (field, text, value) => {
    const name = fieldName(field)!
    expect(formatDecimal(extractField(name, TIMESTAMP, timestamp(text)), extractScale(name))).toBe(value)
    expect(datePart(name, TIMESTAMP, timestamp(text))).toBe(Number(value))
  })

  test.each([
    ['century', '2001-05-05', '2001-01-01 00:00:00'], ['week', '2021-01-01 05:00', '2020-12-28 00:00:00'],
    ['decade', '2005-05-05', '2000-01-01 00:00:00'], ['hour', '1969-12-31 23:59:59.5', '1969-12-31 23:00:00'],
    ['quarter', '2024-05-05', '2024-04-01 00:00:00'], ['month', '0044-03-15 12:00 BC', '0044-03-01 00:00:00 BC'],
  ])('date_trunc(%s, %s) = %s', (field, text, value) => {
    expect(formatScalar(TIMESTAMP, truncateTimestamp(fieldName(field)!, timestamp(text)))).toBe(value)
  })

  test('unknown fields', () => {
    expect(fieldName('parsec')).toBe(undefined)
    expect(() => truncateTimestamp('dow', 0)).toThrowError(expect.objectContaining({ code: '22023' }))
  })
})

describe('intervals', () => {
  test.each([
    ['2020-03-31 10:00', '2020-02-29 11:00', '1 mon 1 day 23:00:00'],
    ['2020-02-29 11:00', '2020-03-31 10:00', '-1 mons -1 days -23:00:00'],
    ['2001-04-10', '1957-06-13', '43 years 9 mons 27 days'],
  ])('age(%s, %s) = %s', (a, b, value) => {
    expect(formatInterval(age(timestamp(a), timestamp(b)))).toBe(value)
  })

  test.each([
    ['2024-01-31', '1 month', '2024-02-29 00:00:00'], ['2024-02-29', '1 year', '2025-02-28 00:00:00'],
    ['2024-03-01', '-1 day', '2024-02-29 00:00:00'], ['2024-01-01', '36 hours', '2024-01-02 12:00:00'],
    ['0001-01-01', '-1 day', '0001-12-31 00:00:00 BC'],
  ])('%s + %s = %s', (text, interval, value) => {
    expect(formatScalar(TIMESTAMP, addIntervalToTimestamp(timestamp(text), parseIntervalParts(interval)))).toBe(value)
  })

  test('products and differences', () => {
    expect(formatInterval(multiplyInterval(parseIntervalParts('1 mon'), 0.5))).toBe('15 days')
    expect(formatInterval(multiplyInterval(parseIntervalParts('1 day'), 1.5))).toBe('1 day 12:00:00')
    expect(formatInterval(subtractTimestamps(timestamp('2024-01-03 12:00'), timestamp('2024-01-01'))))
      .toBe('2 days 12:00:00')
  })

  test('adding past the last timestamp is 22008', () => {
    expect(() => addIntervalToTimestamp(timestamp('2024-01-01'), parseIntervalParts('300000 years')))
      .toThrowError(expect.objectContaining({ code: '22008' }))
  })
})

test('month arithmetic and make_date', () => {
  expect(addMonths(makeDate(2024, 1, 31), 13)).toBe(makeDate(2025, 2, 28))
  expect(makeDate(-44, 3, 15)).toBe(daysFromCivil(-43, 3, 15))
  expect(() => makeDate(2023, 2, 29)).toThrowError(expect.objectContaining({ code: '22008' }))
  expect(() => makeDate(0, 1, 1)).toThrowError(expect.objectContaining({ code: '22008' }))
  expect(isoWeek(makeDate(2021, 1, 3))).toStrictEqual({ year: 2020, week: 53 })
})

test('to_char', () => {
  const at = timestamp('2021-01-03 15:06:07.089')
  const shown = (pattern: string): string => toCharTimestamp(at, pattern)
  expect(shown('YYYY-MM-DD HH24:MI:SS.US')).toBe('2021-01-03 15:06:07.089000')
  expect(shown('Day, DD Month YYYY')).toBe('Sunday   , 03 January   2021')
  expect(shown('FMDay, FMDDth FMMonth "at" HH12:MI am')).toBe('Sunday, 3rd January at 03:06 pm')
  expect(shown('DY Mon dd IYYY-IW Q DDD J')).toBe('SUN Jan 03 2020-53 1 003 2459218')
})

test('zone offsets around the changes of Berlin in 2024', () => {
  const at = (text: string): number => Date.parse(text) / 1000
  expect(zoneOffset('Europe/Berlin', at('2024-03-31T00:59:59Z'))).toBe(3600)
  expect(zoneOffset('Europe/Berlin', at('2024-03-31T01:00:00Z'))).toBe(7200)
  expect(zoneOffset('Europe/Berlin', at('2024-10-27T00:59:59Z'))).toBe(7200)
  expect(zoneOffset('Europe/Berlin', at('2024-10-27T01:00:00Z'))).toBe(3600)
  expect(localOffset('Europe/Berlin', at('2024-03-31T02:30:00Z'))).toBe(3600)
  expect(localOffset('Europe/Berlin', at('2024-10-27T02:30:00Z'))).toBe(3600)
  expect(localOffset('Europe/Berlin', at('2024-10-27T01:59:00Z'))).toBe(7200)
  expect(() => zoneOffset('Mars/Olympus', 0)).toThrowError(expect.objectContaining({ code: '22023' }))
})
