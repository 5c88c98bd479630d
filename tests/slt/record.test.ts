// The runner itself, on an engine whose answers are known: conditions, halt, sort modes, labels, hashes, expected
// errors, and writing a file again.
import { expect, test } from 'vitest'
import { completeRecords } from './complete.ts'
import type { SltEngine } from './engine.ts'
import { readRecords, SltSyntaxError } from './record.ts'
import { runRecords } from './runner.ts'

/** Answers `rows a,b;c,d` with these rows, `fail CODE` with an error, and anything else with nothing. */
const ECHO: SltEngine = {
  names: ['echo'],
  run(sql) {
    const [word, rest = ''] = sql.split(/ (.*)/s)
    if (word === 'fail') return { code: rest, message: 'as told' }
    if (word !== 'rows') return { rows: [], types: '' }
    const rows = rest.split(';').map(row => row.split(',').map(value => value === '' ? null : value))
    return { rows, types: 'T'.repeat(rows[0]!.length) }
  },
  close() { /* nothing is open */ },
}

async function failuresOf(text: string): Promise<string[]> {
  const outcome = await runRecords(ECHO, readRecords(text))
  return outcome.failures.map(one => `${one.line}: ${one.message.split('\n')[0]!}`)
}

test('values by letter, one a line or one row a line', async () => {
  expect(await failuresOf('query ITR\nrows 7.9,x,1.5;,,\n----\n7\nx\n1.500\nNULL\nNULL\nNULL\n')).toEqual([])
  expect(await failuresOf('query IT\nrows 7,x;8,y\n----\n7\tx\n8\ty\n')).toEqual([])
  expect(await failuresOf('query IT\nrows 7,x\n----\n7\ty\n')).toEqual(['1: got'])
  expect(await failuresOf('query I\nrows 7,x\n----\n7\n')).toEqual(['1: 2 columns, should be 1'])
})

test('sort modes, hashes and labels', async () => {
  expect(await failuresOf('query T rowsort\nrows b;a;c\n----\na\nb\nc\n')).toEqual([])
  expect(await failuresOf('query TT valuesort\nrows d,a;c,b\n----\na\nb\nc\nd\n')).toEqual([])
  const right = '2 values hashing to 6ddb4095eb719e2a9f0a3f95677d24e0'
  expect(await failuresOf(`query I\nrows 1;2\n----\n${right}\n`)).toEqual([])
  expect(await failuresOf(`query I\nrows 1;3\n----\n${right}\n`)).toEqual(['1: got'])
  expect(await failuresOf('query I nosort l\nrows 1\n\nquery I nosort l\nrows 2\n'))
    .toEqual(['4: differs from the query before it with label l'])
})

test('conditions choose records, halt ends the file', async () => {
  const text = 'skipif echo\nstatement ok\nfail 1\n\nonlyif other\nstatement ok\nfail 2\n\n'
    + 'onlyif other\nhalt\n\nonlyif echo # because\nstatement error\nnothing\n\nhalt\n\nstatement ok\nfail 3\n'
  const outcome = await runRecords(ECHO, readRecords(text))
  expect(outcome.failures.map(one => one.message)).toEqual(['succeeded, should fail'])
  expect([outcome.skipped, outcome.passed]).toEqual([2, 0])
})

test('an expected SQLSTATE is compared', async () => {
  expect(await failuresOf('statement error 23505\nfail 23505\n\nstatement error\nfail 42601\n')).toEqual([])
  expect((await failuresOf('statement error 23505\nfail 42601\n'))[0]).toContain('should be 23505')
})

test('a malformed file is told with its line', () => {
  expect(() => readRecords('\nquery I sideways\nrows 1\n')).toThrow(new SltSyntaxError(2, 'unknown sort mode sideways'))
  expect(() => readRecords('loop i 1 2\n')).toThrow('line 1: unknown record loop')
  expect(() => readRecords('statement maybe\nx\n')).toThrow('line 1: statement maybe')
  expect(() => readRecords('statement ok\n\n')).toThrow('line 1: statement without SQL')
})

test('expected results are written by an engine, everything else stays', async () => {
  const text = '# name: a\nhash-threshold 3\n\nstatement ok\nfail 42P01\n\n# why\nskipif other\nquery\nrows 1,;x,y\n\n'
    + 'query II rowsort l\nrows 2,1;1,\n\nonlyif other\nquery I\nrows 1\n----\n5\n'
  const done = await completeRecords(ECHO, readRecords(text))
  expect(done.replace(/hashing to \w{32}/g, 'hashing')).toBe('# name: a\nhash-threshold 3\n\n'
    + 'statement error 42P01\nfail 42P01\n\n# why\nskipif other\nquery TT\nrows 1,;x,y\n----\n4 values hashing\n\n'
    + 'query II rowsort l\nrows 2,1;1,\n----\n4 values hashing\n\nonlyif other\nquery I\nrows 1\n----\n5\n')
  expect(await failuresOf(done)).toEqual([])
})
