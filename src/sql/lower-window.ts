// ORDER BY items, OVER (…) and WINDOW of libpg-query's tree to ours. `lower` is lowerExpr, handed in because
// expressions hold windows and windows hold expressions. The bits of frameOptions are PostgreSQL's parsenodes.h.
import type { Expr, FrameClause, FrameEnd, OrderItem, WindowDefinition } from './ast.ts'
import type { NodeReader } from './node-reader.ts'
import { unsupported } from './node-reader.ts'

type Lower = (node: NodeReader) => Expr

const NON_DEFAULT = 0x1
const ROWS = 0x4
const GROUPS = 0x8
const START = { current: 0x200, precedingOffset: 0x800, followingOffset: 0x2000 }
const END = { current: 0x400, precedingOffset: 0x1000, followingOffset: 0x4000 }
const EXCLUDE_CURRENT = 0x8000
const EXCLUDE_GROUP = 0x10000
const EXCLUDE_TIES = 0x20000

/** One item of an ORDER BY. */
export function lowerOrder(node: NodeReader, lower: Lower): OrderItem {
  const direction = node.text('sortby_dir')
  const nulls = node.text('sortby_nulls')
  const expr = lower(node.need('node'))
  if (direction === 'SORTBY_USING') throw unsupported('ORDER BY … USING', node.position)
  node.done()
  const nullsFirst = nulls === 'SORTBY_NULLS_FIRST' ? true : nulls === 'SORTBY_NULLS_LAST' ? false : null
  return { expr, descending: direction === 'SORTBY_DESC', nullsFirst, position: expr.position }
}

/** A WindowDef: OVER w, OVER (…) or an entry of WINDOW. */
export function lowerWindow(node: NodeReader, lower: Lower): WindowDefinition {
  const options = node.number('frameOptions')
  const offset = (field: string): Expr | null => {
    const child = node.node(field)
    return child === null ? null : lower(child)
  }
  const definition: WindowDefinition = {
    name: node.text('name') || null,
    base: node.text('refname') || null,
    partitionBy: node.nodes('partitionClause').map(lower),
    orderBy: node.nodes('orderClause').map(item => lowerOrder(item, lower)),
    frame: lowerFrame(options, offset('startOffset'), offset('endOffset')),
    position: node.position,
  }
  node.done()
  return definition
}

/** A frame clause as written; null for the default. */
function lowerFrame(options: number, start: Expr | null, end: Expr | null): FrameClause | null {
  if ((options & NON_DEFAULT) === 0) return null
  return {
    mode: (options & ROWS) !== 0 ? 'rows' : (options & GROUPS) !== 0 ? 'groups' : 'range',
    start: lowerEnd(options, start, START),
    end: lowerEnd(options, end, END),
    exclude: (options & EXCLUDE_CURRENT) !== 0 ? 'current' : (options & EXCLUDE_GROUP) !== 0 ? 'group'
      : (options & EXCLUDE_TIES) !== 0 ? 'ties' : 'none',
  }
}

/** UNBOUNDED FOLLOWING as a start and UNBOUNDED PRECEDING as an end are refused by the grammar. */
function lowerEnd(
  options: number, offset: Expr | null,
  bits: { readonly current: number; readonly precedingOffset: number; readonly followingOffset: number },
): FrameEnd {
  if ((options & bits.current) !== 0) return { kind: 'current', side: 'preceding', offset: null }
  if ((options & bits.precedingOffset) !== 0) return { kind: 'offset', side: 'preceding', offset }
  if ((options & bits.followingOffset) !== 0) return { kind: 'offset', side: 'following', offset }
  return { kind: 'unbounded', side: bits === START ? 'preceding' : 'following', offset: null }
}
