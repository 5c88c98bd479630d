// The free-space map against a model that searches all pages: the first page in the lowest sufficient bucket, oldest
// first, through random moves, arrivals and departures.
import { expect, test } from 'vitest'
import { Random } from '../../src/base/random.ts'
import { BUCKET_BYTES, FreeSpaceMap } from './free-space-map.ts'

test('finds what a search of all pages finds', () => {
  for (let seed = 1; seed <= 20; seed++) {
    const random = new Random(seed)
    const map = new FreeSpaceMap()
    // Pages in order of their arrival in their bucket.
    let model: { page: number; bucket: number }[] = []
    let nextPage = 1
    for (let step = 0; step < 3000; step++) {
      const known = model.length > 0 ? random.pick(model) : null
      if (known === null || random.chance(0.3)) {
        const page = nextPage
        nextPage += random.chance(0.9) ? 1 : 300
        const bucket = random.below(16)
        map.move(page, -1, bucket)
        model.push({ page, bucket })
      } else {
        model = model.filter((one) => one !== known)
        const to = random.chance(0.2) ? -1 : random.below(16)
        map.move(known.page, known.bucket, to)
        if (to >= 0) model.push({ page: known.page, bucket: to })
      }
      const bytes = random.below(16 * BUCKET_BYTES)
      const least = Math.floor(bytes / BUCKET_BYTES) + 1
      const lowest = Math.min(...model.filter(({ bucket }) => bucket >= least).map(({ bucket }) => bucket))
      expect(map.find(bytes)).toBe(model.find(({ bucket }) => bucket === lowest)?.page ?? -1)
    }
  }
})

test('an empty map has no page, and buckets promise no more than they hold', () => {
  const map = new FreeSpaceMap()
  expect(map.find(0)).toBe(-1)
  map.move(7, -1, 0)
  expect(map.find(0)).toBe(-1)
  map.move(7, 0, 1)
  expect([map.find(BUCKET_BYTES - 1), map.find(BUCKET_BYTES)]).toEqual([7, -1])
  map.move(7, 1, -1)
  expect(map.find(0)).toBe(-1)
})
