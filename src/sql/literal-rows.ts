// Long INSERT … VALUES lists without the grammar. Rows of nothing but numbers, 'texts', NULL, TRUE and FALSE behind the
// first row of VALUES are read here straight from the text and become one token; the grammar sees the first row only.
// A statement of ten megabytes is read in a second instead of many, and without millions of tokens.
//
//   INSERT INTO t VALUES (1, 'a'), (2, 'b'), … (9, 'z') ON CONFLICT DO NOTHING
//                                └────── one token ─────┘
//
// Anything else among the rows (an expression, a parameter, a comment, DEFAULT, E'…') leaves all of it to the grammar.
import type { LiteralExpr } from './ast.ts'

/** Literal rows from a comma to the last closing parenthesis. */
export interface LiteralRows {
  readonly end: number
  readonly rows: readonly (readonly LiteralExpr[])[]
}

/** Texts shorter than this are left to the grammar, which is fast enough for them. */
export const LITERAL_ROWS_MIN = 4000

const NUMBER = /-?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?(?![\w.$])/y
const WORD = /(null|true|false)(?![\w$\u0080-\uffff])/iy

/** Reads rows from `at`, behind the first one; null when there is none or what follows is not all literal. */
export function readLiteralRows(text: string, at: number): LiteralRows | null {
  const reader = new RowReader(text, at)
  const rows: LiteralExpr[][] = []
  for (;;) {
    const before = reader.at
    if (!reader.skip(',')) return rows.length === 0 ? null : { end: before, rows }
    const row = reader.row()
    if (row === null) return null
    rows.push(row)
  }
}

class RowReader {
  at: number
  readonly #text: string
  // Positions count code points: pairs of surrogates before `at` count once.
  #pairs = 0

  constructor(text: string, at: number) {
    this.#text = text
    this.at = at
    this.#pairs = this.#pairsBetween(0, at)
  }

  #pairsBetween(from: number, to: number): number {
    let pairs = 0
    for (let i = from; i < to; i++) if ((this.#text.charCodeAt(i) & 0xfc00) === 0xdc00) pairs++
    return pairs
  }

  /** Steps over blanks and this character; false, and stays, when another one comes. */
  skip(char: string): boolean {
    const start = this.at
    this.#blanks()
    if (this.#text[this.at] === char) {
      this.at++
      return true
    }
    this.at = start
    return false
  }

  #blanks(): void {
    for (let code = this.#text.charCodeAt(this.at); code === 32 || (code >= 9 && code <= 13);) {
      code = this.#text.charCodeAt(++this.at)
    }
  }

  row(): LiteralExpr[] | null {
    if (!this.skip('(')) return null
    const row: LiteralExpr[] = []
    do {
      const literal = this.#literal()
      if (literal === null) return null
      row.push(literal)
    } while (this.skip(','))
    return this.skip(')') ? row : null
  }

  #literal(): LiteralExpr | null {
    this.#blanks()
    const position = this.at + 1 - this.#pairs
    const code = this.#text.charCodeAt(this.at)
    if (code === 39) return this.#string(position)
    const isNumber = (code >= 48 && code <= 57) || code === 45 || code === 46
    const expression = isNumber ? NUMBER : WORD
    expression.lastIndex = this.at
    const found = expression.exec(this.#text)
    if (found === null) return null
    const text = found[0]
    this.at += text.length
    if (isNumber) return { kind: 'literal', form: /[.eE]/.test(text) ? 'decimal' : 'integer', text, position }
    const word = text.toLowerCase()
    return word === 'null' ? { kind: 'literal', form: 'null', text: '', position }
      : { kind: 'literal', form: 'boolean', text: word, position }
  }

  #string(position: number): LiteralExpr | null {
    const start = this.at + 1
    let end = this.#text.indexOf("'", start)
    let isDoubled = false
    while (end >= 0 && this.#text.charCodeAt(end + 1) === 39) {
      isDoubled = true
      end = this.#text.indexOf("'", end + 2)
    }
    if (end < 0) return null
    const raw = this.#text.slice(start, end)
    this.#pairs += this.#pairsBetween(start, end)
    this.at = end + 1
    return { kind: 'literal', form: 'string', text: isDoubled ? raw.replaceAll("''", "'") : raw, position }
  }
}
