// What a table scan hands to the executor: Arrow-like column views in linear memory, in place over pool
// frames where they can stay pinned, copied to the query's arena where they cannot.
//
// A scan batch is a *window* of up to BATCH_ROWS consecutive rows. All columns point at window row 0,
// which is a multiple of 64 rows inside its row group, so bitmaps start on 8-byte boundaries and
// narrow values are aligned. Only window rows begin <= row < end belong to the batch (a key range may
// start in the middle), and of those only the ones whose bit in `alive` is set (deletes, MVCC).
//
//   row                0 ........ begin ............ end ...... windowRows
//   values             valuesPtr + row * WIDTH[layout]
//   validity, alive    bit (row & 7) of byte ptr + (row >> 3); 1 = valid / alive; ptr 0 = all ones
//
// Bytes up to the next multiple of 64 rows past windowRows are readable (their content is arbitrary),
// so SIMD loops need no scalar tail for reads. The buffers stay valid until the next call of next().

/** Rows in the largest batch: 8,192 rows of 8 bytes fill one frame exactly. */
export const BATCH_ROWS = 8192

/**
 * Physical layout of a column's values.
 * U8 U16 U32: `base + unsigned narrow integer` (frame of reference); with `dictionary`, plain codes.
 * I64: int64 as is (base is 0). F32 F64: floats. I128: 16-byte two's complement, little-endian.
 * VIEW: 8 bytes (u32 absolute address, u32 byte length) of bytes in linear memory.
 */
export const LAYOUT = { U8: 0, U16: 1, U32: 2, I64: 3, F32: 4, F64: 5, I128: 6, VIEW: 7 } as const
export type Layout = (typeof LAYOUT)[keyof typeof LAYOUT]

/** Bytes of one value by layout. */
export const LAYOUT_WIDTH: readonly number[] = [1, 2, 4, 8, 4, 8, 16, 8]

/** The distinct values of a dictionary-coded column of one row group (or of one delta), none NULL. */
export interface Dictionary {
  readonly count: number
  /** Address of `count` views (u32 address, u32 length). */
  readonly viewsPtr: number
  /** Identity: equal numbers mean the same dictionary, so per-dictionary work can be cached across batches. */
  readonly id: number
  /** Entries in ascending order of their bytes. */
  readonly sorted: boolean
}

/** One column of a batch. Plain data, reused between batches by the scan. */
export interface ColumnBuffers {
  layout: Layout
  valuesPtr: number
  /** 0 = no NULLs in this window. */
  validityPtr: number
  /** Added to U8/U16/U32 values; a bigint only when it is not a safe integer. 0 for other layouts. */
  base: number | bigint
  dictionary: Dictionary | null
  /** Smallest and largest value of the chunk as numbers (ints, floats), when known: proves ranges. */
  min: number | bigint | null
  max: number | bigint | null
}

/** A window of rows of one row group or of the delta. */
export interface ScanBatch {
  windowRows: number
  begin: number
  end: number
  /** Address of the alive bitmap, 0 = every row of [begin, end) is alive. */
  alivePtr: number
  /** One per requested column, in request order. */
  columns: ColumnBuffers[]
  /** True for batches of delta rows (they follow the base rows unless order was asked). */
  isDelta: boolean
}

/** Comparison against a constant, used to skip row groups by zone map. Values are Scalars of the column's type. */
export interface ZonePredicate {
  readonly column: number
  readonly op: '=' | '<' | '<=' | '>' | '>=' | 'in' | 'is null' | 'is not null'
  readonly values: readonly (number | bigint | string | Uint8Array)[]
}
