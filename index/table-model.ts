// The upper level: projected key -> row group, a SegmentTable over the groups' first keys plus the bounded
// search in them. Small (one key per 65,536 rows), so it is refitted whenever the list of groups changes
// and never stored.
import { assert } from '../src/base/assert.ts'
import { fitSegments } from './fit.ts'
import { upperBoundF64 } from './last-mile.ts'
import { createSearchBound, searchBound } from './learned-index.ts'
import type { SegmentTable } from './segment-table.ts'

/** Promised error over first keys: a window of at most nine of them, one or two cache lines. */
const TABLE_MODEL_EPSILON = 4

// Wider windows (long runs of tied first keys) are halved instead of walked.
const WALK_GROUPS = 16

export type TableModel = SegmentTable

/** Fits the model over the non-decreasing projected first keys of the row groups. */
export function fitTableModel(firstKeys: Float64Array, count: number): TableModel {
  return fitSegments(firstKeys, count, { epsilon: TABLE_MODEL_EPSILON })
}

const bound = createSearchBound()

/**
 * The last group g with firstKeys[g] <= key, or -1 when the key lies before every group. Of groups whose
 * first keys tie as projected numbers the last is returned: a caller with lossy projections (text, int64
 * beyond 2^53) compares full keys and walks back while they tie. +Infinity and NaN are one projected number
 * and find the last group. No allocation.
 */
export function findGroup(model: TableModel, firstKeys: Float64Array, key: number): number {
  assert(firstKeys.length >= model.keys, 'table model: first keys are missing')
  if (!(key < Infinity)) return model.keys - 1
  searchBound(model, key, bound)
  const { lo, hi } = bound
  if (hi - lo > WALK_GROUPS) return upperBoundF64(firstKeys, lo, hi, key) - 1
  let after = bound.pos
  while (after < hi && firstKeys[after]! <= key) after++
  while (after > lo && firstKeys[after - 1]! > key) after--
  return after - 1
}
