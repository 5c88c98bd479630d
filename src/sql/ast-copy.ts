// Syntax tree of COPY: a file into a table, or a table or query into a file. copy-statement.ts makes it,
// src/api/copy.ts runs it; the binder never sees the inside.
/** Formats of COPY. */
export type CopyFormat = 'csv' | 'json' | 'jsonl' | 'parquet' | 'arrow' | 'text'

/** What stands behind WITH. */
export interface CopyOptions {
  readonly format?: CopyFormat
  readonly header?: boolean
  readonly delimiter?: string
  readonly nullText?: string
  readonly quote?: string
  readonly escape?: string
}

/** COPY in either direction. */
export interface CopyStatement {
  readonly kind: 'copy'
  /** Parts of the table's name, empty for a query. */
  readonly table: readonly string[]
  readonly columns: readonly string[] | null
  readonly query: string | null
  readonly direction: 'from' | 'to'
  /** null = STDIN or STDOUT. */
  readonly path: string | null
  readonly options: CopyOptions
  /** 1-based, in characters of the text. */
  readonly position: number
}
