// Writing a page map: the changed map pages, and the map root when there are any, all to free blocks. Nothing refers
// to them until the meta slot does, so a failure gives the blocks back and changes nothing (docs/FORMAT.md, page map).
import type { LinearMemory } from '../memory/linear-memory.ts'
import type { DelayedSpace } from './delayed-space.ts'
import type { MapRootPointer } from './meta-slot.ts'
import { BLOCK_SIZE } from './page-map.ts'
import type { MapPagePointer, PageMap } from './page-map.ts'

/** Where a map is written from and to. `scratch` is the address of a frame that may be overwritten. */
export interface MapTarget {
  readonly memory: LinearMemory
  readonly scratch: number
  readonly blocks: DelayedSpace
  readonly epoch: number
  readonly write: (block: number, bytes: Uint8Array) => void
}

/** A written map; `undo` gives its blocks back. */
export interface WrittenMap {
  readonly pointers: MapPagePointer[]
  readonly mapRoot: MapRootPointer
  readonly undo: () => void
}

/** Writes what has changed since the root with `pointers` and `mapRoot`. */
export function writeMap(
  target: MapTarget, map: PageMap, before: { pointers: readonly MapPagePointer[]; mapRoot: MapRootPointer },
): WrittenMap {
  const { memory, scratch, blocks: space, epoch } = target
  const pointers = before.pointers.slice()
  const written: { block: number; blocks: number }[] = []
  const undo = (): void => {
    for (const { block, blocks } of written) space.releaseNow(block, blocks)
  }
  const put = (bytes: Uint8Array): MapPagePointer => {
    const blocks = Math.ceil(bytes.length / BLOCK_SIZE)
    memory.u8.fill(0, scratch, scratch + blocks * BLOCK_SIZE)
    memory.u8.set(bytes, scratch)
    const block = space.allocate(blocks, true)
    written.push({ block, blocks })
    target.write(block, memory.u8.subarray(scratch, scratch + blocks * BLOCK_SIZE))
    return { block, blocks, crc: memory.crc32c(scratch, blocks * BLOCK_SIZE), epoch }
  }
  try {
    const dirty = map.dirtyMapPages()
    for (const mapPage of dirty) pointers[mapPage] = put(map.mapPageBytes(mapPage))
    if (dirty.length === 0) return { pointers, mapRoot: before.mapRoot, undo }
    const words = new Uint32Array(pointers.length * 4)
    pointers.forEach(({ block, crc, epoch: at, blocks }, i) => words.set([block, crc, at, blocks], i * 4))
    const { block, blocks, crc } = put(new Uint8Array(words.buffer))
    return { pointers, mapRoot: { block, blocks, crc, byteLength: words.byteLength }, undo }
  } catch (error) {
    undo()
    throw error
  }
}
