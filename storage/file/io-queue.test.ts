// The queue of asynchronous I/O: order, depth, back-pressure, errors, and that both dispatchers do the same.
import { describe, expect, test } from 'vitest'
import { FaultyFileSystem } from '../../tests/sim/faulty-file.ts'
import { MemoryFileSystem } from './memory-file.ts'
import { IoQueue, SYNC_DISPATCHER, THREAD_DISPATCHER } from './io-queue.ts'
import type { Dispatcher, IoOperation } from './io-queue.ts'

/** A dispatcher whose operations end when the test says so. */
class HeldDispatcher implements Dispatcher {
  readonly name = 'sync'
  readonly started: { operation: IoOperation; end: () => void }[] = []

  run(operation: IoOperation): Promise<number> {
    return new Promise((resolve) => this.started.push({ operation, end: () => resolve(this.started.length) }))
  }
}

const soon = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

function syncs(queue: IoQueue, count: number): Promise<number>[] {
  const file = new MemoryFileSystem().open('a', 'create')
  return Array.from({ length: count }, () => queue.submit({ kind: 'sync', file }))
}

test('at most `depth` operations run, the rest wait in order', async () => {
  const dispatcher = new HeldDispatcher()
  const queue = new IoQueue(dispatcher, 2)
  const ended: number[] = []
  syncs(queue, 5).forEach((promise, i) => void promise.then(() => ended.push(i)))
  expect(queue.stats).toMatchObject({ submitted: 5, running: 2, waiting: 3, maxWaiting: 3 })
  for (let i = 0; i < 5; i++) {
    dispatcher.started[i]!.end()
    await soon()
  }
  expect(ended).toEqual([0, 1, 2, 3, 4])
  expect(queue.stats).toMatchObject({ running: 0, waiting: 0 })
})

test('room() holds back who submits faster than operations end', async () => {
  const dispatcher = new HeldDispatcher()
  const queue = new IoQueue(dispatcher, 2)
  let submitted = 0
  const producer = (async () => {
    for (; submitted < 10; submitted++) {
      await queue.room()
      syncs(queue, 1)
    }
  })()
  for (let i = 0; i < 10; i++) {
    await soon()
    expect(queue.stats.waiting).toBe(0)
    expect(queue.stats.submitted).toBe(Math.min(10, i + 2))
    dispatcher.started[i]!.end()
  }
  await producer
})

test('two that wait for room and then want nothing do not hold up a third', async () => {
  const dispatcher = new HeldDispatcher()
  const queue = new IoQueue(dispatcher, 1)
  syncs(queue, 1)
  const woken = [queue.room(), queue.room(), queue.room()]
  dispatcher.started[0]!.end()
  await Promise.all(woken)
})

describe.each([THREAD_DISPATCHER, SYNC_DISPATCHER])('$name', (dispatcher) => {
  test('writes, syncs and reads back', async () => {
    const queue = new IoQueue(dispatcher)
    const file = new MemoryFileSystem().open('a', 'create')
    const bytes = Uint8Array.from({ length: 100 }, (_, i) => i)
    expect(await queue.submit({ kind: 'write', file, offset: 7, bytes })).toBe(100)
    expect(await queue.submit({ kind: 'sync', file })).toBe(0)
    const back = new Uint8Array(120)
    expect(await queue.submit({ kind: 'read', file, offset: 7, bytes: back })).toBe(100)
    expect(back.subarray(0, 100)).toEqual(bytes)
  })

  test('a failure rejects its own operation only', async () => {
    const disk = new FaultyFileSystem()
    const file = disk.open('a', 'create')
    disk.faults = [{ operation: 'write', nth: 2, what: 'ENOSPC' }, { operation: 'sync', nth: 1, what: 'fsync-drop' }]
    const queue = new IoQueue(dispatcher, 1)
    const write = (offset: number): Promise<number> =>
      queue.submit({ kind: 'write', file, offset, bytes: Uint8Array.of(1, 2) })
    const [first, second, third, sync] = [write(0), write(2), write(4), queue.submit({ kind: 'sync', file })]
    expect(await first).toBe(2)
    await expect(second).rejects.toMatchObject({ code: '53100', file: 'a' })
    expect(await third).toBe(2)
    await expect(sync).rejects.toMatchObject({ code: '58030', file: 'a' })
    expect(queue.stats).toMatchObject({ submitted: 4, failed: 2, running: 0 })
  })
})
