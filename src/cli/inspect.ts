// `secantdb inspect`: shows parts of a database file, damaged or not, without opening the database: meta slots, a page,
// the log, free space, and the row groups and learned index of a table. See src/cli/inspect/.

import type { FileSystem } from '../../storage/file/file.ts'
import { NodeFileSystem } from '../../storage/file/node-file.ts'
import { walFolder } from '../../storage/mod.ts'
import { metaLines } from './inspect/meta-lines.ts'
import { pageLines } from './inspect/page-lines.ts'
import { RawDatabase } from './inspect/raw-database.ts'
import { spaceLines } from './inspect/space-lines.ts'
import { groupLines, indexLines } from './inspect/table-lines.ts'
import { walLines } from './inspect/wal-lines.ts'
import { CODE, DatabaseError } from '../base/errors.ts'
import { UsageError } from './report-error.ts'

/** Prints one part of a file. Throws UsageError for an unknown part or a missing argument. */
export async function inspect(path: string, what: string, which: string | undefined): Promise<void> {
  const lines = await inspectLines(new NodeFileSystem(), path, what, which)
  process.stdout.write(lines.join('\n') + '\n')
}

/** One part of a file as lines of text. */
export async function inspectLines(
  files: FileSystem, path: string, what: string, which: string | undefined,
): Promise<string[]> {
  const argument = (): string => {
    if (which !== undefined) return which
    throw new UsageError(`inspect ${what} needs ${what === 'page' ? 'a page number' : 'a table name'}`)
  }
  const show = Object.hasOwn(VIEWS, what) ? VIEWS[what] : undefined
  if (show === undefined) {
    const views = 'meta, page N, wal, index TABLE, groups TABLE or freespace'
    throw new UsageError(`inspect shows ${views}, not "${what}"`)
  }
  if (files.isDirectory(path)) throw new DatabaseError(CODE.WRONG_OBJECT, `"${path}" is a directory`, { file: path })
  const file = files.open(path, 'read')
  try {
    return await show(new RawDatabase(file), argument, files)
  } finally {
    file.close()
  }
}

type View = (db: RawDatabase, which: () => string, files: FileSystem) => string[] | Promise<string[]>

const VIEWS: Readonly<Record<string, View | undefined>> = {
  meta: (db) => metaLines(db),
  page: (db, which) => {
    const id = Number(which())
    if (!Number.isInteger(id) || id < 1 || (db.root !== null && id >= db.pageCount)) {
      const text = `page ${which()} does not exist; ids are 1 to ${db.pageCount - 1}`
      throw new DatabaseError(CODE.INVALID_PARAMETER, text)
    }
    return pageLines(db, id)
  },
  wal: (db, _which, files) => walLines(db, files, walFolder(db.file.path)),
  index: (db, which, files) => indexLines(db, which(), files),
  groups: (db, which, files) => groupLines(db, which(), files),
  freespace: (db) => spaceLines(db),
}
