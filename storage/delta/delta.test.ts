// The delta's hash index and version chains against a Map of arrays, with collisions, rollbacks, merges and
// compaction.
import { describe, expect, test } from 'vitest'
import { Random } from '../../src/base/random.ts'
import { UNCOMMITTED } from '../row-group/deletion-vector.ts'
import { Delta, NO_MARK } from './delta.ts'
import { hashKey } from '../table/key.ts'
import type { KeyValue } from '../table/key.ts'

test('finds every key of every kind through growth, and no other', () => {
  const delta = new Delta()
  const keys: KeyValue[] = []
  for (let i = 0; i < 3000; i++) keys.push(i * 7 - 5000, `key ${i}`, i + 0.5, (2n ** 60n) + BigInt(i))
  keys.push(NaN, Infinity, '')
  expect(delta.find(1)).toBe(-1)
  keys.forEach((key, i) => expect(delta.addEntry(key, null, -1)).toBe(i))
  keys.forEach((key, i) => expect(delta.find(key)).toBe(i))
  for (let i = 0; i < 3000; i++) expect(delta.find(`no ${i}`)).toBe(-1)
  expect([delta.find(-0.25), delta.find(2n ** 61n), delta.find(-Infinity)]).toEqual([-1, -1, -1])
})

test('keys with the same slot and the same tag are told apart', () => {
  const wanted = hashKey(0)
  const alike: number[] = []
  for (let key = 0; alike.length < 4; key++) {
    if (((hashKey(key) ^ wanted) & 0xff0003ff) === 0) alike.push(key)
  }
  const delta = new Delta()
  const absent = alike.pop()!
  alike.forEach((key, i) => expect(delta.addEntry(key, null, -1)).toBe(i))
  alike.forEach((key, i) => expect([delta.find(key), delta.keyOf(i)]).toEqual([i, key]))
  expect(delta.find(absent)).toBe(-1)
})

// Page, slot and whether it is a tombstone.
function placeOf(value: number): [number, number, boolean] {
  return [value * 3, value * 11 & 0xffff, value % 3 === 0]
}

interface ModelVersion { begin: number; value: number; merged: number }

class Model {
  readonly delta = new Delta()
  readonly chains = new Map<number, ModelVersion[]>()

  entry(key: number): number {
    const entry = this.delta.find(key)
    return entry >= 0 ? entry : this.delta.addEntry(key, null, key)
  }

  check(key: number, commitId: number, mark: number, root: number): void {
    const entry = this.delta.find(key)
    const seen = this.chains.get(key)?.find((v) => v.begin <= commitId || v.begin === mark)
    const expected = seen === undefined || (seen.merged !== 0 && seen.merged <= root) ? null : seen.value
    const version = entry < 0 ? -1 : this.delta.visible(entry, commitId, mark, root)
    const { versions } = this.delta
    expect(version < 0 ? null : versions.row(version)![0]).toBe(expected)
    if (expected !== null) {
      const place = [versions.page(version), versions.slot(version), versions.isTombstone(version)]
      expect([versions.entry(version), ...place]).toEqual([entry, ...placeOf(expected)])
    }
    if (entry >= 0) expect([this.delta.keyOf(entry), this.delta.baseRow[entry]]).toEqual([key, key])
  }
}

describe('versions', () => {
  test('random pushes, commits, rollbacks, merges and compactions', () => {
    const random = new Random(21)
    const model = new Model()
    const { delta, chains } = model
    let now = 1
    let root = 0
    let compaction: Generator<void> | null = null
    let generation = 0
    let finished = 0
    for (let step = 0; step < 8000; step++) {
      const key = random.below(60)
      const chain = chains.get(key) ?? []
      const isOpen = chain.length > 0 && chain[0]!.begin >= UNCOMMITTED
      if (isOpen && random.chance(0.4)) {
        chain.shift()
        delta.pop(model.entry(key))
      } else if (isOpen) {
        chain[0]!.begin = ++now
        delta.versions.setBegin(delta.headOf(model.entry(key)), now)
        delta.touch(model.entry(key))
      } else if (compaction === null && random.chance(0.02)) {
        root++
        for (const [other, versions] of chains) {
          const head = versions[0]
          if (head === undefined || head.begin >= UNCOMMITTED || head.merged !== 0) continue
          head.merged = root
          delta.versions.setMerged(delta.headOf(model.entry(other)), root)
        }
      } else if (compaction === null && random.chance(0.02)) {
        compaction = delta.compactSteps(0, random.between(1, 20))
        generation = delta.generation
      } else {
        const begin = random.chance(0.5) ? ++now : UNCOMMITTED + 1
        const changes = delta.changes
        const [page, slot, isTombstone] = placeOf(step)
        delta.versions.setPlace(delta.push(model.entry(key), begin, [step], isTombstone), page, slot)
        expect(delta.changes).not.toBe(changes)
        chains.set(key, [{ begin, value: step, merged: 0 }, ...chain])
      }
      if (compaction !== null && random.chance(0.4)) {
        if (random.chance(0.05)) {
          compaction.return(undefined)
          compaction = null
        } else if (compaction.next().done === true) {
          compaction = null
          for (const [other, versions] of chains) {
            if (versions.length === 0 || versions[0]!.merged !== 0) chains.delete(other)
          }
          expect(delta.generation).toBe(generation + 1)
          // An entry that came and went between two steps may be left, without versions.
          expect(delta.entryCount).toBeGreaterThanOrEqual(chains.size)
          finished++
        }
      }
      const mark = random.pick([NO_MARK, UNCOMMITTED + 1])
      for (let i = 0; i < 4; i++) model.check(random.below(64), random.between(0, now), mark, random.between(0, root))
    }
    for (let key = 0; key < 64; key++) model.check(key, now, NO_MARK, root)
    expect(finished).toBeGreaterThan(20)
  })

  test('compaction keeps what a snapshot of the oldest commit and later ones see', () => {
    const delta = new Delta()
    const entry = delta.addEntry('k', null, -1)
    for (let i = 1; i <= 4; i++) delta.push(entry, i * 10, [i], false)
    delta.compact(25)
    const at = delta.find('k')
    const seen = [25, 30, 45].map((commit) => delta.versions.row(delta.visible(at, commit, NO_MARK, 0))![0])
    expect(seen).toEqual([2, 3, 4])
    expect([delta.versionCount, delta.visible(at, 19, NO_MARK, 0)]).toEqual([3, -1])
  })

  test('only uncommitted versions can be taken back', () => {
    const delta = new Delta()
    const entry = delta.addEntry('k', null, -1)
    delta.push(entry, 5, [1], false)
    expect(() => delta.pop(entry)).toThrow('only uncommitted versions')
    delta.push(entry, UNCOMMITTED + 3, [2], true)
    expect(delta.pop(entry)).toBe(1)
    expect(delta.visible(entry, 5, NO_MARK, 0)).toBe(0)
  })
})
