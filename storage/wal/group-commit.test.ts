// Group commit over a log that only counts: who shares a sync, where it runs, and what a failed one means, on the
// thread pool and on this thread.
import { describe, expect, test } from 'vitest'
import { GroupCommit } from './group-commit.ts'

/** A log whose syncs take `syncMs` by its own clock, and fail when told to. */
class FakeLog {
  readonly calls: string[] = []
  syncMs = 0.02
  failure: Error | null = null
  private now = 0
  readonly groups = new GroupCommit({
    isSafe: () => false,
    start: () => {
      this.sync('pool')
      const synced = this.failure === null ? Promise.resolve() : Promise.reject(this.failure)
      return { lsn: this.calls.length, synced }
    },
    syncHere: () => {
      this.sync('here')
      if (this.failure !== null) throw this.failure
    },
    finish: () => undefined,
    fail: () => new Error('stopped before'),
  }, () => this.now)

  private sync(where: string): void {
    this.calls.push(where)
    this.now += this.syncMs
  }

  async commits(count: number): Promise<void> {
    for (let i = 0; i < count; i++) await this.groups.request()
  }
}

describe('group commit', () => {
  test('short syncs move to this thread, and back to the pool after a long one', async () => {
    const log = new FakeLog()
    await log.commits(10)
    expect(log.calls).toEqual([...Array<string>(8).fill('pool'), 'here', 'here'])
    log.syncMs = 3
    await log.commits(2)
    expect(log.calls.slice(10)).toEqual(['here', 'pool'])
  })

  test('those who ask in one turn share a sync, wherever it runs', async () => {
    const log = new FakeLog()
    for (let turn = 0; turn < 12; turn++) await Promise.all(Array.from({ length: 64 }, () => log.groups.request()))
    expect(log.calls.length).toBe(12)
    expect(log.calls[11]).toBe('here')
  })

  test.each([0, 20])('a failed sync is tried once, after %d good ones', async (good) => {
    const log = new FakeLog()
    await log.commits(good)
    const before = log.calls.length
    log.failure = new Error('no disk')
    const both = await Promise.allSettled([log.groups.request(), log.groups.request()])
    expect(both.map((each) => each.status === 'rejected' && each.reason)).toEqual([log.failure, log.failure])
    expect(log.calls.slice(before)).toEqual([good === 0 ? 'pool' : 'here'])
  })
})
