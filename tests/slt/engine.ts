// What a sqllogictest file runs on: a fresh database that takes statements one by one. SecantDB is what is tested;
// DuckDB and PostgreSQL write the expected results of our own files (--complete), so that we do not.
import type { TextRows } from './value-text.ts'

export interface SltResult {
  readonly rows: TextRows
  /** A letter per column, from the engine's types: I, R or T. Empty for a statement without rows. */
  readonly types: string
}

/** A statement's error as every engine can tell it. */
export interface SltFailure {
  /** SQLSTATE; empty where the engine has none. */
  readonly code: string
  readonly message: string
}

export interface SltEngine {
  /** Names by which `skipif` and `onlyif` know it. */
  readonly names: readonly string[]
  /** Runs one record's text. An error of the engine is returned, anything else is thrown. */
  run(sql: string): Promise<SltResult | SltFailure> | SltResult | SltFailure
  close(): Promise<void> | void
}

export function isFailure(result: SltResult | SltFailure): result is SltFailure {
  return 'code' in result
}
