// Rules about words and calls: every file opens with prose, unfinished work has no place in the tree,
// and a banned call is named together with what to use instead.
import ts from 'typescript-api'
import type { Finding, Source } from './source.ts'
import { lineOf, walk } from './source.ts'

const HEADER_LINES_MIN = 2

const UNFINISHED = /\b(TODO|FIXME|XXX|HACK)\b|\bfor now\b|\bnot (yet )?implemented\b/i
const MACHINE_PATH = /(^|[^\w.])\/(work|tmp|root|home)\//

interface Ban {
  readonly name: string
  /** True where the name may not be used. */
  readonly where: (path: string) => boolean
  readonly instead: string
}

/** Where time and chance would make runs differ. The file layer measures its own latencies. */
const ENGINE = /^(storage\/(?!file\/)|index\/|exec\/)/
const QUIET = /^(src\/(?!cli\/)|storage\/|index\/|exec\/)/

/** Calls that are banned, as the dotted text of the callee. */
const BANNED_CALLS: readonly Ban[] = [
  { name: 'Math.random', where: () => true, instead: 'Random of src/base/random.ts' },
  { name: 'Date.now', where: (path) => ENGINE.test(path), instead: 'a clock passed in by the caller' },
  { name: 'performance.now', where: (path) => ENGINE.test(path), instead: 'a clock passed in by the caller' },
  { name: 'console.log', where: (path) => QUIET.test(path), instead: 'a return value or a thrown error' },
  { name: 'console.error', where: (path) => QUIET.test(path), instead: 'a thrown DatabaseError' },
  { name: 'console.warn', where: (path) => QUIET.test(path), instead: 'a thrown DatabaseError' },
  { name: 'process.exit', where: (path) => QUIET.test(path), instead: 'a thrown DatabaseError' },
  { name: 'eval', where: () => true, instead: 'the kernel language of exec/kernel' },
]

const FILE_MODULES = new Set(['node:fs', 'node:fs/promises', 'fs', 'fs/promises'])
const MAY_TOUCH_FILES = /^(storage\/file|src\/cli|src\/formats|bench|datasets|tests)\//

/** Non-test files that do not open with at least two comment lines of prose. */
export function proseHeader(sources: readonly Source[]): Finding[] {
  return sources.flatMap((source) => {
    if (source.isTest || headerLines(source.text) >= HEADER_LINES_MIN) return []
    const message = `opens with fewer than ${HEADER_LINES_MIN} comment lines; say what the file is for`
    return [{ path: source.path, line: 1, rule: 'prose-header', message }]
  })
}

/** Marks of unfinished work, and paths of somebody's machine. */
export function unfinishedWork(sources: readonly Source[]): Finding[] {
  const findings: Finding[] = []
  for (const source of sources) {
    source.text.split('\n').forEach((text, i) => {
      const word = UNFINISHED.exec(text)?.[0]
      const at = { path: source.path, line: i + 1 }
      if (word) {
        const message = `'${word}': finish it, refuse it with 0A000, or open an issue`
        findings.push({ ...at, rule: 'unfinished', message })
      }
      if (MACHINE_PATH.test(text)) {
        const message = 'path of one machine; use a relative path or os.tmpdir()'
        findings.push({ ...at, rule: 'machine-path', message })
      }
    })
  }
  return findings
}

/** Banned calls and imports. A call on the allow-list of the test is filtered there. */
export function bannedCalls(sources: readonly Source[]): Finding[] {
  const findings: Finding[] = []
  for (const source of sources) {
    const add = (node: ts.Node, message: string) =>
      findings.push({ path: source.path, line: lineOf(source, node), rule: 'banned-call', message })
    walk(source.tree, (node) => {
      if (ts.isImportDeclaration(node) && ts.isStringLiteral(node.moduleSpecifier)) {
        const isFile = FILE_MODULES.has(node.moduleSpecifier.text)
        if (isFile && !source.isTest && !MAY_TOUCH_FILES.test(source.path)) {
          add(node, `${node.moduleSpecifier.text} is banned here; use the file layer of storage/file`)
        }
      } else if (ts.isCallExpression(node) && !source.isTest) {
        const name = node.expression.getText(source.tree)
        const ban = BANNED_CALLS.find((one) => one.name === name && one.where(source.path))
        if (ban) add(node, `${name} is banned here; use ${ban.instead}`)
      }
    })
  }
  return findings
}

/** Syntax outside our dialect: what types cannot erase, `any`, and default exports. */
export function bannedSyntax(sources: readonly Source[]): Finding[] {
  const findings: Finding[] = []
  for (const source of sources) {
    walk(source.tree, (node) => {
      const message = syntaxComplaint(node)
      if (message) findings.push({ path: source.path, line: lineOf(source, node), rule: 'dialect', message })
    })
    const escape = /@ts-(ignore|nocheck|expect-error)/.exec(source.text)
    if (escape) {
      const line = source.text.slice(0, escape.index).split('\n').length
      const message = `${escape[0]}: state the type instead`
      findings.push({ path: source.path, line, rule: 'dialect', message })
    }
  }
  return findings
}

function syntaxComplaint(node: ts.Node): string | null {
  if (ts.isEnumDeclaration(node)) return 'enum is not erasable; use an object with `as const`'
  if (ts.isModuleDeclaration(node)) return 'namespace is not erasable; use a file'
  if (node.kind === ts.SyntaxKind.AnyKeyword) return 'any; use unknown and narrow it'
  if (ts.isExportAssignment(node)) return 'default export; export it by name'
  if (ts.isParameterPropertyDeclaration(node, node.parent)) return 'parameter property; declare the field'
  const isModified = ts.canHaveModifiers(node) && ts.getModifiers(node)
    ?.some((one) => one.kind === ts.SyntaxKind.DefaultKeyword)
  return isModified ? 'default export; export it by name' : null
}

function headerLines(text: string): number {
  const body = text.replace(/^#![^\n]*\n/, '').trimStart()
  if (body.startsWith('/*')) return body.slice(0, body.indexOf('*/')).split('\n').filter(hasWords).length
  let count = 0
  for (const line of body.split('\n')) {
    if (!line.startsWith('//')) break
    if (hasWords(line)) count++
  }
  return count
}

function hasWords(line: string): boolean {
  return /[a-z]{3}/i.test(line)
}
