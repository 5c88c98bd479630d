// Generated tables into DuckDB through its appender: what tests compare answers with. Decimals go through
// DuckDB's own decimal values and dates through its dates, so that both engines hold exactly the same rows.
import type { DuckDBConnection, DuckDBValue } from '@duckdb/node-api'
import type { ColumnSchema, Scalar } from '../src/base/types.ts'
import { createSql } from './generated.ts'
import type { GeneratedTable, PieceColumn } from './generated.ts'

/** The library, which not every installation has. */
export type DuckdbModule = typeof import('@duckdb/node-api')

/** A data chunk of DuckDB has at most this many rows. */
const CHUNK_ROWS = 2048

/** Creates the tables and loads all rows. */
export async function loadIntoDuckdb(
  duck: DuckdbModule, connection: DuckDBConnection, tables: readonly GeneratedTable[], withKeys = true,
): Promise<void> {
  for (const table of tables) {
    await connection.run(createSql(table, withKeys))
    const appender = await connection.createAppender(table.name)
    const types = (await connection.runAndReadAll(`SELECT * FROM ${table.name} LIMIT 0`)).columnTypes()
    const makers = table.columns.map((column) => converter(duck, column))
    for (const piece of table.pieces()) {
      for (let begin = 0; begin < piece.rows; begin += CHUNK_ROWS) {
        const end = Math.min(piece.rows, begin + CHUNK_ROWS)
        const chunk = duck.DuckDBDataChunk.create(types, end - begin)
        chunk.setColumns(piece.columns.map((values, c) => chunkValues(values, begin, end, makers[c]!)))
        appender.appendDataChunk(chunk)
      }
    }
    appender.closeSync()
  }
}

type Converter = (value: NonNullable<Scalar>) => DuckDBValue

function chunkValues(values: PieceColumn, begin: number, end: number, convert: Converter): DuckDBValue[] {
  const out = new Array<DuckDBValue>(end - begin)
  for (let i = begin; i < end; i++) {
    const value = values[i]!
    out[i - begin] = value === null ? null : convert(value)
  }
  return out
}

function converter(duck: DuckdbModule, { type }: ColumnSchema): Converter {
  const { precision = 0, scale = 0 } = type
  switch (type.kind) {
    case 'bigint': return (value) => BigInt(value as number | bigint)
    case 'date': return (value) => new duck.DuckDBDateValue(value as number)
    case 'timestamp': return (value) => new duck.DuckDBTimestampValue(BigInt(value as number | bigint))
    case 'decimal': return (value) => new duck.DuckDBDecimalValue(BigInt(value as number | bigint), precision, scale)
    default: return (value) => value as DuckDBValue
  }
}
