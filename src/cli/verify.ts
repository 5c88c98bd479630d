// `secantdb verify`: opens a file read-only and walks everything in it. Problems go to standard error with their
// place, a summary to standard output; any problem makes the exit status 1.

import { CODE, DatabaseError } from '../base/errors.ts'
import { counted } from './progress.ts'
import { openSession } from './session.ts'

/** Checks a database file. Throws XX001 when anything in it is wrong. */
export async function verifyFile(path: string): Promise<void> {
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
  } finally {
    await session.close()
  }
}
