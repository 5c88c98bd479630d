// A text or bytes value piece by piece: what readStream hands out. A value in the base is copied from its pages chunk
// by chunk, so that only one chunk is in memory; one in the delta is a tuple and is read whole first. The caller keeps
// the snapshot, and with it the row group, until it has the last chunk.
import type { Scalar } from '../../src/base/types.ts'
import { ENCODING } from '../row-group/column-chunk.ts'
import type { KeyValue } from './key.ts'
import type { TableStore, Visibility } from './table-store.ts'

const encoder = new TextEncoder()

/** Chunks of the value; null when it is NULL, undefined when there is no such row. Text comes as UTF-8. */
export function valueChunks(
  table: TableStore, visibility: Visibility, key: KeyValue, column: number, chunkBytes: number,
): Generator<Uint8Array> | null | undefined {
  const { delta } = table
  const entry = delta.find(key)
  if (entry >= 0) {
    const version = delta.visible(entry, visibility.commitId, visibility.ownMark, visibility.rootNumber)
    if (version >= 0 && delta.versions.isTombstone(version)) return undefined
    if (version >= 0) return slices(table.rowOf(version)[column]!, chunkBytes)
  }
  const place = table.locate(table.rootAt(visibility.rootNumber), key)
  if (place === null) return undefined
  const { group, row } = place
  const { reader } = table.services
  const chunk = table.metaOf(group).chunks[column]!
  if (reader.isNull(group, chunk, row)) return null
  const { type } = table.schema.columns[column]!
  if (chunk.encoding !== ENCODING.VIEW) return slices(reader.read(group, chunk, type, row), chunkBytes)
  const { offset, length } = reader.viewAt(group, chunk, row)
  return pieces(length, chunkBytes, (from, bytes) => reader.copy(group, offset + from, bytes.length, bytes))
}

function slices(value: Scalar, chunkBytes: number): Generator<Uint8Array> | null {
  if (value === null) return null
  const bytes = typeof value === 'string' ? encoder.encode(value) : value as Uint8Array
  return pieces(bytes.length, chunkBytes, (from, target) => target.set(bytes.subarray(from, from + target.length)))
}

function* pieces(
  length: number, chunkBytes: number, copy: (from: number, target: Uint8Array) => void,
): Generator<Uint8Array> {
  for (let from = 0; from < length; from += chunkBytes) {
    const chunk = new Uint8Array(Math.min(chunkBytes, length - from))
    copy(from, chunk)
    yield chunk
  }
}
