// Moving pages down the file, so that its tail becomes free and can be cut off. Pages have logical ids: what moves is
// the stored bytes, checksum and codec and all, to a free extent nearer the beginning; nobody above the page map
// notices. Like every write it goes to free blocks only (F1), and the old blocks wait for two checkpoints (F2).
import { BLOCK_SIZE } from './page-map.ts'
import type { PageStore } from './page-store.ts'

/** Moves the highest pages into free extents below them. Returns how many were moved. Durable with a checkpoint. */
export function movePagesDown(store: PageStore): number {
  const { map, blocks } = store
  const ids: number[] = []
  for (let id = 1; id < map.pageCount; id++) if (map.kindOf(id) !== 0 && map.blocksOf(id) > 0) ids.push(id)
  ids.sort((a, b) => map.blockOf(b) - map.blockOf(a))
  let moved = 0
  for (const id of ids) {
    const from = map.blockOf(id)
    const count = map.blocksOf(id)
    const to = blocks.allocateBelow(count, from)
    if (to < 0) continue
    try {
      const bytes = new Uint8Array(count * BLOCK_SIZE)
      store.file.read(from * BLOCK_SIZE, bytes)
      store.file.write(to * BLOCK_SIZE, bytes)
    } catch (error) {
      blocks.releaseNow(to, count)
      throw error
    }
    if (map.epochOf(id) === store.nextEpoch) blocks.releaseNow(from, count)
    else blocks.release(from, count)
    const at = { block: to, blocks: count, crc: map.crcOf(id), epoch: store.nextEpoch }
    map.place(id, map.kindOf(id), at, map.codecOf(id))
    store.pagesWritten++
    moved++
  }
  return moved
}
