// Reads SQLite's sqllogictest files: records of `statement ok|error` and `query <types> [sort] [label]` with
// the expected values, or their number and MD5. Values are written as SQLite's runner writes them.
import { createHash } from 'node:crypto'
import { formatScalar } from '../../src/base/scalar-format.ts'
import type { Scalar, SqlType } from '../../src/base/types.ts'

export interface SltRecord {
  readonly line: number
  readonly sql: string
  readonly kind: 'statement' | 'query'
  readonly fails: boolean
  /** One letter per column of a query: I, R or T. */
  readonly types: string
  readonly sort: 'nosort' | 'rowsort' | 'valuesort'
  readonly expected: readonly string[]
}

/** The records a PostgreSQL-like engine is meant to run: `skipif`, `onlyif` lines are honoured. */
export function readSlt(text: string): SltRecord[] {
  const records: SltRecord[] = []
  let line = 1
  for (const block of text.replaceAll('\r', '').split(/\n\n+/)) {
    const lines = block.split('\n').filter((l) => !l.startsWith('#'))
    const skipped = lines.some((l) => /^onlyif (?!postgresql)/.test(l) || /^skipif postgresql/.test(l))
    const body = lines.filter((l) => !/^(onlyif|skipif|hash-threshold|halt)/.test(l))
    const head = body[0]?.split(' ') ?? []
    const divider = body.indexOf('----')
    const sql = body.slice(1, divider < 0 ? undefined : divider).join('\n').trim()
    if (!skipped && sql !== '' && (head[0] === 'statement' || head[0] === 'query')) {
      records.push({
        line, sql, kind: head[0], fails: head[1] === 'error', types: head[0] === 'query' ? head[1]! : '',
        sort: head[2] === 'rowsort' || head[2] === 'valuesort' ? head[2] : 'nosort',
        expected: divider < 0 ? [] : body.slice(divider + 1).filter((l) => l !== ''),
      })
    }
    line += block.split('\n').length + 1
  }
  return records
}

/** Values of a result in the runner's form and order. */
export function sltValues(record: SltRecord, types: readonly SqlType[], rows: readonly Scalar[][]): string[] {
  const texts = rows.map((row) => row.map((value, i) => sltText(record.types[i]!, types[i]!, value)))
  if (record.sort === 'rowsort') texts.sort((a, b) => compare(a.join('\u0001'), b.join('\u0001')))
  const values = texts.flat()
  return record.sort === 'valuesort' ? values.sort(compare) : values
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function sltText(letter: string, type: SqlType, value: Scalar): string {
  if (value === null) return 'NULL'
  const text = formatScalar(type, value)
  if (letter === 'I') return type.kind === 'boolean' ? String(value) : String(Math.trunc(Number(text)))
  if (letter === 'R') return Number(text).toFixed(3)
  return text === '' ? '(empty)' : text
}

/** Whether values are what the record expects, directly or by count and hash. */
export function matchesSlt(record: SltRecord, values: readonly string[]): boolean {
  const hashed = /^(\d+) values hashing to (\w+)$/.exec(record.expected[0] ?? '')
  if (hashed === null) return values.join('\n') === record.expected.join('\n')
  const hash = createHash('md5').update(values.map((value) => `${value}\n`).join('')).digest('hex')
  return values.length === Number(hashed[1]) && hash === hashed[2]
}
