// Which frame to give up: S3-FIFO, three queues of frames and page ids instead of one LRU list.
//
//   new page ──► small (10 %) ──referenced again──► main (90 %) ──not referenced──► evicted
//                     └─not referenced──► evicted, its id remembered in ghost
//   page whose id is in ghost ──► main
//
// A page that is read once leaves through `small` and never reaches `main`: a scan larger than the pool passes
// through a tenth of it. `main` is a clock: a referenced frame goes round once more. The queues
// are rings of frame numbers; a frame's state says in which queue its one valid entry is.
// Reference: J. Yang et al., "FIFO Queues are All You Need for Cache Eviction", SOSP 2023.
import { assert } from '../../src/base/assert.ts'

const NONE = 0
const SMALL = 1
const MAIN = 2

// FIFO of frame numbers, each at most once; removal in the middle leaves a hole.
class FrameQueue {
  private ring = new Int32Array(64)
  private head = 0
  private tail = 0

  push(frame: number): void {
    if (this.tail - this.head === this.ring.length) this.grow()
    this.ring[this.tail % this.ring.length] = frame
    this.tail++
  }

  /** The oldest entry, -1 when empty. */
  shift(): number {
    if (this.head === this.tail) return -1
    const frame = this.ring[this.head % this.ring.length]!
    this.head++
    return frame
  }

  private grow(): void {
    const grown = new Int32Array(this.ring.length * 2)
    for (let i = this.head; i < this.tail; i++) grown[i % grown.length] = this.ring[i % this.ring.length]!
    this.ring = grown
  }
}

/** Ids of pages evicted from `small`, oldest forgotten first. */
class GhostList {
  private readonly ids = new Set<number>()

  add(pageId: number, capacity: number): void {
    this.ids.delete(pageId)
    this.ids.add(pageId)
    for (const oldest of this.ids) {
      if (this.ids.size <= capacity) break
      this.ids.delete(oldest)
    }
  }

  take(pageId: number): boolean {
    return this.ids.delete(pageId)
  }
}

/** Replacement policy over frame numbers. Knows nothing of pages but their ids. */
export class EvictionPolicy {
  private readonly small = new FrameQueue()
  private readonly main = new FrameQueue()
  private readonly ghost = new GhostList()
  // Queue of each frame, and how many stale entries it left behind in each queue.
  private readonly queueOf: Uint8Array
  private readonly staleSmall: Uint16Array
  private readonly staleMain: Uint16Array
  private smallCount = 0
  private mainCount = 0
  private readonly referenced: Uint8Array

  /** `referenced` has one byte per frame, set by whoever uses the frame. */
  constructor(frameCount: number, referenced: Uint8Array) {
    this.queueOf = new Uint8Array(frameCount)
    this.staleSmall = new Uint16Array(frameCount)
    this.staleMain = new Uint16Array(frameCount)
    this.referenced = referenced
  }

  /** A page was put into the frame. */
  admit(frame: number, pageId: number): void {
    assert(this.queueOf[frame] === NONE, 'admitted frame is in no queue')
    this.referenced[frame] = 0
    if (this.ghost.take(pageId)) this.enqueueMain(frame)
    else {
      this.queueOf[frame] = SMALL
      this.small.push(frame)
      this.smallCount++
    }
  }

  /** The frame's page was dropped for another reason than `victim`. */
  forget(frame: number): void {
    if (this.queueOf[frame] === SMALL) {
      this.smallCount--
      this.staleSmall[frame]!++
    } else if (this.queueOf[frame] === MAIN) {
      this.mainCount--
      this.staleMain[frame]!++
    }
    this.queueOf[frame] = NONE
  }

  private enqueueMain(frame: number): void {
    this.queueOf[frame] = MAIN
    this.main.push(frame)
    this.mainCount++
  }

  /**
   * Takes the frame to evict out of its queue; -1 when `isPinned` holds for every frame. `pageOf` gives the
   * page id of a frame. Cost: amortised constant, at most three rounds over the frames when many are pinned.
   */
  victim(isPinned: (frame: number) => boolean, pageOf: (frame: number) => number): number {
    const total = this.smallCount + this.mainCount
    for (let steps = 3 * total; steps > 0; steps--) {
      const fromSmall = this.smallCount > 0 && (this.smallCount * 10 > total || this.mainCount === 0)
      const frame = fromSmall ? this.stepSmall(isPinned, pageOf, total) : this.stepMain(isPinned)
      if (frame >= 0) return frame
    }
    return -1
  }

  private stepSmall(isPinned: (frame: number) => boolean, pageOf: (frame: number) => number, total: number): number {
    const frame = nextValid(this.small, this.staleSmall)
    this.smallCount--
    const used = this.referenced[frame] !== 0
    if (used || isPinned(frame)) {
      // A pinned frame is kept, but only a reference earns it another round in main.
      this.referenced[frame] = 0
      this.enqueueMain(frame)
      return -1
    }
    this.queueOf[frame] = NONE
    this.ghost.add(pageOf(frame), total)
    return frame
  }

  private stepMain(isPinned: (frame: number) => boolean): number {
    const frame = nextValid(this.main, this.staleMain)
    this.mainCount--
    if (this.referenced[frame] !== 0 || isPinned(frame)) {
      this.referenced[frame] = 0
      this.enqueueMain(frame)
      return -1
    }
    this.queueOf[frame] = NONE
    return frame
  }
}

// The oldest entry that still counts. A frame's stale entries are always older than its valid one.
function nextValid(queue: FrameQueue, stale: Uint16Array): number {
  for (;;) {
    const frame = queue.shift()
    assert(frame >= 0, 'a queue with members has a valid entry')
    if (stale[frame] === 0) return frame
    stale[frame]!--
  }
}
