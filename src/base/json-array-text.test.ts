// JSON read in place and JSONB's one form against JSON.parse; array texts there and back.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatArray, parseArray } from './array-text.ts'
import { jsonElements, jsonKind, jsonMembers, jsonToText } from './json-scan.ts'
import { canonicalJson, compareJsonb, containsJsonb } from './jsonb.ts'

const PLAIN = { noUnicodeString: false, maxDepth: 4 }

describe('JSON in place', () => {
  test('the parts of a text are the parts of its value', () => {
    fc.assert(fc.property(fc.jsonValue(PLAIN), fc.constantFrom(0, 2), (value, indent) => {
      const text = JSON.stringify(value, null, indent)
      if (Array.isArray(value)) {
        expect(jsonElements(text)!.map(one => JSON.parse(one) as unknown)).toEqual(JSON.parse(text))
      } else if (typeof value === 'object' && value !== null) {
        expect(jsonMembers(text)!.map(([key, one]) => [key, JSON.parse(one) as unknown]))
          .toEqual(Object.entries(JSON.parse(text) as object))
      } else if (typeof value === 'string') expect(jsonToText(text)).toBe(value)
      else expect(jsonKind(text)).toBe(value === null ? 'null' : typeof value)
    }))
  })

  test('JSONB keeps the value, has one text, and equals itself', () => {
    fc.assert(fc.property(fc.jsonValue(PLAIN), (value) => {
      const text = canonicalJson(JSON.stringify(value))
      expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value).replace(/-0(?![.\d])/g, '0')))
      expect(canonicalJson(text)).toBe(text)
      expect(compareJsonb(text, text)).toBe(0)
      expect(containsJsonb(text, text)).toBe(true)
    }))
  })

  test('numbers are written out', () => {
    const shown = ['1e2', '1.50', '25e-3', '-0', '1.5E+3', '0.0', '12345678901234567890.5'].map(canonicalJson)
    expect(shown).toEqual(['100', '1.50', '0.025', '0', '1500', '0.0', '12345678901234567890.5'])
    expect(compareJsonb('9007199254740993', '9007199254740992')).toBeGreaterThan(0)
    expect(compareJsonb('1.0', '1')).toBe(0)
  })
})

describe('array texts', () => {
  test('come back as they went in', () => {
    const element = fc.oneof(fc.constant(null), fc.string({ unit: 'binary' }),
      fc.constantFrom('', 'NULL', 'null', 'a"b', '{', '\\', ' x ', ','))
    fc.assert(fc.property(fc.array(element), (elements) => {
      expect(parseArray(formatArray(elements))).toEqual(elements)
    }))
  })

  test('what is no array is 22P02', () => {
    for (const text of ['', '1,2', '{1', '{1,}', '{,1}', '{1}x', '{"a', '{"a"b}']) {
      expect(() => parseArray(text), text).toThrow(expect.objectContaining({ code: '22P02' }))
    }
    expect(() => parseArray('{{1}}')).toThrow(expect.objectContaining({ code: '0A000' }))
    expect(parseArray(' { 1 , null , "x y" } ')).toEqual(['1', null, 'x y'])
  })
})
