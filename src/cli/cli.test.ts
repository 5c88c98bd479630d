// The built program from the outside: exit statuses, what goes to which stream, every subcommand. Runs
// dist/src/cli/main.js, which `npm test` builds first.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'

const PROGRAM = fileURLToPath(new URL('../../dist/src/cli/main.js', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'secantdb-cli-'))
afterAll(() => rmSync(folder, { recursive: true }))

interface Outcome { status: number | null; out: string; err: string }

function run(args: string[], input = ''): Outcome {
  const { status, stdout, stderr } = spawnSync(process.execPath, [PROGRAM, ...args],
    { input, encoding: 'utf8', cwd: folder })
  return { status, out: stdout, err: stderr }
}

const sql = (text: string, ...more: string[]): Outcome => run(['-c', text, ...more])

describe('SQL', () => {
  test('tables, and nothing for statements without rows', () => {
    const { status, out, err } = sql('CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT); '
      + "INSERT INTO t VALUES (2, NULL), (1, 'ä'); SELECT * FROM t ORDER BY id")
    expect({ status, err }).toStrictEqual({ status: 0, err: '' })
    expect(out.split('\n')).toStrictEqual(['┌────┬──────┐', '│ id │ name │', '├────┼──────┤', '│  1 │ ä    │',
      '│  2 │ NULL │', '└────┴──────┘', '(2 rows)', ''])
  })

  test('every format', () => {
    const query = "SELECT 1 AS a, 'x,\"y' AS b, NULL AS c, 1.50 AS d"
    expect(sql(query, '--format', 'csv').out).toBe('a,b,c,d\n1,"x,""y",,1.50\n')
    expect(sql(query, '--format', 'jsonl').out).toBe('{"a":1,"b":"x,\\"y","c":null,"d":1.50}\n')
    expect(JSON.parse(sql(query, '--format', 'json').out)).toStrictEqual([{ a: 1, b: 'x,"y', c: null, d: 1.5 }])
    expect(sql(query, '--format', 'markdown').out.split('\n')[2]).toBe('|   1 | x,"y |     | 1.50 |')
    const arrow = spawnSync(process.execPath, [PROGRAM, '-c', query, '--format', 'arrow'], { encoding: 'buffer' })
    expect(arrow.stdout.readUInt32LE(0)).toBe(0xffffffff)
  })

  test('COPY with standard input and output', () => {
    const copied = run(['-c', 'CREATE TABLE t (a integer, b text)', '-c', 'COPY t FROM STDIN (FORMAT csv)',
      '-c', 'COPY t TO STDOUT', '-c', "COPY t TO 'copied.parquet'; COPY t FROM 'copied.parquet'",
      '-c', 'COPY (SELECT count(*) AS n FROM t) TO STDOUT (FORMAT jsonl)'], '1,a\n2,\n')
    expect(copied).toStrictEqual({ status: 0, out: '1\ta\n2\t\\N\n{"n":4}\n', err: '' })
    const script = run([], 'CREATE TABLE t (a integer); COPY t FROM STDIN')
    expect([script.status, script.err]).toStrictEqual([1, expect.stringContaining('needs a stream')])
  })

  test('what a killed process left is recovered, and said once', () => {
    const library = new URL('../../dist/src/index.js', import.meta.url).href
    const script = `import { open } from '${library}'
      const db = await open('killed.sdb')
      db.exec('CREATE TABLE t (id INTEGER PRIMARY KEY); INSERT INTO t VALUES (1); INSERT INTO t VALUES (2)')
      process.kill(process.pid, 'SIGKILL')`
    spawnSync(process.execPath, ['--input-type=module', '-e', script], { cwd: folder })
    const first = run(['killed.sdb', '-c', 'SELECT count(*) AS n FROM t', '--format', 'csv'])
    expect(first.out).toBe('n\n2\n')
    expect(first.err).toMatch(/^recovered 3 transactions \(\d+ bytes of log\) in \d+ ms\n$/)
    expect(run(['killed.sdb', '-c', 'SELECT 1 AS a', '--format', 'csv']).err).toBe('')
  })

  test('dot commands with -c, in files and on standard input', () => {
    run(['dots.sdb', '-c', 'CREATE TABLE one (id INTEGER PRIMARY KEY, s TEXT); CREATE INDEX by_s ON one (s)'])
    expect(run(['dots.sdb', '-c', '.tables']).out).toContain('one')
    const schema = run(['dots.sdb', '-c', '.schema one'])
    expect([schema.status, schema.err]).toStrictEqual([0, ''])
    expect(schema.out).toContain('CREATE TABLE one')
    expect(schema.out).toContain('CREATE INDEX by_s')
    expect(run(['dots.sdb', '-c', '.format csv', '-c', 'SELECT 1 AS a', '-c', '.quit', '-c', 'SELECT 2']).out)
      .toBe('a\n1\n')
    const script = "SELECT 1 AS a;\n.format jsonl\nSELECT '\n.quit' AS b,\n  .5 AS c;\n.quit\nno sql"
    writeFileSync(join(folder, 'dots.sql'), script)
    expect(run(['dots.sdb', '--format', 'csv', '-f', 'dots.sql']).out).toBe('a\n1\n{"b":"\\n.quit","c":0.5}\n')
    expect(run(['dots.sdb', '--format', 'csv'], '.tables\nSELECT 5 AS n').out).toContain('n\n5')
    const unknown = run(['dots.sdb', '-c', '.nothing'])
    expect([unknown.status, unknown.out]).toStrictEqual([2, ''])
    expect(unknown.err).toContain('.help')
  })

  test('several -c, -f and standard input', () => {
    writeFileSync(join(folder, 'two.sql'), 'SELECT 2 AS b;')
    expect(run(['-c', 'SELECT 1 AS a', '-f', 'two.sql', '-c', 'SELECT 3 AS c', '--format',
      'csv']).out).toBe('a\n1\nb\n2\nc\n3\n')
    expect(run(['--format', 'csv'], 'SELECT 1 AS a;\nSELECT 2 AS b').out).toBe('a\n1\nb\n2\n')
    expect(run(['missing.sdb', '-f', 'missing.sql']).status).toBe(1)
  })

  test('long results show both ends', () => {
    const values = Array.from({ length: 100 }, (_, i) => `(${i})`).join(',')
    const { out } = sql('CREATE TABLE t (id INTEGER PRIMARY KEY); '
      + `INSERT INTO t VALUES ${values}; SELECT id FROM t ORDER BY id`)
    expect(out).toContain('│ 19 │\n│  · │\n│ 80 │')
    expect(out).toContain('(100 rows, 40 shown)')
  })
})

describe('errors', () => {
  test('SQL errors: status 1, caret and SQLSTATE on standard error only', () => {
    const { status, out, err } = sql('SELECT 1;\nSELEC 2')
    expect(status).toBe(1)
    expect(out).toContain('(1 row)')
    expect(err).toMatch(/^ERROR: syntax error at or near "SELEC"\nLINE 2: SELEC 2\n {8}\^\nSQLSTATE: 42601\n$/)
    expect(sql('SELECT * FROM nowhere')).toMatchObject({ status: 1, out: '' })
    expect(sql('SELECT 1/0').err).toContain('SQLSTATE: 22012')
  })

  test('usage errors: status 2', () => {
    for (const args of [['--nonsense'], ['--format', 'xml'], ['import', 'a.sdb'], ['inspect', 'a.sdb', 'nothing'],
      ['export', 'a.sdb', 'x.csv'], ['import', 'a.sdb', 'f.csv', '--table', 't', '--delimiter', 'ab']]) {
      expect(run(args)).toMatchObject({ status: 2, out: '' })
    }
    expect(run(['--help']).status).toBe(0)
    expect(run(['--version']).out).toMatch(/^\d+\.\d+\.\d+/)
  })

  test('files that are no databases', () => {
    writeFileSync(join(folder, 'text.sdb'), 'hello '.repeat(5000))
    for (const path of ['text.sdb', '.']) {
      const { status, out, err } = run([path, '-c', 'SELECT 1'])
      expect({ status, out }).toStrictEqual({ status: 1, out: '' })
      expect(err).toMatch(/^ERROR: .*\nSQLSTATE: /)
    }
  })
})

describe('import, export, verify, inspect', () => {
  const csv = join(folder, 'items.csv')
  writeFileSync(csv, 'id,name,price\n3,c,1.5\n1,a,\n2,"b ""x""",2.25\n')

  test('there and back', () => {
    const { status, out, err } = run(['import', 'shop.sdb', csv, '--table', 'item', '--key', 'id'])
    expect({ status, out }).toStrictEqual({ status: 0, out: '' })
    expect(err).toContain('imported 3 rows into item')
    expect(run(['shop.sdb', '--readonly', '-c', 'SELECT * FROM item WHERE id >= 2 ORDER BY id', '--format', 'csv']).out)
      .toBe('id,name,price\n2,"b ""x""",2.25\n3,c,1.5\n')
    for (const name of ['out.csv', 'out.jsonl', 'out.json', 'out.arrow', 'out.parquet']) {
      expect(run(['export', 'shop.sdb', name, '--table', 'item']).status).toBe(0)
      expect(run(['import', 'copy.sdb', name, '--table', name.slice(4), '--key', 'id']).status).toBe(0)
      expect(run(['copy.sdb', '-c', `SELECT * FROM "${name.slice(4)}" ORDER BY id`, '--format', 'csv']).out)
        .toBe('id,name,price\n1,a,\n2,"b ""x""",2.25\n3,c,1.5\n')
    }
    expect(run(['export', 'shop.sdb', '-', '--query', 'SELECT count(*) AS n FROM item']).out).toBe('n\n3\n')
  })

  test('a duplicate key imports nothing and leaves no table', () => {
    const twice = join(folder, 'twice.csv')
    writeFileSync(twice, 'id,v\n1,a\n1,b\n')
    expect(run(['import', 'shop.sdb', twice, '--table', 'twice', '--key', 'id'])).toMatchObject({ status: 1, out: '' })
    expect(run(['shop.sdb', '-c', 'SELECT * FROM twice']).err).toContain('42P01')
    expect(run(['import', 'shop.sdb', twice, '--table', 'twice', '--key', 'nope']).err).toContain('42703')
    expect(run(['import', 'shop.sdb', csv, '--table', 'item']).err).toContain('23505')
    expect(run(['import', 'shop.sdb', csv, '--table', 'item', '--on-conflict', 'replace']).status).toBe(0)
    expect(run(['import', 'shop.sdb', 'missing.csv', '--table', 'x']).err).toContain('58P01')
  })

  /** The first page in use and what inspect says about it. */
  function firstPage(database: string): { page: string; out: string } {
    for (let page = 1; page < 50; page++) {
      const { out } = run(['inspect', database, 'page', String(page)])
      if (!out.includes('kind free')) return { page: String(page), out }
    }
    return { page: '0', out: '' }
  }

  test('verify and inspect', () => {
    expect(run(['verify', 'shop.sdb'])).toMatchObject({ status: 0,
      out: expect.stringMatching(/no problems \(1 table, /) })
    expect(run(['inspect', 'shop.sdb', 'meta']).out).toMatch(/slot \d copy 0: whole, epoch \d+ \(root\)[\s\S]*redo LSN/)
    expect(firstPage('shop.sdb').out).toMatch(/^page \d+: [\s\S]*checksum [0-9a-f]{8} holds/)
    expect(run(['inspect', 'shop.sdb', 'page', '999999'])).toMatchObject({ status: 1, out: '' })
    expect(run(['inspect', 'shop.sdb', 'wal']).out).toMatch(/segments/)
    expect(run(['inspect', 'shop.sdb', 'freespace']).out).toMatch(/one character is 1 block/)
    expect(run(['inspect', 'shop.sdb', 'index', 'item']).out).toMatch(/learned index of item/)
    expect(run(['inspect', 'shop.sdb', 'groups', 'item']).status).toBe(0)
    expect(run(['verify', 'nowhere.sdb'])).toMatchObject({ status: 1, out: '' })
  })

  test('a flipped bit is found', () => {
    const path = join(folder, 'shop.sdb')
    const bytes = readFileSync(path)
    const { page, out } = firstPage('shop.sdb')
    const at = Number(/offset (\d+)\)/.exec(out)![1])
    bytes[at + 100]! ^= 4
    writeFileSync(join(folder, 'bad.sdb'), bytes)
    expect(run(['verify', 'bad.sdb'])).toMatchObject({ status: 1, out: '' })
    expect(run(['inspect', 'bad.sdb', 'page', page]).out).toContain('DAMAGED')
  })
})

const DATA = fileURLToPath(new URL('../../../shared/data', import.meta.url))
const like = (text: RegExp): string => expect.stringMatching(text) as string

describe('backup and restore', () => {
  const made = (): string => {
    run(['kept.sdb', '-c', 'CREATE TABLE IF NOT EXISTS t (id INTEGER PRIMARY KEY)', '-c', 'DELETE FROM t',
      '-c', 'INSERT INTO t VALUES (1)'])
    return 'kept.sdb'
  }

  test('there and back, with what was copied on standard output', () => {
    expect(run(['backup', made(), 'kept.bak'])).toMatchObject({ status: 0, out: like(/full backup, link 1/), err: '' })
    run(['kept.sdb', '-c', 'INSERT INTO t VALUES (2)'])
    expect(run(['backup', 'kept.sdb', 'kept.bak', '--incremental'])).toMatchObject({ status: 0, out: like(/link 2/) })
    expect(run(['verify', 'kept.bak'])).toMatchObject({ status: 0, out: like(/no problems \(backup with 2 links\)/) })
    expect(run(['restore', 'kept.bak', 'back.sdb'])).toMatchObject({ status: 0, out: like(/2 verified links/) })
    expect(run(['back.sdb', '-c', 'SELECT id FROM t', '--format', 'csv']).out).toBe('id\n1\n2\n')
    const bytes = readFileSync(join(folder, 'kept.bak'))
    bytes[20_000]! ^= 1
    writeFileSync(join(folder, 'bad.bak'), bytes)
    expect(run(['verify', 'bad.bak'])).toMatchObject({ status: 1, out: '', err: like(/XX001/) })
    expect(run(['restore', 'bad.bak', 'never.sdb'])).toMatchObject({ status: 1, err: like(/XX001/) })
    expect(existsSync(join(folder, 'never.sdb'))).toBe(false)
  })

  test('bad places', () => {
    mkdirSync(join(folder, 'a-folder'), { recursive: true })
    expect(run(['backup', made(), 'kept.sdb'])).toMatchObject({ status: 1, err: like(/is a database, not a backup/) })
    expect(run(['backup', 'kept.sdb', 'a-folder'])).toMatchObject({ status: 1, err: like(/is a folder/) })
    expect(run(['backup', 'kept.sdb', 'missing/x.bak'])).toMatchObject({ status: 1, err: like(/58P01/) })
    expect(run(['backup', 'absent.sdb', 'x.bak'])).toMatchObject({ status: 1, err: like(/58P01/) })
    expect(run(['restore', 'missing.bak', 'x.sdb'])).toMatchObject({ status: 1, err: like(/58P01/) })
    expect(run(['restore', 'kept.sdb', 'x.sdb'])).toMatchObject({ status: 1, err: like(/42809/) })
    expect(run(['restore', 'kept.bak', 'x.sdb', '--until', '2024-01-01'])).toMatchObject({ status: 2 })
    expect(run(['restore', 'kept.bak', 'x.sdb', '--link', 'last'])).toMatchObject({ status: 2 })
  })
})

describe.skipIf(!existsSync(DATA))('files that other programs wrote import as they are', () => {
  test.each([['flights-200k.arrow', 200_000], ['zipcodes.csv', 42_049], ['movies.json', 3201]])('%s', (name, rows) => {
    expect(run(['import', 'data.sdb', join(DATA, name), '--table', name.replace(/\W.*/, '')]).err).toContain('imported')
    const { out } = run(['data.sdb', '-c', `SELECT count(*) AS n FROM ${name.replace(/\W.*/, '')}`, '--format', 'csv'])
    expect(out).toBe(`n\n${rows}\n`)
  })
})
