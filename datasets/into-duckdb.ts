// Generated tables into DuckDB through its appender: what tests compare answers with. Decimals go through
// DuckDB's own decimal values and dates through its dates, so that both engines hold exactly the same rows.
import type { DuckDBConnection, DuckDBValue } from '@duckdb/node-api'
import { DuckDBDataChunk, DuckDBDateValue, DuckDBDecimalValue, DuckDBTimestampValue } from '@duckdb/node-api'
import type { ColumnSchema, Scalar } from '../src/base/types.ts'
import { createSql } from './generated.ts'
import type { GeneratedTable, PieceColumn } from './generated.ts'

/** A data chunk of DuckDB has at most this many rows. */
const CHUNK_ROWS = 2048

/** Creates the tables and loads all rows. */
export async function loadIntoDuckdb(
  connection: DuckDBConnection, tables: readonly GeneratedTable[], withKeys = true,
): Promise<void> {
  for (const table of tables) {
    await connection.run(createSql(table, withKeys))
    const appender = await connection.createAppender(table.name)
    const types = (await connection.runAndReadAll(`SELECT * FROM ${table.name} LIMIT 0`)).columnTypes()
    for (const piece of table.pieces()) {
      for (let begin = 0; begin < piece.rows; begin += CHUNK_ROWS) {
        const end = Math.min(piece.rows, begin + CHUNK_ROWS)
        const chunk = DuckDBDataChunk.create(types, end - begin)
        chunk.setColumns(piece.columns.map((values, c) => chunkValues(table.columns[c]!, values, begin, end)))
        appender.appendDataChunk(chunk)
      }
    }
    appender.closeSync()
  }
}

function chunkValues({ type }: ColumnSchema, values: PieceColumn, begin: number, end: number): DuckDBValue[] {
  const out = new Array<DuckDBValue>(end - begin)
  const convert = converter(type.kind, type.precision ?? 0, type.scale ?? 0)
  for (let i = begin; i < end; i++) {
    const value = values[i]!
    out[i - begin] = value === null ? null : convert(value)
  }
  return out
}

function converter(kind: string, precision: number, scale: number): (value: NonNullable<Scalar>) => DuckDBValue {
  switch (kind) {
    case 'bigint': return (value) => BigInt(value as number | bigint)
    case 'date': return (value) => new DuckDBDateValue(value as number)
    case 'timestamp': return (value) => new DuckDBTimestampValue(BigInt(value as number | bigint))
    case 'decimal': return (value) => new DuckDBDecimalValue(BigInt(value as number | bigint), precision, scale)
    default: return (value) => value as DuckDBValue
  }
}
