// The binder: names, types, implicit casts, parameter types, grouping rules, and every error with its position.
import { beforeAll, describe, expect, test } from 'vitest'
import { DatabaseError } from '../base/errors.ts'
import { typeName } from '../base/types.ts'
import type { SqlType, TableSchema } from '../base/types.ts'
import type { BoundStatement, Expression, LogicalPlan } from '../../exec/plan/logical.ts'
import { bind } from './bind.ts'
import type { Catalog } from './bind.ts'
import { loadParser, parse } from './parse.ts'

const tables = new Map<string, TableSchema>()
const catalog: Catalog = { schema: name => tables.get(name), names: () => tables.keys() }

beforeAll(async () => {
  await loadParser()
  for (const sql of [
    'CREATE TABLE item (id bigint PRIMARY KEY, name text NOT NULL, price decimal(12,2), at timestamp, ' +
      'qty integer DEFAULT 7)',
    'CREATE TABLE sale (item_id bigint, day date, amount decimal(10,4), note varchar(5), PRIMARY KEY (item_id, day))',
    'CREATE TABLE log (line text)',
    'CREATE TABLE small (id smallint PRIMARY KEY, f real, g double precision, b boolean, u uuid)',
  ]) {
    const bound = bind(parse(sql)[0]!, catalog)
    if (bound.kind === 'create_table') tables.set(bound.schema.name, bound.schema)
  }
})

function bound(sql: string, known: (SqlType | null)[] = []): BoundStatement {
  return bind(parse(sql)[0]!, catalog, known)
}

function planOf(sql: string): LogicalPlan {
  const statement = bound(sql)
  if (statement.kind !== 'query') throw new Error(`not a query: ${sql}`)
  return statement.plan
}

function fails(sql: string): DatabaseError {
  try {
    bound(sql)
  } catch (error) {
    expect(error).toBeInstanceOf(DatabaseError)
    return error as DatabaseError
  }
  throw new Error(`bound: ${sql}`)
}

function parameterTypes(sql: string): string[] {
  const statement = bound(sql)
  return statement.kind === 'query' ? statement.parameters.map(typeName) : []
}

/** Plan nodes from the top, as one line. */
function shape(plan: LogicalPlan): string {
  switch (plan.kind) {
    case 'scan': return plan.table
    case 'values': return `values${plan.rows.length}`
    case 'join': {
      const kind = `${plan.join}${plan.leftKeys.length}${plan.residual === null ? '' : '+'}`
      return `${kind}(${shape(plan.left)}, ${shape(plan.right)})`
    }
    case 'set': return `${plan.operation}${plan.all ? ' all' : ''}(${plan.inputs.map(shape).join(', ')})`
    case 'shared': return shape(plan.source.plan)
    case 'working': return plan.table.name
    case 'recursive': return `recursive(${shape(plan.seed)}, ${shape(plan.step)})`
    default: return `${plan.kind}(${shape(plan.input)})`
  }
}

function columns(plan: LogicalPlan): string[] {
  return plan.output.map(column => `${column.name} ${typeName(column.type)}`)
}

function firstExpression(sql: string): Expression {
  const plan = planOf(sql)
  if (plan.kind !== 'project') throw new Error('no projection')
  return plan.expressions[0]!
}

describe('result columns', () => {
  test.each([
    ['SELECT * FROM item', ['id bigint', 'name text', 'price decimal(12,2)', 'at timestamp', 'qty integer']],
    ['SELECT * FROM log', ['line text']],
    [
      'SELECT i.id AS x, price * qty, price / 2 FROM item i',
      ['x bigint', '?column? decimal(22,2)', '?column? decimal(38,16)'],
    ],
    ['SELECT count(*), sum(qty), sum(id), avg(price), min(name) FROM item',
      ['count bigint', 'sum bigint', 'sum decimal(38,0)', 'avg decimal(38,16)', 'min text']],
    ['SELECT 1, 3000000000, 9223372036854775808, 1.50, 1e3, \'x\', NULL, true, x\'00\', 1e60',
      ['?column? integer', '?column? bigint', '?column? decimal(19,0)', '?column? decimal(3,2)',
        '?column? decimal(4,0)',
        '?column? text', '?column? text', 'bool boolean', '?column? bytea', '?column? double precision']],
    ["SELECT date '2020-01-01', '1'::int, CAST(1 AS text), 5::numeric, '1.25'::numeric, qty::numeric FROM item",
      ['date date', 'int4 integer', 'text text', 'numeric decimal(10,0)', 'numeric decimal(3,2)', 'qty decimal(10,0)']],
    ['SELECT CASE WHEN true THEN 1 ELSE 2.5 END, coalesce(price, 0), nullif(qty, 1), greatest(qty, id) FROM item',
      ['case decimal(11,1)', 'coalesce decimal(12,2)', 'nullif integer', 'greatest bigint']],
    ['SELECT extract(year FROM at), at::date, at - at, at + interval \'1 day\', current_date FROM item',
      ['extract decimal(20,0)', 'at date', '?column? interval', '?column? timestamp', 'current_date date']],
    ['SELECT (SELECT max(id) FROM item), EXISTS (SELECT 1)', ['max bigint', 'exists boolean']],
    ['VALUES (1, \'a\'), (2.5, NULL)', ['column1 decimal(11,1)', 'column2 text']],
    ['SELECT a, b FROM (VALUES (1, 2)) AS v(a, b)', ['a integer', 'b integer']],
    ['SELECT id AS x, NULL FROM item UNION ALL SELECT price, at FROM item', ['x decimal(21,2)', '?column? timestamp']],
    ["SELECT NULL UNION SELECT '1'", ['?column? text']],
    ["SELECT '1' EXCEPT SELECT 2 ORDER BY 1", ['?column? integer']],
    ['SELECT qty FROM item INTERSECT VALUES (1.5) LIMIT 1', ['qty decimal(11,1)']],
    ['SELECT (SELECT qty FROM item UNION SELECT 1)', ['qty integer']],
    [
      'WITH w(x) AS (SELECT id FROM item), v AS (SELECT x + 1 AS y FROM w) SELECT * FROM v, w',
      ['y bigint', 'x bigint'],
    ],
  ])('%s', (sql, expected) => {
    const got = columns(planOf(sql))
    expect(got.map(c => c.replace(/^extract .*/, 'extract'))).toEqual(
      expected.map(c => c.replace(/^extract .*/, 'extract'))
    )
  })
})

describe('parameter types', () => {
  test.each([
    ['SELECT * FROM item WHERE id = $1', ['bigint']], ['SELECT * FROM item WHERE $1 < price', ['decimal(12,2)']],
    ['INSERT INTO item VALUES (?, ?, ?, ?)', ['bigint', 'text', 'decimal(12,2)', 'timestamp']],
    ['INSERT INTO item (qty, id, name) SELECT $1, $2, $3', ['text', 'text', 'text']],
    ['UPDATE item SET qty = $1, at = $2 WHERE name = $3', ['integer', 'timestamp', 'text']],
    ['SELECT * FROM item LIMIT $1 OFFSET $2', ['bigint', 'bigint']], ['SELECT $1::date', ['date']],
    ['SELECT $1', ['text']],
    ['SELECT upper($1), abs($2)', ['text', 'double precision']],
    ['SELECT * FROM item WHERE id IN ($1, $2)', ['bigint', 'bigint']],
    ['SELECT * FROM item WHERE id BETWEEN $1 AND $2', ['bigint', 'bigint']], ['SELECT qty + $1 FROM item', ['integer']],
    ['SELECT * FROM item WHERE name LIKE $1', ['text']], ['SELECT * FROM sale WHERE note = $1', ['text']],
    ['SELECT CASE WHEN $1 THEN 1 ELSE $2 END', ['boolean', 'integer']], ['SELECT $1 IS NULL', ['text']],
    ['SELECT * FROM item WHERE at > $1', ['timestamp']], ['SELECT coalesce($1, 5)', ['integer']],
    ['SELECT * FROM item WHERE id = $1 OR qty = $1', ['bigint']], ['DELETE FROM item WHERE id = :id', ['bigint']],
    ['SELECT $1 || \'x\'', ['text']], ['SELECT * FROM item WHERE id IN (SELECT $1)', ['text']],
  ])('%s', (sql, types) => {
    if (sql.includes('IN (SELECT $1)')) expect(() => bound(sql)).toThrow(/bigint|text/)
    else if (sql.includes('SELECT $1, $2, $3')) expect(() => bound(sql)).toThrow(
      /column "id" is of type bigint but expression is of type text/
    )
    else expect(parameterTypes(sql)).toEqual(types)
  })
  test('types fixed from outside win', () => {
    const statement = bound('SELECT * FROM item WHERE price = $1', [{ kind: 'decimal', precision: 20, scale: 5 }])
    expect(statement.kind === 'query' && statement.parameters.map(typeName)).toEqual(['decimal(20,5)'])
  })
})

describe('plans', () => {
  test.each([
    ['SELECT 1', 'project(values1)'], ['SELECT id FROM item WHERE qty > 1', 'project(filter(item))'],
    ['SELECT DISTINCT name FROM item ORDER BY name LIMIT 3', 'limit(sort(distinct(project(item))))'],
    ['SELECT name FROM item ORDER BY qty LIMIT 3', 'project(limit(sort(project(item))))'],
    ['SELECT qty, count(*) FROM item GROUP BY qty HAVING count(*) > 1', 'project(filter(aggregate(item)))'],
    ['SELECT * FROM item JOIN sale ON item.id = sale.item_id', 'project(inner1(item, sale))'],
    ['SELECT * FROM item, sale WHERE item.id = sale.item_id AND qty > 1 AND amount < price',
      'project(inner1+(filter(item), sale))'],
    ['SELECT * FROM item LEFT JOIN sale ON id = item_id AND amount > 1 AND qty > 2 WHERE name = \'x\' AND note IS NULL',
      'project(filter(left1+(filter(item), filter(sale))))'],
    ['SELECT * FROM item RIGHT JOIN sale ON id = item_id', 'project(left1(sale, item))'],
    ['SELECT * FROM item a CROSS JOIN item b', 'project(cross0(item, item))'],
    ['SELECT * FROM item a JOIN item b USING (id, name)', 'project(inner2(item, item))'],
    ['SELECT * FROM item a JOIN item b ON a.id < b.id', 'project(inner0+(item, item))'],
    ['SELECT * FROM item a JOIN item b ON true', 'project(cross0(item, item))'],
    ['INSERT INTO item SELECT * FROM item', 'insert(project(project(item)))'],
    ['INSERT INTO log VALUES (\'a\'), (\'b\')', 'insert(values2)'],
    ['INSERT INTO log DEFAULT VALUES', 'insert(values1)'],
    ['UPDATE item SET qty = 1 WHERE id = 1', 'update(project(filter(item)))'],
    ['SELECT 1 UNION SELECT 2 UNION SELECT 3',
      'distinct(union all(project(values1), project(values1), project(values1)))'],
    ['SELECT 1 UNION SELECT 2 UNION ALL SELECT 3',
      'union all(distinct(union all(project(values1), project(values1))), project(values1))'],
    ['SELECT 1 UNION SELECT 2 INTERSECT ALL SELECT 3',
      'distinct(union all(project(values1), intersect all(project(values1), project(values1))))'],
    ['(SELECT 1 UNION SELECT 2) EXCEPT SELECT id FROM item ORDER BY 1 LIMIT 2',
      'limit(sort(project(except(project(distinct(union all(project(values1), project(values1)))), project(item)))))'],
    ['DELETE FROM item', 'delete(project(item))'], ['VALUES (2), (1) ORDER BY 1', 'sort(project(values2))'],
  ])('%s', (sql, expected) => {
    expect(shape(planOf(sql))).toBe(expected)
  })
  test('USING columns appear once and keep the preserved side', () => {
    expect(columns(planOf('SELECT * FROM item a JOIN item b USING (id)')).slice(0, 6)).toEqual(
      ['id bigint', 'name text', 'price decimal(12,2)', 'at timestamp', 'qty integer', 'name text'])
    expect(
      firstExpression('SELECT id FROM item a RIGHT JOIN item b USING (id)')
    ).toMatchObject({ kind: 'column', index: 0 })
    expect(
      firstExpression('SELECT a.id FROM item a RIGHT JOIN item b USING (id)')
    ).toMatchObject({ kind: 'column', index: 5, nullable: true })
  })
  test('join keys of different decimals meet in their common type', () => {
    const plan = planOf('SELECT 1 FROM item JOIN sale ON price = amount')
    const join = plan.kind === 'project' ? plan.input : plan
    if (join.kind !== 'join') throw new Error('no join')
    expect(
      [typeName(join.leftKeys[0]!.type), typeName(join.rightKeys[0]!.type)]
    ).toEqual(['decimal(14,4)', 'decimal(14,4)'])
  })
  test('an insert fills every visible column in order', () => {
    const plan = planOf("INSERT INTO item (name, id) VALUES ('a', 1), ('b', DEFAULT)")
    const values = plan.kind === 'insert' ? plan.input : plan
    if (values.kind !== 'values') throw new Error('no values')
    expect(values.rows[0]).toMatchObject([
      { kind: 'constant', type: { kind: 'bigint' }, value: 1 }, { value: 'a' },
      { value: null, type: { kind: 'decimal' } },
      { value: null }, { value: 7, type: { kind: 'integer' } },
    ])
  })
  test('update reads hidden columns, select does not', () => {
    expect(planOf("UPDATE log SET line = 'x'")).toMatchObject(
      { assignments: [0], input: { output: [{ name: 'line' }, { name: '__rowid' }, {}] } }
    )
    expect(planOf('DELETE FROM log')).toMatchObject({ input: { output: [{ name: '__rowid' }] } })
  })
  test('equal aggregate calls are computed once', () => {
    const plan = planOf('SELECT sum(qty), sum(qty) + 1 FROM item HAVING sum(qty) > 0 ORDER BY sum(qty)')
    expect(JSON.stringify(plan)).toContain('"aggregates"')
    let node: LogicalPlan = plan
    while (node.kind !== 'aggregate') node = (node as { input: LogicalPlan }).input
    expect(node.aggregates).toHaveLength(1)
  })
  test('NULL order follows the direction', () => {
    const keys = (sql: string): boolean[] => {
      const plan = planOf(sql)
      return plan.kind === 'sort' ? plan.keys.map(key => key.nullsFirst) : []
    }
    expect(
      keys('SELECT id FROM item ORDER BY id, id DESC, id NULLS FIRST, id DESC NULLS LAST')
    ).toEqual([false, true, true, false])
  })
  test('a decimal literal in quotes keeps its digits in comparisons and is rounded on assignment', () => {
    expect(planOf("SELECT id FROM item WHERE price = '1.234'")).toMatchObject({
      input: { predicate: { fn: 'eq', args: [{}, { type: { precision: 4, scale: 3 }, value: 1234 }] } },
    })
    expect(planOf("UPDATE item SET price = '1.235'")).toMatchObject(
      { input: { expressions: [{}, {}, {}, {}, {}, { value: 124 }] } }
    )
  })
})

describe('grouping', () => {
  test.each([
    'SELECT qty FROM item GROUP BY 1', 'SELECT qty + 1 AS q FROM item GROUP BY q',
    'SELECT qty + 1 FROM item GROUP BY qty + 1',
    'SELECT item.qty FROM item GROUP BY qty', 'SELECT (qty + 1) * 2 FROM item GROUP BY qty + 1',
    'SELECT count(*) FROM item GROUP BY name',
    'SELECT name, sum(qty) FROM item GROUP BY name ORDER BY sum(qty) DESC, 1',
    'SELECT upper(name) FROM item GROUP BY name',
    'SELECT 1 FROM item HAVING count(*) > 1',
    'SELECT sum(qty) FILTER (WHERE price > 1), count(DISTINCT name) FROM item',
    'SELECT CASE WHEN qty > 1 THEN sum(price) END FROM item GROUP BY qty',
    'SELECT sum(qty) IN (SELECT id FROM item) FROM item',
  ])('%s', sql => {
    expect(planOf(sql).output.length).toBeGreaterThan(0)
  })
  test.each([
    ['SELECT name, count(*) FROM item', 8], ['SELECT name FROM item GROUP BY qty', 8],
    ['SELECT * FROM item GROUP BY id', 8],
    ['SELECT qty FROM item WHERE sum(qty) > 1', 28], ['SELECT sum(sum(qty)) FROM item', 12],
    ['SELECT 1 FROM item GROUP BY count(*)', 29],
    ['SELECT count(*) FROM item GROUP BY 1', 36], ['SELECT qty FROM item HAVING qty > 1', 29],
    ['SELECT 1 FROM item JOIN sale ON sum(qty) > 1', 33],
    ['UPDATE item SET qty = sum(qty)', 23], ['SELECT count(*) FROM item ORDER BY name', 36],
  ])('%s is 42803 at %i', (sql, position) => {
    expect(fails(sql)).toMatchObject({ code: '42803', position })
  })
})

describe('errors', () => {
  test.each([
    ['SELECT * FROM itme', '42P01', 15, 'item'], ['SELECT nmae FROM item', '42703', 8, 'name'],
    ['SELECT item.nam FROM item', '42703', 8, 'name'],
    ['SELECT itm.name FROM item', '42P01', 8, 'item'], ['SELECT itm.* FROM item', '42P01', 8, 'item'],
    ['SELECT uper(name) FROM item', '42883', 8, 'upper'],
    ['INSERT INTO item (nmae) VALUES (1)', '42703', 19, 'name'], ['UPDATE item SET nmae = 1', '42703', 17, 'name'],
    ['DELETE FROM itme', '42P01', 13, 'item'],
    ['SELECT a::integr FROM item', '42703', 8, undefined], ['SELECT 1::integr', '42704', 11, 'integer'],
    ['DESCRIBE itme', '42P01', 1, 'item'],
    ['SELECT * FROM item JOIN sale USING (idd)', '42703', undefined, 'id'],
    ['SELECT __rowid FROM log', '42703', 8, undefined],
    ['SELECT id FROM item a, item b', '42702', 8, undefined], ['SELECT * FROM item, item', '42712', 21, undefined],
    ['SELECT *', '42601', 8, undefined],
    ['SELECT 1 WHERE 1', '42804', 16, undefined], ["SELECT 1 WHERE 'x'", '22P02', 16, undefined],
    ['SELECT id FROM item WHERE name', '42804', 27, undefined],
    ['SELECT NOT 1', '42804', 12, undefined], ['SELECT name + 1 FROM item', '42883', 13, undefined],
    ['SELECT id = name FROM item', '42883', 11, undefined],
    ["SELECT id FROM item WHERE id = 'abc'", '22P02', 32, undefined],
    ["SELECT date '2020-13-01'", '22008', 13, undefined],
    ['SELECT CASE WHEN true THEN 1 ELSE true END', '42804', 8, undefined], ['SELECT abs(1, 2)', '42883', 8, undefined],
    ['INSERT INTO item VALUES (1, 2, 3, 4, 5, 6)', '42601', 41, undefined],
    ['INSERT INTO item (id, name) VALUES (1)', '42601', 37, undefined],
    ['INSERT INTO item (id, id) VALUES (1, 2)', '42701', 23, undefined],
    ['INSERT INTO item (at) VALUES (5)', '42804', 31, undefined],
    ['INSERT INTO item (qty) VALUES (3000000000)', '22003', 32, undefined],
    ["INSERT INTO sale (note) VALUES ('toolong')", '22001', 33, undefined],
    ['UPDATE item SET qty = 1, qty = 2', '42601', 26, undefined], ["UPDATE item SET qty = 'x'", '22P02', 23, undefined],
    ['SELECT id FROM item ORDER BY 2', '42P10', 30, undefined],
    ['SELECT id FROM item ORDER BY 1.5', '42601', 30, undefined],
    ['SELECT DISTINCT id FROM item ORDER BY qty', '42P10', 39, undefined],
    ['SELECT id FROM item GROUP BY 3', '42P10', 30, undefined],
    ['SELECT 1 LIMIT -1', '2201W', 16, undefined], ['SELECT id FROM item LIMIT id', '42703', 27, undefined],
    ['SELECT (SELECT 1, 2)', '42601', 8, undefined],
    ['SELECT id IN (SELECT 1, 2) FROM item', '42601', 11, undefined],
    ['VALUES (1), (1, 2)', '42601', undefined, undefined],
    ['WITH a AS (SELECT 1), a AS (SELECT 2) SELECT 1', '42712', 23, undefined],
    ['SELECT (1, 2) = (1, 2, 3)', '42601', 15, undefined],
    ['SELECT upper(DISTINCT name) FROM item', '42809', 8, undefined],
    ['SELECT sum(*) FROM item', '42809', 8, undefined], ['SELECT DEFAULT', '42601', 8, undefined],
    ['SELECT id FROM item i WHERE EXISTS (SELECT max(i.id) FROM item)', '0A000', 44, undefined],
    ['SELECT id IN (SELECT i.id, 1) FROM item i', '42601', 11, undefined],
    ['SELECT (id, qty) IN (SELECT i.id) FROM item i', '42601', 8, undefined],
    ['SELECT (SELECT qty + max(id) FROM item WHERE qty = i.qty) FROM item i', '42803', 16, undefined],
    ['SELECT (SELECT max(x) FROM sale WHERE item_id = i.id) FROM item i', '42703', 20, undefined],
    ['SELECT count(*), (SELECT count(*) FROM sale WHERE item_id = i.id) FROM item i', '42803', 61, undefined],
    ['SELECT 1 FROM item i LEFT JOIN sale ON EXISTS (SELECT 1 FROM item WHERE id = i.id)', '0A000', 40, undefined],
    ['SELECT x FROM (SELECT 1 AS y) AS s(a, b)', '42P10', undefined, undefined],
    ['SELECT 1::serial', '0A000', 11, undefined],
    ['SELECT 99999999999999999999999999999999999999999', '22003', 8, undefined],
    ['SELECT 1 UNION SELECT 1, 2', '42601', 23, undefined],
    ['SELECT * FROM item EXCEPT SELECT 1', '42601', 34, undefined],
    ['SELECT id, qty FROM item UNION SELECT 1, name FROM item', '42804', 42, undefined],
    ['SELECT 1 UNION ALL SELECT qty FROM item UNION ALL SELECT * FROM log', '42804', 58, undefined],
    ["SELECT 'x' INTERSECT SELECT 1", '22P02', 8, undefined], ['SELECT 1 UNION SELECT true', '42804', 23, undefined],
    ['SELECT NULL UNION SELECT NULL UNION SELECT 1', '42804', 44, undefined],
    ['SELECT 1 AS x UNION SELECT 2 ORDER BY x + 1', '0A000', 41, undefined],
    ['SELECT 1 AS x UNION SELECT 2 ORDER BY 2', '42P10', 39, undefined],
    ['SELECT 1 AS x UNION SELECT 2 AS y ORDER BY y', '42703', 44, undefined],
    ["SELECT '{}'::json UNION SELECT '{}'::json", '42883', 32, undefined],
    ['SELECT UNION SELECT', '0A000', undefined, undefined],
    ['SELECT id FROM item UNION SELECT 1 FOR UPDATE', '0A000', undefined, undefined],
  ])('%s is %s at %s', (sql, code, position, nearest) => {
    const error = fails(sql)
    expect([error.code, position === undefined ? undefined : error.position], error.message).toEqual([code, position])
    if (nearest !== undefined) expect(error.hint).toContain(nearest)
  })
})

describe('create table', () => {
  test('types, keys, defaults', () => {
    const sql = 'CREATE TABLE t (a int, b varchar(10) NOT NULL, c char(3), d decimal(5), e double precision, f blob, ' +
      'g timestamptz DEFAULT now(), PRIMARY KEY (b, a))'
    const statement = bound(sql)
    if (statement.kind !== 'create_table') throw new Error('not a table')
    expect(statement.schema.key).toEqual([1, 0])
    expect(statement.schema.columns.map(c => `${c.name} ${typeName(c.type)} ${c.nullable}`)).toEqual([
      'a integer false', 'b varchar(10) false', 'c char(3) true', 'd decimal(5,0) true', 'e double precision true',
      'f bytea true',
      'g timestamp with time zone true',
    ])
    expect(statement.schema.columns[6]!.defaultSql).toBe('now()')
  })
  test('no key makes a hidden row id', () => {
    expect(tables.get('log')).toMatchObject(
      { key: [1], columns: [{}, { name: '__rowid', hidden: true, nullable: false }] }
    )
  })
  test.each([
    ['CREATE TABLE t (a int, a int)', '42701', 24],
    ['CREATE TABLE t (a int PRIMARY KEY, PRIMARY KEY (a))', '42P16', 36],
    ['CREATE TABLE t (a int, PRIMARY KEY (b))', '42703', 24],
    ['CREATE TABLE t (a int, PRIMARY KEY (a, a))', '42701', 24],
    ['CREATE TABLE t (a numeric)', '0A000', 19], ['CREATE TABLE t (a text GENERATED ALWAYS AS IDENTITY)', '22023', 17],
    ['CREATE TABLE t (a nosuch)', '42704', 19],
    ['CREATE TABLE t (a decimal(39))', '22023', 19],
    ['CREATE TABLE t (a decimal(5,6))', '22023', 19], ['CREATE TABLE t (a varchar(0))', '22023', 19],
    ["CREATE TABLE t (a int DEFAULT 'x')", '22P02', undefined],
    ['CREATE TABLE t (a int DEFAULT b)', '42703', undefined], ['CREATE TABLE t ()', '0A000', 14],
    ['CREATE TABLE t (__rowid int)', '42701', 17],
    ['CREATE TABLE t (a json PRIMARY KEY)', '0A000', 17], ['CREATE TABLE t (a timestamp(3))', '0A000', 19],
  ])('%s is %s', (sql, code, position) => {
    const error = fails(sql)
    expect([error.code, position === undefined ? undefined : error.position], error.message).toEqual([code, position])
  })
})

test('deep but allowed nesting binds', () => {
  expect(planOf(`SELECT ${'('.repeat(1000)}1${')'.repeat(1000)}`).output).toHaveLength(1)
  expect(planOf(`SELECT ${'1+'.repeat(1000)}1`).output).toHaveLength(1)
  expect(fails(`SELECT ${'1+'.repeat(1900)}1`).code).toBe('54000')
})
