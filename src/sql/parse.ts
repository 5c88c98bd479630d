// The one door between SQL text and the rest of the engine: text in, our own typed tree out. Behind it stands
// libpg-query, PostgreSQL 18's grammar compiled to WebAssembly; nothing else imports it. In front of the
// grammar, statements.ts splits and rewrites, own-statements.ts takes what PostgreSQL does not have; behind
// it, lower-*.ts turn the tree into ours by allow-list.
//
// Traps handled here: locations in the tree are UTF-8 byte offsets but error positions are code points;
// identifiers are cut to 63 bytes silently; parseSync("") throws a plain Error; deep input hangs the module.
import { createRequire } from 'node:module'
import { CODE, DatabaseError } from '../base/errors.ts'
import { checkWellFormed } from '../base/utf8.ts'
import type { Statement } from './ast.ts'
import { lowerQuery } from './lower-query.ts'
import { lowerStatement } from './lower-statement.ts'
import { NESTING_MAX, tooDeepToken } from './nesting.ts'
import { NodeReader } from './node-reader.ts'
import { parseOwnStatement } from './own-statements.ts'
import type { StatementText } from './statements.ts'
import { splitStatements } from './statements.ts'
import { positionOfIndex } from './error-position.ts'

/** One parsed statement with the names of its parameters (null = positional), by 0-based number. */
export interface ParsedStatement {
  readonly statement: Statement
  readonly parameterNames: readonly (string | null)[]
}

interface Grammar {
  loadModule(): Promise<void>
  parseSync(text: string): unknown
}

let grammar: Grammar | null = null

/** Loads the grammar; must have resolved before parse(). About 15 ms the first time, free afterwards. */
export async function loadParser(): Promise<void> {
  if (grammar !== null) return
  // Not import(): Node would first scan the package's large CommonJS file for export names, for 13 ms.
  const loaded = createRequire(import.meta.url)('libpg-query') as Grammar
  await loaded.loadModule()
  grammar = loaded
}

/**
 * Parses any number of statements separated by semicolons. `rewrite: false` for text from a wire protocol,
 * where only $n parameters exist. Throws 42601 with the position, 0A000 for what the engine does not have,
 * 54000 for nesting beyond reason. About 20 µs for a point query.
 */
export function parse(text: string, options: { rewrite: boolean } = { rewrite: true }): ParsedStatement[] {
  checkWellFormed(text)
  return splitStatements(text, options).map(statement => {
    const deep = tooDeepToken(text, statement.tokens)
    if (deep !== null) throw nestingError(positionOfIndex(text, deep.start))
    return { statement: parseOne(statement), parameterNames: statement.parameterNames }
  })
}

function nestingError(position?: number): DatabaseError {
  return new DatabaseError(CODE.PROGRAM_LIMIT, `the statement nests more than ${NESTING_MAX} levels`, { position })
}

function parseOne(text: StatementText): Statement {
  const own = parseOwnStatement(text)
  if (own !== null) return own
  const statements = grammarTree(text)
  if (statements.length !== 1) {
    throw new DatabaseError(CODE.SYNTAX, 'expected one statement', { position: text.source.ofIndex(0) })
  }
  const context = { source: text.source, depth: 0, lowerQuery }
  try {
    return lowerStatement(NodeReader.of(statements[0]!.stmt, context), text)
  } catch (error) {
    if (error instanceof RangeError) throw nestingError(text.source.ofIndex(0))
    if (error instanceof DatabaseError) error.position ??= text.source.ofIndex(0)
    throw error
  }
}

function grammarTree(text: StatementText): readonly { stmt: unknown }[] {
  if (grammar === null) throw new DatabaseError(CODE.NOT_OPEN, 'the SQL parser is not loaded: open a database first')
  try {
    return (grammar.parseSync(text.text) as { stmts?: { stmt: unknown }[] }).stmts ?? []
  } catch (error) {
    throw syntaxError(error, text)
  }
}

/** What the grammar throws: an Error with sqlDetails, or anything when it breaks. */
function syntaxError(error: unknown, text: StatementText): DatabaseError {
  const details = (error as { sqlDetails?: { message?: string; cursorPosition?: number } }).sqlDetails
  const message = details?.message ?? (error instanceof Error ? error.message : String(error))
  if (details === undefined || /memory exhausted|stack/i.test(message)) return nestingError(text.source.ofIndex(0))
  const at = details.cursorPosition
  const position = at === undefined || at < 0 ? undefined : text.source.ofCharacter(at)
  // The grammar itself refuses frames that begin after they end.
  const code = /^frame (start|end|starting|ending)/.test(message) ? CODE.WINDOWING : CODE.SYNTAX
  return new DatabaseError(code, message, { position })
}
