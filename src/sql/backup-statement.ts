// BACKUP and RESTORE, read from the tokens:
//
//   BACKUP DATABASE TO 'file'                a full backup, which replaces the one at 'file'
//   BACKUP INCREMENTAL TO 'file'             adds what is newer than the last one at 'file'
//   RESTORE DATABASE 'new.sdb' FROM 'file'   makes a new database of a backup
//     [UNTIL TIMESTAMP 'time'                as of that time, with the archived log behind the backup
//       [ARCHIVE 'folder']]                  where that is; else where this database archives its log
import type { Statement } from './ast.ts'
import type { Words } from './own-statements.ts'

/** Parses BACKUP; 42601 with the position. */
export function parseBackup(words: Words, position: number): Statement {
  const what = words.lower(1)
  if (what !== 'database' && what !== 'incremental') throw words.unexpected(1)
  if (words.lower(2) !== 'to') throw words.unexpected(2)
  const path = words.string(3)
  words.expectEnd(4)
  return { kind: 'backup', path, incremental: what === 'incremental', position }
}

/** Parses RESTORE; 42601 with the position. */
export function parseRestore(words: Words, position: number): Statement {
  if (words.lower(1) !== 'database') throw words.unexpected(1)
  const to = words.string(2)
  if (words.lower(3) !== 'from') throw words.unexpected(3)
  const from = words.string(4)
  let next = 5
  let until: string | null = null
  let archive: string | null = null
  if (words.lower(next) === 'until') {
    if (words.lower(next + 1) !== 'timestamp') throw words.unexpected(next + 1)
    until = words.string(next + 2)
    next += 3
    if (words.lower(next) === 'archive') {
      archive = words.string(next + 1)
      next += 2
    }
  }
  words.expectEnd(next)
  return { kind: 'restore', from, to, until, archive, position }
}
