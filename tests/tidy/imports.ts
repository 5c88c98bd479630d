// What a file imports, and the two rules about it: arrows point one way, and never in a circle.
//
//   src/index.ts, src/{api,sql,cli,server,formats}  ->  exec  ->  storage  ->  index  ->  src/base
//
// bench, datasets and tests may import anything, and nothing else imports them. index/ and src/base
// are pure: they import no package and nothing of Node.
import { posix } from 'node:path'
import ts from 'typescript-api'
import type { Finding, Source } from './source.ts'
import { lineOf, walk } from './source.ts'

/** One import of a file. `names` is null for `import *`, `export *` and `import()`. */
export interface Import {
  readonly target: string
  readonly line: number
  readonly names: readonly string[] | null
  readonly typeOnly: boolean
}

const LAYERS: readonly [prefix: string, rank: number][] = [
  ['tests/', 5], ['bench/', 5], ['datasets/', 5],
  ['src/base/', 0], ['index/', 1], ['storage/', 2], ['exec/', 3], ['src/', 4],
]
const PURE = ['index/', 'src/base/']
const RANK_OUTSIDE = 5

/** Every import of a file; relative ones resolved to a path from the root. */
export function importsOf(source: Source): Import[] {
  const found: Import[] = []
  const add = (node: ts.Node, specifier: string, names: readonly string[] | null, typeOnly: boolean) => {
    const target = specifier.startsWith('.') ? posix.join(posix.dirname(source.path), specifier) : specifier
    found.push({ target, line: lineOf(source, node), names, typeOnly })
  }
  walk(source.tree, (node) => {
    if (ts.isImportDeclaration(node) && ts.isStringLiteral(node.moduleSpecifier)) {
      const clause = node.importClause
      const typeOnly = clause?.phaseModifier === ts.SyntaxKind.TypeKeyword
      add(node, node.moduleSpecifier.text, importedNames(clause), typeOnly)
    } else if (ts.isExportDeclaration(node)) {
      const from = node.moduleSpecifier
      if (from && ts.isStringLiteral(from)) add(node, from.text, exportedNames(node), node.isTypeOnly)
    } else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      const specifier = node.arguments[0]
      if (specifier && ts.isStringLiteral(specifier)) add(node, specifier.text, null, true)
    }
  })
  return found
}

/** Imports that point against the arrows, and impure imports of the pure folders. */
export function importDirection(sources: readonly Source[]): Finding[] {
  const findings: Finding[] = []
  for (const source of sources) {
    if (source.isTest) continue
    const rank = rankOf(source.path)
    for (const { target, line } of importsOf(source)) {
      const message = complaint(source.path, rank, target)
      if (message) findings.push({ path: source.path, line, rule: 'import-direction', message })
    }
  }
  return findings
}

/** Circles of value imports (types are erased and `import()` is late, so neither can make one). */
export function importCycles(sources: readonly Source[]): Finding[] {
  const edges = new Map<string, string[]>()
  for (const source of sources) {
    const targets = importsOf(source).filter((one) => !one.typeOnly).map((one) => one.target)
    edges.set(source.path, targets)
  }
  const findings: Finding[] = []
  const done = new Set<string>()
  const visit = (path: string, trail: readonly string[]): void => {
    const start = trail.indexOf(path)
    if (start >= 0) {
      const circle = [...trail.slice(start), path].join(' -> ')
      findings.push({ path, line: 1, rule: 'import-cycle', message: circle })
      return
    }
    if (done.has(path)) return
    for (const target of edges.get(path) ?? []) visit(target, [...trail, path])
    done.add(path)
  }
  for (const path of edges.keys()) visit(path, [])
  return findings
}

function complaint(path: string, rank: number, target: string): string | null {
  const isLocal = target.includes('/') && LAYERS.some(([prefix]) => target.startsWith(prefix))
  if (!isLocal) {
    const isPure = PURE.some((prefix) => path.startsWith(prefix))
    return isPure ? `pure folder imports '${target}'; pass the value in instead` : null
  }
  const targetRank = /\.(test|conformance|fixture)\.ts$/.test(target) ? RANK_OUTSIDE : rankOf(target)
  if (targetRank <= rank) return null
  return targetRank === RANK_OUTSIDE
    ? `imports '${target}'; nothing imports bench, datasets or tests`
    : `imports '${target}', which is above it; arrows go src -> exec -> storage -> index -> src/base`
}

function rankOf(path: string): number {
  return LAYERS.find(([prefix]) => path.startsWith(prefix))?.[1] ?? RANK_OUTSIDE
}

function importedNames(clause: ts.ImportClause | undefined): readonly string[] | null {
  if (!clause) return []
  const bindings = clause.namedBindings
  if (bindings && ts.isNamespaceImport(bindings)) return null
  return bindings ? bindings.elements.map((one) => (one.propertyName ?? one.name).text) : []
}

function exportedNames(node: ts.ExportDeclaration): readonly string[] | null {
  if (!node.exportClause || !ts.isNamedExports(node.exportClause)) return null
  return node.exportClause.elements.map((one) => (one.propertyName ?? one.name).text)
}
