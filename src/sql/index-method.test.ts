// CREATE INDEX with its method behind the columns: what is moved, what is left alone, and that positions of errors
// before, in and behind the moved words point into the text as it was written.
import { beforeAll, expect, test } from 'vitest'
import { DatabaseError } from '../base/errors.ts'
import type { CreateIndexStatement } from './ast.ts'
import { loadParser, parse } from './parse.ts'

beforeAll(loadParser)

function index(sql: string, rewrite = true): CreateIndexStatement {
  const { statement } = parse(sql, { rewrite })[0]!
  if (statement.kind !== 'create_index') throw new Error(`not CREATE INDEX: ${sql}`)
  return statement
}

function fails(sql: string): DatabaseError {
  try {
    parse(sql)
  } catch (error) {
    expect(error).toBeInstanceOf(DatabaseError)
    return error as DatabaseError
  }
  throw new Error(`parsed: ${sql}`)
}

test.each([
  ['CREATE INDEX i ON t (a, b) USING learned', 'learned'],
  ['create unique index if not exists i on t(a,b)using btree with (epsilon = 8)', 'btree'],
  ['CREATE INDEX ON t (a, b) USING sorted WITH (epsilon = 8)', 'sorted'],
  ['CREATE INDEX i ON t USING btree (a, b)', 'btree'],
  ['CREATE INDEX i ON t (a, b) /* USING sorted */ USING -- USING sorted\n "btree" -- (', 'btree'],
  ['CREATE INDEX i ON t (a, b) USING `btree`', 'btree'],
  ['CREATE INDEX "using (" ON t /* ( USING */ (a, b) USING btree', 'btree'],
  ['CREATE INDEX i ON t (a, b)', null], ['CREATE INDEX "using" ON t (a, b) -- USING btree', null],
  ['CREATE INDEX i ON "USING" (a, b) /* USING btree */', null],
])('%s', (sql, method) => {
  for (const rewrite of sql.includes('`') ? [true] : [true, false]) {
    const statement = index(sql, rewrite)
    expect([statement.method, statement.columns.map(({ name }) => name)]).toEqual([method, ['a', 'b']])
  }
})

test('other statements with these words stay as they are', () => {
  const text = "SELECT 'CREATE INDEX i ON t (a) USING btree'; SELECT 1 FROM t JOIN u USING (a) WHERE (a) = 1;"
    + ' CREATE INDEX i ON t (a) USING btree; CREATE TABLE w (a INT, b TEXT)'
  const kinds = parse(text).map(({ statement }) => statement.kind)
  expect(kinds).toEqual(['select', 'select', 'create_index', 'create_table'])
})

test('options behind the moved words are read, and positions kept', () => {
  const { options, position } = index('CREATE INDEX é ON t (a, b) USING btree WITH (epsilon = 8)')
  expect([position, options]).toMatchObject([19, [{ name: 'epsilon', value: 8, position: 46 }]])
})

test.each([
  ['CREATE INDEX i ON t USING btree (a) USING sorted', 37],
  ['CREATE INDEX i ON t (a,) USING btree', 24], ['CREATE INDEX i ON ON t (a) USING btree', 19],
  ['CREATE INDEX i ON t (a) USING', 25], ['CREATE INDEX i ON t (a) USING btree nonsense', 37],
  ['CREATE INDEX i ON t (a) USING select', 31], ['CREATE INDEX i ON t (a) USING btree WITH (,)', 43],
  ["SELECT 'é😀'; CREATE INDEX i ON t (a) USING btree WITH (,)", 56],
  ['CREATE INDEX i ON t (a) USING 7', 25], ['CREATE INDEX i ON t (a USING btree', 24],
])('%s fails at %i', (sql, position) => {
  expect(fails(sql)).toMatchObject({ code: '42601', position })
})
