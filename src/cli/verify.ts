// `secantdb verify`: walks a database read-only, or checks the whole chain of a backup, and prints each violation with
// its place and the rule it breaks (storage/README.md) on standard error, a summary on standard output; any problem
// makes the exit status 1. A database that does not open is looked at without the engine, so that all of its damage is
// named, not the first.

import { CODE, DatabaseError } from '../base/errors.ts'
import type { FileSystem } from '../../storage/file/file.ts'
import { NodeFileSystem } from '../../storage/file/node-file.ts'
import { fileKind, runStepsSoon, verifyBackup } from '../../storage/mod.ts'
import type { Problem, VerifyResult } from '../../storage/mod.ts'
import { showBytes } from './backup.ts'
import { RawDatabase } from './inspect/raw-database.ts'
import { rawProblems } from './inspect/raw-problems.ts'
import { Progress, counted } from './progress.ts'
import { openSession } from './session.ts'

/** Options of the verify command. */
export interface VerifyOptions {
  /** Every row, index and zone map too. */
  readonly full?: boolean
  /** Also print the hash of everything the database says. */
  readonly hash?: boolean
}

/** Checks a database or backup file. Throws XX001 when anything in it is wrong. */
export async function verifyFile(path: string, options: VerifyOptions = {}): Promise<void> {
  const files = new NodeFileSystem()
  if (!files.isDirectory(path) && fileKind(files, path) === 'backup') return verifyBackupFile(files, path)
  const progress = new Progress(`verify ${path}`)
  const { problems, summary } = await verifyLines(files, path, options.full ?? false, progress)
  progress.finish()
  for (const line of problems) process.stderr.write(`${line}\n`)
  if (problems.length > 0) {
    throw new DatabaseError(CODE.CORRUPT, `${counted(problems.length, 'problem')} in "${path}" (${summary})`,
      { file: path })
  }
  process.stdout.write(`${path}: no problems (${summary})\n`)
  if (options.hash === true) await printHash(path)
}

async function printHash(path: string): Promise<void> {
  const session = await openSession(path, { readOnly: true })
  try {
    process.stdout.write(`${session.database.contentHash()}\n`)
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

/** The problems of a file as lines, and what was covered. Throws what is no damage: no such file, no database. */
export async function verifyLines(
  files: FileSystem, path: string, full: boolean, progress: Progress | null,
): Promise<{ problems: string[]; summary: string }> {
  try {
    const session = await openSession(path, { readOnly: true, files })
    try {
      const result = session.database.verify({ full, onProgress: (share, rows) => progress?.update(share, rows) })
      return { problems: result.problems.map((problem) => lineOf(path, problem)), summary: covered(result, full) }
    } finally {
      await session.close()
    }
  } catch (error) {
    if (!(error instanceof DatabaseError) || error.code !== CODE.CORRUPT) throw error
    return withoutEngine(files, path, error)
  }
}

function withoutEngine(
  files: FileSystem, path: string, cause: DatabaseError,
): { problems: string[]; summary: string } {
  const { file, page, offset, message } = cause
  const first: Problem = { message: `the database does not open: ${message}`, file, page, offset }
  const handle = files.open(path, 'read')
  try {
    const problems = [first, ...rawProblems(new RawDatabase(handle))]
    return { problems: problems.map((problem) => lineOf(path, problem)), summary: 'read without opening it' }
  } finally {
    handle.close()
  }
}

function lineOf(path: string, { file = path, table, page, offset, message }: Problem): string {
  const where = [file, table === undefined ? null : `table ${table}`, page === undefined ? null : `page ${page}`,
    offset === undefined ? null : `offset ${offset}`].filter((one) => one !== null)
  return `${where.join(', ')}: ${message}`
}

function covered({ tables, rows, pages, bytes, records }: VerifyResult, full: boolean): string {
  return `${counted(tables, 'table')}, ${counted(rows, 'row')}${full ? '' : ' not looked at'}, `
    + `${counted(pages, 'page')}, `
    + `${counted(bytes, 'byte')}, ${counted(records, 'log record')}`
}
