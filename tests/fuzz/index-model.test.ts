// Fuzzes stored key models: whatever decodes must give search bounds inside the rows, for every key.
import { expect, test } from 'vitest'
import { Random } from '../../src/base/random.ts'
import { createSearchBound, decodeGroupModel, encodeGroupModel, fitGroupModel, searchBound } from '../../index/mod.ts'
import { isTyped, runCampaign } from './campaign.ts'
import { mutateCopy } from './mutator.ts'

const KEYS = [-Infinity, -1e300, -1, -0, 0, 1, 2 ** 31, 2 ** 53, 1e300, Infinity, NaN]

function sortedKeys(random: Random, count: number, step: () => number): Float64Array {
  let key = random.between(-1e6, 1e6)
  return Float64Array.from({ length: count }, () => key += step())
}

test('key models', async () => {
  const random = new Random(77)
  const models = [
    sortedKeys(random, 1, () => 1), sortedKeys(random, 5000, () => 1), sortedKeys(random, 3000, () => random.next()),
    sortedKeys(random, 2000, () => random.chance(0.01) ? 1e9 : 2),
    sortedKeys(random, 4000, () => 2 ** random.below(40)),
  ].map((keys) => encodeGroupModel(fitGroupModel(keys, keys.length)))
  const bound = createSearchBound()
  const { executions, refused } = await runCampaign('index model', (seeded) => {
    try {
      const model = decodeGroupModel(mutateCopy(seeded.pick(models), seeded))
      for (let i = 0; i < 40; i++) {
        const key = i < KEYS.length ? KEYS[i]! : seeded.between(-2e6, 2e6) + seeded.next()
        searchBound(model, key, bound)
        const isInside = bound.lo >= 0 && bound.lo <= bound.hi && bound.hi <= model.keys
        const isPredicted = bound.lo === bound.hi || (bound.pos >= 0 && bound.pos < model.keys)
        if (!isInside || !isPredicted) throw new Error(`bound of ${key}: ${JSON.stringify(bound)}`)
      }
      return true
    } catch (error) {
      return !isTyped(error)
    }
  })
  expect(refused).toBeGreaterThan(executions / 10)
}, 600_000)
