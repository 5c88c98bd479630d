// Asynchronous I/O: one queue in front of a dispatcher. At most `depth` operations are with the dispatcher, the
// rest wait in order; `room()` is the back-pressure, for callers that make operations faster than a disk does.
//
//   submit ─► waiting (FIFO) ─► running (at most depth) ─► dispatcher ─► file ─► promise
//
// Two dispatchers behind one interface: the thread pool of libuv, and the calling thread itself, which makes
// every run of a test the same and needs no threads. Errors are the DatabaseErrors of the file layer, with file
// and offset. A failed sync poisons its file (rule F5); the queue neither retries nor hides anything.
import { assert } from '../../src/base/assert.ts'
import type { FileHandle } from './file.ts'

/** One operation. Its buffer belongs to the queue until the promise settles. */
export type IoOperation =
  | { readonly kind: 'read'; readonly file: FileHandle; readonly offset: number; readonly bytes: Uint8Array }
  | { readonly kind: 'write'; readonly file: FileHandle; readonly offset: number; readonly bytes: Uint8Array }
  | { readonly kind: 'sync'; readonly file: FileHandle }

/** Does operations; resolves to the bytes moved (0 for a sync). */
export interface Dispatcher {
  readonly name: 'threads' | 'sync'
  run(operation: IoOperation): Promise<number>
}

/** libuv's thread pool: this thread goes on meanwhile. */
export const THREAD_DISPATCHER: Dispatcher = {
  name: 'threads',
  async run(operation) {
    const { kind, file } = operation
    if (kind === 'read') return file.readAsync(operation.offset, operation.bytes)
    if (kind === 'write') await file.writeAsync(operation.offset, operation.bytes)
    else await file.syncAsync()
    return kind === 'write' ? operation.bytes.length : 0
  },
}

/** This thread: the operation is done when `run` returns. */
export const SYNC_DISPATCHER: Dispatcher = {
  name: 'sync',
  async run(operation) {
    const { kind, file } = operation
    if (kind === 'read') return file.read(operation.offset, operation.bytes)
    if (kind === 'write') file.write(operation.offset, operation.bytes)
    else file.sync()
    return kind === 'write' ? operation.bytes.length : 0
  },
}

/** Work of a queue since it was made. */
export interface IoQueueStats {
  dispatcher: string
  depth: number
  submitted: number
  failed: number
  running: number
  waiting: number
  /** Most operations that ever waited at once. */
  maxWaiting: number
  /** Ranges that scans have asked for ahead of their reads. */
  prefetched: number
}

interface Waiting {
  readonly operation: IoOperation
  readonly resolve: (count: number) => void
  readonly reject: (error: unknown) => void
}

/** libuv has four threads unless UV_THREADPOOL_SIZE says otherwise; more operations at once would only queue there. */
const DEFAULT_DEPTH = 4
/** Operations that may wait before callers must ask for room. */
const MAX_WAITING = 1024

/** Orders operations, bounds how many run at once, and counts them. */
export class IoQueue {
  private readonly dispatcher: Dispatcher
  private readonly depth: number
  private waiting: Waiting[] = []
  private running = 0
  private submitted = 0
  private failed = 0
  private maxWaiting = 0
  private prefetched = 0
  private sleepers: (() => void)[] = []

  constructor(dispatcher: Dispatcher = THREAD_DISPATCHER, depth = DEFAULT_DEPTH) {
    assert(depth > 0, 'a queue runs at least one operation')
    this.dispatcher = dispatcher
    this.depth = depth
  }

  /** Runs an operation in its turn. Rejects with a DatabaseError (53100, 58030) that names file and offset. */
  submit(operation: IoOperation): Promise<number> {
    assert(this.waiting.length < MAX_WAITING, 'callers of a full queue wait for room()')
    this.submitted++
    return new Promise((resolve, reject) => {
      const entry = { operation, resolve, reject }
      if (this.running < this.depth) this.start(entry)
      else {
        this.waiting.push(entry)
        this.maxWaiting = Math.max(this.maxWaiting, this.waiting.length)
      }
    })
  }

  /**
   * Asks for bytes ahead of a synchronous read, beside the queue: a scan keeps the event loop from turning, so it could
   * not learn that its turn has come. Nothing on the calling thread, and never an error.
   */
  prefetch(file: FileHandle, offset: number, length: number): void {
    if (this.dispatcher.name !== 'threads') return
    this.prefetched++
    file.prefetch(offset, length)
  }

  /** Resolves when another operation can start at once: back-pressure for loops that submit. */
  room(): Promise<void> {
    if (this.running < this.depth) return Promise.resolve()
    return new Promise((resolve) => this.sleepers.push(resolve))
  }

  private start({ operation, resolve, reject }: Waiting): void {
    this.running++
    this.dispatcher.run(operation).then((count) => {
      this.next()
      resolve(count)
    }, (error: unknown) => {
      this.failed++
      this.next()
      reject(error)
    })
  }

  private next(): void {
    this.running--
    const waiting = this.waiting.shift()
    if (waiting !== undefined) this.start(waiting)
    else if (this.running > 0) this.sleepers.shift()?.()
    else for (const wake of this.sleepers.splice(0)) wake()
  }

  get stats(): IoQueueStats {
    const { depth, submitted, failed, running, maxWaiting, prefetched } = this
    return {
      dispatcher: this.dispatcher.name, depth, submitted, failed, running, waiting: this.waiting.length, maxWaiting,
      prefetched,
    }
  }
}
