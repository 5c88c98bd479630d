// A vector is one column of a batch: storage's ColumnBuffers plus the SQL type that gives the bytes a
// meaning. Plain data; whoever produced it reuses it, so nobody keeps one past the producer's next().
import type { SqlType } from '../../src/base/types.ts'
import { physicalOf } from '../../src/base/types.ts'
import type { ColumnBuffers, Layout } from '../../storage/column-buffers.ts'
import { LAYOUT } from '../../storage/column-buffers.ts'

/** One column of a batch; layout, pointers, base and dictionary may differ from batch to batch. */
export interface Vector extends ColumnBuffers {
  type: SqlType
}

/** An empty vector of a type in its canonical (widest) layout. */
export function emptyVector(type: SqlType): Vector {
  return {
    type, layout: canonicalLayout(type), valuesPtr: 0, validityPtr: 0, base: 0, dictionary: null,
    min: null, max: null,
  }
}

/** The layout that holds every value of a type: what builders write. */
export function canonicalLayout(type: SqlType): Layout {
  switch (physicalOf(type)) {
    case 'float': return type.kind === 'real' ? LAYOUT.F32 : LAYOUT.F64
    case 'wide': return LAYOUT.I128
    case 'bytes': return LAYOUT.VIEW
    default: return type.kind === 'boolean' ? LAYOUT.U8 : LAYOUT.I64
  }
}

/** Gives storage's columns their types, in place: scan batches become batches without copying. */
export function typeColumns(columns: ColumnBuffers[], types: readonly SqlType[]): Vector[] {
  const vectors = columns as Vector[]
  for (let i = 0; i < vectors.length; i++) vectors[i]!.type = types[i]!
  return vectors
}
