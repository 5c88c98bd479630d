// `secantdb backup` and `secantdb restore`: the file copies of docs/BACKUP.md with progress on standard error and a
// line about what was done.

import { timeOf } from '../api/backup.ts'
import { CODE, DatabaseError } from '../base/errors.ts'
import { NodeFileSystem } from '../../storage/file/node-file.ts'
import { restoreDatabase } from '../../storage/mod.ts'
import type { Progress as CopyProgress } from '../../storage/mod.ts'
import { count, counted, Progress } from './progress.ts'
import { UsageError } from './report-error.ts'
import { openSession, type Session } from './session.ts'

/** Options of the backup command. */
export interface BackupOptions {
  readonly incremental?: boolean
}

/** Options of the restore command. */
export interface RestoreOptions {
  readonly force?: boolean
  readonly link?: number
  readonly until?: string
  readonly archive?: string
}

/** Draws a copy's progress in megabytes. */
export function showBytes(progress: Progress): (copied: CopyProgress) => void {
  return ({ done, total }) => progress.update(total === 0 ? 1 : done / total, Math.round(done / 1e6))
}

/** Backs `database` up to the file `path`. */
export async function backupFile(database: string, path: string, options: BackupOptions): Promise<void> {
  const session = await openForBackup(database)
  try {
    const progress = new Progress(`backup ${path}`, 'MB')
    const { incremental = false } = options
    const report = await session.database.backup(path, { incremental, onProgress: showBytes(progress) })
    const seconds = progress.finish()
    const { kind, link, pages, totalPages, bytes, commitId, laterCommits } = report
    const text = kind === 'unchanged' ? `nothing changed since link ${link}`
      : `${kind} backup, link ${link}: ${count(pages)} of ${counted(totalPages, 'page')} copied, `
        + `${counted(bytes, 'byte')} in ${seconds.toFixed(2)} s`
    process.stdout.write(`${path}: ${text} (commit ${commitId})\n`)
    if (laterCommits > 0) {
      process.stderr.write(`${counted(laterCommits, 'later commit')} of the process that writes "${database}" are not `
        + 'in the backup: run BACKUP there, or after its next checkpoint\n')
    }
  } finally {
    await session.close()
  }
}

// A database that another process writes is read beside it: then the backup is that of its last checkpoint.
async function openForBackup(database: string): Promise<Session> {
  try {
    return await openSession(database, { mustExist: true })
  } catch (error) {
    if (!(error instanceof DatabaseError) || error.code !== CODE.IN_USE) throw error
    return openSession(database, { readOnly: true })
  }
}

/** Makes the database `to` of the backup `from`. */
export async function restoreFile(from: string, to: string, options: RestoreOptions): Promise<void> {
  const { force = false, link, until, archive } = options
  if ((until === undefined) !== (archive === undefined)) throw new UsageError('--until and --archive go together')
  if (until !== undefined && link !== undefined) throw new UsageError('--until and --link exclude each other')
  const progress = new Progress(`restore ${to}`, 'MB')
  const moment = until === undefined ? {} : { until: { untilMs: timeOf(until), archive: archive! } }
  const chosen = link === undefined ? moment : { link }
  const report = await restoreDatabase(new NodeFileSystem(), { from, to, force, ...chosen }, {
    onProgress: showBytes(progress),
  })
  const seconds = progress.finish()
  const { links, pages, bytes, commitId } = report
  process.stdout.write(`${to}: restored to commit ${commitId} from ${counted(links, 'verified link')}, `
    + `${counted(pages, 'page')}, ${counted(bytes, 'byte')} in ${seconds.toFixed(2)} s\n`)
}
