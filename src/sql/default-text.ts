// The SQL text of a column default or of a CHECK, cut out of CREATE TABLE. The schema keeps them as text because they
// are evaluated at INSERT (now() must not be frozen) and because the tree does not say where they end.
import type { StatementText } from './statements.ts'

/** Words that end a default at nesting level 0: PostgreSQL's grammar allows none of them inside one. */
const ENDS = new Set(['not', 'null', 'primary', 'unique', 'check', 'references', 'constraint', 'default', 'generated',
  'collate', 'deferrable', 'initially'])

/** Text after the word DEFAULT that stands at 1-based character `position` of the original text. */
export function defaultText(statement: StatementText, position: number): string {
  const { tokens, source } = statement
  const word = (i: number): string => source.slice(tokens[i]!.start, tokens[i]!.end)
  const first = tokens.findIndex(token => source.positionOf(token.start) === position) + 1
  let depth = 0
  let last = first
  for (let i = first; i < tokens.length; i++) {
    const text = word(i)
    if (text === '(') depth++
    if (text === ')') depth--
    if (depth < 0 || (depth === 0 && i > first && (text === ',' || ends(tokens[i]!.kind, text)))) break
    last = i
  }
  return source.slice(tokens[first]!.start, tokens[last]!.end)
}

function ends(kind: string, text: string): boolean {
  return kind === 'word' && ENDS.has(text.toLowerCase())
}

/** Text between the parentheses of the CHECK whose constraint begins at 1-based character `position`. */
export function checkText({ tokens, source }: StatementText, position: number): string {
  const word = (i: number): string => source.slice(tokens[i]!.start, tokens[i]!.end)
  let open = tokens.findIndex(token => source.positionOf(token.start) === position)
  while (tokens[open]!.kind !== 'word' || word(open).toLowerCase() !== 'check') open++
  open++
  let last = open
  for (let depth = 1; depth > 0;) {
    last++
    if (word(last) === '(') depth++
    if (word(last) === ')') depth--
  }
  return source.slice(tokens[open + 1]!.start, tokens[last - 1]!.end)
}
