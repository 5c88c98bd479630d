// Functions against values that PostgreSQL 18 gives, written as calls with literal arguments. Arguments and
// results go through their SQL text form, so scales and types are part of what is checked.
import { describe, expect, test } from 'vitest'
import { formatScalar } from '../../src/base/scalar-format.ts'
import { parseScalar } from '../../src/base/scalar-parse.ts'
import type { SqlType } from '../../src/base/types.ts'
import {
  BIGINT, BOOLEAN, BYTEA, DATE, DOUBLE, INTEGER, INTERVAL, NULL_TYPE, REAL, SMALLINT, TEXT, TIME, TIMESTAMP,
  TIMESTAMPTZ, decimalType, typeName,
} from '../../src/base/types.ts'
import { binary, constant, invoke } from '../kernel/batch.fixture.ts'
import { evaluateConstant } from '../kernel/compile.ts'
import type { Expression } from '../plan/logical.ts'
import { canCast, commonType, resolveAggregate, resolveFunction, resolveOperator } from './catalog.ts'

const NOW = 1_700_000_000_000_000

/** 'text:abc', 'int:5', 'dec(5,2):1.25', 'null:integer' … to a literal. */
function literal(source: string): Expression {
  const colon = source.indexOf(':')
  const [name, text] = [source.slice(0, colon), source.slice(colon + 1)]
  if (name === 'null') return constant(null, typeOf(text))
  const type = typeOf(name)
  return constant(parseScalar(type, text), type)
}

function typeOf(name: string): SqlType {
  const decimal = /^dec\((\d+),(\d+)\)$/.exec(name)
  if (decimal) return decimalType(Number(decimal[1]), Number(decimal[2]))
  const types: Record<string, SqlType> = {
    text: TEXT, int: INTEGER, integer: INTEGER, big: BIGINT, small: SMALLINT, double: DOUBLE, real: REAL, bool: BOOLEAN,
    date: DATE, time: TIME, ts: TIMESTAMP, tstz: TIMESTAMPTZ, interval: INTERVAL, bytea: BYTEA,
  }
  return types[name]!
}

function show(expression: Expression): string | null {
  const value = evaluateConstant(expression, [], NOW)
  return value === null ? null : formatScalar(expression.type, value)
}

type Case = [name: string, args: string[], wanted: string | null]

const NUMERIC: Case[] = [
  ['abs', ['int:-5'], '5'], ['abs', ['dec(8,2):-1.50'], '1.50'], ['abs', ['double:-2.5'], '2.5'],
  ['abs', ['big:-9223372036854775807'], '9223372036854775807'],
  ['round', ['double:2.5'], '2'], ['round', ['double:-3.5'], '-4'], ['round', ['dec(8,3):2.500'], '3'],
  ['round', ['dec(8,3):-2.500'], '-3'],
  ['round', ['dec(8,3):2.345', 'int:2'], '2.350'], ['round', ['dec(8,2):1251.00', 'int:-2'], '1300.00'],
  ['round', ['double:2.675', 'int:2'], '2.68'], ['ceil', ['dec(8,2):-1.20'], '-1'], ['ceil', ['double:1.2'], '2'],
  ['floor', ['dec(8,2):-1.20'], '-2'], ['floor', ['double:-0.5'], '-1'],
  ['trunc', ['dec(8,3):-1.999', 'int:1'], '-1.900'],
  ['trunc', ['double:-1.9'], '-1'], ['sign', ['dec(8,2):-0.01'], '-1'], ['sign', ['double:-0.5'], '-1'],
  ['sqrt', ['double:2'], '1.4142135623730951'], ['power', ['int:2', 'int:10'], '1024'], ['exp', ['double:0'], '1'],
  ['ln', ['double:1'], '0'], ['log', ['double:1000'], '3'], ['log', ['double:2', 'double:8'], '3'],
  ['mod', ['int:-7', 'int:3'], '-1'],
  ['div', ['big:7', 'big:-2'], '-3'], ['gcd', ['big:12', 'big:18'], '6'], ['lcm', ['big:4', 'big:6'], '12'],
  ['factorial', ['big:20'], '2432902008176640000'], ['pi', [], '3.141592653589793'],
  ['degrees', ['double:3.141592653589793'], '180'],
  ['greatest', ['int:1', 'null:integer', 'int:3'], '3'], ['least', ['int:1', 'dec(4,2):0.50'], '0.50'],
  ['width_bucket', ['double:5.35', 'double:0.024', 'double:10.06', 'int:5'], '3'], ['abs', ['null:integer'], null],
]

const TEXTS: Case[] = [
  ['length', ['text:jos\u00e9\u{1F600}'], '5'], ['octet_length', ['text:jos\u00e9'], '5'],
  ['upper', ['text:stra\u00dfe'], 'STRASSE'],
  ['initcap', ['text:hi THOMAS'], 'Hi Thomas'], ['trim', ['text:  x '], 'x'],
  ['btrim', ['text:xyxtrimyyx', 'text:xyz'], 'trim'],
  ['ltrim', ['text:zzzytest', 'text:xyz'], 'test'], ['rtrim', ['text:testxxzx', 'text:xyz'], 'test'],
  ['substr', ['text:alphabet', 'int:3'], 'phabet'], ['substr', ['text:alphabet', 'int:3', 'int:2'], 'ph'],
  ['substring', ['text:alphabet', 'int:-1', 'int:4'], 'al'], ['left', ['text:abcde', 'int:-2'], 'abc'],
  ['left', ['text:abcde', 'int:2'], 'ab'],
  ['right', ['text:abcde', 'int:-2'], 'cde'], ['right', ['text:abcde', 'int:2'], 'de'],
  ['lpad', ['text:hi', 'int:5', 'text:xy'], 'xyxhi'],
  ['rpad', ['text:hi', 'int:5', 'text:xy'], 'hixyx'], ['lpad', ['text:abcdef', 'int:3'], 'abc'],
  ['replace', ['text:abcdefabcdef', 'text:cd', 'text:$&'], 'ab$&efab$&ef'], ['strpos', ['text:high', 'text:ig'], '2'],
  ['strpos', ['text:high', 'text:'], '1'], ['position', ['text:high', 'text:x'], '0'],
  ['split_part', ['text:abc~@~def~@~ghi', 'text:~@~', 'int:2'], 'def'],
  ['split_part', ['text:a,b,c', 'text:,', 'int:-1'], 'c'],
  ['concat', ['text:a', 'null:integer', 'int:2', 'bool:t'], 'a2t'],
  ['concat_ws', ['text:,', 'text:a', 'null:text', 'int:2'], 'a,2'], ['repeat', ['text:Pg', 'int:3'], 'PgPgPg'],
  ['reverse', ['text:ab\u{1F600}'], '\u{1F600}ba'],
  ['starts_with', ['text:alphabet', 'text:alph'], 't'], ['ascii', ['text:x'], '120'], ['chr', ['int:65'], 'A'],
  ['md5', ['text:abc'], '900150983cd24fb0d6963f7d28e17f72'],
  ['translate', ['text:12345', 'text:143', 'text:ax'], 'a2x5'],
  ['overlay', ['text:Txxxxas', 'text:hom', 'int:2', 'int:4'], 'Thomas'], ['to_hex', ['big:2147483647'], '7fffffff'],
  ['regexp_replace', ['text:Thomas', 'text:.[mN]a.', 'text:M'], 'ThM'],
  ['regexp_replace', ['text:hello', 'text:(l)', 'text:<\\1>', 'text:g'], 'he<l><l>o'],
  ['coalesce', ['null:text', 'text:x'], 'x'], ['nullif', ['int:1', 'int:1'], null],
  ['encode', ['bytea:\\x00ff', 'text:hex'], '00ff'],
  ['quote_ident', ['text:Foo bar'], '"Foo bar"'], ['quote_literal', ["text:O'Reilly"], "'O''Reilly'"],
]

const DATES: Case[] = [
  ['extract_year', ['date:2024-02-29'], '2024'], ['extract_doy', ['date:2024-12-31'], '366'],
  ['extract_dow', ['date:2024-02-29'], '4'],
  ['extract_quarter', ['ts:2024-11-05 10:20:30.5'], '4'], ['extract_second', ['ts:2024-11-05 10:20:30.5'], '30.500000'],
  ['extract_epoch', ['ts:1970-01-02 00:00:01'], '86401.000000'], ['extract_week', ['date:2021-01-03'], '53'],
  ['extract_month', ['date:1969-12-31'], '12'],
  ['date_part', ['text:hour', 'ts:2024-11-05 10:20:30'], '10'],
  ['date_trunc', ['text:month', 'ts:2024-11-05 10:20:30'], '2024-11-01 00:00:00'],
  ['date_trunc', ['text:week', 'date:2024-11-05'], '2024-11-04 00:00:00'],
  ['age', ['ts:2001-04-10 00:00:00', 'ts:1957-06-13 00:00:00'], '43 years 9 mons 27 days'],
  ['make_date', ['int:2013', 'int:7', 'int:15'], '2013-07-15'],
  ['to_char', ['ts:2002-04-20 17:31:12.66', 'text:HH12:MI:SS'], '05:31:12'], ['current_date', [], '2023-11-14'],
  ['justify_hours', ['interval:50 hours 10 minutes'], '2 days 02:10:00'],
  ['justify_days', ['interval:35 days'], '1 mon 5 days'],
  ['make_time', ['int:8', 'int:15', 'double:23.5'], '08:15:23.5'],
]

const FAMILIES: [string, Case[]][] = [['numeric', NUMERIC], ['text', TEXTS], ['date', DATES]]

describe.each(FAMILIES)('%s functions', (_name, cases) => {
  test.each(cases)('%s(%j) = %j', (name, args, wanted) => {
    const call = name === 'mod' ? binary('%', literal(args[0]!), literal(args[1]!)) : invoke(name, ...args.map(literal))
    expect(show(call)).toBe(wanted)
  })
})

test.each([
  ['int:7', '/', 'int:2', '3'], ['int:-7', '/', 'int:2', '-3'],
  ['dec(4,2):1.00', '/', 'dec(4,2):3.00', '0.3333333333333333'],
  ['int:5', '&', 'int:3', '1'], ['int:5', '|', 'int:3', '7'], ['int:5', '#', 'int:3', '6'],
  ['int:1', '<<', 'int:31', '-2147483648'],
  ['big:1', '<<', 'int:62', '4611686018427387904'], ['big:-8', '>>', 'int:1', '-4'],
  ['int:1', '+', 'dec(3,2):0.25', '1.25'], ['dec(3,1):1.5', '*', 'dec(3,2):0.25', '0.375'],
  ['dec(5,2):5.50', '%', 'int:2', '1.50'],
  ['date:2024-01-31', '+', 'interval:1 month', '2024-02-29 00:00:00'],
  ['date:2024-03-01', '-', 'date:2024-02-01', '29'],
  ['date:2024-03-01', '-', 'int:1', '2024-02-29'],
  ['ts:2024-03-01 12:00:00', '-', 'ts:2024-02-28 10:00:00', '2 days 02:00:00'],
  ['interval:1 hour', '*', 'double:3.5', '03:30:00'], ['time:23:00:00', '+', 'interval:2 hours', '01:00:00'],
  ['text:a', '||', 'int:1', 'a1'], ['int:2', '^', 'int:3', '8'], ['text:abc', '~~', 'text:a_c', 't'],
  ['text:a%c', '~~', 'text:a\\%c', 't'],
  ['text:abc', '~~', 'text:a\\%c', 'f'], ['text:ABC', '~~*', 'text:%b%', 't'], ['text:abc', '~', 'text:^a.c$', 't'],
  ['text:abc', '!~', 'text:b', 'f'],
  ['text:a\nc', '~~', 'text:a%c', 't'], ['real:1.1', '+', 'double:1', '2.100000023841858'],
  ['small:5', '*', 'small:6', '30'],
  ['interval:1 day', '<', 'interval:25 hours', 't'],
  ['tstz:2024-01-01 00:00:00+00', '=', 'ts:2024-01-01 00:00:00', 't'],
] as const)('%s %s %s = %s', (left, symbol, right, wanted) => {
  expect(show(binary(symbol, literal(left), literal(right)))).toBe(wanted)
})

test.each([
  ['/', 'int:1', 'int:0', '22012'], ['%', 'dec(4,2):1', 'int:0', '22012'], ['*', 'int:2147483647', 'int:2', '22003'],
  ['+', 'small:32767', 'small:1', '22003'], ['/', 'double:1', 'double:0', '22012'],
  ['*', 'double:1e308', 'double:10', '22003'],
  ['~~', 'text:a', 'text:a\\', '22023'], ['~', 'text:a', 'text:(', '2201B'],
  ['+', 'date:5874897-12-31', 'int:1', '22008'],
] as const)('%s of %s and %s fails with %s', (symbol, left, right, code) => {
  expect(() => show(binary(symbol, literal(left), literal(right)))).toThrow(expect.objectContaining({ code }))
})

test.each([
  ['sqrt', ['double:-1'], '2201F'], ['ln', ['double:0'], '2201E'], ['power', ['double:0', 'double:-1'], '2201F'],
  ['substr', ['text:a', 'int:1', 'int:-1'], '22011'], ['chr', ['int:0'], '54000'],
  ['split_part', ['text:a', 'text:b', 'int:0'], '22023'],
  ['date_trunc', ['text:fortnight', 'ts:2024-01-01 00:00:00'], '22023'],
  ['make_date', ['int:2023', 'int:2', 'int:30'], '22008'],
] as const)('%s(%j) fails with %s', (name, args, code) => {
  expect(() => show(invoke(name, ...args.map(literal)))).toThrow(expect.objectContaining({ code }))
})

test('result types of decimal arithmetic', () => {
  const [a, b] = [decimalType(12, 2), decimalType(5, 3)]
  const result = (symbol: string, left: SqlType, right: SqlType): string =>
    typeName(resolveOperator(symbol, left, right).result)
  expect(result('+', a, b)).toBe('decimal(14,3)')
  expect(result('*', a, b)).toBe('decimal(17,5)')
  expect(result('/', a, b)).toBe('decimal(38,16)')
  expect(result('%', a, b)).toBe('decimal(13,3)')
  expect(result('+', INTEGER, b)).toBe('decimal(14,3)')
  expect(result('*', BIGINT, DOUBLE)).toBe('double precision')
  expect(result('+', SMALLINT, INTEGER)).toBe('integer')
})

test('untyped literals take the type the other side or the overload wants', () => {
  expect(resolveOperator('=', DATE, NULL_TYPE).argTypes.map(typeName)).toEqual(['date', 'date'])
  expect(resolveOperator('+', NULL_TYPE, INTEGER).argTypes.map(typeName)).toEqual(['integer', 'integer'])
  expect(resolveFunction('upper', [NULL_TYPE]).argTypes).toEqual([TEXT])
  expect(resolveOperator('-', TIMESTAMP, NULL_TYPE).result).toEqual(INTERVAL)
  expect(commonType([NULL_TYPE, INTEGER, decimalType(4, 2)])).toEqual(decimalType(12, 2))
  expect(() => commonType([INTEGER, TEXT])).toThrow(expect.objectContaining({ code: '42804' }))
})

test('integers prefer double precision, as in PostgreSQL', () => {
  const result = (name: string, ...args: SqlType[]): string => typeName(resolveFunction(name, args).result)
  expect(result('round', INTEGER)).toBe('double precision')
  expect(result('ceil', BIGINT)).toBe('double precision')
  expect(result('round', INTEGER, INTEGER)).toBe('decimal(11,0)')
  expect(result('round', DOUBLE, INTEGER)).toBe('double precision')
  expect(result('round', decimalType(8, 3))).toBe('decimal(6,0)')
})

test('unknown functions name the nearest one', () => {
  const nearest = { code: '42883', hint: 'Perhaps you meant upper.' }
  expect(() => resolveFunction('uper', [TEXT])).toThrow(expect.objectContaining(nearest))
  expect(() => resolveFunction('upper', [DATE, DATE])).toThrow(/upper\(date, date\) does not exist/)
  expect(() => resolveOperator('+', TEXT, INTEGER)).toThrow(/operator does not exist: text \+ integer/)
  expect(() => resolveAggregate('sum', [TEXT], false)).toThrow(expect.objectContaining({ code: '42883' }))
})

test('aggregates have the result types of PostgreSQL', () => {
  const result = (name: string, type: SqlType): string => typeName(resolveAggregate(name, [type], false).result)
  expect(result('sum', INTEGER)).toBe('bigint')
  expect(result('sum', BIGINT)).toBe('decimal(38,0)')
  expect(result('sum', decimalType(10, 2))).toBe('decimal(38,2)')
  expect(result('avg', INTEGER)).toBe('decimal(38,16)')
  expect(result('avg', REAL)).toBe('double precision')
  expect(result('max', DATE)).toBe('date')
})

test('casts by context', () => {
  expect(canCast(INTEGER, BIGINT, 'implicit')).toBe(true)
  expect(canCast(BIGINT, INTEGER, 'implicit')).toBe(false)
  expect(canCast(BIGINT, INTEGER, 'assignment')).toBe(true)
  expect(canCast(TEXT, INTEGER, 'assignment')).toBe(false)
  expect(canCast(TEXT, INTEGER, 'explicit')).toBe(true)
  expect(canCast(BOOLEAN, DATE, 'explicit')).toBe(false)
})
