// Runs the records of one file on an engine, one after the other, and counts. A record that fails does not stop the
// file: what it says, got and wanted is kept for the report.
import { isFailure } from './engine.ts'
import type { SltEngine } from './engine.ts'
import type { QueryRecord, SltRecord, StatementRecord } from './record.ts'
import { hashOf, matches, sortedRows } from './value-text.ts'

export interface SltOutcome {
  passed: number
  skipped: number
  /** Queries among the passed ones. */
  queries: number
  /** Known differences that were left out, each on the list of exclusions. */
  excluded: number
  readonly failures: SltFailedRecord[]
}

export interface SltFailedRecord {
  readonly line: number
  readonly sql: string
  readonly message: string
}

/** What of a file runs: from `line` on only the record at that line, after all statements before it. */
export interface RunOptions {
  /** Lines of records that are known to differ, with the reason. */
  readonly exclusions?: ReadonlyMap<number, string>
  /** Only queries at this line count. */
  readonly line?: number
  /** Called after every record. */
  readonly progress?: (done: number) => void
}

/** Runs a file's records. */
export async function runRecords(
  engine: SltEngine, records: readonly SltRecord[], options: RunOptions = {},
): Promise<SltOutcome> {
  const outcome: SltOutcome = { passed: 0, skipped: 0, queries: 0, excluded: 0, failures: [] }
  const labels = new Map<string, string>()
  for (const [at, record] of records.entries()) {
    const isMeant = isFor(record, engine.names)
    if (record.kind !== 'statement' && record.kind !== 'query') {
      if (record.kind === 'halt' && isMeant) break
      continue
    }
    if (!isMeant) {
      outcome.skipped++
      continue
    }
    if (options.line !== undefined && record.kind === 'query' && record.line !== options.line) continue
    if (options.exclusions?.has(record.line)) {
      outcome.excluded++
      continue
    }
    const complaint = record.kind === 'statement'
      ? await runStatement(engine, record) : await runQuery(engine, record, labels)
    if (complaint !== null) outcome.failures.push({ line: record.line, sql: record.sql, message: complaint })
    else {
      outcome.passed++
      if (record.kind === 'query') outcome.queries++
    }
    options.progress?.(at + 1)
  }
  return outcome
}

/** Whether a record is for an engine of these names. */
export function isFor(record: SltRecord, names: readonly string[]): boolean {
  return !record.skipIf.some(one => names.includes(one)) && record.onlyIf.every(one => names.includes(one))
}

async function runStatement(engine: SltEngine, record: StatementRecord): Promise<string | null> {
  const result = await engine.run(record.sql)
  if (!isFailure(result)) return record.fails ? 'succeeded, should fail' : null
  if (!record.fails) return `${result.code} ${result.message}`
  return record.code === '' || record.code === result.code ? null
    : `failed with ${result.code}, should be ${record.code}: ${result.message}`
}

async function runQuery(
  engine: SltEngine, record: QueryRecord, labels: Map<string, string>,
): Promise<string | null> {
  const result = await engine.run(record.sql)
  if (isFailure(result)) return `${result.code} ${result.message}`
  const columns = result.rows[0]?.length ?? result.types.length
  if (record.types !== '' && columns !== record.types.length && result.types !== '') {
    return `${columns} columns, should be ${record.types.length}`
  }
  const rows = sortedRows(record, record.types, result.rows)
  if (record.expected !== null && !matches(record.expected, rows)) return difference(record.expected, rows)
  if (record.label === '') return null
  const hash = hashOf(rows)
  const before = labels.get(record.label) ?? hash
  labels.set(record.label, before)
  return before === hash ? null : `differs from the query before it with label ${record.label}`
}

const SHOWN_LINES = 12

function difference(expected: readonly string[], rows: readonly (readonly string[])[]): string {
  const show = (lines: readonly string[]): string => lines.length <= SHOWN_LINES ? lines.join('\n')
    : `${lines.slice(0, SHOWN_LINES).join('\n')}\n... ${lines.length} in all`
  const isHash = / values hashing to /.test(expected[0] ?? '')
  const hash = isHash ? `${rows.flat().length} values hashing to ${hashOf(rows)}\n` : ''
  return `got\n${hash}${show(rows.map(row => row.join('\t')))}\nshould be\n${show(expected)}`
}
