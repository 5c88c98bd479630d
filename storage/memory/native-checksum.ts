// An accelerator nobody has to install: `@node-rs/crc32`, when it happens to be there, computes CRC-32C with the
// processor's own instruction. It is looked for once in a process, at the first open, and used only when it agrees
// with ours on bytes in shared memory; the answer, also "no", is kept.
//
//   SECANTDB_CHECKSUM = js | wasm | native      forces one body; native without the package is 58P01
import { crc32c } from '../../src/base/checksum.ts'
import { CODE, DatabaseError } from '../../src/base/errors.ts'

/** CRC-32C of bytes, continuing from the CRC of what came before. */
export type NativeChecksum = (bytes: Uint8Array, seed: number) => number

const PACKAGE = '@node-rs/crc32'
let found: NativeChecksum | null | undefined

/** The native body that was found, null when there is none or nobody has looked yet. */
export function nativeChecksum(): NativeChecksum | null {
  return found ?? null
}

/**
 * Looks for the native body, the first time only. 58P01 when the environment demands it and it is not there, 22023
 * for a body nobody knows.
 */
export async function findNativeChecksum(
  load: () => Promise<unknown> = () => import(PACKAGE), wanted = process.env['SECANTDB_CHECKSUM'],
): Promise<NativeChecksum | null> {
  if (wanted !== undefined && !['js', 'wasm', 'native'].includes(wanted)) {
    const text = `SECANTDB_CHECKSUM must be js, wasm or native, not ${JSON.stringify(wanted)}`
    throw new DatabaseError(CODE.INVALID_PARAMETER, text)
  }
  if (wanted === 'js' || wanted === 'wasm') return null
  if (found === undefined) found = await tryToLoad(load)
  if (found === null && wanted === 'native') {
    throw new DatabaseError(CODE.UNDEFINED_FILE, `SECANTDB_CHECKSUM is native, but "${PACKAGE}" cannot be used`)
  }
  return found
}

// Any failure means "not there": what is optional must not keep a database from opening.
async function tryToLoad(load: () => Promise<unknown>): Promise<NativeChecksum | null> {
  const probe = new Uint8Array(new SharedArrayBuffer(1000))
  for (let i = 0; i < probe.length; i++) probe[i] = (i * i) & 255
  const view = probe.subarray(7, 990)
  try {
    const loaded = await load() as { crc32c?: unknown; default?: { crc32c?: unknown } }
    const crc = loaded.crc32c ?? loaded.default?.crc32c
    if (typeof crc !== 'function') return null
    const body: NativeChecksum = (bytes, seed) => (crc as (bytes: Buffer, seed: number) => number)(
      Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), seed)
    return body(view, 0) === crc32c(view) && body(view, 12345) === crc32c(view, 12345) ? body : null
  } catch {
    return null
  }
}
