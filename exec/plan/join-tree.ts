// The cheapest tree of a group of inner joins, by dynamic programming over sets of relations. The size of a set does
// not depend on the order: the product of its relations and of the shares that its conditions leave.
//
//   cost(S) = min over S = L + R of cost(L) + cost(R) + rows(S) + probe rows + 2 * build rows
//
// Trees may be bushy up to BUSHY_MAX relations, beyond that they grow by one relation at a time. Cross joins are
// considered only where nothing connects two sets.

/** Expected rows of every relation, and the conditions between them. */
export interface JoinGraph {
  readonly rows: readonly number[]
  /** `relations`: bits of the relations a condition needs; `share`: of their pairs that it leaves. */
  readonly edges: readonly { readonly relations: number; readonly share: number }[]
}

/** A relation by its number, or a join of two trees. */
export type JoinTree = number | readonly [JoinTree, JoinTree]

const BUSHY_MAX = 9
/** More relations are joined in the order that the first pass over conditions gives. */
export const RELATIONS_MAX = 16

interface Best {
  readonly tree: JoinTree
  readonly cost: number
  /** False when a cross join is in the tree. */
  readonly isConnected: boolean
}

/** The cheapest tree and its cost. At most RELATIONS_MAX relations. */
export function cheapestTree(graph: JoinGraph): { readonly tree: JoinTree; readonly cost: number } {
  const count = graph.rows.length
  const all = (1 << count) - 1
  const sizes = sizesOf(graph)
  const best: (Best | undefined)[] = new Array<Best | undefined>(all + 1)
  for (let i = 0; i < count; i++) best[1 << i] = { tree: i, cost: 0, isConnected: true }
  for (let set = 3; set <= all; set++) {
    if ((set & (set - 1)) === 0) continue
    best[set] = bestOf(set, graph, sizes, best, true) ?? bestOf(set, graph, sizes, best, false)
  }
  return best[all]!
}

/** Cost of joining the relations one after the other. */
export function writtenCost(graph: JoinGraph): number {
  const sizes = sizesOf(graph)
  let cost = 0
  for (let i = 1, set = 1; i < graph.rows.length; i++) {
    cost += joinCost(sizes, set, 1 << i)
    set |= 1 << i
  }
  return cost
}

function sizesOf({ rows, edges }: JoinGraph): Float64Array {
  const sizes = new Float64Array(1 << rows.length)
  for (let set = 1; set < sizes.length; set++) {
    let size = 1
    for (let i = 0; i < rows.length; i++) if ((set & (1 << i)) !== 0) size *= rows[i]!
    for (const { relations, share } of edges) if ((set & relations) === relations) size *= share
    sizes[set] = Math.max(1, size)
  }
  return sizes
}

function bestOf(
  set: number, { rows, edges }: JoinGraph, sizes: Float64Array, best: readonly (Best | undefined)[], connected: boolean,
): Best | undefined {
  let found: Best | undefined
  const isBushy = rows.length <= BUSHY_MAX
  // Every split once: the lowest relation is always on the left.
  const lowest = set & -set
  for (let left = (set - 1) & set; left > 0; left = (left - 1) & set) {
    if ((left & lowest) === 0) continue
    const right = set ^ left
    const isSingle = (left & (left - 1)) === 0 || (right & (right - 1)) === 0
    if (!isBushy && !isSingle) continue
    const [a, b] = [best[left], best[right]]
    if (a === undefined || b === undefined) continue
    if (connected && (!a.isConnected || !b.isConnected)) continue
    if (connected && !edges.some(({ relations }) =>
      (relations & set) === relations && (relations & left) !== 0 && (relations & right) !== 0)) continue
    const cost = a.cost + b.cost + joinCost(sizes, left, right)
    if (found === undefined || cost < found.cost) found = { tree: [a.tree, b.tree], cost, isConnected: connected }
  }
  return found
}

function joinCost(sizes: Float64Array, left: number, right: number): number {
  const [a, b] = [sizes[left]!, sizes[right]!]
  return sizes[left | right]! + Math.max(a, b) + 2 * Math.min(a, b)
}
