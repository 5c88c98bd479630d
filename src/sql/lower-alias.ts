// Aliases of items of FROM: `AS name (column, …)` of libpg-query's tree. Column definition lists of functions that
// return records end in 0A000 like every field that nobody reads.
import type { NodeReader } from './node-reader.ts'

/** `AS name (columns)`. */
export function lowerAlias(node: NodeReader | null): { alias: string | null; columnAliases: string[] } {
  if (node === null) return { alias: null, columnAliases: [] }
  const alias = node.text('aliasname')
  const columnAliases = node.strings('colnames')
  node.done()
  return { alias, columnAliases }
}
