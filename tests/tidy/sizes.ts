// Size rules: a file fits in a sitting, a function on a screen, a line in a column of a diff.
// A `describe` callback is a heading, not a function, so it does not count as one.
import ts from 'typescript-api'
import type { Finding, Source } from './source.ts'
import { lineOf, walk } from './source.ts'

export const FILE_LINES_MAX = 450
export const FUNCTION_LINES_MAX = 70
export const COLUMNS_MAX = 120

/** Files longer than the cap. */
export function fileSize(sources: readonly Source[]): Finding[] {
  return sources.flatMap((source) => {
    const count = lineCount(source.text)
    if (count <= FILE_LINES_MAX) return []
    const message = `${count} lines, cap ${FILE_LINES_MAX}; split it by noun`
    return [{ path: source.path, line: FILE_LINES_MAX + 1, rule: 'file-size', message }]
  })
}

/** Functions longer than the cap, from signature to closing brace. */
export function functionSize(sources: readonly Source[]): Finding[] {
  const findings: Finding[] = []
  for (const source of sources) {
    walk(source.tree, (node) => {
      if (!ts.isFunctionLike(node) || !('body' in node) || !node.body || isHeading(node)) return
      const lines = lineCount(node.getText(source.tree))
      if (lines <= FUNCTION_LINES_MAX) return
      const name = nameOf(node)
      const message = `${name} has ${lines} lines, cap ${FUNCTION_LINES_MAX}`
      findings.push({ path: source.path, line: lineOf(source, node), rule: 'function-size', message })
    })
  }
  return findings
}

/** Lines wider than the cap, trailing blanks and tabs. */
export function lineShape(sources: readonly Source[]): Finding[] {
  const findings: Finding[] = []
  for (const source of sources) {
    source.text.split('\n').forEach((text, i) => {
      const at = { path: source.path, line: i + 1, rule: 'line' }
      const add = (message: string) => findings.push({ ...at, message })
      if (text.length > COLUMNS_MAX) add(`${text.length} columns, cap ${COLUMNS_MAX}`)
      if (/[ \t]$/.test(text)) add('blank at the end')
      if (text.includes('\t')) add('tab; indent with two blanks')
    })
  }
  return findings
}

function lineCount(text: string): number {
  return text.replace(/\n$/, '').split('\n').length
}

function isHeading(node: ts.Node): boolean {
  const call = node.parent
  return ts.isCallExpression(call) && /^describe\b/.test(call.expression.getText())
}

function nameOf(node: ts.SignatureDeclaration): string {
  if (node.name) return node.name.getText()
  const parent = node.parent
  const isNamed = ts.isVariableDeclaration(parent) || ts.isPropertyAssignment(parent)
  return isNamed ? parent.name.getText() : 'function'
}
