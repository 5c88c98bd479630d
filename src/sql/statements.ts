// Splits SQL text into statements and rewrites each into what PostgreSQL's grammar accepts, remembering where
// every piece came from:
//
//   ?  ?3  :name  @name   ->  $n            a ? takes the number after the largest so far, as in SQLite
//   `name`                ->  "name"
//   ==                    ->  =
//   … ) WITHOUT ROWID | STRICT  ->  … )     every table here is clustered on its key and strictly typed
//   … ON t (a) USING btree  ->  … ON t USING btree (a)     see index-method.ts
//   IN (), INSERT OR REPLACE, REPLACE INTO                 see sqlite-forms.ts
//   INSERT … VALUES (1), (2), …  ->  … VALUES (1)          see literal-rows.ts
//   QUALIFY condition                                      see qualify.ts
//
// Of text that came over a wire protocol only the last three are rewritten (`rewrite: false`): there, only $n exists.
import { CODE, DatabaseError } from '../base/errors.ts'
import type { LiteralExpr } from './ast.ts'
import { utf8Length } from '../base/utf8.ts'
import { positionOfIndex } from './error-position.ts'
import { findTrailingMethod } from './index-method.ts'
import type { InsertOr } from './sqlite-forms.ts'
import { findQualify } from './qualify.ts'
import { findSqliteForms } from './sqlite-forms.ts'
import type { Token } from './tokenizer.ts'
import { tokenize } from './tokenizer.ts'

/** Longest identifier in bytes of UTF-8; PostgreSQL would cut longer ones silently. */
const NAME_BYTES_MAX = 63

/** Highest parameter number, as in PostgreSQL's protocol. */
const PARAMETERS_MAX = 65_535

/** One statement of a longer text. */
export interface StatementText {
  /** What the grammar reads. */
  readonly text: string
  /** Tokens of the statement, offsets into the whole original text. */
  readonly tokens: readonly Token[]
  readonly source: SourceMap
  /** Names by 0-based parameter number, null where it has none. Empty: no parameters. */
  readonly parameterNames: readonly (string | null)[]
  /** What INSERT OR … asks for. */
  readonly insertOr: InsertOr | null
  /** Rows of VALUES behind the first one that the grammar does not see. */
  readonly moreRows: readonly (readonly LiteralExpr[])[]
}

/** Maps offsets in a rewritten statement to 1-based character positions in the original text. */
export class SourceMap {
  readonly #original: string
  readonly #text: string
  /** Pairs (offset in the rewritten text, offset in the original) at the start of every copied piece. */
  readonly #pieces: readonly number[]
  readonly #ascii: boolean

  constructor(original: string, text: string, pieces: readonly number[]) {
    this.#original = original
    this.#text = text
    this.#pieces = pieces
    // One regular expression over the text is far cheaper than the parse.
    this.#ascii = !/[^\x00-\x7f]/.test(original)
  }

  /** Position of a byte offset of the rewritten text in UTF-8 (what AST locations are). */
  ofByte(offset: number): number {
    if (this.#ascii) return this.ofIndex(offset)
    let index = 0
    for (let bytes = 0; bytes < offset && index < this.#text.length;) {
      const point = this.#text.codePointAt(index)!
      bytes += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4
      index += point > 0xffff ? 2 : 1
    }
    return this.ofIndex(index)
  }

  /** Position of a code-point offset of the rewritten text (what syntax errors carry). */
  ofCharacter(offset: number): number {
    if (this.#ascii) return this.ofIndex(offset)
    let index = 0
    for (let i = 0; i < offset && index < this.#text.length; i++) index += this.#text.codePointAt(index)! > 0xffff
      ? 2
      : 1
    return this.ofIndex(index)
  }

  /** Position of a UTF-16 offset of the rewritten text. */
  ofIndex(index: number): number {
    return this.positionOf(this.#originalIndex(index))
  }

  /** Position of a UTF-16 offset of the original text. */
  positionOf(index: number): number {
    return this.#ascii ? index + 1 : positionOfIndex(this.#original, index)
  }

  /** Offset in the original text; inside a replacement, its start. */
  #originalIndex(index: number): number {
    let low = 0
    let high = this.#pieces.length / 2 - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (this.#pieces[middle * 2]! <= index) low = middle
      else high = middle - 1
    }
    const start = this.#pieces[low * 2]!
    const from = this.#pieces[low * 2 + 1]!
    const nextFrom = low * 2 + 3 < this.#pieces.length ? this.#pieces[low * 2 + 3]! : this.#original.length
    return Math.min(from + (index - start), Math.max(from, nextFrom))
  }

  /** The original text between two positions of it. */
  slice(start: number, end: number): string {
    return this.#original.slice(start, end)
  }
}

/** Splits at semicolons and rewrites. Empty statements vanish. Throws 42601, 22021. Linear in the text. */
export function splitStatements(text: string, options: { rewrite: boolean }): StatementText[] {
  const nul = text.indexOf('\0')
  if (nul >= 0) {
    throw new DatabaseError(CODE.INVALID_ENCODING, 'SQL text contains a NUL character', { position: nul + 1 })
  }
  const statements: StatementText[] = []
  let current: Token[] = []
  for (const token of locatedTokens(text)) {
    if (token.kind === 'symbol' && text[token.start] === ';') {
      if (current.length > 0) statements.push(makeStatement(text, current, options.rewrite))
      current = []
    } else {
      checkName(text, token)
      current.push(token)
    }
  }
  if (current.length > 0) statements.push(makeStatement(text, current, options.rewrite))
  return statements
}

function locatedTokens(text: string): Token[] {
  try {
    return tokenize(text)
  } catch (error) {
    if (error instanceof DatabaseError && error.position !== undefined) {
      error.position = positionOfIndex(text, error.position - 1)
    }
    throw error
  }
}

function checkName(text: string, token: Token): void {
  if ((token.kind !== 'word' && token.kind !== 'quoted') || token.end - token.start <= NAME_BYTES_MAX / 3) return
  const name = token.kind === 'word' ? text.slice(token.start, token.end) : text.slice(token.start + 1, token.end - 1)
  if (utf8Length(name) <= NAME_BYTES_MAX) return
  throw new DatabaseError(CODE.SYNTAX, `identifier "${name}" is longer than ${NAME_BYTES_MAX} bytes`, {
    position: positionOfIndex(text, token.start),
  })
}

/** Writes the rewritten text piece by piece. */
class Rewriter {
  readonly pieces: number[] = []
  readonly #text: string
  #output = ''
  #copied: number

  constructor(text: string, start: number) {
    this.#text = text
    this.#copied = start
    this.pieces.push(0, start)
  }

  replace(token: Pick<Token, 'start' | 'end'>, replacement: string): void {
    this.#output += this.#text.slice(this.#copied, token.start)
    this.pieces.push(this.#output.length, token.start)
    this.#output += replacement
    this.pieces.push(this.#output.length, token.end)
    this.#copied = token.end
  }

  /** Writes tokens that stand elsewhere before this one, a space after each. */
  insert(before: Token, moved: readonly (readonly [token: Token, text: string])[]): void {
    this.#output += this.#text.slice(this.#copied, before.start) + ' '
    for (const [token, text] of moved) {
      this.pieces.push(this.#output.length, token.start)
      this.#output += text + ' '
    }
    this.pieces.push(this.#output.length, before.start)
    this.#copied = before.start
  }

  finish(end: number): string {
    return this.#output + this.#text.slice(this.#copied, end)
  }
}

function makeStatement(original: string, tokens: Token[], rewrite: boolean): StatementText {
  const start = tokens[0]!.start
  const writer = new Rewriter(original, start)
  const parameters = new ParameterNumbers(original)
  const slice = (from: number, to: number): string => original.slice(from, to)
  const method = findTrailingMethod(tokens, slice)
  const forms = findSqliteForms(tokens, slice)
  let moreRows: StatementText['moreRows'] = []
  const qualify = findQualify(tokens, slice)
  let [formAt, qualifyAt] = [0, 0]
  const flush = (at: number): void => {
    const { end } = tokens[at]!
    for (; qualify[qualifyAt]?.token === at && qualify[qualifyAt]!.behind; qualifyAt++) {
      writer.replace({ start: end, end }, qualify[qualifyAt]!.text)
    }
  }
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i]!
    const form = forms[formAt]
    if (i === form?.from) {
      formAt++
      i = form.to - 1
      writer.replace({ start: token.start, end: tokens[i]!.end }, form.text)
      flush(i)
      continue
    }
    if (i === method?.open) {
      const [using, name] = [tokens[method.using]!, tokens[method.using + 1]!]
      writer.insert(token, [[using, 'USING'], [name, grammarName(original.slice(name.start, name.end))]])
    } else if (i === method?.using) {
      writer.replace({ start: token.start, end: tokens[++i]!.end }, '')
      continue
    }
    if (token.kind === 'rows') {
      writer.replace(token, '')
      moreRows = token.literals!
      continue
    }
    const edit = qualify[qualifyAt]
    if (edit?.token === i && !edit.behind) {
      qualifyAt++
      writer.replace(token, edit.text)
      continue
    }
    if (token.kind === 'dollar') parameters.dollar(token)
    if (rewrite) rewriteToken(original, token, writer, parameters)
    flush(i)
  }
  const end = rewrite ? endBeforeTableOptions(original, tokens) : tokens[tokens.length - 1]!.end
  const text = writer.finish(end)
  return {
    text, tokens, source: new SourceMap(original, text, writer.pieces), parameterNames: parameters.names(),
    insertOr: forms.find(form => form.insertOr !== null)?.insertOr ?? null, moreRows,
  }
}

/** A token as the grammar wants it. */
function rewriteToken(original: string, token: Token, writer: Rewriter, parameters: ParameterNumbers): void {
  const text = original.slice(token.start, token.end)
  if (token.kind === 'question') writer.replace(token, '$' + parameters.question(token))
  else if (token.kind === 'named') writer.replace(token, '$' + parameters.named(token))
  else if (token.kind === 'quoted' && text[0] === '`') writer.replace(token, grammarName(text))
  else if (token.kind === 'operator' && text === '==') writer.replace(token, '=')
}

// `name` as "name"; all others stay as they are.
function grammarName(name: string): string {
  if (name[0] !== '`') return name
  return '"' + name.slice(1, -1).replace(/``/g, '`').replace(/"/g, '""') + '"'
}

/** SQLite's table options after the closing parenthesis of CREATE TABLE say what is true here anyway. */
function endBeforeTableOptions(original: string, tokens: readonly Token[]): number {
  const word = (i: number): string => original.slice(tokens[i]?.start ?? 0, tokens[i]?.end ?? 0).toLowerCase()
  let last = tokens.length - 1
  if (tokens[0]!.kind === 'word' && word(0) === 'create') {
    for (;;) {
      if (word(last) === 'rowid' && word(last - 1) === 'without') last -= 2
      else if (word(last) === 'strict' && (word(last - 1) === ')' || word(last - 1) === ',')) last -= 1
      else if (word(last) === ',') last -= 1
      else break
    }
  }
  return tokens[last]!.end
}

/** Numbers parameters and refuses to mix $n with ? and names, which would guess. */
class ParameterNumbers {
  readonly #original: string
  readonly #names: (string | null)[] = []
  readonly #byName = new Map<string, number>()
  #style: 'dollar' | 'other' | null = null

  constructor(original: string) {
    this.#original = original
  }

  dollar(token: Token): void {
    this.#use('dollar', token)
    this.#note(Number(this.#original.slice(token.start + 1, token.end)), null, token)
  }

  question(token: Token): number {
    this.#use('other', token)
    const digits = this.#original.slice(token.start + 1, token.end)
    return this.#note(digits === '' ? this.#names.length + 1 : Number(digits), null, token)
  }

  named(token: Token): number {
    this.#use('other', token)
    const name = this.#original.slice(token.start + 1, token.end)
    const known = this.#byName.get(name)
    if (known !== undefined) return known
    const number = this.#note(this.#names.length + 1, name, token)
    this.#byName.set(name, number)
    return number
  }

  names(): readonly (string | null)[] {
    return this.#names
  }

  #use(style: 'dollar' | 'other', token: Token): void {
    if (this.#style !== null && this.#style !== style) {
      throw this.#error('parameters $1 cannot be mixed with ? or named parameters in one statement', token)
    }
    this.#style = style
  }

  #note(number: number, name: string | null, token: Token): number {
    if (number < 1 || number > PARAMETERS_MAX) {
      throw this.#error(`parameter number ${number} is not between 1 and ${PARAMETERS_MAX}`, token)
    }
    while (this.#names.length < number) this.#names.push(null)
    if (name !== null) this.#names[number - 1] = name
    return number
  }

  #error(message: string, token: Token): DatabaseError {
    return new DatabaseError(CODE.SYNTAX, message, { position: positionOfIndex(this.#original, token.start) })
  }
}
