// `secantdb verify`: opens a database read-only and walks everything in it, or checks the whole chain of a backup.
// Problems go to standard error with their place, a summary to standard output; any problem makes the exit status 1.

import { CODE, DatabaseError } from '../base/errors.ts'
import { NodeFileSystem } from '../../storage/file/node-file.ts'
import { fileKind, runStepsSoon, verifyBackup } from '../../storage/mod.ts'
import { showBytes } from './backup.ts'
import { counted, Progress } from './progress.ts'
import { openSession } from './session.ts'

/** Options of the verify command. */
export interface VerifyOptions {
  /** Also print the hash of everything the database says. */
  readonly hash?: boolean
}

/** Checks a database or backup file. Throws XX001 when anything in it is wrong. */
export async function verifyFile(path: string, options: VerifyOptions = {}): Promise<void> {
  const files = new NodeFileSystem()
  if (!files.isDirectory(path) && fileKind(files, path) === 'backup') return verifyBackupFile(files, path)
  const session = await openSession(path, { readOnly: true })
  try {
    const { problems, pages, bytes, tables, rows } = session.database.verify()
    for (const problem of problems) {
      const where = [problem.table === undefined ? null : `table ${problem.table}`,
        problem.page === undefined ? null : `page ${problem.page}`,
        problem.offset === undefined ? null : `offset ${problem.offset}`].filter((one) => one !== null)
      process.stderr.write(`${where.length > 0 ? where.join(', ') + ': ' : ''}${problem.message}\n`)
    }
    const covered = `${counted(tables, 'table')}, ${counted(rows, 'row')} in row groups, ${counted(pages, 'page')}, `
      + counted(bytes, 'byte')
    if (problems.length > 0) {
      throw new DatabaseError(CODE.CORRUPT, `${counted(problems.length, 'problem')} in "${path}" (${covered})`,
        { file: path })
    }
    process.stdout.write(`${path}: no problems (${covered})\n`)
    if (options.hash === true) process.stdout.write(`${session.database.contentHash()}\n`)
  } finally {
    await session.close()
  }
}

async function verifyBackupFile(files: NodeFileSystem, path: string): Promise<void> {
  const progress = new Progress(`verify ${path}`, 'MB')
  const links = await runStepsSoon(verifyBackup(files, path), { onProgress: showBytes(progress) })
  progress.finish()
  for (const { number, pages, bytes, commitId, timeMs } of links) {
    const when = new Date(timeMs).toISOString()
    process.stdout.write(`link ${number}: commit ${commitId}, ${counted(pages, 'page')}, ${counted(bytes, 'byte')}, `
      + `${when}\n`)
  }
  process.stdout.write(`${path}: no problems (backup with ${counted(links.length, 'link')})\n`)
}
