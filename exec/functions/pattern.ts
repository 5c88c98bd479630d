// LIKE, ILIKE and regular expressions. A pattern is compiled once and kept until another one comes, so a
// constant pattern costs one compilation per query. LIKE patterns without `_` and without inner `%` become
// string comparisons; the others a regular expression over code points.
import { CODE, DatabaseError } from '../../src/base/errors.ts'
import type { FunctionEntry, ScalarFunction } from './entry.ts'
import { typed } from './entry.ts'

type Matcher = (text: string) => boolean

/** Splits a LIKE pattern into literal characters and wildcards. Throws 22025-like 22023 on a dangling escape. */
function likeTokens(pattern: string, escape: string): { wild: '' | '%' | '_'; char: string }[] {
  const tokens: { wild: '' | '%' | '_'; char: string }[] = []
  const chars = Array.from(pattern)
  for (let i = 0; i < chars.length; i++) {
    const char = chars[i]!
    if (escape !== '' && char === escape) {
      i++
      if (i === chars.length) {
        throw new DatabaseError(CODE.INVALID_PARAMETER, `LIKE pattern must not end with escape character: "${pattern}"`)
      }
      tokens.push({ wild: '', char: chars[i]! })
    } else if (char === '%' || char === '_') tokens.push({ wild: char, char })
    else tokens.push({ wild: '', char })
  }
  return tokens
}

/** Compiles a LIKE pattern. The escape character is one character, or empty for none. */
function compileLike(pattern: string, escape: string, ignoreCase: boolean): Matcher {
  const tokens = likeTokens(pattern, escape)
  if (!ignoreCase && tokens.every(token => token.wild !== '_')) {
    const shape = tokens.map(token => token.wild === '%' ? '%' : '.').join('').replace(/\.+/g, '.').replace(/%+/g, '%')
    const literal = tokens.filter(token => token.wild === '').map(token => token.char).join('')
    switch (shape) {
      case '': case '.': return text => text === literal
      case '%': return () => true
      case '.%': return text => text.startsWith(literal)
      case '%.': return text => text.endsWith(literal)
      case '%.%': return text => text.includes(literal)
    }
  }
  const source = tokens.map(token => token.wild === '%' ? '[^]*' : token.wild === '_' ? '[^]' : quote(token.char))
  const expression = new RegExp(`^${source.join('')}$`, ignoreCase ? 'iu' : 'u')
  return text => expression.test(text)
}

/** A LIKE pattern that is a literal with `%` at its ends at most, or null. An empty escape means none. */
export function likeLiteral(
  pattern: string, escape: string,
): { literal: string; openStart: boolean; openEnd: boolean } | null {
  if (Array.from(escape).length > 1) return null
  const inner = pattern.replace(/^%+/, '').replace(/%+$/, '')
  if (/[%_]/.test(inner) || (escape !== '' && pattern.includes(escape))) return null
  return { literal: inner, openStart: pattern.startsWith('%'), openEnd: pattern.endsWith('%') }
}

function quote(char: string): string {
  return /[\\^$.*+?()[\]{}|/]/.test(char) ? '\\' + char : char
}

function like(ignoreCase: boolean, negated: boolean): () => ScalarFunction {
  return () => {
    let lastPattern: string | null = null
    let lastEscape = ''
    let matches: Matcher = () => false
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

// PostgreSQL's advanced expressions and JavaScript's differ in corners (back references, classes by name).
const CLASSES: Record<string, string> = {
  alpha: '\\p{L}', digit: '\\p{Nd}', alnum: '\\p{L}\\p{Nd}', space: '\\s', upper: '\\p{Lu}', lower: '\\p{Ll}',
  punct: '\\p{P}\\p{S}', xdigit: '0-9A-Fa-f', word: '\\w',
}

/** Compiles a regular expression. Throws 2201B with the reason. */
function compileRegex(pattern: string, flags: string): RegExp {
  let options = 'u'
  for (const flag of flags) {
    if (flag === 'i') options += 'i'
    else if (flag === 'g') options += 'g'
    else if (flag === 'n' || flag === 'm') options += 'm'
    else if (flag !== 'c' && flag !== 's') {
      throw new DatabaseError(CODE.INVALID_PARAMETER, `invalid regular expression option: "${flag}"`)
    }
  }
  if (!options.includes('m')) options += 's'
  const source = pattern
    .replace(/\[:(\w+):\]/g, (whole, name: string) => CLASSES[name] ?? whole)
    .replace(/\\m|\\M|\\y/g, '\\b').replace(/\\A/g, '^').replace(/\\Z/g, '$')
  try {
    return new RegExp(source, options)
  } catch (error) {
    throw new DatabaseError(CODE.INVALID_REGEX, `invalid regular expression: ${(error as Error).message}`)
  }
}

/** One compiled expression kept until the pattern or the flags change. */
function cachedRegex(): (pattern: string, flags: string) => RegExp {
  let lastKey = ''
  let regex: RegExp | null = null
  return (pattern, flags) => {
    const key = flags + '/' + pattern
    if (regex === null || key !== lastKey) {
      regex = compileRegex(pattern, flags)
      lastKey = key
    }
    regex.lastIndex = 0
    return regex
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
  return (text: string, pattern: string, replacement: string, flags = ''): string => {
    const target = replacement.replace(/\$/g, '$$$$').replace(/\\([1-9])/g, '$$$1').replace(/\\&/g, '$$&')
      .replace(/\\\\/g, '\\')
    return text.replace(compile(pattern, flags), target)
  }
}

function regexMatches(): ScalarFunction {
  const compile = cachedRegex()
  return (text: string, pattern: string, flags = ''): number => compile(pattern, flags).test(text) ? 1 : 0
}

function regexSubstring(): ScalarFunction {
  const compile = cachedRegex()
  return (text: string, pattern: string): string | null => {
    const found = compile(pattern, '').exec(text)
    return found === null ? null : found[1] ?? found[0]
  }
}

function family(id: string, symbol: string, ignoreCase: boolean, negated: boolean): FunctionEntry[] {
  const make = like(ignoreCase, negated)
  return [
    typed(id, 'text, text -> boolean', make, { names: [symbol] }),
    typed(id, 'text, text, text -> boolean', make, { names: [symbol, id + '_escape'] }),
  ]
}

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
  typed('regexp_substr', 'text, text -> text', regexSubstring, { names: ['regexp_substr', 'substring'] }),
]
