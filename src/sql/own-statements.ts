// Statements that PostgreSQL's grammar does not have: PRAGMA, DESCRIBE, SHOW TABLES, BACKUP and RESTORE. They are
// recognised by their first word and read straight from the tokens.
//
//   PRAGMA name [= value | (value)]      value: number, words or 'text'
//   PRAGMA name(argument) = value        argument: what it is set for, such as a table
//   DESCRIBE table                       DESC is not taken
//   SHOW TABLES
//   BACKUP …, RESTORE …                 backup-statement.ts
//   VACUUM [table]                      PRAGMA vacuum
//   REINDEX name                        of an index or a table, whichever there is
//   ATTACH …, DETACH …                  attach-statement.ts
//   COPY …                              copy-statement.ts, because the grammar knows fewer formats
import { CODE, DatabaseError } from '../base/errors.ts'
import type { Statement } from './ast.ts'
import { parseAttach } from './attach-statement.ts'
import { parseBackup, parseRestore } from './backup-statement.ts'
import { parseCopy } from './copy-statement.ts'
import type { StatementText } from './statements.ts'

/** The statement, or null when it is one for the grammar. */
export function parseOwnStatement(statement: StatementText): Statement | null {
  const words = new Words(statement)
  const position = words.position(0)
  switch (words.lower(0)) {
    case 'pragma': return parsePragma(words, position)
    case 'attach': case 'detach': return parseAttach(words, position)
    case 'backup': return parseBackup(words, position)
    case 'restore': return parseRestore(words, position)
    case 'copy': return parseCopy(words, position)
    case 'vacuum': {
      const value = words.lower(1) === '' ? null : words.name(1)
      words.expectEnd(value === null ? 1 : 2)
      return { kind: 'pragma', name: 'vacuum', value, argument: null, position }
    }
    case 'reindex':
      if (['', 'database'].includes(words.lower(1)) || words.lower(2) !== '') return null
      return { kind: 'reindex', target: 'any', name: words.name(1), position }
    case 'describe':
      words.expectEnd(2)
      return { kind: 'describe', table: words.name(1), position }
    case 'show':
      if (words.lower(1) !== 'tables') return null
      words.expectEnd(2)
      return { kind: 'show_tables', position }
    default: return null
  }
}

function parsePragma(words: Words, position: number): Statement {
  const name = words.name(1).toLowerCase()
  const next = words.lower(2)
  if (next === '') return { kind: 'pragma', name, value: null, argument: null, position }
  if (next !== '=' && next !== '(') throw words.unexpected(2)
  const several = next === '=' ? words.words(3) : ''
  if (several !== '') return { kind: 'pragma', name, value: several, argument: null, position }
  const negative = words.lower(3) === '-' ? 1 : 0
  // A table of an attached database: x.t
  const parts = words.lower(4) === '.' ? 2 : 0
  const value = parts > 0 ? `${words.name(3)}.${words.name(5)}` : words.value(3 + negative, negative === 1)
  const behind = 4 + negative + parts
  if (next === '(' && words.lower(behind) !== ')') throw words.unexpected(behind)
  const end = next === '(' ? behind + 1 : behind
  if (next === '(' && words.lower(end) === '=') {
    const minus = words.lower(end + 1) === '-' ? 1 : 0
    words.expectEnd(end + 2 + minus)
    return { kind: 'pragma', name, argument: String(value), value: words.value(end + 1 + minus, minus === 1), position }
  }
  words.expectEnd(end)
  return { kind: 'pragma', name, value, argument: null, position }
}

/** The tokens of a statement as words, with errors that point at them. */
export class Words {
  readonly #statement: StatementText

  constructor(statement: StatementText) {
    this.#statement = statement
  }

  #text(i: number): string {
    const token = this.#statement.tokens[i]
    return token === undefined ? '' : this.#statement.source.slice(token.start, token.end)
  }

  lower(i: number): string {
    return this.#text(i).toLowerCase()
  }

  position(i: number): number {
    const { tokens, source } = this.#statement
    return i < tokens.length ? source.positionOf(tokens[i]!.start) : source.positionOf(tokens[tokens.length - 1]!.end)
  }

  name(i: number): string {
    const token = this.#statement.tokens[i]
    const text = this.#text(i)
    if (token?.kind === 'word') return text.toLowerCase()
    if (token?.kind === 'quoted') return text.slice(1, -1).replaceAll(text[0]! + text[0]!, text[0]!)
    throw this.unexpected(i)
  }

  /** The text between single quotes. */
  string(i: number): string {
    const text = this.#text(i)
    if (this.#statement.tokens[i]?.kind !== 'string' || text[0] !== "'") throw this.unexpected(i)
    return text.slice(1, -1).replace(/''/g, "'")
  }

  isString(i: number): boolean {
    return this.#statement.tokens[i]?.kind === 'string'
  }

  /** As string(), or E'…' with the usual escapes. */
  escaped(i: number): string {
    const text = this.#text(i)
    if (!/^e'/i.test(text)) return this.string(i)
    const plain: Record<string, string> = { t: '\t', n: '\n', r: '\r', b: '\b', f: '\f' }
    const code = (hex: string): string => String.fromCharCode(parseInt(hex, 16))
    return text.slice(2, -1).replace(/''|\\x([0-9a-f]{1,2})|\\(.)/gis, (_all, hex?: string, one?: string) =>
      hex !== undefined ? code(hex) : one === undefined ? "'" : plain[one] ?? one)
  }

  /** The original text of tokens i to `end`, behind as many blanks as stand before it: positions stay true. */
  slice(i: number, end: number): string {
    const { tokens, source } = this.#statement
    if (end < i) throw this.unexpected(i)
    const { start } = tokens[i]!
    return source.slice(0, start).replace(/[^\n]/g, ' ') + source.slice(start, tokens[end]!.end)
  }

  value(i: number, negative: boolean): string | number {
    const token = this.#statement.tokens[i]
    const text = this.#text(i)
    if (token?.kind === 'number' && Number.isFinite(Number(text))) return negative ? -Number(text) : Number(text)
    if (negative || token === undefined) throw this.unexpected(i)
    if (token.kind === 'string' && text[0] === "'") return text.slice(1, -1).replace(/''/g, "'")
    return this.name(i)
  }

  /** The words from here to the end when there are at least two and nothing else, as in READ COMMITTED. */
  words(i: number): string {
    const { tokens } = this.#statement
    if (tokens.length < i + 2 || tokens.slice(i).some(token => token.kind !== 'word')) return ''
    return tokens.slice(i).map((_, k) => this.lower(i + k)).join(' ')
  }

  expectEnd(i: number): void {
    if (i < this.#statement.tokens.length) throw this.unexpected(i)
  }

  unexpected(i: number): DatabaseError {
    const what = i < this.#statement.tokens.length ? `at or near "${this.#text(i)}"` : 'at end of input'
    return new DatabaseError(CODE.SYNTAX, `syntax error ${what}`, { position: this.position(i) })
  }
}
