// Figures about fitted models, for EXPLAIN, `.index`, the demo and the benches: size, error, hardness,
// advice.
import { HARD_EPSILONS_PER_SEGMENT, isHard } from './fit.ts'
import { createSearchBound, searchBound } from './learned-index.ts'
import { segmentTableBytes } from './segment-table.ts'
import type { ModelKind, SegmentTable } from './segment-table.ts'

/** One model, or several summed up (kind 'mixed' when they differ). */
export interface IndexStats {
  readonly kind: ModelKind | 'mixed'
  readonly models: number
  readonly keys: number
  readonly segments: number
  /** Largest epsilon among the models. */
  readonly epsilon: number
  readonly maxError: number
  readonly meanError: number
  readonly bytes: number
  readonly bytesPerKey: number
  readonly keysPerSegment: number
  /**
   * 0 (one line fits all) .. 1 (a sampled array does as well) and beyond: 2.5 epsilons / keys per segment.
   */
  readonly hardness: number
  /** What to make of the hardness, one sentence. */
  readonly advice: string
}

/** Figures of one model or of all row groups' models together. O(segments). */
export function indexStats(models: readonly SegmentTable[]): IndexStats {
  let keys = 0, segments = 0, epsilon = 0, maxError = 0, sumError = 0
  let bytes = 0, hard = 0, sampled = 0, linear = 0
  for (const model of models) {
    keys += model.keys
    segments += model.count
    epsilon = Math.max(epsilon, model.epsilon)
    maxError = Math.max(maxError, model.maxError)
    sumError += model.meanError * model.keys
    bytes += segmentTableBytes(model)
    if (model.kind === 'sampled') sampled++
    if (model.kind === 'sampled' || isHard(model)) hard++
    // Segments the data did not ask for: each model needs its first one.
    linear += model.count > 1 ? model.count * model.epsilon : 0
  }
  return {
    kind: sampled === 0 ? 'learned' : sampled === models.length ? 'sampled' : 'mixed',
    models: models.length, keys, segments, epsilon, maxError, bytes,
    meanError: keys === 0 ? 0 : sumError / keys,
    bytesPerKey: keys === 0 ? 0 : bytes / keys,
    keysPerSegment: segments === 0 ? 0 : keys / segments,
    hardness: keys === 0 ? 0 : linear * HARD_EPSILONS_PER_SEGMENT / keys,
    advice: advise(models.length, hard, sampled),
  }
}

function advise(models: number, hard: number, sampled: number): string {
  if (hard === 0) return 'the lines fit; keep the learned model'
  const how = `${hard} of ${models} models are hard to fit`
  if (sampled === hard) return `${how} and use a sampled sorted array`
  return `${how}; a sampled sorted array would do as well`
}

/** A histogram of signed errors (row - predicted row): bucket i counts errors in [edges[i], edges[i + 1]). */
export interface ErrorHistogram {
  readonly edges: Float64Array
  readonly counts: Float64Array
}

/** Bins the error of every finite key's first row into `buckets` equal bins over [-maxError, maxError]. */
export function errorHistogram(model: SegmentTable, keys: Float64Array, buckets: number): ErrorHistogram {
  const bins = Math.max(1, Math.min(buckets, 2 * model.maxError + 1))
  const span = (2 * model.maxError + 1) / bins
  const edges = Float64Array.from({ length: bins + 1 }, (_, i) => -model.maxError + i * span)
  const counts = new Float64Array(bins)
  const bound = createSearchBound()
  for (let row = model.begin; row < model.end; row++) {
    const key = keys[row]!
    if (row > model.begin && key === keys[row - 1]) continue
    searchBound(model, key, bound)
    const bin = Math.floor((row - bound.pos + model.maxError) / span)
    counts[Math.min(bins - 1, bin)]!++
  }
  return { edges, counts }
}
