// The search for join trees against every tree there is, and its preferences on small graphs.
import { expect, test } from 'vitest'
import { Random } from '../../src/base/random.ts'
import { cheapestTree, writtenCost } from './join-tree.ts'
import type { JoinGraph, JoinTree } from './join-tree.ts'

function relationsOf(tree: JoinTree): number {
  return typeof tree === 'number' ? 1 << tree : relationsOf(tree[0]) | relationsOf(tree[1])
}

function rowsOf({ rows, edges }: JoinGraph, set: number): number {
  const all = rows.reduce((size, one, i) => (set & (1 << i)) === 0 ? size : size * one, 1)
  return Math.max(1, edges.reduce((size, e) => (set & e.relations) === e.relations ? size * e.share : size, all))
}

function costOf(graph: JoinGraph, tree: JoinTree): number {
  if (typeof tree === 'number') return 0
  const [a, b] = [rowsOf(graph, relationsOf(tree[0])), rowsOf(graph, relationsOf(tree[1]))]
  return costOf(graph, tree[0]) + costOf(graph, tree[1]) + rowsOf(graph, relationsOf(tree)) + Math.max(a, b)
    + 2 * Math.min(a, b)
}

/** All trees over a set. */
function treesOf(set: number): JoinTree[] {
  if ((set & (set - 1)) === 0) return [31 - Math.clz32(set)]
  const found: JoinTree[] = []
  for (let left = (set - 1) & set; left > 0; left = (left - 1) & set) {
    for (const a of treesOf(left)) for (const b of treesOf(set ^ left)) found.push([a, b])
  }
  return found
}

test('finds the cheapest tree of a chain of random relations', () => {
  const random = new Random(5)
  for (let round = 0; round < 20; round++) {
    const count = random.between(2, 5)
    const rows = Array.from({ length: count }, () => 10 ** random.between(0, 6))
    const edges = rows.slice(1).map((_, i) => ({ relations: 3 << i, share: 1 / 10 ** random.between(0, 5) }))
    const graph = { rows, edges }
    const { tree, cost } = cheapestTree(graph)
    expect(cost).toBeCloseTo(costOf(graph, tree), 3)
    const connected = treesOf((1 << count) - 1).filter((one) => isConnected(graph, one))
    const least = Math.min(...connected.map((one) => costOf(graph, one)))
    expect(cost / least).toBeCloseTo(1, 6)
    expect(writtenCost(graph)).toBeGreaterThanOrEqual(cost * 0.999999)
  }
})

function isConnected(graph: JoinGraph, tree: JoinTree): boolean {
  if (typeof tree === 'number') return true
  const [a, b] = [relationsOf(tree[0]), relationsOf(tree[1])]
  return isConnected(graph, tree[0]) && isConnected(graph, tree[1])
    && graph.edges.some(({ relations: both }) => (both & ~(a | b)) === 0 && (both & a) !== 0 && (both & b) !== 0)
}

test('small tables are joined to each other before the large one, and nothing is multiplied without need', () => {
  // A fact of a million rows, a dimension of 1,000, its own dimension of 25 of which 1 is wanted.
  const edges = [{ relations: 0b011, share: 1 / 1000 }, { relations: 0b110, share: 1 / 25 }]
  const { tree } = cheapestTree({ rows: [1_000_000, 1000, 1], edges })
  expect(tree).toEqual([0, [1, 2]])
  const { tree: alone } = cheapestTree({ rows: [10, 10, 10], edges: [{ relations: 0b101, share: 0.1 }] })
  expect(alone).toEqual([[0, 2], 1])
})
