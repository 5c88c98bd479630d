// Backups through the API and SQL: db.backup() and awaited statements (execute) copy in slices, between which the event
// loop turns; other statements run to their end on the caller's thread. A backup takes a checkpoint of what is
// committed, so it does not run inside a transaction.
import { CODE, DatabaseError } from '../base/errors.ts'
import { parseTimestamptz } from '../base/datetime-parse.ts'
import { BIGINT, TEXT } from '../base/types.ts'
import type { Scalar } from '../base/types.ts'
import { backupFiles, backupSteps, restoreSteps, runSteps, runStepsSoon } from '../../storage/mod.ts'
import type { BackupReport, Progress, RestoreReport } from '../../storage/mod.ts'
import type { Listing } from './command.ts'
import { checkNames } from './options.ts'
import type { RowObject } from './row-shape.ts'
import type { Session } from './session.ts'

/** Options of `db.backup`. */
export interface BackupOptions {
  /** Add to the backup at the path what is newer; without a backup there, make the first one. Default false. */
  readonly incremental?: boolean
  /** Ends the backup with 57014; the backup that was there stays. */
  readonly signal?: AbortSignal
  /** Called after each slice of 256 KiB with the bytes of pages copied and to copy. */
  readonly onProgress?: (progress: Progress) => void
}

const OPTION_NAMES: readonly (keyof BackupOptions)[] = ['incremental', 'signal', 'onProgress']

/** Columns of what BACKUP returns. */
export const BACKUP_COLUMNS: Listing['columns'] = [
  { name: 'kind', type: TEXT }, { name: 'link', type: BIGINT }, { name: 'pages', type: BIGINT },
  { name: 'bytes', type: BIGINT }, { name: 'total_pages', type: BIGINT }, { name: 'commit_id', type: BIGINT },
]
/** Columns of what RESTORE returns. */
export const RESTORE_COLUMNS: Listing['columns'] = [
  { name: 'path', type: TEXT }, { name: 'links', type: BIGINT }, { name: 'pages', type: BIGINT },
  { name: 'bytes', type: BIGINT }, { name: 'commit_id', type: BIGINT },
]

function assertNoTransaction(session: Session, what: string): void {
  session.assertReady()
  if (session.transaction === null) return
  throw new DatabaseError(CODE.ACTIVE_TRANSACTION, `${what} cannot run inside a transaction block`)
}

/** The BACKUP statement. */
export function backupNow(session: Session, statement: { path: string; incremental: boolean }): Listing {
  assertNoTransaction(session, 'BACKUP')
  const { incremental } = statement
  const report = runSteps(backupSteps(session.engine, statement.path, { incremental }))
  return { columns: BACKUP_COLUMNS, rows: [rowOf(report)] }
}

function rowOf({ kind, link, pages, bytes, totalPages, commitId }: BackupReport): Scalar[] {
  return [kind, link, pages, bytes, totalPages, commitId]
}

/** The RESTORE statement: makes another database; this one does not change. */
export function restoreNow(
  session: Session, statement: RestoreWords,
): Listing {
  return { columns: RESTORE_COLUMNS, rows: [restoredRow(runSteps(restoring(session, statement)))] }
}

function restoredRow({ path, links, pages, bytes, commitId }: RestoreReport): Scalar[] {
  return [path, links, pages, bytes, commitId]
}

/** What a BACKUP statement says. */
interface BackupWords {
  readonly kind: 'backup'
  readonly path: string
  readonly incremental: boolean
}

/** What a RESTORE statement says. */
interface RestoreWords {
  readonly from: string
  readonly to: string
  readonly until: string | null
  readonly archive: string | null
}

function restoring(session: Session, statement: RestoreWords): ReturnType<typeof restoreSteps> {
  assertNoTransaction(session, 'RESTORE')
  const { from, to, archive } = statement
  const untilMs = statement.until === null ? null : timeOf(statement.until)
  const until = untilMs === null ? {} : { until: { untilMs, archive: archive ?? ownArchive(session) } }
  return restoreSteps(backupFiles(session.engine), { from, to, ...until })
}

/** BACKUP and RESTORE as execute() runs them: in slices between which the event loop turns. */
export async function copySoon(
  session: Session, statement: BackupWords | { kind: 'restore' } & RestoreWords,
  signal: AbortSignal | undefined,
): Promise<RowObject[]> {
  const isBackup = statement.kind === 'backup'
  const columns = isBackup ? BACKUP_COLUMNS : RESTORE_COLUMNS
  const options = signal === undefined ? {} : { signal }
  const row = isBackup
    ? rowOf(await backupSoon(session, statement.path, { ...options, incremental: statement.incremental }))
    : restoredRow(await runStepsSoon(restoring(session, statement), options))
  return [Object.fromEntries(columns.map(({ name }, i) => [name, row[i]])) as RowObject]
}

/** Milliseconds since 1970 of a timestamp, UTC unless it names a zone. 22007 for anything else. */
export function timeOf(text: string): number {
  const micros = parseTimestamptz(text)
  return Number(typeof micros === 'bigint' ? micros / 1000n : Math.floor(micros / 1000))
}

// Where this database keeps its log, brought up to date.
function ownArchive(session: Session): string {
  const folder = session.engine.wal?.archiveFolder ?? null
  if (folder === null) {
    throw new DatabaseError(CODE.UNDEFINED_OBJECT, 'UNTIL needs the archived log, and this database archives none', {
      hint: "Name it: RESTORE DATABASE … FROM … UNTIL TIMESTAMP '…' ARCHIVE 'folder'.",
    })
  }
  if (!session.engine.isReadOnly) session.engine.durability.archiveNow()
  return folder
}

/** db.backup(): close() waits for it, a forced one cancels it. */
export async function backupSoon(
  session: Session, path: string, options: BackupOptions = {},
): Promise<BackupReport> {
  checkNames(options, OPTION_NAMES, 'backup')
  if (typeof path !== 'string' || path === '') {
    throw new DatabaseError(CODE.INVALID_PARAMETER, `backup takes the path of a file, not ${String(path)}`)
  }
  assertNoTransaction(session, 'backup()')
  const closed = new AbortController()
  const running = { close: (): void => closed.abort() }
  const { incremental = false, onProgress } = options
  const signal = options.signal === undefined ? closed.signal : AbortSignal.any([options.signal, closed.signal])
  session.openResults.add(running)
  try {
    return await runStepsSoon(backupSteps(session.engine, path, { incremental }), { signal, onProgress })
  } finally {
    session.ended(running)
  }
}
