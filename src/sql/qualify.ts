// QUALIFY, which PostgreSQL's grammar does not have, found among tokens and rewritten before it reads them to one more
// window, whose partition is the condition:
//
//   … WINDOW w AS (…) QUALIFY a = 1 ORDER BY b   ->  … WINDOW w AS (…), "qualify " AS (PARTITION BY (a = 1)) ORDER BY b
//   … QUALIFY a = 1 WINDOW w AS (…)              ->  … WINDOW "qualify " AS (PARTITION BY (a = 1)), w AS (…)
//
// The word is a keyword only where a clause can begin: after something that ends an expression or a FROM item, and
// before something that begins an expression. Elsewhere it stays the name it is in PostgreSQL.
import type { Token } from './tokenizer.ts'

/** Name of the window: `"qualify "` has a blank that no user writes. */
export const QUALIFY_WINDOW = 'qualify '

/** Replacements of tokens by index, in order; `end`: the text goes behind that token instead. */
export interface QualifyEdit {
  readonly token: number
  readonly text: string
  readonly behind: boolean
}

interface Level {
  /** A WINDOW clause was there. */
  hasWindow: boolean
  isSelect: boolean
  /** QUALIFY is open. */
  isOpen: boolean
}

const ENDS: ReadonlySet<string> = new Set([
  'order', 'limit', 'offset', 'fetch', 'for', 'union', 'intersect', 'except', 'window',
])
const NO_CONDITION: ReadonlySet<string> = new Set([
  'where', 'group', 'having', 'order', 'limit', 'offset', 'fetch', 'for', 'union', 'intersect', 'except', 'window',
  'join', 'inner', 'left', 'right', 'full', 'cross', 'natural', 'on', 'using', 'as', 'from', 'and', 'or', 'is', 'in',
  'between', 'like', 'ilike', 'over', 'filter', 'qualify', 'asc', 'desc', 'nulls', 'tablesample', 'then', 'end', 'else',
])
const NO_CLAUSE: ReadonlySet<string> = new Set([
  'select', 'as', 'by', 'and', 'or', 'not', 'on', 'where', 'having', 'from', 'join', 'distinct', 'all', 'into',
  'update',
  'table', 'set', 'in', 'like', 'between', 'case', 'when', 'then', 'else', 'is', 'exists', 'only', 'partition',
])

/** The edits of a statement; none without the word. Linear in the tokens. */
export function findQualify(tokens: readonly Token[], slice: (from: number, to: number) => string): QualifyEdit[] {
  const wordAt = (at: number): string => {
    const token = tokens[at]
    return token?.kind === 'word' ? slice(token.start, token.end).toLowerCase() : ''
  }
  if (!tokens.some((token, at) => token.end - token.start === 7 && wordAt(at) === 'qualify')) return []
  const charAt = (at: number): string => {
    const token = tokens[at]
    return token?.kind === 'symbol' || token?.kind === 'operator' ? slice(token.start, token.end) : ''
  }
  const edits: QualifyEdit[] = []
  const levels: Level[] = [newLevel()]
  const close = (level: Level, before: number): void => {
    if (level.isOpen) edits.push({ token: before - 1, text: '))', behind: true })
    level.isOpen = false
  }
  for (let at = 0; at < tokens.length; at++) {
    const level = levels[levels.length - 1]!
    const char = charAt(at)
    const word = wordAt(at)
    if (char === '(') levels.push(newLevel())
    else if (char === ')' && levels.length > 1) close(levels.pop()!, at)
    else if (word === 'select') Object.assign(level, newLevel(), { isSelect: true })
    else if (level.isOpen && ENDS.has(word)) {
      close(level, at)
      if (word === 'window') edits.push({ token: at, text: ',', behind: false })
    } else if (word === 'window') level.hasWindow = true
    else if (word === 'qualify' && level.isSelect && isClause(at, tokens, wordAt, charAt)) {
      edits.push({
        token: at, behind: false,
        text: `${level.hasWindow ? ',' : 'WINDOW'} "${QUALIFY_WINDOW}" AS (PARTITION BY (`,
      })
      level.isOpen = true
    }
  }
  while (levels.length > 0) close(levels.pop()!, tokens.length)
  return edits
}

function newLevel(): Level {
  return { hasWindow: false, isSelect: false, isOpen: false }
}

function isClause(
  at: number, tokens: readonly Token[], wordAt: (at: number) => string, charAt: (at: number) => string,
): boolean {
  const [before, after] = [charAt(at - 1), charAt(at + 1)]
  if (at + 1 >= tokens.length || NO_CLAUSE.has(wordAt(at - 1)) || NO_CONDITION.has(wordAt(at + 1))) return false
  if (before !== '' && before !== ')' && before !== ']' && before !== '*') return false
  return after === '' || after === '(' || after === '-' || after === '+'
}
