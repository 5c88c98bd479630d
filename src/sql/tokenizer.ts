// One pass over SQL text that finds token boundaries the way PostgreSQL's scanner does: comments (nested),
// quoted and dollar-quoted strings, quoted identifiers, parameters in five spellings. It decides nothing about
// grammar; statements.ts splits and rewrites with it. Offsets are UTF-16 indices into the text.
import { CODE, DatabaseError } from '../base/errors.ts'
import { LITERAL_ROWS_MIN, readLiteralRows } from './literal-rows.ts'
import type { LiteralRows } from './literal-rows.ts'

export type TokenKind =
  | 'word' | 'quoted' | 'string' | 'number' | 'dollar' | 'question' | 'named' | 'symbol' | 'operator'
  | 'rows'

/** `dollar` is $1, `question` is ? or ?1, `named` is :name or @name, `quoted` is "x" or `x`, `rows` literal-rows.ts. */
export interface Token {
  readonly kind: TokenKind
  readonly start: number
  readonly end: number
  /** Of `rows` only. */
  readonly literals?: LiteralRows['rows']
}

const OPERATOR = '+-*/<>=~!@#%^&|'
const WORD_START = /[A-Za-z_\u0080-\uffff]/
const WORD_PART = /[A-Za-z0-9_$\u0080-\uffff]/

function syntaxError(message: string, at: number): DatabaseError {
  return new DatabaseError(CODE.SYNTAX, message, { position: at + 1 })
}

/** All tokens of the text, without white space and comments. Throws 42601 for what never ends. Linear. */
export function tokenize(text: string): Token[] {
  const tokens: Token[] = []
  const isLong = text.length >= LITERAL_ROWS_MIN
  let at = skipBlank(text, 0)
  while (at < text.length) {
    const token = nextToken(text, at)
    tokens.push(token)
    if (isLong && token.kind === 'symbol' && text[at] === ')' && endsFirstRow(text, tokens)) {
      const rows = readLiteralRows(text, token.end)
      if (rows !== null) {
        tokens.push({ kind: 'rows', start: token.end, end: rows.end, literals: rows.rows })
        at = skipBlank(text, rows.end)
        continue
      }
    }
    at = skipBlank(text, token.end)
  }
  return tokens
}

/** Most tokens of INSERT INTO … VALUES and its first row that are looked at. */
const FIRST_ROW_TOKENS = 400

// Whether the last token closes the first row of a statement INSERT INTO … VALUES.
function endsFirstRow(text: string, tokens: readonly Token[]): boolean {
  const word = (at: number): string =>
    tokens[at]?.kind === 'word' ? text.slice(tokens[at].start, tokens[at].end).toLowerCase() : ''
  let depth = 0
  let at = tokens.length - 1
  const least = Math.max(0, at - FIRST_ROW_TOKENS)
  for (; at >= least; at--) {
    const char = tokens[at]!.kind === 'symbol' ? text[tokens[at]!.start] : ''
    if (char === ')') depth++
    else if (char === '(' && --depth === 0) break
  }
  if (word(at - 1) !== 'values') return false
  // Before it stand INTO, a name that may be qualified, and columns in parentheses.
  for (at -= 2; at >= least; at--) {
    const { kind, start } = tokens[at]!
    if (kind === 'symbol' && text[start] === ';') return false
    if (word(at) === 'into') return ['insert', 'replace', 'ignore'].includes(word(at - 1))
    if (kind !== 'word' && kind !== 'quoted' && kind !== 'symbol') return false
  }
  return false
}

function skipBlank(text: string, from: number): number {
  let at = from
  while (at < text.length) {
    const char = text.charCodeAt(at)
    if (char === 32 || (char >= 9 && char <= 13)) at++
    else if (char === 45 && text.charCodeAt(at + 1) === 45) {
      while (at < text.length && text[at] !== '\n' && text[at] !== '\r') at++
    } else if (char === 47 && text.charCodeAt(at + 1) === 42) at = skipComment(text, at)
    else break
  }
  return at
}

function skipComment(text: string, from: number): number {
  let depth = 1
  let at = from + 2
  while (at < text.length) {
    if (text[at] === '*' && text[at + 1] === '/') {
      at += 2
      if (--depth === 0) return at
    } else if (text[at] === '/' && text[at + 1] === '*') {
      at += 2
      depth++
    } else at++
  }
  throw syntaxError('unterminated /* comment', from)
}

function nextToken(text: string, at: number): Token {
  const char = text[at]!
  const next = text[at + 1] ?? ''
  if (char === "'") return { kind: 'string', start: at, end: quotedEnd(text, at, false) }
  if (char === '"' || char === '`') return { kind: 'quoted', start: at, end: quotedEnd(text, at, false) }
  if (char >= '0' && char <= '9' || char === '.' && next >= '0' && next <= '9') return numberToken(text, at)
  if (WORD_START.test(char)) return wordToken(text, at)
  if (char === '$') return dollarToken(text, at)
  if (char === '?') return { kind: 'question', start: at, end: digitsEnd(text, at + 1) }
  if (char === ':' && WORD_START.test(next)) return { kind: 'named', start: at, end: wordEnd(text, at + 1) }
  if (char === ':' && (next === ':' || next === '=')) return { kind: 'operator', start: at, end: at + 2 }
  if (char === '@' && WORD_START.test(next)) return { kind: 'named', start: at, end: wordEnd(text, at + 1) }
  if (OPERATOR.includes(char)) return operatorToken(text, at)
  return { kind: 'symbol', start: at, end: at + 1 }
}

function operatorToken(text: string, at: number): Token {
  let end = at + 1
  while (end < text.length && OPERATOR.includes(text[end]!)) {
    const two = text.slice(end, end + 2)
    if (two === '--' || two === '/*') break
    if (text[end] === '@' && WORD_START.test(text[end + 1] ?? '')) break
    end++
  }
  // As PostgreSQL: a longer operator may end in + or - only when it has one of the unusual characters,
  // so that `a=-1` is `a = -1`.
  if (!/[~!@#%^&|`?]/.test(text.slice(at, end))) {
    while (end > at + 1 && (text[end - 1] === '+' || text[end - 1] === '-')) end--
  }
  return { kind: 'operator', start: at, end }
}

function wordToken(text: string, at: number): Token {
  const end = wordEnd(text, at)
  if (text[end] === "'" && end - at === 1) {
    const prefix = text[at]!
    if ('eE'.includes(prefix)) return { kind: 'string', start: at, end: quotedEnd(text, end, true) }
    if ('bBxXnN'.includes(prefix)) return { kind: 'string', start: at, end: quotedEnd(text, end, false) }
  }
  if (end - at === 1 && 'uU'.includes(text[at]!) && text[end] === '&') {
    const quote = text[end + 1]
    if (quote === "'") return { kind: 'string', start: at, end: quotedEnd(text, end + 1, false) }
    if (quote === '"') return { kind: 'quoted', start: at, end: quotedEnd(text, end + 1, false) }
  }
  return { kind: 'word', start: at, end }
}

function wordEnd(text: string, at: number): number {
  let end = at + 1
  while (end < text.length && WORD_PART.test(text[end]!)) end++
  return end
}

function digitsEnd(text: string, at: number): number {
  let end = at
  while (end < text.length && text[end]! >= '0' && text[end]! <= '9') end++
  return end
}

function numberToken(text: string, at: number): Token {
  const rest = /(?:0[xXoObB][0-9A-Fa-f_]+|(?:\d[\d_]*)?\.?[\d_]*(?:[eE][+-]?\d+)?)/y
  rest.lastIndex = at
  const found = rest.exec(text)
  return { kind: 'number', start: at, end: at + Math.max(1, found?.[0].length ?? 1) }
}

function dollarToken(text: string, at: number): Token {
  const end = digitsEnd(text, at + 1)
  if (end > at + 1) return { kind: 'dollar', start: at, end }
  const open = /\$(?:[A-Za-z_\u0080-\uffff][A-Za-z0-9_\u0080-\uffff]*)?\$/y
  open.lastIndex = at
  const tag = open.exec(text)?.[0]
  if (tag === undefined) return { kind: 'symbol', start: at, end: at + 1 }
  const close = text.indexOf(tag, at + tag.length)
  if (close < 0) throw syntaxError('unterminated dollar-quoted string', at)
  return { kind: 'string', start: at, end: close + tag.length }
}

/** End of a quoted text that opens at `at`; the quote doubled stands for itself, `\` escapes when asked. */
function quotedEnd(text: string, at: number, backslash: boolean): number {
  const quote = text[at]!
  for (let i = at + 1; i < text.length; i++) {
    if (backslash && text[i] === '\\') i++
    else if (text[i] === quote) {
      if (text[i + 1] !== quote) return i + 1
      i++
    }
  }
  throw syntaxError(quote === "'" ? 'unterminated quoted string' : 'unterminated quoted identifier', at)
}
