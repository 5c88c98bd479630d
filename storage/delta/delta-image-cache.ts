// Keeps the encoded delta rows of one table from scan to scan. The latest state is a list of *parts*: images
// over consecutive ranges of version numbers, the newest part small, so that a scan after a few writes
// encodes only those. A row of a part that has been replaced since is dead in the part's bitmap.
//
//   versions   0 ........... 41,200 ...... 45,900 .. 46,010
//   parts      [ large part )[ middle     )[ small )          a new part swallows its smaller neighbours
//
// Old snapshots get one image of their own; it is kept while they are the ones who scan.
import type { DeltaImage } from './delta-image.ts'
import { encodeVersions, visibleVersions } from './delta-image.ts'
import type { TableStore, Visibility } from '../table/table-store.ts'

/** An image as one scan sees it. `dead`: bitmap over the image's rows, 1 = replaced; null = none. */
export interface DeltaView {
  readonly image: DeltaImage
  readonly dead: Uint8Array | null
}

interface Part {
  readonly image: DeltaImage
  readonly firstVersion: number
  readonly endVersion: number
  /** Image row by version - firstVersion, -1 for versions that are no live row. */
  readonly rowOf: Int32Array
  dead: Uint8Array | null
}

/** Images of one table's delta. Not valid across a compaction, which is noticed; versions that leave are dead. */
export class DeltaImageCache {
  private parts: Part[] = []
  private covered = 0
  private supersededSeen = 0
  private generation = -1
  private old: { image: DeltaImage; commitId: number; rootNumber: number; generation: number } | null = null

  /** Views that together hold every delta row `visibility` sees, once. The caller releases their images. */
  acquire(table: TableStore, visibility: Visibility): DeltaView[] {
    const { delta } = table
    if (delta.entryCount === 0) return []
    const isClean = table.uncommittedWrites === 0
    const isLatest = visibility.commitId >= table.lastCommit && visibility.rootNumber >= table.root.number
    if (!isClean) return [{ image: encodeVersions(table, visibleVersions(table, visibility)), dead: null }]
    if (!isLatest) return [{ image: this.oldImage(table, visibility).retain(), dead: null }]
    this.catchUp(table)
    return this.parts.map((part) => ({ image: part.image.retain(), dead: part.dead }))
  }

  private oldImage(table: TableStore, visibility: Visibility): DeltaImage {
    const { commitId, rootNumber } = visibility
    const { generation } = table.delta
    const { old } = this
    if (old !== null && old.commitId === commitId && old.rootNumber === rootNumber && old.generation === generation) {
      return old.image
    }
    this.old?.image.release()
    const image = encodeVersions(table, visibleVersions(table, visibility))
    this.old = { image, commitId, rootNumber, generation }
    return image
  }

  private catchUp(table: TableStore): void {
    const { delta } = table
    if (this.generation !== delta.generation) {
      this.dropParts()
      this.generation = delta.generation
    }
    this.markSuperseded(table)
    if (this.covered < delta.versionCount) this.addPart(table)
  }

  // Bitmaps are replaced, never changed: open cursors keep theirs.
  private markSuperseded(table: TableStore): void {
    const { superseded } = table.delta
    const fresh = new Set<Part>()
    for (; this.supersededSeen < superseded.length; this.supersededSeen++) {
      const version = superseded[this.supersededSeen]!
      const part = this.parts.find((p) => version >= p.firstVersion && version < p.endVersion)
      const row = part === undefined ? -1 : part.rowOf[version - part.firstVersion]!
      if (part === undefined || row < 0) continue
      if (!fresh.has(part)) {
        part.dead = part.dead === null ? new Uint8Array((part.image.keys.length + 7) >> 3) : part.dead.slice()
        fresh.add(part)
      }
      part.dead![row >> 3]! |= 1 << (row & 7)
    }
  }

  // The new part takes over neighbours that are not at least twice its size, so there are O(log n) parts.
  private addPart(table: TableStore): void {
    const { delta } = table
    let first = this.covered
    while (this.parts.length > 0) {
      const last = this.parts[this.parts.length - 1]!
      if (last.endVersion - last.firstVersion > 2 * (delta.versionCount - first)) break
      first = last.firstVersion
      last.image.release()
      this.parts.pop()
    }
    const end = delta.versionCount
    const { versions: all } = delta
    const versions: number[] = []
    for (let version = first; version < end; version++) {
      const isLive = delta.headOf(all.entry(version)) === version && all.merged(version) === 0
      if (isLive && !all.isTombstone(version)) versions.push(version)
    }
    const image = encodeVersions(table, versions)
    const rowOf = new Int32Array(end - first).fill(-1)
    versions.forEach((version, row) => {
      rowOf[version - first] = row
    })
    this.parts.push({ image, firstVersion: first, endVersion: end, rowOf, dead: null })
    this.covered = end
  }

  private dropParts(): void {
    for (const part of this.parts) part.image.release()
    this.parts = []
    this.covered = 0
    this.supersededSeen = 0
  }

  /** Gives all images back (open cursors keep theirs). */
  drop(): void {
    this.dropParts()
    this.old?.image.release()
    this.old = null
  }
}
