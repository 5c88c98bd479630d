// LIKE, ILIKE and the functions of regular expressions. A pattern is compiled once and kept until another one comes,
// so a constant pattern costs one compilation per query (like.ts, regex.ts).
import { CODE, DatabaseError } from '../../src/base/errors.ts'
import { formatArray } from '../../src/base/array-text.ts'
import { TEXT, arrayType } from '../../src/base/types.ts'
import { characterCount } from '../../src/base/utf8.ts'
import type { FunctionEntry, ScalarFunction } from './entry.ts'
import { scalar, typed } from './entry.ts'
import { compileLike } from './like.ts'
import { cachedRegex, matchesOf, replaceRegex, similarPattern } from './regex.ts'

function like(ignoreCase: boolean, negated: boolean): () => ScalarFunction {
  return () => {
    let lastPattern: string | null = null
    let lastEscape = ''
    let matches: (text: string) => boolean = () => false
    return (text: string, pattern: string, escape = '\\'): number => {
      if (pattern !== lastPattern || escape !== lastEscape) {
        if (Array.from(escape).length > 1) {
          throw new DatabaseError(CODE.INVALID_PARAMETER, `invalid escape string: "${escape}"`)
        }
        matches = compileLike(pattern, escape, ignoreCase)
        lastPattern = pattern
        lastEscape = escape
      }
      return matches(text) !== negated ? 1 : 0
    }
  }
}

function regexTest(flags: string, negated: boolean): () => ScalarFunction {
  return () => {
    const compile = cachedRegex()
    return (text: string, pattern: string): number => compile(pattern, flags).test(text) !== negated ? 1 : 0
  }
}

function regexReplace(): ScalarFunction {
  const compile = cachedRegex()
  return (text: string, pattern: string, replacement: string, flags = ''): string =>
    replaceRegex(compile(pattern, flags), text, replacement, flags.includes('g'))
}

function regexMatches(): ScalarFunction {
  const compile = cachedRegex()
  return (text: string, pattern: string, flags = ''): number => compile(pattern, flags).test(text) ? 1 : 0
}

function regexSubstring(): ScalarFunction {
  const compile = cachedRegex()
  return (text: string, pattern: string): string | null => {
    const found = compile(pattern, '').next(text, 0)
    if (found === null) return null
    return found.groups.length > 0 ? found.groups[0]! : text.slice(found.index, found.end)
  }
}

function regexCount(): ScalarFunction {
  const compile = cachedRegex()
  return (text: string, pattern: string, start = 1, flags = ''): number =>
    matchesOf(compile(pattern, flags), text, start - 1).length
}

function regexPosition(): ScalarFunction {
  const compile = cachedRegex()
  return (text: string, pattern: string, start = 1, nth = 1): number => {
    const match = matchesOf(compile(pattern, ''), text, start - 1)[nth - 1]
    return match === undefined ? 0 : characterCount(text.slice(0, match.index)) + 1
  }
}

// The groups of the first match, or the match itself when there are none.
function regexMatch(): ScalarFunction {
  const compile = cachedRegex()
  return (text: string, pattern: string, flags = ''): string | null => {
    const match = compile(pattern, flags).next(text, 0)
    if (match === null) return null
    return formatArray(match.groups.length > 0 ? match.groups : [text.slice(match.index, match.end)])
  }
}

function regexSplit(): ScalarFunction {
  const compile = cachedRegex()
  return (text: string, pattern: string, flags = ''): string => {
    const parts: string[] = []
    let from = 0
    for (const { index, end } of matchesOf(compile(pattern, flags), text, 0)) {
      // An empty match splits between characters, never at the ends.
      if (end === index && (index === 0 || index >= text.length)) continue
      parts.push(text.slice(from, index))
      from = end
    }
    return formatArray([...parts, text.slice(from)])
  }
}

function family(id: string, symbol: string, ignoreCase: boolean, negated: boolean): FunctionEntry[] {
  const make = like(ignoreCase, negated)
  return [
    typed(id, 'text, text -> boolean', make, { names: [symbol] }),
    typed(id, 'text, text, text -> boolean', make, { names: [symbol, id + '_escape'] }),
  ]
}

const TEXTS = arrayType(TEXT)

export const PATTERN_FUNCTIONS: readonly FunctionEntry[] = [
  ...family('like', '~~', false, false), ...family('not_like', '!~~', false, true),
  ...family('ilike', '~~*', true, false), ...family('not_ilike', '!~~*', true, true),
  typed('regex', 'text, text -> boolean', regexTest('', false), { names: ['~'] }),
  typed('not_regex', 'text, text -> boolean', regexTest('', true), { names: ['!~'] }),
  typed('iregex', 'text, text -> boolean', regexTest('i', false), { names: ['~*'] }),
  typed('not_iregex', 'text, text -> boolean', regexTest('i', true), { names: ['!~*'] }),
  typed('regexp_replace', 'text, text, text -> text', regexReplace),
  typed('regexp_replace', 'text, text, text, text -> text', regexReplace),
  typed('regexp_like', 'text, text -> boolean', regexMatches),
  typed('regexp_like', 'text, text, text -> boolean', regexMatches),
  typed('regexp_count', 'text, text -> integer', regexCount),
  typed('regexp_count', 'text, text, integer -> integer', regexCount),
  typed('regexp_count', 'text, text, integer, text -> integer', regexCount),
  typed('regexp_instr', 'text, text -> integer', regexPosition),
  typed('regexp_instr', 'text, text, integer -> integer', regexPosition),
  typed('regexp_instr', 'text, text, integer, integer -> integer', regexPosition),
  typed('regexp_match', 'text, text -> array', regexMatch, { result: () => TEXTS }),
  typed('regexp_match', 'text, text, text -> array', regexMatch, { result: () => TEXTS }),
  typed('regexp_split_to_array', 'text, text -> array', regexSplit, { result: () => TEXTS }),
  typed('regexp_split_to_array', 'text, text, text -> array', regexSplit, { result: () => TEXTS }),
  scalar('similar_to_escape', 'text -> text', (pattern: string) => similarPattern(pattern, '\\')),
  scalar('similar_to_escape', 'text, text -> text', similarPattern),
  typed('regexp_substr', 'text, text -> text', regexSubstring, { names: ['regexp_substr', 'substring'] }),
]
