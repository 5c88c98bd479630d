// One writer per database file, without native code: Node has no flock.
//
// Linux: listen on an abstract Unix socket named after the file's device and inode. The kernel lets only
// one process bind a name and drops it with the process, also after kill -9, so no lock goes stale, and
// hard links or symbolic links to the file meet the same name. Its reach is the network namespace:
// two containers that share a volume but no network do not see each other.
// Elsewhere: `<path>.lock`, created exclusively, holding the process id; a lock whose process is gone is
// taken over. A process id reused by an unrelated process makes that refuse, which is the safe side; two
// processes that take over the same dead lock in the same instant are not told apart.
import * as fs from 'node:fs'
import { createServer } from 'node:net'
import { CODE, DatabaseError } from '../../src/base/errors.ts'
import { fileError } from './file.ts'
import type { FileLock } from './file.ts'

function inUse(path: string, cause?: unknown): DatabaseError {
  const hint = 'Close the other connection, or open with readOnly.'
  return new DatabaseError(CODE.IN_USE, `"${path}" is open for writing elsewhere`, { file: path, hint, cause })
}

/** Locks an existing file for this process; 55006 when it is locked already. */
export function lockFile(path: string): Promise<FileLock> {
  return process.platform === 'linux' ? lockBySocket(path) : lockByPidFile(path)
}

/** The same without waiting: a socket is bound when `listen` returns, or has failed, mostly because it is taken. */
export function lockFileNow(path: string): FileLock {
  if (process.platform !== 'linux') return takePidFile(path)
  const server = createServer((socket) => socket.destroy())
  server.on('error', () => {
    // Told by `listening`.
  })
  server.listen({ path: socketName(path), exclusive: true })
  if (!server.listening) throw inUse(path)
  server.unref()
  return { release: () => void server.close() }
}

function socketName(path: string): string {
  try {
    const stat = fs.statSync(path, { bigint: true })
    return `\0secantdb-${stat.dev.toString(16)}-${stat.ino.toString(16)}`
  } catch (cause) {
    throw fileError('lock', path, cause)
  }
}

async function lockBySocket(path: string): Promise<FileLock> {
  const name = socketName(path)
  const server = createServer((socket) => socket.destroy())
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: Error & { code?: string }) => {
      reject(cause.code === 'EADDRINUSE' ? inUse(path, cause) : fileError('lock', path, cause))
    })
    server.listen({ path: name, exclusive: true }, resolve)
  })
  // The lock must not keep the process alive.
  server.unref()
  return { release: () => void server.close() }
}

/** The lock of systems without abstract sockets. */
export async function lockByPidFile(path: string): Promise<FileLock> {
  return takePidFile(path)
}

function takePidFile(path: string): FileLock {
  const lockPath = `${path}.lock`
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      fs.writeFileSync(lockPath, String(process.pid), { flag: 'wx' })
      return { release: () => fs.rmSync(lockPath, { force: true }) }
    } catch (cause) {
      if ((cause as { code?: string }).code !== 'EEXIST') throw fileError('lock', path, cause)
      if (isAlive(Number(fs.readFileSync(lockPath, 'utf8')))) throw inUse(path, cause)
      fs.rmSync(lockPath, { force: true })
    }
  }
  throw inUse(path)
}

function isAlive(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 0) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (cause) {
    return (cause as { code?: string }).code === 'EPERM'
  }
}
