// COPY, read from the tokens:
//
//   COPY table [(column, …)]            FROM 'file' | STDIN   [WITH] [(option, …)]
//   COPY table [(column, …)] | (query)  TO   'file' | STDOUT  [WITH] [(option, …)]
//
// Options: FORMAT name, HEADER [bool], DELIMITER, NULL, QUOTE, ESCAPE 'text', ENCODING 'UTF8'. The older spelling
// without parentheses (CSV HEADER DELIMITER ';') is taken too. src/api/copy.ts runs it.
import { CODE, DatabaseError } from '../base/errors.ts'
import type { CopyFormat, CopyOptions } from './ast-copy.ts'
import type { Statement } from './ast.ts'
import type { Words } from './own-statements.ts'

const FORMATS: readonly CopyFormat[] = ['csv', 'json', 'jsonl', 'parquet', 'arrow', 'text']

type Mutable = { -readonly [K in keyof CopyOptions]: CopyOptions[K] }

/** Parses COPY; 42601 with the position, 0A000 for options that are not there. */
export function parseCopy(words: Words, position: number): Statement {
  let at = 1
  let query: string | null = null
  let columns: string[] | null = null
  const table: string[] = []
  if (words.lower(at) === '(') {
    const end = closing(words, at)
    query = words.slice(at + 1, end - 1)
    at = end + 1
  } else {
    table.push(words.name(at++))
    while (words.lower(at) === '.') {
      table.push(words.name(at + 1))
      at += 2
    }
    if (words.lower(at) === '(') {
      columns = []
      do {
        columns.push(words.name(at + 1))
        at += 2
      } while (words.lower(at) === ',')
      if (words.lower(at++) !== ')') throw words.unexpected(at - 1)
    }
  }
  const direction = words.lower(at)
  if (direction !== 'to' && (direction !== 'from' || query !== null)) throw words.unexpected(at)
  const isStream = words.lower(at + 1) === (direction === 'to' ? 'stdout' : 'stdin')
  const path = isStream ? null : words.string(at + 1)
  return { kind: 'copy', table, columns, query, direction, path, options: readOptions(words, at + 2), position }
}

function closing(words: Words, open: number): number {
  let depth = 0
  for (let at = open; ; at++) {
    const word = words.lower(at)
    if (word === '') throw words.unexpected(at)
    if (word === '(') depth++
    if (word === ')' && --depth === 0) return at
  }
}

function readOptions(words: Words, begin: number): CopyOptions {
  const options: Mutable = {}
  let at = words.lower(begin) === 'with' ? begin + 1 : begin
  const isListed = words.lower(at) === '('
  if (isListed) at++
  while (words.lower(at) !== '' && words.lower(at) !== ')') {
    at = readOption(words, at, options)
    if (!isListed) continue
    if (words.lower(at) === ',') at++
    else if (words.lower(at) !== ')') throw words.unexpected(at)
  }
  if (isListed && words.lower(at++) !== ')') throw words.unexpected(at - 1)
  words.expectEnd(at)
  return options
}

// Reads one option; returns where the next token stands.
function readOption(words: Words, at: number, options: Mutable): number {
  const name = words.lower(at)
  const value = at + 1
  switch (name) {
    case 'csv': options.format = 'csv'; return value
    case 'format': {
      const given = words.isString(value) ? words.string(value).toLowerCase() : words.name(value)
      const format = given === 'ndjson' ? 'jsonl' : FORMATS.find(one => one === given)
      if (format === undefined) {
        throw new DatabaseError(CODE.INVALID_PARAMETER, `COPY format "${given}" not recognized`, {
          position: words.position(value), hint: `Formats: ${FORMATS.join(', ')}.`,
        })
      }
      options.format = format
      return value + 1
    }
    case 'header': {
      const given = words.lower(value)
      const isOff = ['false', 'off', '0'].includes(given)
      options.header = !isOff
      return isOff || ['true', 'on', '1'].includes(given) ? value + 1 : value
    }
    case 'delimiter': case 'delim': options.delimiter = oneByte(words, value, 'delimiter'); return value + 1
    case 'quote': options.quote = oneByte(words, value, 'quote'); return value + 1
    case 'escape': options.escape = oneByte(words, value, 'escape'); return value + 1
    case 'null': options.nullText = words.escaped(value); return value + 1
    case 'encoding':
      if (/^utf-?8$/i.test(words.string(value))) return value + 1
      throw unsupported(`encoding ${words.string(value)}`, words, value)
    case 'force_quote': case 'force_not_null': case 'force_null': case 'freeze': case 'on_error': case 'default':
    case 'where': case 'force': case 'binary': case 'log_verbosity': case 'reject_limit':
      throw unsupported(name.toUpperCase(), words, at)
    default: throw words.unexpected(at)
  }
}

function unsupported(what: string, words: Words, at: number): DatabaseError {
  return new DatabaseError(CODE.UNSUPPORTED, `COPY with ${what} is not supported`, { position: words.position(at) })
}

function oneByte(words: Words, at: number, name: string): string {
  const given = words.escaped(at)
  const text = given === '\\t' ? '\t' : given
  if (text.length === 1 && text.charCodeAt(0) < 128 && text !== '\n' && text !== '\r') return text
  throw new DatabaseError(CODE.UNSUPPORTED, `COPY ${name} must be a single one-byte character`, {
    position: words.position(at),
  })
}
