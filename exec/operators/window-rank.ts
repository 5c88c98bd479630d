// Ranking functions: row_number, rank, dense_rank, percent_rank, cume_dist, ntile. They depend on the partition
// and the peers of a row and never on a frame.
import { CODE, DatabaseError } from '../../src/base/errors.ts'
import type { VectorBuilder } from '../vector/builder.ts'
import type { CallResult, CallState } from './window-call.ts'

/** The result of a ranking function. Throws 22014. */
export function computeRank(state: CallState): CallResult {
  const builder = state.builder()
  const { count } = state.rows
  const { start: first, end } = state.partitions
  const peers = state.peers
  switch (state.planned.call.fn) {
    case 'row_number':
      for (let i = 0; i < count; i++) builder.append(i - first[i]! + 1)
      break
    case 'rank':
      for (let i = 0; i < count; i++) builder.append(peers.start[i]! - first[i]! + 1)
      break
    case 'dense_rank': appendDenseRanks(state, builder); break
    case 'percent_rank':
      for (let i = 0; i < count; i++) {
        const others = end[i]! - first[i]! - 1
        builder.append(others === 0 ? 0 : (peers.start[i]! - first[i]!) / others)
      }
      break
    case 'cume_dist':
      for (let i = 0; i < count; i++) builder.append((peers.end[i]! - first[i]!) / (end[i]! - first[i]!))
      break
    default: appendTiles(state, builder)
  }
  return { kind: 'vector', vector: builder.finish() }
}

function appendDenseRanks({ rows, partitions, peers }: CallState, builder: VectorBuilder): void {
  let rank = 0
  for (let i = 0; i < rows.count; i++) {
    if (partitions.start[i] === i) rank = 1
    else if (peers.start[i] === i) rank++
    builder.append(rank)
  }
}

/** ntile: the first rows of a partition say how many tiles it has; the first tiles take one row more. */
function appendTiles(state: CallState, builder: VectorBuilder): void {
  const { start, end } = state.partitions
  const wanted = state.values(0)
  for (let i = 0; i < state.rows.count; i++) {
    const first = start[i]!
    const value = wanted[first]!
    if (value === null) {
      builder.append(null)
      continue
    }
    const tiles = Number(value)
    if (tiles <= 0) {
      throw new DatabaseError(CODE.NTILE_ARGUMENT, `argument of ntile must be greater than zero, not ${tiles}`,
        { position: state.planned.call.position })
    }
    const size = Math.floor((end[i]! - first) / tiles)
    const larger = (end[i]! - first) % tiles
    const place = i - first
    const inLarger = larger * (size + 1)
    builder.append(1 + (place < inLarger ? Math.floor(place / (size + 1))
      : larger + Math.floor((place - inLarger) / size)))
  }
}
