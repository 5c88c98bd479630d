// The Bloom filter: no key is lost, few others pass, and the stored form is the same filter; damage is XX001.
import { expect, test } from 'vitest'
import { BloomFilter } from './bloom-filter.ts'

test('keys of every kind pass, about one in a hundred others does', () => {
  for (const keyOf of [(i: number) => i * 3, (i: number) => `key ${i * 3}`, (i: number) => BigInt(i * 3) << 60n]) {
    const filter = BloomFilter.create(10_000)
    for (let i = 0; i < 10_000; i++) filter.add(keyOf(i))
    const again = BloomFilter.decode(filter.encode().slice(), { file: 'f', page: 1 })
    let passed = 0
    for (let i = 0; i < 10_000; i++) {
      expect(filter.mayContain(keyOf(i)) && again.mayContain(keyOf(i))).toBe(true)
      if (again.mayContain(keyOf(i + 20_000))) passed++
    }
    expect(passed).toBeLessThan(300)
    expect(again.keys).toBe(10_000)
  }
})

test('damage is found', () => {
  const bytes = BloomFilter.create(10).encode().slice()
  for (const broken of [bytes.slice(0, 20), Uint8Array.from(bytes, (byte, i) => (i === 0 ? 0 : byte))]) {
    expect(() => BloomFilter.decode(broken, { file: 'f', page: 1 })).toThrow(/Bloom filter/)
  }
})
