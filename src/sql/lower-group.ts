// GROUP BY of libpg-query's tree to ours: the expressions in order, and with GROUPING SETS, ROLLUP or CUBE the sets of
// them, by place. Several items of GROUP BY combine every set of one with every set of the others.
import { CODE, DatabaseError } from '../base/errors.ts'
import type { Expr } from './ast.ts'
import { lowerExpr } from './lower-expression.ts'
import type { NodeReader } from './node-reader.ts'

/** As in PostgreSQL. */
const SETS_MAX = 4096

/** GROUP BY. `sets` is null without grouping sets. */
export interface GroupClause {
  readonly expressions: readonly Expr[]
  readonly sets: readonly (readonly number[])[] | null
}

type Sets = readonly (readonly number[])[]

/** Lowers the items of GROUP BY. Throws 54000 for more than 4,096 sets. */
export function lowerGroupBy(nodes: readonly NodeReader[]): GroupClause {
  const expressions: Expr[] = []
  const hasSets = nodes.some(node => node.tag === 'GroupingSet')
  const sets = nodes.reduce<Sets>((all, node) => crossed(all, setsOf(node, expressions), node), [[]])
  return { expressions, sets: hasSets ? sets : null }
}

function crossed(left: Sets, right: Sets, { position }: NodeReader): Sets {
  if (left.length * right.length > SETS_MAX) throw tooMany(position)
  return left.flatMap(a => right.map(b => [...a, ...b]))
}

function tooMany(position?: number): DatabaseError {
  return new DatabaseError(CODE.PROGRAM_LIMIT, `too many grouping sets present (maximum ${SETS_MAX})`, { position })
}

function setsOf(node: NodeReader, into: Expr[]): Sets {
  if (node.tag !== 'GroupingSet') return [placesOf(node, into)]
  const kind = node.text('kind')
  const content = node.nodes('content')
  node.done()
  switch (kind) {
    case 'GROUPING_SET_EMPTY': return [[]]
    case 'GROUPING_SET_SETS': {
      const sets = content.flatMap(item => setsOf(item, into))
      if (sets.length > SETS_MAX) throw tooMany(node.position)
      return sets
    }
    case 'GROUPING_SET_ROLLUP': {
      const parts = content.map(item => placesOf(item, into))
      return parts.map((_, i) => parts.slice(0, parts.length - i).flat()).concat([[]])
    }
    case 'GROUPING_SET_CUBE': {
      const parts = content.map(item => placesOf(item, into))
      if (parts.length > 12) throw tooMany(node.position)
      return Array.from({ length: 2 ** parts.length }, (_, i) => (
        parts.filter((_part, at) => (i & (1 << (parts.length - 1 - at))) === 0).flat()
      ))
    }
    default: throw node.unsupported()
  }
}

/** The places of an expression, or of the fields of (a, b). */
function placesOf(node: NodeReader, into: Expr[]): number[] {
  const expr = lowerExpr(node)
  const items = expr.kind === 'row' ? expr.items : [expr]
  return items.map(item => into.push(item) - 1)
}
