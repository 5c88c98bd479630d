// Forms of SQLite (and DuckDB, and MySQL) that PostgreSQL's grammar does not have, found among tokens and rewritten
// before it reads them:
//
//   x IN (), x NOT IN ()                       ->  x = ANY ('{}'), x <> ALL ('{}')    false, true for any x
//   INSERT OR REPLACE INTO t, REPLACE INTO t   ->  INSERT INTO t      and the statement remembers which it was
//   INSERT OR IGNORE INTO t               ->  INSERT INTO t
import type { Token } from './tokenizer.ts'

/** Tokens `from` to `to` (not included) become a text. */
export interface SqliteForm {
  readonly from: number
  readonly to: number
  readonly text: string
  /** What INSERT does with a row that is there already; null when this is not about INSERT. */
  readonly insertOr: InsertOr | null
}

export type InsertOr = 'replace' | 'ignore'

/** The forms of a statement in order; most have none. Linear in the tokens. */
export function findSqliteForms(tokens: readonly Token[], slice: (from: number, to: number) => string): SqliteForm[] {
  const forms: SqliteForm[] = []
  const word = (at: number): string => {
    const token = tokens[at]
    return token?.kind === 'word' ? slice(token.start, token.end).toLowerCase() : ''
  }
  const symbol = (at: number): string => {
    const token = tokens[at]
    return token?.kind === 'symbol' ? slice(token.start, token.end) : ''
  }
  for (let at = 0; at < tokens.length; at++) {
    if (tokens[at]!.kind !== 'word') continue
    const form = symbol(at + 1) === '(' && symbol(at + 2) === ')' ? emptyList(at, word)
      : word(at + 1) === 'into' || word(at + 1) === 'or' ? insertForm(at, word) : null
    if (form === null) continue
    forms.push(form)
    at = form.to - 1
  }
  return forms
}

function emptyList(at: number, word: (at: number) => string): SqliteForm | null {
  if (word(at) !== 'in') return null
  const negated = word(at - 1) === 'not'
  const text = negated ? "<> ALL ('{}')" : "= ANY ('{}')"
  return { from: negated ? at - 1 : at, to: at + 3, text, insertOr: null }
}

function insertForm(at: number, word: (at: number) => string): SqliteForm | null {
  const isStart = at === 0 || word(at - 1) !== 'or'
  if (word(at) === 'replace' && word(at + 1) === 'into' && isStart) {
    return { from: at, to: at + 1, text: 'INSERT', insertOr: 'replace' }
  }
  const action = word(at + 2)
  if (word(at) !== 'insert' || (action !== 'replace' && action !== 'ignore') || word(at + 3) !== 'into') return null
  return { from: at, to: at + 3, text: 'INSERT', insertOr: action }
}
