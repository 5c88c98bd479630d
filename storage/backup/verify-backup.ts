// Verification of a backup file by itself, without a restore, and telling a backup from a database by its first
// bytes. The checks are those a restore begins with: chain.ts.
import type { FileSystem } from '../file/file.ts'
import { LinearMemory } from '../memory/linear-memory.ts'
import { kindOfFile } from './backup-header.ts'
import type { FileKind } from './backup-header.ts'
import { verifyChain } from './chain.ts'
import type { Steps } from './steps.ts'

const MEMORY_BYTES = 4 << 20

/** One link as a verification shows it. */
export interface LinkFigures {
  readonly number: number
  readonly pages: number
  readonly bytes: number
  readonly commitId: number
  /** Milliseconds since 1970. */
  readonly timeMs: number
}

/** Looks at the first bytes of a file. */
export function fileKind(files: FileSystem, path: string): FileKind {
  const file = files.open(path, 'read')
  try {
    return kindOfFile(file)
  } finally {
    file.close()
  }
}

/** Checks a whole backup, in steps: every link, hash and page (B1 to B4). XX001 names the first damage. */
export function* verifyBackup(files: FileSystem, path: string): Steps<LinkFigures[]> {
  const file = files.open(path, 'read')
  const memory = LinearMemory.create(MEMORY_BYTES)
  try {
    const { links } = yield* verifyChain(file, memory)
    return links.map(({ number, images, bytes, commitId, timeMs }) =>
      ({ number, pages: images, bytes, commitId, timeMs }))
  } finally {
    memory.release()
    file.close()
  }
}
