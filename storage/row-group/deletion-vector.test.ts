// The deletion vector against a plain list of (row, since): marks, commits, rollbacks, and the alive bits of
// any window for any snapshot.
import { expect, test } from 'vitest'
import { Random } from '../../src/base/random.ts'
import { DeletionVector, UNCOMMITTED, uncommittedMark } from './deletion-vector.ts'

function aliveBits(vector: DeletionVector, begin: number, end: number, commitId: number, mark: number): number[] {
  const target = new Uint8Array(1024)
  const dead = vector.writeAlive(target, begin, end, commitId, mark)
  const bits = Array.from({ length: end - begin }, (_, i) => (dead === 0 ? 1 : (target[i >> 3]! >> (i & 7)) & 1))
  expect(bits.filter((bit) => bit === 0).length).toBe(dead)
  return bits
}

test('random notes, commits and rollbacks, seen by every snapshot', () => {
  for (const rows of [1, 63, 64, 65, 1000, 1024]) {
    const random = new Random(rows)
    const vector = new DeletionVector(rows)
    const model = new Map<number, number>()
    const marks = [uncommittedMark(1), uncommittedMark(2)]
    let now = 0
    for (let step = 0; step < 300; step++) {
      const row = random.below(rows)
      const mark = random.pick(marks)
      const action = random.below(4)
      if (action === 0) {
        vector.add(row, ++now)
        if (!model.has(row)) model.set(row, now)
      } else if (action === 1) {
        vector.add(row, mark)
        if (!model.has(row)) model.set(row, mark)
      } else if (action === 2) {
        vector.commit(row, mark, ++now)
        if (model.get(row) === mark) model.set(row, now)
      } else {
        vector.remove(row, mark)
        if (model.get(row) === mark) model.delete(row)
      }
      expect(vector.count).toBe(model.size)
      const begin = random.below((rows + 63) >> 6) * 64
      const end = random.between(begin + 1, rows)
      for (const commitId of [0, now >> 1, now]) {
        for (const own of [-1, marks[0]!]) {
          const expected = Array.from({ length: end - begin }, (_, i) => {
            const since = model.get(begin + i)
            return since !== undefined && (since <= commitId || since === own) ? 0 : 1
          })
          expect(aliveBits(vector, begin, end, commitId, own)).toEqual(expected)
          expect(vector.isDead(row, commitId, own)).toBe(
            model.has(row) && (model.get(row)! <= commitId || model.get(row) === own))
        }
      }
    }
    for (let row = 0; row < rows; row++) expect(vector.since(row)).toBe(model.get(row) ?? 0)
  }
})

test('the first note of a row stands, and only its own mark can take it back', () => {
  const vector = new DeletionVector(10)
  vector.add(3, 7)
  vector.add(3, 9)
  vector.remove(3, uncommittedMark(1))
  expect(vector.since(3)).toBe(7)
  vector.add(4, uncommittedMark(1))
  vector.commit(4, uncommittedMark(2), 8)
  expect(vector.since(4)).toBe(UNCOMMITTED + 1)
})

test('a foreign mark hides nothing even when all commits are visible', () => {
  const vector = new DeletionVector(64)
  vector.add(0, 1)
  vector.add(1, uncommittedMark(5))
  expect(aliveBits(vector, 0, 3, 100, -1)).toEqual([0, 1, 1])
  expect(aliveBits(vector, 0, 3, 100, uncommittedMark(5))).toEqual([0, 0, 1])
  vector.remove(1, uncommittedMark(5))
  expect(aliveBits(vector, 0, 3, 100, -1)).toEqual([0, 1, 1])
})

test('whole scan windows, whose dead rows are not counted but known', () => {
  const rows = 20_000
  const random = new Random(9)
  const vector = new DeletionVector(rows)
  const mark = uncommittedMark(1)
  const dead = new Set<number>()
  for (let i = 0; i < 400; i++) {
    const row = random.below(16_384)
    vector.add(row, 1)
    dead.add(row)
    if (!dead.has(row + 1)) {
      vector.add(row + 1, mark)
      vector.remove(row + 1, mark)
    }
  }
  for (const [begin, end] of [[0, 8192], [8192, 16_384], [16_384, rows], [64, 8192], [8192, rows - 5000]] as const) {
    const bits = aliveBits(vector, begin, end, 1, -1)
    expect(bits).toEqual(bits.map((_, i) => dead.has(begin + i) ? 0 : 1))
  }
  for (let row = 0; row < rows; row++) expect(vector.has(row)).toBe(dead.has(row))
})
