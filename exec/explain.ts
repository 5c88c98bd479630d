// EXPLAIN and EXPLAIN ANALYZE: a physical plan as indented text, or as the JSON document of DESIGN §8.
//
//   Limit  (rows=10 cost=12.3)
//     -> Point t using id  (rows=1 cost=0.5) (actual rows=1 time=0.021 ms pages hit=2 read=0 …)
//          reason: …
//
// Costs are estimated microseconds on the calibration machine, inputs included, like every actual figure.
import { expressionText } from './explain-expression.ts'
import type { PlanNode } from './operators/operator.ts'
import type { Expression } from './plan/logical.ts'
import type { OperatorProfile, Profile } from './run.ts'

/** The plan as lines of text joined by newlines. */
export function explainText(root: PlanNode, subplans: readonly PlanNode[], profile?: Profile): string {
  const lines: string[] = []
  appendNode(lines, root, '', profile)
  subplans.forEach((subplan, i) => {
    lines.push(`  Subquery ${i + 1}`)
    appendNode(lines, subplan, '    ', profile)
  })
  return lines.join('\n')
}

/** The plan as JSON text: `[{ "plan": … }]`. Absent figures are null. */
export function explainJson(root: PlanNode, subplans: readonly PlanNode[], profile?: Profile): string {
  const plan = jsonNode(root, profile)
  if (subplans.length > 0) plan.subqueries = subplans.map((subplan) => jsonNode(subplan, profile))
  return JSON.stringify([{ plan }], null, 2)
}

function appendNode(lines: string[], node: PlanNode, indent: string, profile: Profile | undefined): void {
  const about = node.describe()
  const arrow = indent === '' ? '' : '-> '
  const table = about.table === undefined ? '' : ` ${about.table}`
  const { rows, cost } = node.estimate
  const expected = `(rows=${Math.round(rows)} cost=${number(cost)})`
  const measured = profile?.get(node)
  const actual = profile === undefined ? '' : ` (${actualText(measured)})`
  lines.push(`${indent}${arrow}${about.op}${table}  ${expected}${actual}`)
  const inner = indent + ' '.repeat(arrow.length + 2)
  if (about.reason !== undefined) lines.push(`${inner}reason: ${about.reason}`)
  for (const [label, text] of about.details ?? []) lines.push(`${inner}${label}: ${text}`)
  for (const [label, text] of measured?.notes ?? []) lines.push(`${inner}${label}: ${text}`)
  for (const child of node.children) appendNode(lines, child, inner, profile)
}

function actualText(p: OperatorProfile | undefined): string {
  if (p === undefined) return 'never executed'
  const parts = [
    `actual rows=${p.rows}`, `time=${p.timeMs.toFixed(3)} ms`, `pages hit=${p.pagesHit} read=${p.pagesRead}`,
  ]
  if (p.indexProbes > 0) parts.push(`index probes=${p.indexProbes} max error=${p.indexErrorMax}`)
  const fraction = wasmFraction(p)
  if (fraction !== null) parts.push(`wasm rows=${Math.round(fraction * 100)}%`)
  return parts.join(' ')
}

function jsonNode(node: PlanNode, profile: Profile | undefined): Record<string, unknown> {
  const about = node.describe()
  const p = profile?.get(node)
  const plan: Record<string, unknown> = {
    op: about.op, table: about.table ?? null, access: about.access ?? null, reason: about.reason ?? null,
    estimatedRows: Math.round(node.estimate.rows), cost: Number(node.estimate.cost.toPrecision(6)),
    actualRows: p?.rows ?? null, timeMs: p?.timeMs ?? null, pagesHit: p?.pagesHit ?? null,
    pagesRead: p?.pagesRead ?? null, indexProbes: p?.indexProbes ?? null,
    indexErrorMax: p?.indexErrorMax ?? null, wasmRowFraction: p === undefined ? null : wasmFraction(p),
  }
  for (const [label, text] of about.details ?? []) plan[label] = text
  for (const [label, text] of p?.notes ?? []) plan[label] = text
  plan.children = node.children.map((child) => jsonNode(child, profile))
  return plan
}

/** Share of rows that WebAssembly kernels processed; null when no kernel ran. */
function wasmFraction(p: OperatorProfile): number | null {
  const total = p.wasmRows + p.jsRows
  return total === 0 ? null : p.wasmRows / total
}

function number(value: number): string {
  return value >= 100 ? String(Math.round(value)) : value.toFixed(2)
}

/** Expressions as one detail text, comma-separated. */
export function listText(expressions: readonly Expression[]): string {
  return expressions.map(expressionText).join(', ')
}
