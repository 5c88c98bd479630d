// Zone maps: may a row group hold a row that satisfies a conjunction of simple predicates? Only ever used to
// skip; an unknown minimum or maximum means "maybe".
import { compareNumbers, compareUtf8 } from '../../index/mod.ts'
import { isText } from '../../src/base/types.ts'
import type { Scalar, SqlType, TableSchema } from '../../src/base/types.ts'
import type { ZonePredicate } from '../column-buffers.ts'
import type { ColumnChunk } from './column-chunk.ts'
import type { GroupMeta, RowGroup } from './row-group.ts'

/** Order of two non-NULL Scalars of one type, as in keys and zone maps. */
function compareValues(type: SqlType, a: Scalar, b: Scalar): number {
  if (isText(type)) return compareUtf8(a as string, b as string)
  if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.compare(a, b)
  if (typeof a === 'number' && typeof b === 'number') return compareNumbers(a, b)
  return (a as bigint) < (b as bigint) ? -1 : (a as bigint) > (b as bigint) ? 1 : 0
}

/** False when no row of the group can satisfy all predicates. */
export function groupMayMatch(
  meta: GroupMeta, group: RowGroup, schema: TableSchema, zones: readonly ZonePredicate[],
): boolean {
  for (const zone of zones) {
    if (!chunkMayMatch(meta.chunks[zone.column]!, group.rows, schema.columns[zone.column]!.type, zone)) return false
  }
  return true
}

function chunkMayMatch(chunk: ColumnChunk, rows: number, type: SqlType, zone: ZonePredicate): boolean {
  if (zone.op === 'is null') return chunk.nullCount > 0
  if (chunk.nullCount === rows) return false
  if (zone.op === 'is not null') return true
  const { min, max } = chunk
  if (min === null || max === null || type.blankPadded) return true
  const below = (value: Scalar): boolean => compareValues(type, value, min) < 0
  const above = (value: Scalar): boolean => compareValues(type, value, max) > 0
  switch (zone.op) {
    case '=': case 'in': return zone.values.some((value) => !below(value) && !above(value))
    case '<': return compareValues(type, min, zone.values[0]!) < 0
    case '<=': return compareValues(type, min, zone.values[0]!) <= 0
    case '>': return compareValues(type, max, zone.values[0]!) > 0
    case '>=': return compareValues(type, max, zone.values[0]!) >= 0
  }
}
