// A column's name inside SQL text that the catalogue keeps: CHECK conditions and generated columns, which name columns
// of their own table only. Token by token, so that text literals and functions of the same name stay.
import { quoteName } from './quote-name.ts'
import { tokenize } from './tokenizer.ts'

/** The text with every mention of a column under its new name. */
export function renameColumnIn(sql: string, from: string, to: string): string {
  const tokens = tokenize(sql)
  let out = ''
  let end = 0
  tokens.forEach((token, i) => {
    const text = sql.slice(token.start, token.end)
    out += sql.slice(end, token.start)
    end = token.end
    const following = tokens[i + 1]
    const isCall = following !== undefined && sql.slice(following.start, following.end) === '('
    const name = token.kind === 'word' ? text.toLowerCase()
      : token.kind === 'quoted' ? text.slice(1, -1).replaceAll('""', '"') : null
    out += name === from && !(isCall && token.kind === 'word') ? quoteName(to) : text
  })
  return out + sql.slice(end)
}
