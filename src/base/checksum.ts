// CRC-32C (Castagnoli), reflected polynomial 0x82f63b78, initial value and final xor all ones: the
// checksum of every page and WAL record. Detects every burst up to 32 bits; iSCSI and ext4 use the same.
//
// Slice-by-8: table k maps a byte to its effect k bytes further on, so that eight bytes are folded by
// eight independent lookups instead of eight dependent ones. storage/memory/checksum.ts is the same
// with sixteen tables in WebAssembly; this one is the fallback and the reference.
// Reference: M. Kounavis, F. Berry, "A Systematic Approach to Building High Performance CRC", 2005.

const SLICES = 16

/** The lookup tables: entry [k * 256 + byte]. */
export const CRC_TABLES: Uint32Array = makeTables()

function makeTables(): Uint32Array {
  const tables = new Uint32Array(SLICES * 256)
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1
    tables[byte] = crc >>> 0
  }
  for (let at = 256; at < tables.length; at++) {
    const before = tables[at - 256]!
    tables[at] = (before >>> 8) ^ tables[before & 0xff]!
  }
  return tables
}

/** CRC-32C of `bytes` as an unsigned number; `seed` is the CRC of the bytes before them. */
export function crc32c(bytes: Uint8Array, seed = 0): number {
  return crc32cRange(bytes, 0, bytes.length, seed)
}

/** CRC-32C of bytes [begin, end) without making a view. */
export function crc32cRange(bytes: Uint8Array, begin: number, end: number, seed = 0): number {
  const t = CRC_TABLES
  let crc = ~seed
  let at = begin
  for (; at + 8 <= end; at += 8) {
    const low = crc ^ (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24))
    crc = t[1792 + (low & 0xff)]! ^ t[1536 + ((low >>> 8) & 0xff)]!
      ^ t[1280 + ((low >>> 16) & 0xff)]! ^ t[1024 + (low >>> 24)]!
      ^ t[768 + bytes[at + 4]!]! ^ t[512 + bytes[at + 5]!]! ^ t[256 + bytes[at + 6]!]! ^ t[bytes[at + 7]!]!
  }
  for (; at < end; at++) crc = t[(crc ^ bytes[at]!) & 0xff]! ^ (crc >>> 8)
  return ~crc >>> 0
}
