// All bodies of CRC-32C agree on random bytes, places, lengths and seeds; the native one is optional, looked for once
// and refused when it does not agree.
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { crc32c } from '../../src/base/checksum.ts'
import { Random } from '../../src/base/random.ts'
import { checksumOver } from './checksum.ts'

const TABLES = 1024

function filled(random: Random): WebAssembly.Memory {
  const memory = new WebAssembly.Memory({ initial: 4, maximum: 4, shared: true })
  const bytes = new Uint8Array(memory.buffer)
  for (let i = 65536; i < bytes.length; i++) bytes[i] = random.below(256)
  return memory
}

/** A stand-in for the package, computing with ours. */
const WORKING = { crc32c: (bytes: Uint8Array, seed: number) => crc32c(bytes, seed) }

async function fresh(): Promise<typeof import('./native-checksum.ts')> {
  vi.resetModules()
  return import('./native-checksum.ts')
}

beforeEach(() => vi.stubEnv('SECANTDB_CHECKSUM', undefined))
afterEach(() => vi.unstubAllEnvs())

describe('bodies', () => {
  test.each(['js', 'wasm'])('%s agrees with the reference', (body) => {
    vi.stubEnv('SECANTDB_CHECKSUM', body)
    const random = new Random(5)
    const memory = filled(random)
    const crc = checksumOver(memory, TABLES)
    const bytes = new Uint8Array(memory.buffer)
    for (let i = 0; i < 500; i++) {
      const address = 65536 + random.below(100_000)
      const length = random.chance(0.1) ? 65536 : random.below(300)
      const seed = random.chance(0.5) ? 0 : random.below(2 ** 32)
      expect(crc(address, length, seed)).toBe(crc32c(bytes.subarray(address, address + length), seed))
    }
  })

  test('a native body that was found is used, unless another is forced', async () => {
    const { findNativeChecksum } = await fresh()
    let calls = 0
    const counting = (bytes: Uint8Array, seed: number): number => {
      calls++
      return crc32c(bytes, seed)
    }
    await findNativeChecksum(async () => ({ crc32c: counting }))
    const { checksumOver: over } = await import('./checksum.ts')
    const memory = filled(new Random(6))
    const expected = crc32c(new Uint8Array(memory.buffer, 70_000, 5000), 9)
    const before = calls
    expect(over(memory, TABLES)(70_000, 5000, 9)).toBe(expected)
    expect(calls).toBe(before + 1)
    vi.stubEnv('SECANTDB_CHECKSUM', 'wasm')
    expect(over(memory, TABLES)(70_000, 5000, 9)).toBe(expected)
    expect(calls).toBe(before + 1)
  })
})

describe('detection', () => {
  test('looks once', async () => {
    const { findNativeChecksum, nativeChecksum } = await fresh()
    let loads = 0
    const load = async (): Promise<unknown> => {
      loads++
      throw new Error('Cannot find package')
    }
    expect(await findNativeChecksum(load)).toBe(null)
    expect(await findNativeChecksum(load)).toBe(null)
    expect([loads, nativeChecksum()]).toEqual([1, null])
  })

  test.each([
    ['wrong answers', { crc32c: () => 7 }], ['no function', {}],
    ['refusing shared memory', { crc32c: () => { throw new TypeError('shared') } }],
  ])('%s: not used', async (_name, loaded) => {
    const { findNativeChecksum } = await fresh()
    expect(await findNativeChecksum(async () => loaded)).toBe(null)
  })

  test('a working one is found, also as the default export', async () => {
    for (const loaded of [WORKING, { default: WORKING }]) {
      const { findNativeChecksum, nativeChecksum } = await fresh()
      expect(await findNativeChecksum(async () => loaded)).toBe(nativeChecksum())
      expect(nativeChecksum()!(Buffer.from('123456789'), 0)).toBe(0xe3069283)
    }
  })

  test('forced: js and wasm never look, native must be there, other words are refused', async () => {
    const { findNativeChecksum } = await fresh()
    const load = async (): Promise<unknown> => {
      throw new Error('not there')
    }
    expect(await findNativeChecksum(async () => WORKING, 'wasm')).toBe(null)
    await expect(findNativeChecksum(load, 'native')).rejects.toMatchObject({ code: '58P01' })
    await expect(findNativeChecksum(load, 'fast')).rejects.toMatchObject({ code: '22023' })
  })
})
