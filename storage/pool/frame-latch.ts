// The frame table, as the main thread and worker threads share it: which page a frame holds, who has pinned it, and
// a version that makes reading without locks safe. Only the main thread loads, changes and evicts; it never waits for
// a worker, and a worker that dies can at most leave a pin behind.
//
//   16 bytes a frame: page id i32 (-1 = none) | pins i32 | dirty bytes i32 (0 = clean) | version i32
//
//   P5  The version is odd exactly while the main thread loads, changes, evicts or drops the page of the frame.
//   P6  A frame is reused only after its version is odd *and* its pins are then found to be 0; a worker counts a pin
//       only when, after adding it, it finds the version even and the page still the right one. One of the two sees
//       the other, because atomic operations have one order.
//
// A worker has two ways to read a page. Optimistic: note the version, read, and believe what was read only when the
// version is still the same (a seqlock: Lameter, "Effective synchronization on Linux/NUMA systems", 2005). Pinned: the
// frame stays; bytes of pages that never change once written (row groups) can then be used in place.

import { assert } from '../../src/base/assert.ts'

/** 32-bit words of a frame's entry. */
export const FRAME_ENTRY_WORDS = 4
/** Words of an entry. */
export const FRAME_WORD = { PAGE: 0, PINS: 1, DIRTY: 2, VERSION: 3 } as const

/** The table, over shared memory. */
export class FrameLatch {
  private readonly table: Int32Array

  constructor(table: Int32Array) {
    this.table = table
  }

  /** Page in a frame, -1 = none. */
  pageOf(frame: number): number {
    return Atomics.load(this.table, frame * FRAME_ENTRY_WORDS + FRAME_WORD.PAGE)
  }

  isPinned(frame: number): boolean {
    return Atomics.load(this.table, frame * FRAME_ENTRY_WORDS + FRAME_WORD.PINS) > 0
  }

  /** Main thread: from here to endChange nobody believes what the frame holds. */
  beginChange(frame: number): void {
    Atomics.add(this.table, frame * FRAME_ENTRY_WORDS + FRAME_WORD.VERSION, 1)
  }

  endChange(frame: number): void {
    Atomics.add(this.table, frame * FRAME_ENTRY_WORDS + FRAME_WORD.VERSION, 1)
  }

  isChanging(frame: number): boolean {
    return (Atomics.load(this.table, frame * FRAME_ENTRY_WORDS + FRAME_WORD.VERSION) & 1) === 1
  }

  /** Main thread: begins a change that needs the frame for itself; false when somebody has pinned it. */
  tryTake(frame: number): boolean {
    assert(!this.isChanging(frame), 'a frame is changed by one at a time')
    this.beginChange(frame)
    if (!this.isPinned(frame)) return true
    this.endChange(frame)
    return false
  }

  /** Adds a pin without looking: for the main thread, which nobody evicts under. */
  pin(frame: number): void {
    Atomics.add(this.table, frame * FRAME_ENTRY_WORDS + FRAME_WORD.PINS, 1)
  }

  /** Takes a pin away; returns how many there were. */
  unpin(frame: number): number {
    return Atomics.sub(this.table, frame * FRAME_ENTRY_WORDS + FRAME_WORD.PINS, 1)
  }

  /** Worker: pins the frame when it holds the page and is not being changed. */
  tryPin(frame: number, pageId: number): boolean {
    this.pin(frame)
    if (!this.isChanging(frame) && this.pageOf(frame) === pageId) return true
    this.unpin(frame)
    return false
  }

  /** Worker: the version to validate a read of this page with, or -1 when the page is not there or is changing. */
  beginRead(frame: number, pageId: number): number {
    const version = Atomics.load(this.table, frame * FRAME_ENTRY_WORDS + FRAME_WORD.VERSION)
    return (version & 1) === 0 && this.pageOf(frame) === pageId ? version : -1
  }

  /**
   * Worker: true when nothing has changed since beginRead gave `version`. An atomic addition of nothing, because it
   * keeps the reads before it from moving behind it on every processor, which an atomic load does not.
   */
  isUnchanged(frame: number, version: number): boolean {
    return Atomics.add(this.table, frame * FRAME_ENTRY_WORDS + FRAME_WORD.VERSION, 0) === version
  }
}
