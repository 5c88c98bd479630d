// ATTACH and DETACH, read from the tokens:
//
//   ATTACH [DATABASE] 'file' AS name [(option, …)]      options: READ_ONLY, CREATE
//   DETACH [DATABASE] name
import type { Statement } from './ast.ts'
import type { Words } from './own-statements.ts'

/** Parses either; 42601 with the position. */
export function parseAttach(words: Words, position: number): Statement {
  let at = words.lower(1) === 'database' ? 2 : 1
  if (words.lower(0) === 'detach') {
    words.expectEnd(at + 1)
    return { kind: 'detach', name: words.name(at), position }
  }
  const path = words.string(at)
  if (words.lower(at + 1) !== 'as') throw words.unexpected(at + 1)
  const name = words.name(at + 2)
  at += 3
  let [readOnly, create] = [false, false]
  if (words.lower(at) === '(') {
    do {
      const option = words.lower(++at)
      if (option === 'read_only') readOnly = true
      else if (option === 'create') create = true
      else throw words.unexpected(at)
      at++
    } while (words.lower(at) === ',')
    if (words.lower(at) !== ')') throw words.unexpected(at)
    at++
  }
  words.expectEnd(at)
  return { kind: 'attach', path, name, readOnly, create, position }
}
