// A worker thread that reads pages of a live database through the frame table, in both ways, while the main thread
// inserts, evicts and checkpoints. Every page it believes must be whole: a heap page that says its own id and whose
// counts agree, or a row-group page whose checksum is the one of its first reading.
//
//   workerData: memory (SharedArrayBuffer), tableAddress, frames, shared (word 0: stop; word 1 + n: rounds of worker n)
import { parentPort, workerData } from 'node:worker_threads'
import type { FrameLatch as Latch } from '../../storage/pool/frame-latch.ts'

interface Data {
  readonly buffer: SharedArrayBuffer
  readonly tableAddress: number
  readonly frames: number
  readonly shared: Int32Array
  readonly number: number
  readonly latchUrl: string
  readonly checksumUrl: string
}

const { buffer, tableAddress, frames, shared, number, latchUrl, checksumUrl } = workerData as Data
const { FrameLatch } = await import(latchUrl) as { FrameLatch: typeof Latch }
const { crc32c } = await import(checksumUrl) as { crc32c: (bytes: Uint8Array) => number }

const HEAP_MAGIC = 0x50414548
const FRAME = 65536
const latch = new FrameLatch(new Int32Array(buffer, tableAddress, frames * 4))
const all = new Uint8Array(buffer)
const copy = new Uint8Array(FRAME)
const view = new DataView(copy.buffer)
const checksums = new Map<number, number>()
const counts = { optimistic: 0, changed: 0, pinned: 0, heapPages: 0, problems: [] as string[] }

// Why a copied heap page cannot be one that was whole: slots, live bytes and free slots must agree.
function heapProblem(page: number): string | null {
  if (view.getUint32(4, true) !== page) return `heap page ${page} says it is ${view.getUint32(4, true)}`
  const slots = view.getUint32(12, true)
  let live = 0
  let free = 0
  for (let slot = 0; slot < slots; slot++) {
    if (view.getUint16(32 + slot * 4, true) === 0) free++
    else live += view.getUint16(34 + slot * 4, true)
  }
  if (live !== view.getUint32(20, true)) return `heap page ${page} has ${live} live bytes and says otherwise`
  return free === view.getUint32(24, true) ? null : `heap page ${page} has ${free} free slots and says otherwise`
}

function checkCopy(page: number): void {
  if (view.getUint32(0, true) === HEAP_MAGIC) {
    counts.heapPages++
    const problem = heapProblem(page)
    if (problem !== null) counts.problems.push(problem)
  }
}

function readOptimistically(frame: number): void {
  const page = latch.pageOf(frame)
  const version = page < 0 ? -1 : latch.beginRead(frame, page)
  if (version < 0) return
  copy.set(all.subarray(frame * FRAME, (frame + 1) * FRAME))
  if (latch.isUnchanged(frame, version)) {
    counts.optimistic++
    checkCopy(page)
  } else counts.changed++
}

// A pinned page stays: if it is not a heap page, which may change in place, its bytes must too.
function readPinned(frame: number): void {
  const page = latch.pageOf(frame)
  if (page < 0 || !latch.tryPin(frame, page)) return
  counts.pinned++
  const bytes = all.subarray(frame * FRAME, (frame + 1) * FRAME)
  const isHeap = new DataView(buffer).getUint32(frame * FRAME, true) === HEAP_MAGIC
  if (!isHeap) {
    const before = crc32c(bytes.slice())
    // A page that nobody needs any more may leave the table, but its frame takes no other page.
    for (let i = 0; i < 3; i++) {
      const now = latch.pageOf(frame)
      if (now !== page && now !== -1) counts.problems.push(`page ${page} became page ${now} under a pin`)
    }
    if (crc32c(bytes.slice()) !== before) counts.problems.push(`page ${page} changed under a pin`)
    checksums.set(page, before)
  }
  latch.unpin(frame)
}

while (Atomics.load(shared, 0) === 0) {
  for (let frame = 2; frame < frames; frame++) {
    readOptimistically(frame)
    if (frame % 7 === 0) readPinned(frame)
  }
  Atomics.add(shared, 1 + number, 1)
}
parentPort!.postMessage(counts)
