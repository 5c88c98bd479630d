// The method of CREATE INDEX where PostgreSQL's grammar does not look for it, behind the column list:
//
//   CREATE [UNIQUE] INDEX … ON t (a, b) USING btree …     ->     … ON t USING btree (a, b) …
//
// Found among tokens, so strings, comments and quoted names that contain these words are none of them. A statement
// that names a method in both places is left alone: the grammar then refuses the second USING.
import type { Token } from './tokenizer.ts'

/** Indices of tokens: the parenthesis before which the method belongs, and USING; the method follows it. */
export interface TrailingMethod {
  readonly open: number
  readonly using: number
}

/** Where CREATE INDEX names its method behind the columns; null for all other statements. Linear in the tokens. */
export function findTrailingMethod(
  tokens: readonly Token[], slice: (start: number, end: number) => string,
): TrailingMethod | null {
  const is = (at: number, kind: Token['kind'], text: string): boolean => {
    const token = tokens[at]
    return token !== undefined && token.kind === kind && slice(token.start, token.end).toLowerCase() === text
  }
  if (!is(0, 'word', 'create') || !is(is(1, 'word', 'unique') ? 2 : 1, 'word', 'index')) return null
  let open = 0
  while (open < tokens.length && !is(open, 'symbol', '(')) {
    if (is(open, 'word', 'using')) return null
    open++
  }
  let depth = 1
  let at = open + 1
  for (; at < tokens.length && depth > 0; at++) {
    if (is(at, 'symbol', '(')) depth++
    else if (is(at, 'symbol', ')')) depth--
  }
  const kind = tokens[at + 1]?.kind
  return is(at, 'word', 'using') && (kind === 'word' || kind === 'quoted') ? { open, using: at } : null
}
