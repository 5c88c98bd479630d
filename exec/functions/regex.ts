// Regular expressions whose time grows with the text and not exponentially: RE2's automata (re2js) run every pattern
// that repeats without bound; patterns that cannot backtrack far run on the host's engine, which is several times as
// fast. PostgreSQL's syntax where the two overlap: classes by name, \m \M \y \A \Z; look-around and back references
// exist only without unbounded repetition, because no engine has both them and linear time.
import { RE2JS, RE2JSException } from 're2js'
import { CODE, DatabaseError } from '../../src/base/errors.ts'

/** One match: offsets into the text in UTF-16 units, and the groups; a group that took no part is null. */
export interface RegexMatch {
  readonly index: number
  readonly end: number
  readonly groups: readonly (string | null)[]
}

/** A compiled expression. */
export interface Regex {
  test(text: string): boolean
  /** First match that begins at `from` or later, or null. */
  next(text: string, from: number): RegexMatch | null
}

// By name: inside brackets of the host's engine, which has no POSIX classes.
const CLASSES: Readonly<Record<string, string>> = {
  alpha: '\\p{L}', digit: '\\p{Nd}', alnum: '\\p{L}\\p{Nd}', space: '\\s', upper: '\\p{Lu}', lower: '\\p{Ll}',
  punct: '\\p{P}\\p{S}', xdigit: '0-9A-Fa-f', word: '\\w', blank: ' \\t', cntrl: '\\p{Cc}',
}

interface Options {
  readonly ignoreCase: boolean
  /** ^ and $ match at line ends. */
  readonly lines: boolean
  /** . matches line ends. */
  readonly dotAll: boolean
  readonly literal: boolean
  readonly expanded: boolean
}

/** Options of PostgreSQL: i c, n m p w s, q, x, and g, which the caller looks at. Throws 22023 for others. */
function optionsOf(flags: string): Options {
  let [ignoreCase, lines, dotAll, literal, expanded] = [false, false, true, false, false]
  for (const flag of flags) {
    switch (flag) {
      case 'i': ignoreCase = true; break
      case 'c': ignoreCase = false; break
      case 'n': case 'm': [lines, dotAll] = [true, false]; break
      case 'p': [lines, dotAll] = [false, false]; break
      case 'w': [lines, dotAll] = [true, true]; break
      case 's': [lines, dotAll] = [false, true]; break
      case 'q': literal = true; break
      case 'x': expanded = true; break
      case 't': case 'e': case 'g': break
      default: throw new DatabaseError(CODE.INVALID_PARAMETER, `invalid regular expression option: "${flag}"`)
    }
  }
  return { ignoreCase, lines, dotAll, literal, expanded }
}

/** Compiles a pattern. Throws 2201B with the reason, 22023 for an unknown option. */
export function compileRegex(pattern: string, flags: string): Regex {
  const options = optionsOf(flags)
  const source = options.literal ? pattern.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&') : translate(pattern, options)
  return mayGoBack(source) ? linearRegex(source, options) : hostRegex(source, options)
}

function translate(pattern: string, { expanded }: Options): string {
  const shown = !expanded ? pattern
    : pattern.replace(/\\[^]|\[(?:\\[^]|[^\]])*\]|\s+|#[^\n]*/g, one => /^[\s#]/.test(one) ? '' : one)
  return shown.replace(/\[:(\w+):\]|\\[^]/g, (whole, name: string | undefined) => {
    if (name !== undefined) return CLASSES[name] ?? whole
    if (whole === '\\m' || whole === '\\M' || whole === '\\y') return '\\b'
    if (whole === '\\Y') return '\\B'
    return whole === '\\A' ? '^' : whole === '\\Z' ? '$' : whole
  })
}

// So many choices (a|b, a?) may be tried in all combinations.
const CHOICES_MAX = 8

// A quantifier *, + or {…}, or many choices: anything that may visit one place many times.
function mayGoBack(source: string): boolean {
  const bare = source.replace(/\\[^]|\[(?:\\[^]|[^\]])*\]/g, 'a')
  return /[*+]|\{\d*,?\d*\}/.test(bare) || (bare.match(/[|?]/g) ?? []).length > CHOICES_MAX
}

function hostRegex(source: string, { ignoreCase, lines, dotAll }: Options): Regex {
  const flags = `gu${ignoreCase ? 'i' : ''}${lines ? 'm' : ''}${dotAll ? 's' : ''}`
  let regex: RegExp
  try {
    regex = new RegExp(source, flags)
  } catch (error) {
    throw new DatabaseError(CODE.INVALID_REGEX, `invalid regular expression: ${(error as Error).message}`)
  }
  return {
    test(text) {
      regex.lastIndex = 0
      return regex.test(text)
    },
    next(text, from) {
      regex.lastIndex = from
      const found = regex.exec(text)
      if (found === null) return null
      const groups = found.slice(1).map((group: string | undefined) => group ?? null)
      return { index: found.index, end: found.index + found[0].length, groups }
    },
  }
}

function linearRegex(source: string, { ignoreCase, lines, dotAll }: Options): Regex {
  const flags = (ignoreCase ? RE2JS.CASE_INSENSITIVE : 0) | (lines ? RE2JS.MULTILINE : 0) | (dotAll ? RE2JS.DOTALL : 0)
  let regex: RE2JS
  try {
    regex = RE2JS.compile(source, flags)
  } catch (error) {
    if (!(error instanceof RE2JSException)) throw error
    const isBack = /\(\?[=!<]|\\[1-9]/.test(source)
    const hint = isBack ? 'Look-around and back references cannot stand beside *, + or {…}.' : undefined
    throw new DatabaseError(CODE.INVALID_REGEX, `invalid regular expression: ${error.message}`, { hint })
  }
  return {
    test: text => regex.test(text),
    next(text, from) {
      const matcher = regex.matcher(text)
      if (!matcher.find(from)) return null
      const groups = Array.from({ length: matcher.groupCount() }, (_, i) => matcher.group(i + 1))
      return { index: matcher.start(), end: matcher.end(), groups }
    },
  }
}

/** Compiles on the first call and again when the pattern or the flags change: a constant pattern compiles once. */
export function cachedRegex(): (pattern: string, flags: string) => Regex {
  let lastPattern = ''
  let lastFlags = ''
  let regex: Regex | null = null
  return (pattern, flags) => {
    if (regex === null || pattern !== lastPattern || flags !== lastFlags) {
      regex = compileRegex(pattern, flags)
      lastPattern = pattern
      lastFlags = flags
    }
    return regex
  }
}

/** All matches from an offset on, empty ones too, each behind the one before. */
export function matchesOf(regex: Regex, text: string, from: number): RegexMatch[] {
  const matches: RegexMatch[] = []
  for (let at = Math.max(0, from); at <= text.length;) {
    const match = regex.next(text, at)
    if (match === null) break
    matches.push(match)
    at = match.end > match.index ? match.end : match.end + ((text.codePointAt(match.end) ?? 0) > 0xffff ? 2 : 1)
  }
  return matches
}

/** A pattern of SIMILAR TO as a regular expression: % and _ are wild, | * + ? {} () [] are as they are elsewhere. */
export function similarPattern(pattern: string, escape: string): string {
  let inner = ''
  let isInBrackets = false
  const chars = Array.from(pattern)
  for (let i = 0; i < chars.length; i++) {
    const char = chars[i]!
    if (escape !== '' && char === escape) {
      const next = chars[++i]
      if (next === undefined) throw new DatabaseError(CODE.INVALID_REGEX, 'the pattern ends with its escape character')
      inner += /\w/.test(next) ? next : `\\${next}`
    } else if (isInBrackets) {
      inner += char === '\\' ? '\\\\' : char
      isInBrackets = char !== ']'
    } else if (char === '%') inner += '.*'
    else if (char === '_') inner += '.'
    else {
      inner += /[.^$\\]/.test(char) ? `\\${char}` : char
      isInBrackets = char === '['
    }
  }
  return `^(?:${inner})$`
}

/**
 * Text with the first match, or all, replaced. In the replacement \1 to \9 are groups, \& the match and \\ a
 * backslash, as in PostgreSQL.
 */
export function replaceRegex(regex: Regex, text: string, replacement: string, all: boolean): string {
  let output = ''
  let copied = 0
  for (let from = 0; from <= text.length;) {
    const match = regex.next(text, from)
    if (match === null) break
    output += text.slice(copied, match.index) + expand(replacement, text, match)
    copied = match.end
    if (!all) break
    // After an empty match the next may begin one code point later.
    from = match.end > match.index ? match.end : match.end + ((text.codePointAt(match.end) ?? 0) > 0xffff ? 2 : 1)
  }
  return output + text.slice(copied)
}

function expand(replacement: string, text: string, match: RegexMatch): string {
  if (!replacement.includes('\\')) return replacement
  return replacement.replace(/\\([0-9&\\])/g, (whole, what: string) => {
    if (what === '\\') return '\\'
    if (what === '&' || what === '0') return what === '&' ? text.slice(match.index, match.end) : whole
    return match.groups[Number(what) - 1] ?? ''
  })
}
