// Array literals of one dimension as PostgreSQL writes them: '{1, 2, NULL, "a b"}'. Only the texts of the elements;
// what type they are is for their use to say.

const ELEMENT = /\s*(?:"((?:[^"\\]|\\.)*)"|([^,{}"]*?))\s*(,|$)/y

/** The elements of an array literal, null for NULL; null for a text that is none, or has several dimensions. */
export function arrayTexts(text: string): (string | null)[] | null {
  const inner = /^\s*\{(.*)\}\s*$/s.exec(text)?.[1]
  if (inner === undefined) return null
  if (inner.trim() === '') return []
  const elements: (string | null)[] = []
  ELEMENT.lastIndex = 0
  for (;;) {
    const found = ELEMENT.exec(inner)
    if (found === null) return null
    const [, quoted, plain, end] = found
    if (quoted === undefined && plain === '') return null
    elements.push(quoted !== undefined ? quoted.replace(/\\(.)/gs, '$1') : /^null$/i.test(plain!) ? null : plain!)
    if (end === '') return elements
  }
}
