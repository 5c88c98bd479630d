// DuckDB as the oracle: runs a query and gives every value as text, NULLs as null. Its settings are moved
// towards PostgreSQL's: NULLs last ascending and first descending, integer division truncates.
import { DuckDBInstance } from '@duckdb/node-api'

export interface Oracle {
  run(sql: string): Promise<void>
  /** Rows as text, in the order of the query. */
  rows(sql: string): Promise<(string | null)[][]>
  close(): void
}

export async function openOracle(): Promise<Oracle> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' })
  const connection = await instance.connect()
  await connection.run("SET default_null_order = 'nulls_last_on_asc_first_on_desc'")
  await connection.run('SET integer_division = true')
  return {
    async run(sql) {
      await connection.run(sql)
    },
    async rows(sql) {
      const reader = await connection.runAndReadAll(sql)
      return reader.getRows().map((row) => row.map((value) => value === null ? null : String(value)))
    },
    close() {
      connection.closeSync()
      instance.closeSync()
    },
  }
}
