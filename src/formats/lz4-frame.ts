// Decoder of the LZ4 frame format, which Arrow files use for compressed buffers: a frame is a header, blocks,
// an end mark and optional checksums (not verified here; Arrow's own lengths are).
//
//   magic 04 22 4d 18 | flags, block size, [content size u64], [dictionary id u32], header checksum
//   | per block: u32 size (top bit: stored uncompressed), bytes, [u32 checksum] | u32 0 | [u32 checksum]
//
// Format: lz4_Frame_format.md and lz4_Block_format.md of the LZ4 project.

import { CODE, DatabaseError } from '../base/errors.ts'

/** Decodes one frame. Throws 22P02 when it is damaged. */
export function decodeLz4Frame(input: Uint8Array): Uint8Array {
  const view = new DataView(input.buffer, input.byteOffset, input.byteLength)
  if (input.length < 7 || view.getUint32(0, true) !== 0x184d2204) throw damaged()
  const flags = input[4]!
  let pos = 6
  let output = new Uint8Array(input.length * 4)
  if (flags & 8) {
    output = new Uint8Array(Number(view.getBigUint64(pos, true)))
    pos += 8
  }
  pos += flags & 1 ? 5 : 1
  let length = 0
  while (pos + 4 <= input.length) {
    const header = view.getUint32(pos, true)
    pos += 4
    if (header === 0) return output.subarray(0, length)
    const size = header & 0x7fffffff
    if (pos + size > input.length) throw damaged()
    const block = input.subarray(pos, pos + size)
    const room = header >>> 31 ? size : 4 << 20
    if (length + room > output.length && !(flags & 8)) output = enlarged(output, length + room)
    if (header >>> 31) {
      output.set(block, length)
      length += size
    } else length = decodeBlock(block, output, length)
    pos += size + (flags & 16 ? 4 : 0)
  }
  throw damaged()
}

function damaged(): DatabaseError {
  return new DatabaseError(CODE.INVALID_TEXT, 'damaged LZ4 data in an Arrow buffer')
}

function enlarged(bytes: Uint8Array<ArrayBuffer>, size: number): Uint8Array<ArrayBuffer> {
  const bigger = new Uint8Array(Math.max(size, bytes.length * 2))
  bigger.set(bytes)
  return bigger
}

/** Sequences of literals and matches; a match may overlap its own output. Returns the new length. */
function decodeBlock(input: Uint8Array, output: Uint8Array, begin: number): number {
  let out = begin
  let pos = 0
  while (pos < input.length) {
    const token = input[pos++]!
    let literals = token >> 4
    if (literals === 15) {
      let more = 255
      while (more === 255 && pos < input.length) literals += more = input[pos++]!
    }
    if (pos + literals > input.length || out + literals > output.length) throw damaged()
    output.set(input.subarray(pos, pos + literals), out)
    pos += literals
    out += literals
    if (pos >= input.length) break
    const distance = input[pos]! | (input[pos + 1]! << 8)
    pos += 2
    let match = (token & 15) + 4
    if ((token & 15) === 15) {
      let more = 255
      while (more === 255 && pos < input.length) match += more = input[pos++]!
    }
    if (distance === 0 || distance > out || out + match > output.length) throw damaged()
    for (const stop = out + match; out < stop; out++) output[out] = output[out - distance]!
  }
  return out
}
