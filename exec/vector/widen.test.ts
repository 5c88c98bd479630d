// Widening of stored integers, every width to every width, against bigint arithmetic.
import { expect, test } from 'vitest'
import { LAYOUT, LAYOUT_WIDTH } from '../../storage/column-buffers.ts'
import type { Layout } from '../../storage/column-buffers.ts'
import { LinearMemory } from '../../storage/memory/linear-memory.ts'
import { Random } from '../../src/base/random.ts'
import { WIDEN_ROWS, Widener } from './widen.ts'

const memory = LinearMemory.create(4 * 1024 * 1024)
const [FROM, TARGET, STEPS] = [0x20000, 0x30000, 5]
const BASES = [0, 1, -1, 2 ** 31, -(2 ** 31), 2 ** 32 - 1, -(2 ** 40) - 7, 2 ** 53 - 1, -(2 ** 53) + 1]

test.each([LAYOUT.U8, LAYOUT.U16, LAYOUT.U32, LAYOUT.I64].flatMap((layout) =>
  ([4, 8, 16] as const).map((bytes) => ({ layout: layout as Layout, bytes })))
)('layout $layout to $bytes bytes', ({ layout, bytes }) => {
  const random = new Random(7)
  const width = LAYOUT_WIDTH[layout]!
  for (let i = 0; i < STEPS * WIDEN_ROWS * width; i++) {
    memory.u8[FROM + i] = random.below(4) === 0 ? 255 : random.below(256)
  }
  for (const base of layout === LAYOUT.I64 ? [0] : BASES) {
    memory.u8.fill(0xaa, TARGET, TARGET + 0x1000)
    Widener.of(memory).from(layout, bytes)(FROM, STEPS, TARGET, base | 0, Math.floor(base / 2 ** 32))
    for (let row = 0; row < STEPS * WIDEN_ROWS; row++) {
      let stored = 0n
      for (let b = width - 1; b >= 0; b--) stored = stored * 256n + BigInt(memory.u8[FROM + row * width + b]!)
      const value = BigInt.asIntN(64, stored + BigInt(base))
      const at = TARGET + row * bytes
      if (bytes === 4) expect(memory.view.getInt32(at, true)).toBe(Number(BigInt.asIntN(32, value)))
      else expect(memory.view.getBigInt64(at, true)).toBe(value)
      if (bytes === 16) expect(memory.view.getBigInt64(at + 8, true)).toBe(value >> 63n)
    }
    expect(memory.u8[TARGET + STEPS * WIDEN_ROWS * bytes]).toBe(0xaa)
  }
})
