// Who waits for whom. An edge goes from a waiting transaction to every transaction in its way; a cycle can only
// appear when an edge is added, so it is looked for then, over all sessions, and the statement that would close
// it is the victim (40P01). Waiting itself (promise, timer) is the API's business: here a waiter is a callback.
//
//   enter ─► waiting ─ a blocker ends, or gives up locks ─► woken (runs again; may enter again, same ticket)
//              └─ leave: timed out, cancelled
//
// Q1  No cycle of waiting transactions exists between two calls.
// Q2  Waiters for the same transaction are woken in the order of their tickets; a statement keeps its ticket
//     while it waits again, so those who came later cannot overtake it.
import { CODE, DatabaseError } from '../../src/base/errors.ts'
import type { Transaction } from './transaction.ts'

/** A statement that waits for locks. */
export interface Waiter {
  /** The explicit transaction it belongs to; null = autocommit: it holds nothing while it waits. */
  readonly transaction: Transaction | null
  readonly session: number
  readonly ticket: number
  /** Who was in the way when the wait began; each of them wakes it. */
  readonly blockers: readonly Transaction[]
  /** Who is in the way now: the edges. */
  blockersNow(): readonly Transaction[]
  /** The row or table it wants, for messages. */
  readonly what: string
  /** Called once, when it may try again. */
  wake(): void
}

/** All waiting statements of a database. */
export class WaitGraph {
  readonly counters = { waits: 0, deadlocks: 0, timeouts: 0 }
  private readonly waiters = new Set<Waiter>()
  private readonly byTransaction = new Map<Transaction, Waiter>()
  private lastTicket = 0

  get waiting(): number {
    return this.waiters.size
  }

  /** A place in the queue. */
  nextTicket(): number {
    return ++this.lastTicket
  }

  /** Adds the waiter's edges, or throws 40P01 with the cycle they would close. Cost: the edges reachable from it. */
  enter(waiter: Waiter): void {
    const cycle = waiter.transaction === null ? null : this.findCycle(waiter, waiter.transaction)
    if (cycle !== null) {
      this.counters.deadlocks++
      throw deadlock(cycle)
    }
    this.counters.waits++
    this.waiters.add(waiter)
    if (waiter.transaction !== null) this.byTransaction.set(waiter.transaction, waiter)
  }

  /** Takes a waiter out; false when it was woken or left before. */
  leave(waiter: Waiter): boolean {
    if (!this.waiters.delete(waiter)) return false
    if (waiter.transaction !== null) this.byTransaction.delete(waiter.transaction)
    return true
  }

  /** A transaction ended: those who wait for it try again, in the order of their tickets. */
  ended(holder: Transaction): void {
    if (this.waiters.size > 0) this.wake((waiter) => waiter.blockers.includes(holder))
  }

  /**
   * A transaction gave up some locks: those who waited for one of them try again. Nobody else: two statements that
   * woke each other with what they take back could go on like that for ever, and never be seen waiting in a circle.
   */
  gaveUp(holder: Transaction): void {
    if (this.waiters.size === 0) return
    this.wake((waiter) => waiter.blockers.includes(holder) && !waiter.blockersNow().includes(holder))
  }

  private wake(isFree: (waiter: Waiter) => boolean): void {
    const woken = [...this.waiters].filter(isFree)
    woken.sort((a, b) => a.ticket - b.ticket)
    for (const waiter of woken) {
      this.leave(waiter)
      waiter.wake()
    }
  }

  // Depth first along the edges from `waiter` back to its own transaction; the waiters on the way, or null. A holder
  // that shares a lock later adds an edge without a wait of its own: it cannot close a cycle while it runs, and is
  // met here when it waits.
  private findCycle(waiter: Waiter, target: Transaction): Waiter[] | null {
    const seen = new Set<Transaction>()
    const path = [{ waiter, edges: waiter.blockersNow(), next: 0 }]
    while (path.length > 0) {
      const top = path[path.length - 1]!
      const blocker = top.edges[top.next++]
      if (blocker === undefined) {
        path.pop()
        continue
      }
      if (blocker === target) return path.map((step) => step.waiter)
      const onward = seen.has(blocker) ? undefined : this.byTransaction.get(blocker)
      seen.add(blocker)
      if (onward !== undefined) path.push({ waiter: onward, edges: onward.blockersNow(), next: 0 })
    }
    return null
  }
}

// "session 2 waits for row (id) = (1) of table "t" held by session 1", along the cycle.
function deadlock(cycle: readonly Waiter[]): DatabaseError {
  const lines = cycle.map((waiter, i) => {
    const holder = cycle[(i + 1) % cycle.length]!
    return `session ${waiter.session} waits for ${waiter.what}, held by session ${holder.session}`
  })
  return new DatabaseError(CODE.DEADLOCK, 'deadlock detected', {
    detail: `${lines.join('; ')}.`,
    hint: 'The transaction of this session has failed: roll it back and try it again.',
  })
}
