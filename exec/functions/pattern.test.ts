// LIKE against a slow and obvious matcher, regular expressions on both engines, and patterns that make backtracking
// engines hang: here they are only long.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compileLike } from './like.ts'
import { compileRegex, replaceRegex } from './regex.ts'

/** LIKE by its definition, over code points. */
function likeByDefinition(text: readonly string[], pattern: readonly string[]): boolean {
  const reach = new Set([0])
  for (const step of pattern) {
    const from = [...reach]
    reach.clear()
    for (const at of from) {
      if (step === '%') for (let to = at; to <= text.length; to++) reach.add(to)
      else if (at < text.length && (step === '_' || text[at] === step)) reach.add(at + 1)
    }
  }
  return reach.has(text.length)
}

describe('LIKE', () => {
  test('is what its definition says', () => {
    const letters = fc.array(fc.constantFrom('a', 'b', '😀', 'é'), { maxLength: 12 })
    const steps = fc.array(fc.constantFrom('a', 'b', '😀', '%', '_', '%'), { maxLength: 8 })
    fc.assert(fc.property(letters, steps, (text, pattern) => {
      const expected = likeByDefinition(text, pattern)
      expect(compileLike(pattern.join(''), '\\', false)(text.join(''))).toBe(expected)
      expect(compileLike(pattern.join('').toUpperCase(), '\\', true)(text.join(''))).toBe(expected)
    }), { numRuns: 5000 })
  })

  test('escapes, and an escape at the end', () => {
    expect(compileLike('a\\%c', '\\', false)('a%c')).toBe(true)
    expect(compileLike('a\\%c', '\\', false)('abc')).toBe(false)
    expect(compileLike('a#_%', '#', false)('a_x')).toBe(true)
    expect(compileLike('a\\', '', false)('a\\')).toBe(true)
    expect(() => compileLike('a\\', '\\', false)).toThrow(/must not end with escape/)
  })

  test('many % over a long text end soon', () => {
    const text = 'a'.repeat(30_000)
    expect(compileLike(`${'%a'.repeat(50)}%b`, '\\', false)(text)).toBe(false)
    expect(compileLike(`${'%a_'.repeat(50)}%`, '\\', false)(text)).toBe(true)
  })
})

describe('regular expressions', () => {
  const found = (text: string, pattern: string, flags = ''): readonly (string | null)[] | null => {
    const match = compileRegex(pattern, flags).next(text, 0)
    return match === null ? null : [text.slice(match.index, match.end), ...match.groups]
  }

  test('both engines give offsets and groups', () => {
    expect(found('😀 ab12', '([a-z])([a-z])(x)?')).toEqual(['ab', 'a', 'b', null])
    expect(found('😀 ab12', '([a-z]+)(x)?([0-9]*)')).toEqual(['ab12', 'ab', null, '12'])
    expect(found('foo bar', '\\mbar\\M')).toEqual(['bar'])
    expect(found('foo bar', '\\ybar+\\y')).toEqual(['bar'])
    expect(found('äb1', '^[[:alpha:]]+')).toEqual(['äb'])
  })

  test('options', () => {
    expect(found('A\nb', 'a.b', 'i')).toEqual(['A\nb'])
    expect(found('a\nb', 'a.*b', 'n')).toBeNull()
    expect(found('a\nb', '^b+', 'n')).toEqual(['b'])
    expect(found('a.b', 'a.b', 'q')).toEqual(['a.b'])
    expect(found('a+b', '+', 'q')).toEqual(['+'])
    expect(found('ab', 'a  b # note', 'x')).toEqual(['ab'])
    expect(() => compileRegex('a', 'z')).toThrow(/invalid regular expression option: "z"/)
  })

  test('patterns that make a backtracking engine hang', () => {
    const text = `${'a'.repeat(50_000)}!`
    const choices = [`${'(a|a)'.repeat(40)}b`, `${'a?'.repeat(60)}${'a'.repeat(60)}c`]
    for (const pattern of ['^(a+)+$', '(a|aa)+$', '(a*)*b', ...choices]) {
      expect(compileRegex(pattern, '').test(text)).toBe(false)
    }
  })

  test('what has no linear meaning is refused with a reason', () => {
    expect(() => compileRegex('(a)\\1*', '')).toThrow(expect.objectContaining({ code: '2201B' }))
    expect(() => compileRegex('(?=a)b*', '')).toThrow(/invalid regular expression/)
    expect(() => compileRegex('a(', '')).toThrow(/invalid regular expression/)
    expect(found('aab', '(a)\\1')).toEqual(['aa', 'a'])
  })

  test('replacing', () => {
    const replace = (text: string, pattern: string, by: string, all: boolean): string =>
      replaceRegex(compileRegex(pattern, ''), text, by, all)
    expect(replace('hello', 'l', 'L', true)).toBe('heLLo')
    expect(replace('hello', 'l+', '<\\&>', false)).toBe('he<ll>o')
    expect(replace('ab12', '([a-z]+)([0-9]+)', '\\2-\\1', true)).toBe('12-ab')
    expect(replace('a.b', '\\.', '\\\\', true)).toBe('a\\b')
    expect(replace('😀b', 'x*', '-', true)).toBe('-😀-b-')
    expect(replace('cost', '$', '$1', true)).toBe('cost$1')
  })
})
