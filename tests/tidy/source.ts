// The files that the tidy rules look at: path, text and syntax tree, read once for all rules.
// A rule is a pure function from all files to findings, so each rule can be tested on made-up files.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript-api'

/** One TypeScript file under judgement. */
export interface Source {
  /** Path from the root of the project, with forward slashes. */
  readonly path: string
  readonly text: string
  readonly tree: ts.SourceFile
  /** True for tests, their fixtures and conformance suites: code that never ships. */
  readonly isTest: boolean
}

/** One broken rule, printed as `path:line rule: message`. */
export interface Finding {
  readonly path: string
  readonly line: number
  readonly rule: string
  readonly message: string
}

export type Rule = (sources: readonly Source[]) => Finding[]

const FOLDERS = ['src', 'index', 'exec', 'storage', 'bench', 'datasets', 'tests']
const SKIPPED = new Set(['node_modules', 'dist', 'results'])

/** Parses one file. */
export function sourceOf(path: string, text: string): Source {
  const tree = ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, true, ts.ScriptKind.TS)
  return { path, text, tree, isTest: isTestPath(path) }
}

/** Reads every TypeScript file of the project, sorted by path. */
export function readSources(root: string): Source[] {
  return FOLDERS.flatMap((folder) => filesBelow(root, folder))
    .filter((path) => path.endsWith('.ts') && !path.endsWith('.d.ts'))
    .sort()
    .map((path) => sourceOf(path, readFileSync(join(root, path), 'utf8')))
}

/** Paths of all files below a folder, relative to the root; nothing when the folder is absent. */
export function filesBelow(root: string, folder: string): string[] {
  const found: string[] = []
  const entries = readdirSync(join(root, folder), { withFileTypes: true })
  for (const entry of entries) {
    if (SKIPPED.has(entry.name)) continue
    const path = `${folder}/${entry.name}`
    if (entry.isDirectory()) found.push(...filesBelow(root, path))
    else found.push(path)
  }
  return found
}

/** 1-based line of a node. */
export function lineOf(source: Source, node: ts.Node): number {
  return source.tree.getLineAndCharacterOfPosition(node.getStart(source.tree)).line + 1
}

/** Calls `visit` for a node and everything below it. */
export function walk(node: ts.Node, visit: (node: ts.Node) => void): void {
  visit(node)
  node.forEachChild((child) => walk(child, visit))
}

function isTestPath(path: string): boolean {
  return path.startsWith('tests/') || /\.(test|conformance|fixture)\.ts$/.test(path)
}
