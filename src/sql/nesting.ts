// A bound on how deep the grammar's tree can get, from tokens alone. The parser is WebAssembly that recurses
// on the host's stack: 20,000 chained operators overflow it, and after that the module hangs for ever. So deep
// statements are refused before it sees them.
//
// Every operator, opening parenthesis or joining word may add one level to the tree until a comma, AND, OR,
// WHEN, THEN or ELSE starts a sibling; a closing parenthesis gives back what its inside added.
import type { Token } from './tokenizer.ts'

/** Levels that the parser and everything after it can take, with room for deep callers. */
export const NESTING_MAX = 2000

const DEEPER = new Set(['not', 'join', 'union', 'intersect', 'except', 'is', 'like', 'ilike', 'in', 'between', 'case',
  'collate', 'select', 'at', 'isnull', 'notnull', 'similar', 'escape', 'cast'])
const SIBLING = new Set(['and', 'or', 'when', 'then', 'else', 'from', 'where', 'group', 'having', 'order'])

/** The token at which the bound passes NESTING_MAX, or null. Linear. */
export function tooDeepToken(text: string, tokens: readonly Token[]): Token | null {
  const outer: number[] = []
  let base = 0
  let level = 0
  for (const token of tokens) {
    if (token.kind === 'operator') level++
    else if (token.kind === 'symbol') {
      const char = text[token.start]
      if (char === '(' || char === '[') {
        outer.push(base, level)
        base = ++level
      } else if (char === ')' || char === ']') {
        level = outer.pop() ?? 0
        base = outer.pop() ?? 0
      } else if (char === ',') level = base
    } else if (token.kind === 'word' && token.end - token.start <= 9) {
      const word = text.slice(token.start, token.end).toLowerCase()
      if (DEEPER.has(word)) level++
      else if (SIBLING.has(word)) level = Math.max(base, level - 1)
    }
    if (level > NESTING_MAX) return token
  }
  return null
}
