// The records of a sqllogictest file.
//
//   # a comment                      skipif mysql      the next record is not for this engine
//   statement ok                     onlyif sqlite     the next record is for this engine only
//   INSERT INTO t VALUES (1)         halt              what follows is not read
//                                    hash-threshold 8  longer results are written as a hash (by --complete)
//   statement error 23505
//   INSERT INTO t VALUES (1)
//
//   query IT rowsort label-1         one letter a column: I integer, R three decimals, T text
//   SELECT a, b FROM t               nosort (as it comes), rowsort, valuesort; queries of one label agree
//   ----
//   1                                one value a line, or one row a line with tabs between its values,
//   x                                or `N values hashing to MD5`
//
// `statement error` may name the SQLSTATE that is expected, which plain sqllogictest does not have. A record ends at
// an empty line. Reference: https://sqlite.org/sqllogictest (About Sqllogictest).

/** Where in the file, 1-based, and the lines as they are, so that a file can be written again. */
interface Located {
  readonly line: number
  readonly lines: readonly string[]
  /** Engines it is not for, and engines it is only for. */
  readonly skipIf: readonly string[]
  readonly onlyIf: readonly string[]
}

export interface StatementRecord extends Located {
  readonly kind: 'statement'
  readonly sql: string
  readonly fails: boolean
  /** SQLSTATE it must fail with; empty when any error will do. */
  readonly code: string
}

export type SortMode = 'nosort' | 'rowsort' | 'valuesort'

export interface QueryRecord extends Located {
  readonly kind: 'query'
  readonly sql: string
  readonly types: string
  readonly sort: SortMode
  readonly label: string
  /** Lines behind the divider; null when the record has none (it is to be completed). */
  readonly expected: readonly string[] | null
}

export interface ControlRecord extends Located {
  readonly kind: 'halt' | 'hash-threshold' | 'text'
  readonly value: number
}

export type SltRecord = StatementRecord | QueryRecord | ControlRecord

/** What is wrong with a file, and where. */
export class SltSyntaxError extends Error {
  readonly line: number

  constructor(line: number, message: string) {
    super(`line ${line}: ${message}`)
    this.line = line
  }
}

/** All records of a file in order; comments and empty lines are records of kind 'text'. */
export function readRecords(text: string): SltRecord[] {
  const lines = text.replaceAll('\r', '').split('\n')
  const records: SltRecord[] = []
  let from = 0
  while (from < lines.length) {
    let to = from
    while (to < lines.length && lines[to]!.trim() !== '') to++
    if (to > from) records.push(...readBlock(lines.slice(from, to), from + 1))
    if (to < lines.length) records.push(textRecord([lines[to]!], to + 1))
    from = to + 1
  }
  // The line end that the last record is written with.
  if (lines.at(-1) === '') records.pop()
  return records
}

function textRecord(lines: readonly string[], line: number): ControlRecord {
  return { kind: 'text', line, lines, skipIf: [], onlyIf: [], value: 0 }
}

// One block between empty lines: comments, conditions, then a record. Controls end at their line.
function readBlock(lines: readonly string[], line: number): SltRecord[] {
  const records: SltRecord[] = []
  const skipIf: string[] = []
  const onlyIf: string[] = []
  let begin = 0
  for (let at = 0; at < lines.length; at++) {
    const words = lines[at]!.trim().split(/\s+/)
    const word = words[0]!
    if (word.startsWith('#')) continue
    if (word === 'skipif') skipIf.push(words[1] ?? '')
    else if (word === 'onlyif') onlyIf.push(words[1] ?? '')
    else if (word === 'halt' || word === 'hash-threshold') {
      const own = { line: line + at, lines: lines.slice(begin, at + 1), skipIf: [...skipIf], onlyIf: [...onlyIf] }
      records.push({ kind: word, ...own, value: Number(words[1] ?? 0) })
      skipIf.length = onlyIf.length = 0
      begin = at + 1
    } else {
      const own = { line: line + at, lines: lines.slice(begin), skipIf, onlyIf }
      records.push(readRecord(words, lines.slice(at + 1), own))
      return records
    }
  }
  if (begin < lines.length) records.push(textRecord(lines.slice(begin), line + begin))
  return records
}

function readRecord(words: readonly string[], body: readonly string[], own: Located): SltRecord {
  if (words[0] !== 'statement' && words[0] !== 'query') {
    throw new SltSyntaxError(own.line, `unknown record ${words[0]!}`)
  }
  const divider = body.indexOf('----')
  const sql = (divider < 0 ? body : body.slice(0, divider)).filter(one => !one.startsWith('#')).join('\n').trim()
  if (sql === '') throw new SltSyntaxError(own.line, `${words[0]!} without SQL`)
  if (words[0] === 'statement') {
    if (words[1] !== 'ok' && words[1] !== 'error') throw new SltSyntaxError(own.line, `statement ${words[1] ?? ''}`)
    return { kind: 'statement', ...own, sql, fails: words[1] === 'error', code: words[2] ?? '' }
  }
  const hasTypes = words[1] !== undefined && /^[IRT]+$/.test(words[1])
  const sort = words[hasTypes ? 2 : 1] ?? 'nosort'
  if (sort !== 'nosort' && sort !== 'rowsort' && sort !== 'valuesort') {
    throw new SltSyntaxError(own.line, `unknown sort mode ${sort}`)
  }
  const types = hasTypes ? words[1]! : ''
  const expected = divider < 0 ? null : body.slice(divider + 1)
  return { kind: 'query', ...own, sql, types, sort, label: words[hasTypes ? 3 : 2] ?? '', expected }
}
