// Reading JSON text in place: where a value ends, the members of an object, the elements of an array. Values are
// slices of the text, so what an operator hands on is what the user wrote. The text has been checked before
// (checkJson), so the scan only looks for ends.
//
//   {"a": [1, {"b": null}], "c": "x"}
//         └ value of "a" ┘       └┘ value of "c", quotes included

const QUOTE = 34
const BACKSLASH = 92

function skipBlanks(text: string, at: number): number {
  let code = text.charCodeAt(at)
  while (code === 32 || code === 9 || code === 10 || code === 13) code = text.charCodeAt(++at)
  return at
}

function stringEnd(text: string, at: number): number {
  let end = at + 1
  for (let code = text.charCodeAt(end); code !== QUOTE; code = text.charCodeAt(end)) end += code === BACKSLASH ? 2 : 1
  return end + 1
}

// End of the value that begins at `at` (no blanks before it).
function valueEnd(text: string, at: number): number {
  const first = text[at]
  if (first === '"') return stringEnd(text, at)
  if (first !== '{' && first !== '[') {
    let end = at
    while (end < text.length && !',]} \t\n\r'.includes(text[end]!)) end++
    return end
  }
  let depth = 0
  for (let end = at; end < text.length; end++) {
    const char = text[end]!
    if (char === '"') end = stringEnd(text, end) - 1
    else if (char === '{' || char === '[') depth++
    else if ((char === '}' || char === ']') && --depth === 0) return end + 1
  }
  return text.length
}

export type JsonKind = 'object' | 'array' | 'string' | 'number' | 'boolean' | 'null'

/** What a JSON text is, as json_typeof names it. */
export function jsonKind(text: string): JsonKind {
  switch (text[skipBlanks(text, 0)]) {
    case '{': return 'object'
    case '[': return 'array'
    case '"': return 'string'
    case 't': case 'f': return 'boolean'
    case 'n': return 'null'
    default: return 'number'
  }
}

/** Elements of an array as texts; null when it is none. */
export function jsonElements(text: string): string[] | null {
  let at = skipBlanks(text, 0)
  if (text[at] !== '[') return null
  const elements: string[] = []
  at = skipBlanks(text, at + 1)
  while (text[at] !== ']') {
    const end = valueEnd(text, at)
    elements.push(text.slice(at, end))
    at = skipBlanks(text, end)
    if (text[at] === ',') at = skipBlanks(text, at + 1)
  }
  return elements
}

/** Members of an object as [key, value text], duplicates included; null when it is none. */
export function jsonMembers(text: string): [string, string][] | null {
  let at = skipBlanks(text, 0)
  if (text[at] !== '{') return null
  const members: [string, string][] = []
  at = skipBlanks(text, at + 1)
  while (text[at] !== '}') {
    const keyEnd = stringEnd(text, at)
    const key = JSON.parse(text.slice(at, keyEnd)) as string
    const begin = skipBlanks(text, skipBlanks(text, keyEnd) + 1)
    const end = valueEnd(text, begin)
    members.push([key, text.slice(begin, end)])
    at = skipBlanks(text, end)
    if (text[at] === ',') at = skipBlanks(text, at + 1)
  }
  return members
}

/** Value of a key (the last one of duplicates), or null when there is none or the text is no object. */
export function jsonField(text: string, key: string): string | null {
  const members = jsonMembers(text)
  if (members === null) return null
  for (let i = members.length - 1; i >= 0; i--) if (members[i]![0] === key) return members[i]![1]
  return null
}

/** Element at an index, from the end when negative; null when there is none or the text is no array. */
export function jsonElement(text: string, index: number): string | null {
  return jsonElements(text)?.at(index) ?? null
}

/** A value as SQL text: a string without its quotes, null as NULL, anything else as it is written. */
export function jsonToText(text: string): string | null {
  const at = skipBlanks(text, 0)
  if (text[at] === '"') return JSON.parse(text) as string
  return text[at] === 'n' ? null : text.slice(at).trimEnd()
}
