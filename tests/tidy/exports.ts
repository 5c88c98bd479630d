// Rules about exports: what is exported is explained, and what is exported is used by somebody.
// Types are left out of the second rule: a signature makes them useful without any import.
import ts from 'typescript-api'
import type { Finding, Source } from './source.ts'
import { importsOf } from './imports.ts'
import { lineOf } from './source.ts'

interface Exported {
  readonly name: string
  readonly node: ts.Statement
  readonly isType: boolean
}

/** Files whose every export is part of what users or other folders see. */
const PUBLIC = /^src\/(api\/|[^/]+\.ts$)|\/mod\.ts$|^mod\.ts$/
/** Programs: Node, a worker or a user starts them, so nobody imports what they export. */
const ENTRY = /^src\/index\.ts$|^src\/cli\/main\.ts$|worker[^/]*\.ts$|^bench\/|^datasets\//

/** Exported functions and classes without a doc comment; in public files every export. */
export function documentedExports(sources: readonly Source[]): Finding[] {
  const findings: Finding[] = []
  for (const source of sources) {
    if (source.isTest) continue
    const isPublic = PUBLIC.test(source.path)
    for (const { name, node } of exportsOf(source)) {
      const mustExplain = isPublic || ts.isFunctionDeclaration(node) || ts.isClassDeclaration(node)
      if (!mustExplain || hasDoc(source, node)) continue
      findings.push({
        path: source.path, line: lineOf(source, node), rule: 'undocumented',
        message: `${name} has no doc comment; say what it does, its units, errors and cost`,
      })
    }
    if (isPublic) findings.push(...undocumentedMembers(source))
  }
  return findings
}

/** Exported values that no other file imports. */
export function deadExports(sources: readonly Source[]): Finding[] {
  const used = new Map<string, Set<string> | null>()
  for (const source of sources) {
    for (const { target, names } of importsOf(source)) {
      const before = used.get(target)
      if (before === null) continue
      used.set(target, names === null ? null : new Set([...(before ?? []), ...names]))
    }
  }
  const findings: Finding[] = []
  for (const source of sources) {
    const users = used.get(source.path)
    if (source.isTest || ENTRY.test(source.path) || users === null) continue
    for (const { name, node, isType } of exportsOf(source)) {
      if (isType || users?.has(name)) continue
      const message = `${name} is exported but nobody imports it`
      findings.push({ path: source.path, line: lineOf(source, node), rule: 'dead-export', message })
    }
  }
  return findings
}

function exportsOf(source: Source): Exported[] {
  const found: Exported[] = []
  for (const node of source.tree.statements) {
    const isExported = ts.canHaveModifiers(node) && ts.getModifiers(node)
      ?.some((one) => one.kind === ts.SyntaxKind.ExportKeyword)
    if (!isExported) continue
    const isType = ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node)
    if (ts.isVariableStatement(node)) {
      for (const one of node.declarationList.declarations) {
        found.push({ name: one.name.getText(), node, isType })
      }
    } else if ('name' in node && node.name) {
      found.push({ name: (node.name as ts.Identifier).text, node, isType })
    }
  }
  return found
}

function undocumentedMembers(source: Source): Finding[] {
  const findings: Finding[] = []
  for (const { name, node } of exportsOf(source)) {
    if (!ts.isClassDeclaration(node)) continue
    for (const member of node.members) {
      if (!ts.isMethodDeclaration(member) || !isPublicMember(member) || hasDoc(source, member)) continue
      const message = `${name}.${member.name.getText()} has no doc comment`
      findings.push({ path: source.path, line: lineOf(source, member), rule: 'undocumented', message })
    }
  }
  return findings
}

function isPublicMember(member: ts.MethodDeclaration): boolean {
  const isHidden = ts.getModifiers(member)
    ?.some((one) => one.kind === ts.SyntaxKind.PrivateKeyword || one.kind === ts.SyntaxKind.ProtectedKeyword)
  return !isHidden && !ts.isPrivateIdentifier(member.name)
}

function hasDoc(source: Source, node: ts.Node): boolean {
  const comments = ts.getLeadingCommentRanges(source.text, node.getFullStart()) ?? []
  return comments.some((one) => source.text.startsWith('/**', one.pos))
}
