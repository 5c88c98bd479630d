// Identity and size of delta blocks. Block ids share the number space of row-group ids upwards of 2^40, so
// a dictionary id made from either is unique in the process.

/** Rows of a full delta block, as in a full row group. */
export const DELTA_BLOCK_ROWS = 65536

let blocks = 0

/** A fresh block id. */
export function nextBlockId(): number {
  return 2 ** 40 + ++blocks
}
