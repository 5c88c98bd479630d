// The parser door: what each construct becomes, what is refused and where the error points.
import { beforeAll, describe, expect, test } from 'vitest'
import { DatabaseError } from '../base/errors.ts'
import { Random } from '../base/random.ts'
import type { Query, Statement } from './ast.ts'
import { loadParser, parse } from './parse.ts'

beforeAll(loadParser)

function one(text: string): Statement {
  const statements = parse(text)
  expect(statements).toHaveLength(1)
  return statements[0]!.statement
}

function fails(text: string): DatabaseError {
  try {
    parse(text)
  } catch (error) {
    expect(error).toBeInstanceOf(DatabaseError)
    return error as DatabaseError
  }
  throw new Error(`parsed: ${text}`)
}

function expr(text: string): unknown {
  return (one(`SELECT ${text}`) as Query).items[0]!.expr
}

describe('literals', () => {
  test.each([
    ['0', 'integer', '0'], ['-5', 'integer', '-5'], ['3000000000', 'integer', '3000000000'],
    ['1.50', 'decimal', '1.50'],
    ['.5', 'decimal', '.5'], ['1e5', 'decimal', '1e5'], ["'x'", 'string', 'x'], ["''", 'string', ''],
    ['null', 'null', ''],
    ['true', 'boolean', 'true'], ['false', 'boolean', 'false'], ["x'1F'", 'hex', '1F'], ["x''", 'hex', ''],
    ["E'a\\nb'", 'string', 'a\nb'], ['$q$a\'b$q$', 'string', "a'b"], ['1_000', 'integer', '1000'],
    ['-9223372036854775808', 'integer', '-9223372036854775808'],
  ])('%s is %s %s', (sql, form, text) => {
    expect(expr(sql)).toMatchObject({ kind: 'literal', form, text })
  })
})

describe('parameters', () => {
  test.each([
    ['SELECT $2, $1', [null, null]], ['SELECT ?, ?', [null, null]], ['SELECT ?2, ?', [null, null, null]],
    ['SELECT :a, :b, :a', ['a', 'b']], ['SELECT @id', ['id']], ['SELECT ?, :x', [null, 'x']],
    ["SELECT '?', \"?\", -- ?\n 1 /* ? */", []], ['SELECT a::int', []], ["SELECT 'a'::text", []],
  ])('%s', (sql, names) => {
    expect(parse(sql)[0]!.parameterNames).toEqual(names)
  })
  test('a repeated name is one parameter', () => {
    const query = one('SELECT :a, :b, :a') as Query
    expect(query.items.map(item => (item.expr as { index: number }).index)).toEqual([0, 1, 0])
  })
  test('styles do not mix', () => {
    expect(fails('SELECT $1, ?')).toMatchObject({ code: '42601', position: 12 })
  })
  test('number 0 and huge numbers', () => {
    expect(fails('SELECT $0').code).toBe('42601')
    expect(fails('SELECT ?70000')).toMatchObject({ code: '42601', position: 8 })
  })
  test('over the wire a ? is an operator', () => {
    expect(() => parse('SELECT ?', { rewrite: false })).toThrow(/syntax error/)
  })
})

describe('positions', () => {
  test.each([
    ['SELECT a FORM t WHERE x', 15], ['select éa from t where', 23], ["SELECT '😀' FORM t x", 17],
    ['SELECT 1 FROM t;\n\nSELEC 1', 19], ['SELECT ?, ?, ? FORM t x', 21], ['SELECT :longname FROM FROM', 23],
    ['SELECT (1', 10], ['SELECT \'abc', 8], ['SELECT 1 /* x', 10], ['SELECT "abc', 8], ['SELECT 1 $x$ abc', 10],
  ])('%s', (sql, position) => {
    expect(fails(sql)).toMatchObject({ code: '42601', position })
  })
  test('nodes point into the original text', () => {
    const statements = parse("SELECT 'é😀', ?1, `a b`; SELECT :p + zz")
    expect((statements[0]!.statement as Query).items.map(item => item.position)).toEqual([8, 14, 18])
    expect((statements[1]!.statement as Query).items[0]!.expr).toMatchObject({
      kind: 'operator', position: 35, left: { position: 32 }, right: { kind: 'name', position: 37 },
    })
  })
})

describe('expressions', () => {
  test.each([
    ['a BETWEEN 1 AND 2', { kind: 'between', negated: false, symmetric: false }],
    ['a NOT BETWEEN SYMMETRIC 1 AND 2', { kind: 'between', negated: true, symmetric: true }],
    ['a IN (1, 2)', { kind: 'in', negated: false }], ['a NOT IN (1)', { kind: 'in', negated: true }],
    ['a IN (SELECT 1)', { kind: 'subquery', mode: 'in', negated: false }],
    ['a NOT IN (SELECT 1)', { kind: 'logic', op: 'not' }],
    ['a <> ALL (SELECT 1)', { kind: 'subquery', mode: 'in', negated: true }],
    ['EXISTS (SELECT 1)', { kind: 'subquery', mode: 'exists' }], ['(SELECT 1)', { kind: 'subquery', mode: 'scalar' }],
    ["a LIKE 'x'", { kind: 'operator', symbol: '~~' }], ["a NOT ILIKE 'x'", { kind: 'operator', symbol: '!~~*' }],
    ["a LIKE 'x' ESCAPE '!'", { kind: 'operator', symbol: '~~', escape: { text: '!' } }],
    ['a IS NULL', { kind: 'is', test: 'null', negated: false }], ['a ISNULL', { kind: 'is', test: 'null' }],
    ['a IS NOT TRUE', { kind: 'is', test: 'true', negated: true }], ['a IS UNKNOWN', { kind: 'is', test: 'unknown' }],
    ['a IS DISTINCT FROM b', { kind: 'distinct', negated: false }],
    ['a IS NOT DISTINCT FROM b', { kind: 'distinct', negated: true }],
    ['a == b', { kind: 'operator', symbol: '=' }], ['a != b', { kind: 'operator', symbol: '<>' }],
    ['-a', { kind: 'operator', symbol: '-', left: null }], ['a||b', { kind: 'operator', symbol: '||' }],
    ['NOT a = b', { kind: 'logic', op: 'not' }], ['a AND b AND c', { kind: 'logic', op: 'and', args: [{}, {}, {}] }],
    ['CASE a WHEN 1 THEN 2 END', { kind: 'case', arg: { kind: 'name' }, otherwise: null }],
    ['coalesce(a, b)', { kind: 'call', name: 'coalesce' }], ['nullif(a, b)', { kind: 'call', name: 'nullif' }],
    ['greatest(a, b)', { kind: 'call', name: 'greatest' }], ['least(a, b)', { kind: 'call', name: 'least' }],
    ['current_date', { kind: 'call', name: 'current_date' }], ['count(*)', { kind: 'call', star: true }],
    ['count(DISTINCT a)', { kind: 'call', distinct: true }],
    ['sum(a) FILTER (WHERE b)', { kind: 'call', filter: { kind: 'name' } }],
    ['extract(year FROM a)', { kind: 'call', name: 'extract_year', args: [{ kind: 'name' }] }],
    ["position('a' IN b)", { kind: 'call', name: 'strpos', args: [{ kind: 'name' }, { kind: 'literal' }] }],
    ['substring(a FROM 1 FOR 2)', { kind: 'call', name: 'substring' }],
    ["trim(BOTH 'x' FROM a)", { kind: 'call', name: 'btrim' }],
    ['CAST(a AS int)', { kind: 'cast', type: { name: 'int4' } }],
    ['a::numeric(12,2)', { kind: 'cast', type: { name: 'numeric', modifiers: [12, 2] } }],
    ["date '2020-01-01'", { kind: 'cast', type: { name: 'date' }, position: 8 }],
    ["interval '90' day", { kind: 'cast', arg: { text: '90 day' } }], ['a COLLATE "C"', { kind: 'name' }],
    ['(a, b) = (1, 2)', { kind: 'operator', left: { kind: 'row' } }], ['t.*', { kind: 'star', table: 't' }],
  ])('%s', (sql, shape) => {
    expect(expr(sql)).toMatchObject(shape)
  })
})

describe('statements', () => {
  test('select', () => {
    expect(one('SELECT DISTINCT a AS x, t.* FROM t AS u(p, q) JOIN v USING (id) WHERE a GROUP BY 1 HAVING b ' +
      'ORDER BY a DESC NULLS LAST, 2 LIMIT 5 OFFSET 2')).toMatchObject({
      kind: 'select', distinct: true, items: [{ alias: 'x' }, { alias: null }],
      from: [{ kind: 'join', join: 'inner', left: { alias: 'u', columnAliases: ['p', 'q'] }, using: ['id'] }],
      orderBy: [{ descending: true, nullsFirst: false }, { descending: false, nullsFirst: null }],
      limit: { text: '5' }, offset: { text: '2' },
    })
  })
  test('joins', () => {
    expect(one('SELECT * FROM a LEFT JOIN b ON x NATURAL JOIN c CROSS JOIN d, (VALUES (1)) AS e(f)')).toMatchObject({
      from: [{ join: 'cross', left: { join: 'inner', natural: true, left: { join: 'left' } } },
        { kind: 'derived', alias: 'e', query: { rows: [[{ text: '1' }]] } }],
    })
    expect(one('SELECT * FROM a RIGHT JOIN b ON x')).toMatchObject({ from: [{ join: 'right' }] })
  })
  test('with', () => {
    expect(one('WITH x(a) AS (SELECT 1) SELECT * FROM x')).toMatchObject(
      { with: [{ name: 'x', columnAliases: ['a'] }] }
    )
  })
  test('insert, update, delete', () => {
    expect(one('INSERT INTO t (a, b) VALUES (1, DEFAULT)')).toMatchObject({
      kind: 'insert', columns: [{ name: 'a' }, { name: 'b' }], query: { rows: [[{}, { kind: 'default' }]] },
    })
    expect(one('INSERT INTO t DEFAULT VALUES')).toMatchObject({ kind: 'insert', query: null })
    expect(one('UPDATE t u SET a = 1, (b, c) = (2, DEFAULT) WHERE x')).toMatchObject({
      kind: 'update', table: { alias: 'u' },
      assignments: [
        { column: 'a' }, { column: 'b', value: { text: '2' } }, { column: 'c', value: { kind: 'default' } },
      ],
    })
    expect(one('DELETE FROM t WHERE x')).toMatchObject({ kind: 'delete', where: { kind: 'name' } })
  })
  test('create table', () => {
    expect(one("CREATE TABLE IF NOT EXISTS t (a bigint PRIMARY KEY, b numeric(12,2) NOT NULL DEFAULT 1 + 2, " +
      "c varchar(10) DEFAULT 'it''s, (ok)' NOT NULL, d timestamptz DEFAULT now(), e text DEFAULT null, " +
      'PRIMARY KEY (a, b))')).toMatchObject({
      kind: 'create_table', ifNotExists: true, keys: [{ columns: ['a', 'b'] }],
      columns: [
        { name: 'a', primaryKey: true }, { notNull: true, defaultSql: '1 + 2' },
        { type: { name: 'varchar', modifiers: [10] }, defaultSql: "'it''s, (ok)'", notNull: true },
        { type: { name: 'timestamptz' }, defaultSql: 'now()' }, { defaultSql: 'null' },
      ],
    })
    expect(one('CREATE TABLE t (a INTEGER PRIMARY KEY) WITHOUT ROWID, STRICT;')).toMatchObject({ kind: 'create_table' })
    expect(one('CREATE TABLE `t` (`a b` INTEGER) STRICT')).toMatchObject({ columns: [{ name: 'a b' }] })
  })
  test.each([
    ['DROP TABLE IF EXISTS a, b CASCADE', { kind: 'definition' }],
    ['BEGIN', { kind: 'begin', modes: { level: null, readOnly: null } }],
    ['START TRANSACTION ISOLATION LEVEL READ COMMITTED', { kind: 'begin', modes: { level: 'read committed' } }],
    ['BEGIN ISOLATION LEVEL SERIALIZABLE, READ ONLY, DEFERRABLE', { modes: { level: 'serializable', readOnly: true } }],
    ['BEGIN READ WRITE', { kind: 'begin', modes: { level: null, readOnly: false } }],
    [
      'SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY',
      { kind: 'set_transaction', scope: 'transaction', modes: { level: 'repeatable read', readOnly: true } },
    ],
    [
      'SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL READ UNCOMMITTED',
      { kind: 'set_transaction', scope: 'session', modes: { level: 'read uncommitted', readOnly: null } },
    ],
    [
      'SELECT a FROM t, u FOR UPDATE OF t NOWAIT FOR KEY SHARE SKIP LOCKED',
      { locks: [
        { tables: [{ name: 't' }], strength: 'update', wait: 'error' }, { tables: [], strength: 'share', wait: 'skip' },
      ] },
    ],
    ['SHOW TRANSACTION ISOLATION LEVEL', { kind: 'show', name: 'transaction_isolation' }],
    ['PRAGMA isolation_level = READ COMMITTED', { kind: 'pragma', value: 'read committed' }],
    ['COMMIT', { kind: 'commit' }], ['END', { kind: 'commit' }], ['ROLLBACK', { kind: 'rollback' }],
    ['ABORT', { kind: 'rollback' }],
    ['SAVEPOINT a', { kind: 'savepoint', name: 'a' }], ['RELEASE a', { kind: 'release', name: 'a' }],
    ['ROLLBACK TO SAVEPOINT a', { kind: 'rollback_to', name: 'a' }],
    ['EXPLAIN SELECT 1', { kind: 'explain', analyze: false, format: 'text' }],
    ['EXPLAIN ANALYZE SELECT 1', { kind: 'explain', analyze: true, format: 'text' }],
    ['EXPLAIN (ANALYZE, FORMAT JSON) SELECT 1', { kind: 'explain', analyze: true, format: 'json' }],
    [
      'EXPLAIN (ANALYZE off, COSTS off) DELETE FROM t',
      { kind: 'explain', analyze: false, statement: { kind: 'delete' } },
    ],
    ['PRAGMA storage_info', { kind: 'pragma', name: 'storage_info', value: null }],
    ['PRAGMA wal_mode = OFF', { kind: 'pragma', value: 'off' }],
    ['pragma busy_timeout(5000)', { kind: 'pragma', value: 5000 }],
    ["PRAGMA x = 'It''s'", { kind: 'pragma', value: "It's" }], ['PRAGMA x = -1', { kind: 'pragma', value: -1 }],
    ["BACKUP DATABASE TO 'b.bak'", { kind: 'backup', path: 'b.bak', incremental: false }],
    ["backup incremental to 'it''s'", { kind: 'backup', path: "it's", incremental: true }],
    ["RESTORE DATABASE 'n.sdb' FROM 'b'", { kind: 'restore', from: 'b', to: 'n.sdb', until: null, archive: null }],
    [
      "RESTORE DATABASE 'n.sdb' FROM 'b' UNTIL TIMESTAMP '2024-01-01' ARCHIVE 'logs'",
      { kind: 'restore', until: '2024-01-01', archive: 'logs' },
    ],
    ['SHOW TABLES', { kind: 'show_tables' }], ['DESCRIBE "T"', { kind: 'describe', table: 'T' }],
    ['describe T', { table: 't' }],
    ['TABLE t', { kind: 'select' }], ['VALUES (1, 2), (3, 4)', { kind: 'select', rows: [[{}, {}], [{}, {}]] }],
  ])('%s', (sql, shape) => {
    expect(one(sql)).toMatchObject(shape)
  })
  test('several statements, empty ones vanish', () => {
    expect(parse(';; SELECT 1;; -- x\n SELECT 2 ;').map(s => s.statement.kind)).toEqual(['select', 'select'])
    expect(parse(' -- nothing\n /* at all */ ;')).toEqual([])
    expect(parse('')).toEqual([])
  })
})

describe('refused with 0A000 and a position', () => {
  test.each([
    ['SELECT a::int[][]', 'an array of more than one dimension'], ['SELECT (a).b FROM t', 'selecting a field'],
    ["SELECT b'101'", 'bit string'],
    ['SELECT a COLLATE "de_DE"', 'COLLATE'],
    ['WITH RECURSIVE x AS (SELECT 1) SEARCH DEPTH FIRST BY a SET b SELECT 1', 'SEARCH'],
    ['SELECT 1 INTO x', 'SELECT INTO'],
    ['INSERT INTO t VALUES (1) ON CONFLICT (lower(a)) DO NOTHING', 'anything but column names in ON CONFLICT'],
    ['INSERT INTO t VALUES (1) ON CONFLICT (a) WHERE b DO NOTHING', 'WHERE after the columns of ON CONFLICT'],
    ['CREATE TABLE t (a int, UNIQUE NULLS NOT DISTINCT (a))', 'NULLS NOT DISTINCT'],
    ['CREATE TABLE t (a int CHECK (a > 1) NOT ENFORCED)', 'NOT ENFORCED'],
    ['CREATE TABLE t (a int REFERENCES u MATCH FULL)', 'MATCH FULL'],
    ['CREATE TABLE t (a int GENERATED ALWAYS AS (1) VIRTUAL)', 'VIRTUAL'],
    ['CREATE TABLE t (a int) PARTITION BY RANGE (a)', 'PARTITION BY'],
    ['CREATE MATERIALIZED VIEW t AS SELECT 1', 'CREATE MATERIALIZED VIEW'], ['CREATE TABLE t (LIKE u)', 'LIKE'],
    ['CREATE INDEX i ON t (lower(a))', 'an index on an expression'],
    ['CREATE INDEX i ON t (a, b DESC)', 'different directions'], ['CREATE INDEX i ON t (a) WHERE a > 1', 'partial'],
    ['CREATE INDEX i ON t (a NULLS FIRST)', 'NULLS FIRST'], ['CREATE INDEX CONCURRENTLY i ON t (a)', 'CONCURRENTLY'],
    ['CREATE INDEX i ON t (a) INCLUDE (b)', 'INCLUDE'],
    ['CREATE VIEW v WITH (security_barrier) AS SELECT 1', 'WITH'], ['DROP RULE v ON t', 'DROP RULE'],
    ['ALTER TABLE t CLUSTER ON i', 'CLUSTER'],
    ['SET x FROM CURRENT', 'SET x'], ['COMMIT AND CHAIN', 'AND CHAIN'],
    ["SET TRANSACTION SNAPSHOT 'x'", 'SNAPSHOT'],
    ["COMMIT PREPARED 'x'", 'COMMIT PREPARED'],
    ["SELECT interval '1-2' year to month", 'INTERVAL'], ['SELECT current_timestamp(3)', 'precision'],
    ['EXPLAIN (FORMAT XML) SELECT 1', 'EXPLAIN option'], ['SELECT 1 ORDER BY 1 USING <', 'USING'],
    ['SELECT json_object()', 'Json Object'],
    ['SELECT f(a => 1)', 'named arguments'],
  ])('%s', (sql, words) => {
    const error = fails(sql)
    expect(error.message).toContain(words)
    expect(error.code).toBe('0A000')
    expect(error.position).toBeGreaterThan(0)
  })
})

describe('robustness', () => {
  test('1,000 nested parentheses', () => {
    expect(one(`SELECT ${'('.repeat(1000)}1${')'.repeat(1000)}`).kind).toBe('select')
  })
  test.each([
    ['parentheses', `SELECT ${'('.repeat(100_000)}1`], ['operators', `SELECT ${'1+'.repeat(50_000)}1`],
    ['NOT', `SELECT ${'NOT '.repeat(50_000)}true`],
    ['functions', `SELECT ${'f('.repeat(50_000)}1${')'.repeat(50_000)}`],
    ['subqueries', `SELECT ${'(SELECT '.repeat(5_000)}1${')'.repeat(5_000)}`],
    ['unions', `SELECT 1${' UNION SELECT 1'.repeat(20_000)}`],
    ['joins', `SELECT * FROM a${' JOIN a USING (a)'.repeat(20_000)}`], ['casts', `SELECT 1${'::int'.repeat(50_000)}`],
    ['minus', `SELECT ${'- '.repeat(50_000)}a`], ['is null', `SELECT a${' IS NULL'.repeat(50_000)}`],
    ['case', `SELECT ${'CASE WHEN '.repeat(20_000)}`], ['brackets', `SELECT a${'['.repeat(20_000)}`],
  ])('too many %s is 54000 and the parser lives on', (_, sql) => {
    expect(fails(sql).code).toBe('54000')
    expect(one('SELECT 1').kind).toBe('select')
  })
  test('a statement of 1 MB', () => {
    const list = Array.from({ length: 150_000 }, (_, i) => i).join(',')
    expect(one(`SELECT a IN (${list}) FROM t`).kind).toBe('select')
    const rows = Array.from({ length: 60_000 }, (_, i) => `(${i}, 'x')`).join(',')
    expect(one(`INSERT INTO t VALUES ${rows}`).kind).toBe('insert')
  })
  test('long AND and OR chains', () => {
    expect(expr(Array.from({ length: 20_000 }, (_, i) => `a = ${i}`).join(' OR '))).toMatchObject({ op: 'or' })
  })
  test('names longer than 63 bytes', () => {
    expect(fails(`SELECT ${'a'.repeat(64)} FROM t`)).toMatchObject({ code: '42601', position: 8 })
    expect(fails(`SELECT "${'é'.repeat(32)}" FROM t`)).toMatchObject({ code: '42601', position: 8 })
    expect(one(`SELECT ${'a'.repeat(63)} FROM t`).kind).toBe('select')
  })
  test('NUL and lone surrogates', () => {
    expect(fails('SELECT 1\0 FROM t')).toMatchObject({ code: '22021', position: 9 })
    expect(fails('SELECT \'\ud800\'').code).toBe('22021')
  })
  test('garbage gives typed errors only', () => {
    const pieces = ['SELECT', 'FROM', 'WHERE', '(', ')', ',', "'x'", '1', '1.5', 'a', '"b"', '*', '+', '::',
      'int', '?', ':p',
      ';', 'AND', 'NOT', 'IN', 'CASE', 'END', 'NULL', '.', '$1', 'é', '😀', '--', '/*', '*/', '$$', '`', '=',
      'INSERT INTO', 'VALUES']
    const source = new Random(42)
    const next = (): number => source.next()
    for (let round = 0; round < 3000; round++) {
      const length = 1 + Math.floor(next() * 12)
      const text = Array.from(
        { length }, () => pieces[Math.floor(next() * pieces.length)]
      ).join(next() < 0.2 ? '' : ' ')
      try {
        parse(text)
      } catch (error) {
        expect(error, text).toBeInstanceOf(DatabaseError)
        expect((error as DatabaseError).code, `${text}: ${String(error)}`).not.toBe('XX000')
      }
    }
  })
})
