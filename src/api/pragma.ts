// PRAGMA: facts and checks as rows of (name, value).
//
//   storage_info [= table]   sizes, counters and, per table, rows, row groups and index figures
//   integrity_check          'ok', or one row per problem; quick_check leaves the rows out
//   compression [(table)] [= …], recompress   compression-pragma.ts
//   isolation_level, busy_timeout, statement_timeout [= value]   of this session (session-settings.ts)
//   database_list, table_list
//   durability: wal_mode, synchronous, wal_checkpoint, … see pragma-wal.ts
//   vacuum [= table]         merges everything and shrinks the file; VACUUM is the same
//   definitions [= relation] SQL that would define everything again (definition-text.ts)
//   index_list(table), index_info(index)   secondary indexes and their columns
import { CODE, DatabaseError } from '../base/errors.ts'
import type { Scalar } from '../base/types.ts'
import {
  columnFigures, columnSizes, compressionOf, engineStats, indexFigures, tableSize, vacuum, verifyEngine,
} from '../../storage/mod.ts'
import { compressionPragma, recompressPragma } from './compression-pragma.ts'
import { WAL_PRAGMAS } from './pragma-wal.ts'
import { definitions } from './definition-text.ts'
import { busyTimeout, isolationLevel, statementTimeout } from './session-settings.ts'
import { indexInfo, indexList } from './index-command.ts'
import { homeOf } from './attachments.ts'
import type { Session } from './session.ts'
import { didYouMean } from '../sql/nearest-name.ts'

type Rows = Scalar[][]
type Pragma = (session: Session, value: Scalar, argument: string | null) => Rows

const PRAGMAS: Readonly<Record<string, Pragma>> = {
  storage_info: (session, value) => value === null ? storageInfo(session) : tableInfo(session, String(value)),
  integrity_check: session => integrityCheck(session, 'integrity_check', true),
  quick_check: session => integrityCheck(session, 'quick_check', false),
  ...WAL_PRAGMAS,
  compression: compressionPragma,
  recompress: recompressPragma,
  vacuum: vacuumPragma,
  database_list: ({ engine }, value) => value !== null ? unset('database_list', value) : [
    ['main', engine.parts.path], ...[...engine.attached].map(([name, { parts }]) => [name, parts.path]),
  ],
  definitions,
  index_list: indexList,
  index_info: indexInfo,
  table_list: session => session.schemas().map(
    schema => [schema.name, String(schema.columns.filter(c => c.hidden !== true).length)]
  ),
  isolation_level: isolationLevel,
  busy_timeout: busyTimeout,
  statement_timeout: statementTimeout,
}

// VACUUM [table]: merges and shrinks; rows of (figure, value).
function vacuumPragma(session: Session, value: Scalar): Rows {
  if (session.transaction !== null) {
    throw new DatabaseError(CODE.ACTIVE_TRANSACTION, 'VACUUM cannot run inside a transaction block')
  }
  const { engine, name } = homeOf(session.engine, String(value ?? ''))
  const only = value === null ? null : engine.catalog.get(name)
  const tables = engine.catalog.tables()
    .filter(table => only === null || table === only || table.schema.index?.of === only.id)
  const { movedPages, bytesBefore, bytesAfter } = vacuum(engine, tables)
  return [['bytes_before', String(bytesBefore)], ['bytes_after', String(bytesAfter)],
    ['moved_pages', String(movedPages)]]
}

function unset(name: string, value: Scalar): never {
  throw new DatabaseError(CODE.UNSUPPORTED, `PRAGMA ${name} = ${String(value)} is not supported: it only tells`)
}

function integrityCheck(session: Session, name: string, full: boolean): Rows {
  const { problems, pages, rows } = verifyEngine(session.engine, { full })
  if (problems.length === 0) return [[name, 'ok'], ['pages', String(pages)], ['rows', String(rows)]]
  return problems.map(problem => [problem.table ?? 'file', problem.message])
}

/** Rows of a pragma. Throws 42704 with the nearest name for unknown ones. */
export function runPragma(session: Session, name: string, value: Scalar, argument: string | null): Rows {
  session.assertReady()
  if (argument !== null && name !== 'compression' && Object.hasOwn(PRAGMAS, name)) {
    throw new DatabaseError(CODE.UNSUPPORTED, `PRAGMA ${name}(${argument}) cannot be set`)
  }
  if (Object.hasOwn(PRAGMAS, name)) return PRAGMAS[name]!(session, value, argument)
  const hint = didYouMean(name, Object.keys(PRAGMAS)) ?? `Pragmas are ${Object.keys(PRAGMAS).join(', ')}.`
  throw new DatabaseError(CODE.UNDEFINED_OBJECT, `unknown PRAGMA "${name}"`, { hint })
}

function storageInfo(session: Session): Rows {
  const { tables, ...groups } = engineStats(session.engine)
  const rows: Rows = []
  for (const [group, figures] of Object.entries(groups)) {
    if (typeof figures !== 'object' || figures === null) continue
    addFigures(rows, group, figures)
  }
  for (const table of tables) {
    const parts = `${table.rows} rows, ${table.rowGroups} row groups, ${table.deltaEntries} delta entries, `
      + `${table.runs} sealed runs of ${table.runRows} rows, debt ${(table.debt * 100).toFixed(1)} %`
    rows.push([`table.${table.name}`, `${parts}, ${sizeText(table.pageBytes, table.storedBytes)}`])
  }
  return rows
}

// Figures within figures (latencies, buckets) get dotted names; lists are shown as they are.
function addFigures(rows: Rows, prefix: string, figures: object): void {
  for (const [name, figure] of Object.entries(figures)) {
    const isGroup = typeof figure === 'object' && figure !== null && !Array.isArray(figure)
    if (isGroup) addFigures(rows, `${prefix}.${name}`, figure)
    else rows.push([`${prefix}.${name}`, shown(figure)])
  }
}

function tableInfo(session: Session, qualified: string): Rows {
  const { engine, name } = homeOf(session.engine, qualified)
  const table = engine.catalog.get(name)
  const { groups, ...figures } = indexFigures(table)
  const rows: Rows = [['rows', String(table.liveRows)], ['row_groups', String(groups.length)]]
  for (const [figure, value] of Object.entries(figures)) rows.push([`index.${figure}`, shown(value)])
  const size = tableSize(engine, table)
  rows.push(
    ['compression', compressionOf(engine, table).toUpperCase()],
    ['compression.pages', `${sizeText(size.pageBytes, size.storedBytes)}, ${size.compressedPages} pages compressed`],
  )
  const sizes = columnSizes(engine, table)
  columnFigures(table).forEach((column, c) => {
    const encodings = Object.entries(column.encodings).map(([encoding, count]) => `${encoding} ${count}`)
    rows.push([`column.${column.name}`, `${encodings.join(', ') || 'delta only'}; ${column.nulls} nulls`])
    rows.push([`compression.${column.name}`, sizeText(sizes[c]!.rawBytes, sizes[c]!.storedBytes)])
  })
  return rows
}

/** "1000 bytes in 250 (4.00x)". */
function sizeText(raw: number, stored: number): string {
  const ratio = stored === 0 ? '' : ` (${(raw / stored).toFixed(2)}x)`
  return `${raw} bytes in ${stored}${ratio}`
}

function shown(figure: unknown): string {
  return typeof figure === 'number' && !Number.isInteger(figure) ? figure.toPrecision(4) : String(figure)
}
