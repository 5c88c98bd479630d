// Bitwise operators of integers: & | # (exclusive or) ~ << >>. Shift counts are taken modulo the width, as the
// processors do on which PostgreSQL runs.
import type { Integer } from '../../src/base/decimal.ts'
import { canonicalInteger } from '../../src/base/decimal.ts'
import type { FunctionEntry } from './entry.ts'
import { scalar } from './entry.ts'

type Bits = (a: bigint, b: bigint) => bigint

function entries(id: string, symbol: string, run: Bits): FunctionEntry[] {
  const names = [symbol]
  const narrow = (a: number, b: number): number => Number(BigInt.asIntN(32, run(BigInt(a), BigInt(b))))
  const wide = (a: Integer, b: Integer): Integer => canonicalInteger(BigInt.asIntN(64, run(BigInt(a), BigInt(b))))
  return [
    scalar(id, 'integer, integer -> integer', narrow, { names }),
    scalar(id, 'bigint, bigint -> bigint', wide, { names }),
  ]
}

function shifts(id: string, symbol: string, run: Bits): FunctionEntry[] {
  const names = [symbol]
  const narrow = (a: number, b: number): number => Number(BigInt.asIntN(32, run(BigInt(a), BigInt(b & 31))))
  const wide = (a: Integer, b: number): Integer => canonicalInteger(BigInt.asIntN(64, run(BigInt(a), BigInt(b & 63))))
  return [
    scalar(id, 'integer, integer -> integer', narrow, { names }),
    scalar(id, 'bigint, integer -> bigint', wide, { names }),
  ]
}

/** The entries of this file. */
export const BIT_FUNCTIONS: readonly FunctionEntry[] = [
  ...entries('bit_and', '&', (a, b) => a & b), ...entries('bit_or', '|', (a, b) => a | b),
  ...entries('bit_xor', '#', (a, b) => a ^ b),
  ...shifts('shift_left', '<<', (a, b) => a << b), ...shifts('shift_right', '>>', (a, b) => a >> b),
  scalar('bit_not', 'integer -> integer', (a: number) => ~a, { names: ['~'] }),
  scalar('bit_not', 'bigint -> bigint', (a: Integer) => canonicalInteger(~BigInt(a)), { names: ['~'] }),
]
