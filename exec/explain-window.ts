// Window function calls as SQL-like text for EXPLAIN: `sum(x) OVER (PARTITION BY a ORDER BY b ROWS BETWEEN …)`.
// The default frame is not written. Equal texts mean equal windows.
import { aggregateText, expressionText, sortKeyText } from './explain-expression.ts'
import type { FrameBound, SortKey, WindowCall, WindowFrame } from './plan/logical.ts'

/** A call with its window; `keys` are those of the node it belongs to. */
export function windowText(call: WindowCall, keys: readonly SortKey[]): string {
  const parts: string[] = []
  const partition = keys.slice(0, call.partition)
  const order = keys.slice(call.partition, call.partition + call.order)
  const names = partition.map((key) => expressionText(key.expression))
  if (names.length > 0) parts.push(`PARTITION BY ${names.join(', ')}`)
  if (order.length > 0) parts.push(`ORDER BY ${order.map(sortKeyText).join(', ')}`)
  const frame = frameText(call.frame)
  if (frame !== DEFAULT) parts.push(frame)
  return `${aggregateText({ ...call, distinct: false })} OVER (${parts.join(' ')})`
}

const DEFAULT = 'RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW'

const EXCLUDED: Readonly<Record<WindowFrame['exclude'], string>> = {
  none: '', current: ' EXCLUDE CURRENT ROW', group: ' EXCLUDE GROUP', ties: ' EXCLUDE TIES',
}

/** A frame clause in full. */
export function frameText({ mode, start, end, exclude }: WindowFrame): string {
  return `${mode.toUpperCase()} BETWEEN ${boundText(start)} AND ${boundText(end)}${EXCLUDED[exclude]}`
}

function boundText({ kind, side, offset }: FrameBound): string {
  if (kind === 'current') return 'CURRENT ROW'
  return `${offset === null ? 'UNBOUNDED' : expressionText(offset)} ${side.toUpperCase()}`
}
