// Writes the expected part of our own files from another engine's answers (DataFusion's --complete): a query gets its
// letters, its rows (one a line, tabs between values) or their hash, and a record that fails becomes `statement error
// SQLSTATE`. What the other engine cannot run is told, not invented.
import { isFailure } from './engine.ts'
import type { SltEngine } from './engine.ts'
import type { QueryRecord, SltRecord, StatementRecord } from './record.ts'
import { isFor } from './runner.ts'
import { hashOf, sortedRows } from './value-text.ts'

/** The file's text with every expectation as the engine answers. */
export async function completeRecords(engine: SltEngine, records: readonly SltRecord[]): Promise<string> {
  let threshold = 0
  const lines: string[] = []
  for (const record of records) {
    if (record.kind === 'hash-threshold') threshold = record.value
    if (record.kind === 'statement' && isFor(record, engine.names)) lines.push(...await statementLines(engine, record))
    else if (record.kind === 'query' && isFor(record, engine.names)) {
      lines.push(...await queryLines(engine, record, threshold))
    } else lines.push(...record.lines)
  }
  return `${lines.join('\n')}\n`
}

// Conditions and comments before the record's own first line.
function preamble(record: SltRecord): string[] {
  return record.lines.slice(0, record.lines.findIndex(line => /^(statement|query)\b/.test(line)))
}

async function statementLines(engine: SltEngine, record: StatementRecord): Promise<string[]> {
  const result = await engine.run(record.sql)
  const head = isFailure(result) ? `statement error ${result.code}`.trim() : 'statement ok'
  return [...preamble(record), head, record.sql]
}

async function queryLines(engine: SltEngine, record: QueryRecord, threshold: number): Promise<string[]> {
  const result = await engine.run(record.sql)
  if (isFailure(result)) return [...preamble(record), `statement error ${result.code}`.trim(), record.sql]
  const types = record.types === '' ? result.types : record.types
  const rows = sortedRows(record, types, result.rows)
  const head = `query ${types} ${record.sort === 'nosort' && record.label === '' ? '' : record.sort} ${record.label}`
  const count = rows.flat().length
  const expected = threshold > 0 && count > threshold ? [`${count} values hashing to ${hashOf(rows)}`]
    : rows.map(row => row.join('\t'))
  return [...preamble(record), head.trim(), record.sql, '----', ...expected]
}
