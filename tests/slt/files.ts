// Finds the files that a word of the command line means: a file, a file with a line, a folder, or the topic of one
// of our own files (`join`, `join:42`).
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

export interface SltFile {
  readonly path: string
  readonly line: number | undefined
}

const OWN = 'tests/slt'

/** The files of one word, in the order of their names. Throws when there is none. */
export function sltFiles(word: string): SltFile[] {
  const [, name, line] = /^(.*?)(?::(\d+))?$/.exec(word)!
  const path = [word, name!, join(OWN, name!), join(OWN, `${name!}.slt`)].find(one => existsSync(one))
  if (path === undefined) throw new Error(`no file, folder or topic ${word}`)
  return filesBelow(path).map(one => ({ path: one, line: line === undefined ? undefined : Number(line) }))
}

/** A file itself, or all .slt and .test files below a folder. */
export function filesBelow(path: string): string[] {
  if (!statSync(path).isDirectory()) return [path]
  return readdirSync(path).sort().flatMap((name) => {
    const below = join(path, name)
    if (statSync(below).isDirectory()) return filesBelow(below)
    return /\.(slt|test)$/.test(name) && !name.endsWith('.test.ts') ? [below] : []
  })
}
