// The one contract of all file formats. A source says what columns a file has and hands them out in batches
// of bounded size; a sink takes rows and writes a file or a stream. Values are Scalars on the way in (the
// engine's canonical form, src/base/types.ts) and JavaScript values of the public API on the way out.

import type { ColumnSchema, Scalar } from '../base/types.ts'

/** Formats that can be read. */
export type SourceFormat = 'csv' | 'jsonl' | 'json' | 'arrow' | 'parquet'
/** Formats that can be written. */
export type SinkFormat = SourceFormat | 'markdown'

/**
 * One column of a batch: Scalars with null, or a typed array when no value is NULL. In a typed array a value is
 * the Scalar too: days for dates, microseconds for timestamps, 0 and 1 for booleans.
 */
export type ColumnData = Int32Array | Float64Array | BigInt64Array | Scalar[]

/** Rows of a source, column by column, in file order. */
export interface SourceBatch {
  readonly rowCount: number
  readonly columns: ColumnData[]
  /** Bytes of the file consumed so far, for progress. */
  readonly bytesDone: number
  /** Text files: the line on which each row starts. */
  readonly lines?: Int32Array
}

/** How to read a file. Everything has a default found from the file itself. */
export interface SourceOptions {
  readonly format?: SourceFormat
  /** CSV: field separator, one ASCII character. */
  readonly delimiter?: string
  /** CSV: whether the first record holds names. */
  readonly header?: boolean
  /** CSV and JSON: look at the whole file before choosing types instead of its first megabytes. */
  readonly sampleAll?: boolean
  /** CSV (by position) and JSON (by key): the columns and their types, instead of finding them. */
  readonly columns?: readonly ColumnSchema[]
}

/** An open file of rows. */
export interface Source {
  readonly format: SourceFormat
  readonly columns: readonly ColumnSchema[]
  /** Number of rows, exact where the format says it, estimated from the sample elsewhere. */
  readonly rowsEstimate: number
  readonly bytesTotal: number
  /** The rows from the start; may be called again after the iterator has ended. */
  batches(): AsyncIterable<SourceBatch>
  close(): Promise<void>
}

/** A file or stream being written. Rows hold JavaScript values in column order. */
export interface Sink {
  write(rows: readonly (readonly unknown[])[]): Promise<void>
  /** Writes what is buffered and the end of the format, then closes the file. */
  close(): Promise<void>
}

/** Where a sink's bytes go. */
export interface ByteSink {
  write(bytes: Uint8Array | string): Promise<void>
  close(): Promise<void>
}
