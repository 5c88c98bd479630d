// When syncs move to the calling thread, and when they leave it.
import { expect, test } from 'vitest'
import { SyncPlace } from './sync-place.ts'

test('eight short syncs in a row move the next one here, one long sync moves it away', () => {
  const place = new SyncPlace()
  const here: boolean[] = []
  for (const ms of [...Array<number>(7).fill(0.02), 0.2, ...Array<number>(8).fill(0.1), 0.03, 0.11, 0.02]) {
    place.note(ms)
    here.push(place.isHere)
  }
  expect(here.map(Number).join('')).toBe('0000000' + '0' + '00000001' + '1' + '00')
})
