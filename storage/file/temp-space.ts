// Temporary files of running queries: what sorts, joins and aggregations put away when it does not fit into their
// share of the memory. They lie in a folder beside the database (`<path>-tmp`) or where `tempDirectory` says.
//
// A file loses its name as soon as it is open, where the system allows that, and the folder goes with the last name:
// so nothing is left behind however the process ends. Elsewhere files are removed when they are closed, and those of
// a crash by `sweepTemp`, which whoever opens the database for writing calls. Nothing here is ever synced: the
// content means nothing to anybody else.
import { randomBytes } from 'node:crypto'
import { CODE, DatabaseError } from '../../src/base/errors.ts'
import type { FileHandle, FileSystem } from './file.ts'

/** Folder of the temporary files of a database. */
export function tempFolder(path: string): string {
  return `${path}-tmp`
}

/** A file that only its maker knows. */
export class TempFile {
  size = 0
  readonly #handle: FileHandle
  readonly #onClose: () => void
  #isOpen = true

  constructor(handle: FileHandle, onClose: () => void) {
    this.#handle = handle
    this.#onClose = onClose
  }

  get path(): string {
    return this.#handle.path
  }

  /** Writes at the end; returns the offset. 53100 when the disk is full. */
  append(bytes: Uint8Array): number {
    const offset = this.size
    this.#handle.write(offset, bytes)
    this.size += bytes.length
    return offset
  }

  /** Bytes read at `offset`: fewer than asked only at the end. */
  read(offset: number, target: Uint8Array): number {
    return this.#handle.read(offset, target)
  }

  /** Gives the space back. Harmless when called again. */
  close(): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    this.#handle.close()
    this.#onClose()
  }
}

/** How often a file is tried again whose folder another process has just removed. */
const ATTEMPTS = 5

/** Makes temporary files in one folder. */
export class TempSpace {
  /** Files and bytes made since the database was opened. */
  readonly stats = { files: 0, bytes: 0 }
  readonly #files: FileSystem
  readonly #folder: string
  readonly #open: Set<TempFile> = new Set()

  constructor(files: FileSystem, folder: string) {
    this.#files = files
    this.#folder = folder
  }

  /** A new, empty file. */
  create(): TempFile {
    const path = `${this.#folder}/${process.pid}-${randomBytes(6).toString('hex')}.spill`
    const handle = this.#openNew(path)
    const hasName = !this.#forget(path)
    const file: TempFile = new TempFile(handle, () => {
      this.#open.delete(file)
      this.stats.bytes += file.size
      if (hasName) this.#forget(path)
    })
    this.#open.add(file)
    this.stats.files++
    return file
  }

  #openNew(path: string): FileHandle {
    for (let attempt = 1; ; attempt++) {
      this.#files.makeFolder(this.#folder)
      try {
        return this.#files.open(path, 'create')
      } catch (error) {
        const isGone = error instanceof DatabaseError && error.code === CODE.UNDEFINED_FILE
        if (!isGone || attempt === ATTEMPTS) throw error
      }
    }
  }

  // An open file cannot lose its name everywhere, and a folder only when it is empty.
  #forget(path: string): boolean {
    return this.#try(() => this.#files.unlink(path)) && this.#forgetFolder()
  }

  #forgetFolder(): boolean {
    this.#try(() => this.#files.removeFolder(this.#folder))
    return true
  }

  #try(work: () => void): boolean {
    try {
      work()
      return true
    } catch (error) {
      if (error instanceof DatabaseError) return false
      throw error
    }
  }

  /** Closes what is open. */
  close(): void {
    for (const file of [...this.#open]) file.close()
  }
}

/** Removes the temporary files that a crashed process left in a folder. Files in use keep their content. */
export function sweepTemp(files: FileSystem, folder: string): void {
  if (!files.exists(folder)) return
  for (const name of files.list(folder)) if (name.endsWith('.spill')) files.unlink(`${folder}/${name}`)
  if (files.list(folder).length === 0) files.removeFolder(folder)
}
