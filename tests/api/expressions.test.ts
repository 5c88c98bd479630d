// Expressions whose values PostgreSQL defines: each line is an expression and what psql prints for it.
import { beforeAll, expect, test } from 'vitest'
import { open } from '../../src/index.ts'
import type { Database } from '../../src/index.ts'
import { errorOf } from './shop.ts'

let db: Database

beforeAll(async () => {
  db = await open(':memory:', { memory: '64MB' })
  return () => db.close()
})

test.each<[string, unknown]>([
  // arithmetic
  ['7 / 2', 3], ['-7 / 2', -3], ['7 % -3', 1], ['-7 % 3', -1], ['7.0 / 2', '3.5000000000000000'], ['2 ^ 10', 1024],
  ['-2 ^ 2', 4],
  ['1 + 2 * 3', 7], ['0.1 + 0.2', '0.3'], ['1.10 * 2.5', '2.750'], ['2147483647 + 1::bigint', 2147483648],
  ['10 - 2.5', '7.5'],
  ['1e2 + 1', '101'], ['round(2.5)', '3'], ['round(-2.5)', '-3'], ['round(2.345, 2)', '2.35'], ['abs(-3)', 3],
  ['sign(-2.0)', -1], ['ceil(1.2)', '2'],
  ['floor(-1.2)', '-2'], ['mod(7, 3)', 1], ['power(2, 3)', 8], ['sqrt(16)', 4], ['trunc(1.79, 1)', '1.7'],
  ['greatest(1, NULL, 3)', 3], ['least(2, 1.5)', '1.5'],
  ['1::float8 / 3', 1 / 3], ["'NaN'::float8 = 'NaN'::float8", true], ["'NaN'::float8 > 'Infinity'::float8", true],
  // logic
  ['NULL AND false', false], ['NULL OR true', true], ['NOT NULL::boolean', null], ['NULL = NULL', null],
  ['NULL IS NULL', true], ['1 IN (2, NULL)', null],
  ['1 NOT IN (2, NULL)', null], ['1 IN (1, NULL)', true], ['NULL IS DISTINCT FROM NULL', false],
  ['1 IS DISTINCT FROM NULL', true], ['(NULL::boolean) IS UNKNOWN', true],
  ['(1 > 2) IS NOT TRUE', true], ['NULL::boolean IS FALSE', false], ['1 BETWEEN 2 AND 0', false],
  ['1 BETWEEN SYMMETRIC 2 AND 0', true], ['2 NOT BETWEEN 1 AND NULL', null],
  ['3 NOT BETWEEN 1 AND 2', true], ['CASE WHEN NULL THEN 1 ELSE 2 END', 2],
  ["CASE 2 WHEN 1 THEN 'a' WHEN 2 THEN 'b' END", 'b'], ['CASE 3 WHEN 1 THEN 1 END', null],
  ['(1, 2) = (1, 2)', true], ['(1, 2) <> (1, 3)', true], ['(1, NULL) = (2, NULL)', false],
  ['(1, 2) IN ((3, 4), (1, 2))', true], ['(1, 2) NOT IN ((1, 2))', false],
  ['coalesce(NULL, NULL, 3)', 3], ['nullif(1, 1)', null], ['nullif(1, 2)', 1],
  // text
  ["'a' || 1", 'a1'], ["'a' || NULL", null], ["concat('a', NULL, 1)", 'a1'], ["upper('é')", 'É'],
  ["lower('ÀB')", 'àb'], ["length('é😀')", 2], ["octet_length('é')", 2],
  ["substring('abcdef' FROM 2 FOR 3)", 'bcd'], ["substr('abcdef', 0, 3)", 'ab'], ["left('abc', -1)", 'ab'],
  ["right('abc', 2)", 'bc'], ["trim('  a ')", 'a'],
  ["trim(LEADING 'x' FROM 'xxaxx')", 'axx'], ["ltrim('xyxa', 'xy')", 'a'], ["position('c' IN 'abc')", 3],
  ["strpos('abc', 'z')", 0], ["replace('aXbX', 'X', '-')", 'a-b-'],
  ["lpad('7', 3, '0')", '007'], ["rpad('abc', 2)", 'ab'], ["repeat('ab', 2)", 'abab'], ["reverse('abc')", 'cba'],
  ["split_part('a,b,c', ',', 2)", 'b'], ["initcap('hello WORLD')", 'Hello World'],
  ["ascii('a')", 97], ['chr(8364)', '€'], ["overlay('abcdef' PLACING 'XX' FROM 2 FOR 3)", 'aXXef'],
  ["starts_with('abc', 'ab')", true],
  ["'abc' LIKE 'a%'", true], ["'abc' LIKE '_b_'", true], ["'a%c' LIKE 'a!%c' ESCAPE '!'", true],
  ["'abc' LIKE 'a!%c' ESCAPE '!'", false], ["'ABC' ILIKE 'a%'", true], ["'abc' NOT LIKE 'b%'", true],
  ["'abc' ~ '^a.c$'", true], ["'ABC' ~* 'b'", true], ["'abc' !~ 'x'", true],
  ["regexp_replace('a1b2', '[0-9]', '', 'g')", 'ab'], ["'a' < 'B'", false], ["'Z' < 'a'", true],
  ["md5('a')", '0cc175b9c0f1b6a831c399e269772661'],
  // casts
  ["'12'::int", 12], ["' 12 '::int", 12], ['1.5::int', 2], ['2.5::int', 3], ['2.5::float8::int', 2],
  ['-1.5::int', -2], ['true::int', 1], ['0::boolean', false], ["'t'::boolean", true], ['1::text', '1'],
  ['1.50::text', '1.50'],
  ['true::text', 'true'], ["'abc'::varchar(2)", 'ab'], ["'a'::char(3) || 'x'", 'ax'], ['5::numeric(5,2)', '5.00'],
  ["'1e3'::float8", 1000], ['1e-7::float8::text', '1e-07'], ["'\\x4142'::bytea", new Uint8Array([0x41, 0x42])],
  ["CAST('2024-02-29' AS date)", '2024-02-29'],
  // dates and times
  ["date '2024-03-01' - date '2024-02-28'", 2],
  ["date '2024-01-31' + interval '1 month'", new Date('2024-02-29T00:00:00Z')],
  ["date '2024-01-31' + 1", '2024-02-01'], ["extract(year FROM date '2024-05-06')", '2024'],
  ["extract(dow FROM date '2024-05-05')", '0'],
  ["date_trunc('month', timestamp '2024-05-06 07:08:09')", new Date('2024-05-01T00:00:00Z')],
  ["date_part('hour', timestamp '2024-05-06 07:08:09')", 7],
  ["timestamp '2024-05-06 07:08:09' - timestamp '2024-05-05 06:08:09'", '1 day 01:00:00'],
  ["interval '1 day' * 2", '2 days'], ["interval '1 day 2 hours' + interval '30 minutes'", '1 day 02:30:00'],
  ["interval '90' day", '90 days'],
  ["timestamp '2024-01-01' < date '2024-01-02'", true], ["date '2024-01-01' = '2024-01-01'", true],
  ["to_char(date '2024-05-06', 'YYYY/MM/DD')", '2024/05/06'], ["time '10:00' + interval '90 minutes'", '11:30:00'],
  ["timestamptz '2024-01-01 00:00:00+02' AT TIME ZONE 'UTC'", new Date('2023-12-31T22:00:00Z')],
  ["age(timestamp '2024-03-01', timestamp '2024-01-31')", '1 mon 1 day'], ["make_date(2024, 2, 29)", '2024-02-29'],
  // subqueries
  ['(SELECT 1)', 1], ['(SELECT 1 WHERE false)', null], ['EXISTS (SELECT 1 WHERE false)', false],
  ['1 IN (SELECT 1)', true], ['2 IN (SELECT NULL::int)', null], ['1 NOT IN (SELECT 2)', true],
  ['1 NOT IN (SELECT 1 WHERE false)', true],
  ['NULL IN (SELECT 1 WHERE false)', false], ['(SELECT max(column1) FROM (VALUES (1), (3), (2)) v)', 3],
])('%s', (expression, value) => {
  expect(db.prepare(`SELECT ${expression} AS x`).get()).toEqual({ x: value })
})

test.each([
  ['1 / 0', '22012'], ['1 % 0', '22012'], ['1.0 / 0', '22012'], ['2147483647 + 1', '22003'],
  ['-(-2147483648)::int - 1', '22003'], ['9223372036854775807 + 1', '22003'],
  ["'x'::int", '22P02'], ["'2024-13-01'::date", '22008'], ['300::smallint * 300::smallint', '22003'],
  ['sqrt(-1)', '2201F'], ['ln(0)', '2201E'], ["'a' ~ '('", '2201B'],
  ["'a' LIKE 'a' ESCAPE 'xx'", '22023'], ['(SELECT 1 UNION SELECT 2)', '21000'],
  ['(SELECT * FROM (VALUES (1), (2)) v)', '21000'], ["'1'::int + 'x'", '22P02'],
  ['1e400::float8', '22003'], ["interval 'nonsense'", '22007'], ["'\\xzz'::bytea", '22023'], ["true + 1", '42883'],
  ['1 = true', '42883'],
])('%s is %s', (expression, code) => {
  const error = errorOf(() => db.prepare(`SELECT ${expression} AS x`).all())
  expect(error.code, error.message).toBe(code)
})
