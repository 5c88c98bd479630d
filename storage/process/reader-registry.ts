// The writer's view of readers in other processes: reads their slots at every checkpoint, holds the roots they use
// (rule F7), and removes the slots of readers that have died.
import { CODE, DatabaseError } from '../../src/base/errors.ts'
import type { FileSystem } from '../file/file.ts'
import type { PageStore } from '../page/page-store.ts'
import { READER_SLOT_BYTES, decodeReaderSlot, listReaderSlots } from './reader-slot.ts'

interface Hold {
  readonly epoch: number
  readonly release: () => void
}

/** Slots of one database's log folder. */
export class ReaderRegistry {
  private readonly files: FileSystem
  private readonly folder: string
  private readonly pages: PageStore
  private readonly holds = new Map<string, Hold>()
  private isReaping = false

  constructor(files: FileSystem, folder: string, pages: PageStore) {
    this.files = files
    this.folder = folder
    this.pages = pages
  }

  /** Live readers, as of the last look. */
  get count(): number {
    return this.holds.size
  }

  /** Epoch of the oldest root a reader uses, or `now`. */
  oldestEpoch(now: number): number {
    let oldest = now
    for (const { epoch } of this.holds.values()) oldest = Math.min(oldest, epoch)
    return oldest
  }

  /** Looks at the slots: called before blocks of older roots become free. */
  look(): void {
    const names = new Set(listReaderSlots(this.files, this.folder))
    for (const [name, hold] of this.holds) {
      if (names.has(name)) continue
      hold.release()
      this.holds.delete(name)
    }
    for (const name of names) this.lookAt(name)
  }

  // A slot that is not whole is just being made or rewritten: its root is one of the two newest, or the one known.
  private lookAt(name: string): void {
    const known = this.holds.get(name)
    const epoch = this.readSlot(name) ?? known?.epoch ?? this.pages.epoch - 1
    if (known?.epoch === epoch) return
    const release = this.pages.holdSince(epoch)
    known?.release()
    this.holds.set(name, { epoch, release })
  }

  private readSlot(name: string): number | null {
    const bytes = new Uint8Array(READER_SLOT_BYTES)
    try {
      const file = this.files.open(`${this.folder}/${name}`, 'read')
      try {
        return decodeReaderSlot(bytes.subarray(0, file.read(0, bytes)))
      } finally {
        file.close()
      }
    } catch (error) {
      // Its reader has closed since the folder was listed.
      if (error instanceof DatabaseError && error.code === CODE.UNDEFINED_FILE) return null
      throw error
    }
  }

  /** Removes the slots of dead readers: those whose lock can be had. */
  async reap(): Promise<void> {
    if (this.isReaping) return
    this.isReaping = true
    try {
      for (const name of listReaderSlots(this.files, this.folder)) await this.reapOne(`${this.folder}/${name}`)
    } finally {
      this.isReaping = false
    }
  }

  private async reapOne(path: string): Promise<void> {
    try {
      const lock = await this.files.lock(path)
      try {
        this.files.unlink(path)
      } finally {
        lock.release()
      }
    } catch (error) {
      const isAlive = error instanceof DatabaseError && error.code === CODE.IN_USE
      const isGone = error instanceof DatabaseError && error.code === CODE.UNDEFINED_FILE
      if (!isAlive && !isGone) throw error
    }
  }
}
