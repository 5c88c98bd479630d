// `secantdb inspect`: meta, page and wal decode the file itself, damaged or not; index and groups open the
// database read-only and show the learned index of a table.

import { NodeFileSystem } from '../../storage/file/node-file.ts'
import { walFolder } from '../../storage/mod.ts'
import { indexLines, groupLines } from './index-figures.ts'
import { inspectMeta, inspectPage, inspectWal } from './inspect/inspect-file.ts'
import { UsageError } from './report-error.ts'
import { openSession } from './session.ts'

/** Prints one part of a file. Throws UsageError for an unknown part or a missing argument. */
export async function inspect(path: string, what: string, which: string | undefined): Promise<void> {
  const lines = what === 'index' || what === 'groups'
    ? await inspectTable(path, what, needed(what, which))
    : inspectFile(path, what, which)
  process.stdout.write(lines.join('\n') + '\n')
}

function needed(what: string, which: string | undefined): string {
  if (which !== undefined) return which
  throw new UsageError(`inspect ${what} needs ${what === 'page' ? 'a page number' : 'a table name'}`)
}

function inspectFile(path: string, what: string, which: string | undefined): string[] {
  if (what !== 'meta' && what !== 'page' && what !== 'wal') {
    throw new UsageError(`inspect shows meta, page N, wal, index TABLE or groups TABLE, not "${what}"`)
  }
  const page = what === 'page' ? Number(needed(what, which)) : 0
  const files = new NodeFileSystem()
  const file = files.open(path, 'read')
  try {
    if (what === 'meta') return inspectMeta(file)
    return what === 'page' ? inspectPage(file, page) : inspectWal(files, file, walFolder(path))
  } finally {
    file.close()
  }
}

async function inspectTable(path: string, what: 'index' | 'groups', table: string): Promise<string[]> {
  const session = await openSession(path, { readOnly: true })
  try {
    return what === 'index' ? indexLines(session, table) : groupLines(session, table)
  } finally {
    await session.close()
  }
}
