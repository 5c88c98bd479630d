// LZ4 blocks: written by lz4js, read here, because its decoder trusts its input. Every length and distance is
// checked before it is used, so hostile bytes end in `false` and never write outside the target.
//
//   sequence   token u8 (literals << 4 | match - 4) | more literal length | literals | distance u16 | more match length
//   more       only when the nibble is 15: bytes added up until one is below 255; the last sequence ends in literals
//
// Format: lz4_Block_format.md of the LZ4 project.
import { createRequire } from 'node:module'

/** The part of lz4js in use. */
interface Lz4Library {
  compressBlock(source: Uint8Array, target: Uint8Array, begin: number, length: number, table: Uint32Array): number
}

const HASH_ENTRIES = 65536
const require = createRequire(import.meta.url)

let library: Lz4Library | null = null
let table: Uint32Array | null = null

/**
 * Compresses `source` into `target`; 0 when it does not fit. Loads lz4js with the first call (it keeps 5 MiB of
 * buffers that readers never need).
 */
export function encodeLz4Block(source: Uint8Array, target: Uint8Array): number {
  library ??= require('lz4js') as Lz4Library
  if (table === null) table = new Uint32Array(HASH_ENTRIES)
  else table.fill(0)
  const length = library.compressBlock(source, target, 0, source.length, table)
  return length <= target.length ? length : 0
}

/**
 * Decodes bytes [begin, end) of `memory` to exactly `length` bytes at `target`. False when they are no block of
 * that length; what was written then has no meaning.
 */
export function decodeLz4Block(
  memory: Uint8Array, begin: number, end: number, target: number, length: number,
): boolean {
  const stop = target + length
  let from = begin
  let to = target
  while (from < end) {
    const token = memory[from++]!
    let literals = token >>> 4
    if (literals === 15) {
      let more = 255
      while (more === 255 && from < end) literals += more = memory[from++]!
    }
    if (literals > end - from || literals > stop - to) return false
    if (literals > 32) {
      memory.copyWithin(to, from, from + literals)
      to += literals
      from += literals
    } else for (const last = from + literals; from < last;) memory[to++] = memory[from++]!
    if (from === end) return to === stop
    if (end - from < 2) return false
    const distance = memory[from]! | (memory[from + 1]! << 8)
    from += 2
    let match = (token & 15) + 4
    if (match === 19) {
      let more = 255
      while (more === 255 && from < end) match += more = memory[from++]!
    }
    if (distance === 0 || distance > to - target || match > stop - to) return false
    if (distance === 1) {
      memory.fill(memory[to - 1]!, to, to + match)
      to += match
    } else if (match > 32 && distance >= match) {
      memory.copyWithin(to, to - distance, to - distance + match)
      to += match
    } else for (const last = to + match; to < last; to++) memory[to] = memory[to - distance]!
  }
  return false
}
