// The files of COPY. A file that is written is made beside its place and renamed when it is complete: a COPY that
// fails leaves the one that was there. Standard input is kept in a temporary file, because the readers go back and
// forth; it is removed at the end.
import { createWriteStream } from 'node:fs'
import { mkdtemp, rename, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { Readable } from 'node:stream'
import { fileError } from '../../storage/file/file.ts'

/** A file to write: `write` gets the path to use, and what stands there at its end becomes `path`. */
export async function replaceFile<T>(path: string, write: (path: string) => Promise<T>): Promise<T> {
  const old = await stat(path).catch(() => null)
  // A device or a pipe cannot be replaced.
  if (old !== null && !old.isFile()) return write(path)
  const beside = `${path}.${process.pid}.part`
  try {
    const result = await write(beside)
    await rename(beside, path)
    return result
  } catch (cause) {
    await rm(beside, { force: true })
    throw fileError('write', path, cause)
  }
}

/** Keeps all of a stream in a file while `read` works on it. */
export async function spoolStream<T>(stream: Readable, read: (path: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'secantdb-copy-'))
  try {
    const path = join(folder, 'stdin')
    await pipeline(stream, createWriteStream(path, { mode: 0o600 }))
    return await read(path)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** True for a file without a byte; false too when there is none. */
export async function isEmptyFile(path: string): Promise<boolean> {
  const status = await stat(path).catch(() => null)
  return status !== null && status.isFile() && status.size === 0
}
