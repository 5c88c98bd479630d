// The model of one row group: learned where lines pay, sampled where they do not, chosen when the group is
// written and stored with it. Both kinds are SegmentTables, so readers only call searchBound.
import { fitSegments, isHard } from './fit.ts'
import { fitSampled } from './sampled-index.ts'
import { decodeSegmentTable, encodeSegmentTable, segmentTableBytes } from './segment-table.ts'
import type { SegmentTable } from './segment-table.ts'

/** `kind` says which; EXPLAIN shows it. */
export type GroupModel = SegmentTable

/** How the keys of a group shall be found; the default is the learned model at an epsilon from the data. */
export interface GroupModelOptions {
  readonly kind: 'learned' | 'btree' | 'sorted'
  /** Rows, for 'learned'. */
  readonly epsilon?: number
}

/**
 * The model that was asked for: 'sorted' and 'btree' store one bound that is the whole group, which makes the
 * last mile a plain binary search (a B+-tree is built over it in memory, see {@link BTreeIndex}).
 */
export function fitModelOf(keys: Float64Array, count: number, options: GroupModelOptions): GroupModel {
  if (options.kind !== 'learned') return fitSampled(keys, count, Math.max(1, count))
  return options.epsilon === undefined ? fitGroupModel(keys, count) : fitSegments(keys, count, options)
}

/**
 * Fits the model of one row group over its projected keys. Falls back to a sampled array when the fit is
 * hard at every epsilon and the samples are not much larger than the segments, for half the window.
 */
export function fitGroupModel(keys: Float64Array, count: number): GroupModel {
  const learned = fitSegments(keys, count, {})
  if (!isHard(learned)) return learned
  const sampled = fitSampled(keys, count)
  return segmentTableBytes(sampled) <= 2 * segmentTableBytes(learned) ? sampled : learned
}

/** Bytes of the model, to be stored with the row group. */
export function encodeGroupModel(model: GroupModel): Uint8Array {
  return encodeSegmentTable(model)
}

/** Reads what {@link encodeGroupModel} wrote; throws XX001 when the bytes are damaged. */
export function decodeGroupModel(bytes: Uint8Array, offset = 0): GroupModel {
  return decodeSegmentTable(bytes, offset)
}
