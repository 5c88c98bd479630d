// DuckDB under sqllogictest, to write expected results (--complete --engine=duckdb) where PostgreSQL has not the
// feature (QUALIFY, COPY of Parquet), with its settings moved towards PostgreSQL's.
import { DuckDBInstance, DuckDBTypeId } from '@duckdb/node-api'
import type { SltEngine } from './engine.ts'

const INTEGERS = [
  DuckDBTypeId.TINYINT, DuckDBTypeId.SMALLINT, DuckDBTypeId.INTEGER, DuckDBTypeId.BIGINT, DuckDBTypeId.HUGEINT,
]
const FLOATS = [DuckDBTypeId.FLOAT, DuckDBTypeId.DOUBLE]

/** Opens an empty DuckDB in memory. */
export async function openDuckDb(): Promise<SltEngine> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' })
  const connection = await instance.connect()
  await connection.run("SET default_null_order = 'nulls_last_on_asc_first_on_desc'")
  await connection.run('SET integer_division = true')
  return {
    names: ['duckdb'],
    async run(sql) {
      try {
        const reader = await connection.runAndReadAll(sql)
        const ids = reader.columnTypes().map(type => type.typeId)
        const rows = reader.getRows().map(row => row.map(textOf))
        return { rows, types: ids.map(letterOf).join('') }
      } catch (error) {
        return { code: '', message: error instanceof Error ? error.message : String(error) }
      }
    },
    close() {
      connection.closeSync()
      instance.closeSync()
    },
  }
}

function textOf(value: unknown): string | null {
  if (value === null) return null
  return typeof value === 'boolean' ? (value ? 't' : 'f') : String(value)
}

function letterOf(id: DuckDBTypeId): string {
  return INTEGERS.includes(id) ? 'I' : FLOATS.includes(id) ? 'R' : 'T'
}
