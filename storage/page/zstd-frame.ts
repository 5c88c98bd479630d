// ZSTD frames of pages: Node's own zlib where it has ZSTD (22.15 and later), else the WebAssembly build in
// @bokuweb/zstd-wasm. Both write ordinary frames (RFC 8878) with their content size, so each reads the other's.
//
// The package's init() is asynchronous, and a page must be readable without an await: a pool miss happens in the
// middle of a synchronous get. So its module is instantiated here, synchronously, on first use (about 10 ms once
// per process). Its exports have one-letter names that belong to one version of the package; load() proves them
// with a round trip before anything is written.
//
//   module memory:  [ source buffer | target buffer | contexts and tables of zstd ]
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import * as zlib from 'node:zlib'
import { CODE, DatabaseError } from '../../src/base/errors.ts'
import { NodeFileSystem } from '../file/node-file.ts'
import { MAX_PAGE_BYTES } from './page-map.ts'

/** Compressor and bounded decompressor of one producer; both give 0 for "cannot". */
export interface ZstdFrames {
  /** Bytes written to `target`, 0 when they do not fit. */
  encode(source: Uint8Array, target: Uint8Array): number
  /** Bytes written to `target`; anything that is no frame of at most `target.length` bytes gives 0. */
  decode(source: Uint8Array, target: Uint8Array): number
}

const LEVEL = 3
// A compressed page is smaller than a page; the bound of ZSTD_compress for one page is below this.
const BUFFER_BYTES = 2 * MAX_PAGE_BYTES
const ZSTD_CONTENT_UNKNOWN = -1
const ZSTD_CONTENT_ERROR = -2

let frames: ZstdFrames | null = null

/** The producer of this process; loaded on first use. 0A000 when there is none. */
export function zstdFrames(): ZstdFrames {
  return frames ??= nativeFrames() ?? loadWasmFrames()
}

interface NativeZstd {
  zstdCompressSync(source: Uint8Array, options: object): Uint8Array
  zstdDecompressSync(source: Uint8Array, options: object): Uint8Array
  constants: Record<string, number>
}

/** ZSTD of Node's zlib, or null where this Node has none. */
export function nativeFrames(): ZstdFrames | null {
  const native = zlib as unknown as Partial<NativeZstd>
  const { zstdCompressSync, zstdDecompressSync, constants } = native
  if (zstdCompressSync === undefined || zstdDecompressSync === undefined || constants === undefined) return null
  const parameters = { [constants['ZSTD_c_compressionLevel']!]: LEVEL }
  return {
    encode: (source, target) => {
      const bytes = zstdCompressSync(source, { params: parameters, pledgedSrcSize: source.length })
      if (bytes.length > target.length) return 0
      target.set(bytes)
      return bytes.length
    },
    decode: (source, target) => {
      try {
        const bytes = zstdDecompressSync(source, { maxOutputLength: target.length })
        target.set(bytes)
        return bytes.length
      } catch (error) {
        // Damaged frames and frames that are too long are the caller's to report; anything else is not.
        if (/^(ZSTD_|Z_|ERR_BUFFER_TOO_LARGE)/.test(String((error as { code?: unknown }).code))) return 0
        throw error
      }
    },
  }
}

// The functions of zstd.wasm 0.0.27, by the names its build gave them.
interface WasmZstd {
  readonly f: WebAssembly.Memory
  /** Constructors of the C runtime. */
  g(): void
  h(code: number): number // ZSTD_isError
  j(): number // ZSTD_createCCtx
  l(context: number, to: number, room: number, from: number, length: number, dict: number, dictLength: number,
    level: number): number // ZSTD_compress_usingDict
  n(): number // ZSTD_createDCtx
  p(from: number, length: number): unknown // ZSTD_getFrameContentSize
  q(context: number, to: number, room: number, from: number, length: number, dict: number,
    dictLength: number): number // ZSTD_decompress_usingDict
  s(bytes: number): number // malloc
}

/** ZSTD in WebAssembly, from the installed package. 0A000 when it is not there or is another build. */
export function loadWasmFrames(): ZstdFrames {
  try {
    const loaded = new WasmFrames(instantiate())
    proveRoundTrip(loaded)
    return loaded
  } catch (cause) {
    throw new DatabaseError(CODE.UNSUPPORTED, 'ZSTD is not available in this process', {
      cause, hint: 'It needs Node.js 22.15 or the package @bokuweb/zstd-wasm in the version of package.json.',
    })
  }
}

function instantiate(): WasmZstd {
  const entry = createRequire(import.meta.url).resolve('@bokuweb/zstd-wasm')
  const file = new NodeFileSystem().open(join(dirname(entry), 'zstd.wasm'), 'read')
  const bytes = new Uint8Array(file.size())
  try {
    file.read(0, bytes)
  } finally {
    file.close()
  }
  let memory: WebAssembly.Memory | null = null
  // Exit, keep-alive, abort, timer: nothing to do, they are not reached. Heap growth is the only real one.
  const grow = (wanted: number): number => {
    const missing = (wanted >>> 0) - memory!.buffer.byteLength
    memory!.grow(Math.max(0, Math.ceil(missing / MAX_PAGE_BYTES)))
    return 1
  }
  const fail = (): never => {
    throw new Error('zstd.wasm gave up')
  }
  const imports = { a: { a: fail, b: fail, c: fail, d: fail, e: grow } }
  const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), imports)
  const zstd = instance.exports as unknown as WasmZstd
  memory = zstd.f
  zstd.g()
  return zstd
}

function proveRoundTrip(loaded: ZstdFrames): void {
  const source = Uint8Array.from({ length: 1000 }, (_, i) => (i * i) & 15)
  const target = new Uint8Array(1000)
  const back = new Uint8Array(1000)
  const length = loaded.encode(source, target)
  const isSame = loaded.decode(target.subarray(0, length), back) === 1000 && back.every((byte, i) => byte === source[i])
  if (length === 0 || !isSame) throw new Error('zstd.wasm is not the build its names are known of')
}

class WasmFrames implements ZstdFrames {
  private readonly zstd: WasmZstd
  private readonly source: number
  private readonly target: number
  private readonly encoder: number
  private readonly decoder: number

  constructor(zstd: WasmZstd) {
    this.zstd = zstd
    this.source = zstd.s(BUFFER_BYTES)
    this.target = zstd.s(BUFFER_BYTES)
    this.encoder = zstd.j()
    this.decoder = zstd.n()
    if (this.source === 0 || this.target === 0 || this.encoder === 0 || this.decoder === 0) {
      throw new Error('zstd.wasm has no memory')
    }
  }

  // The memory may have grown since the last call, which makes a new buffer.
  private get bytes(): Uint8Array {
    return new Uint8Array(this.zstd.f.buffer)
  }

  encode(source: Uint8Array, target: Uint8Array): number {
    const { zstd } = this
    this.bytes.set(source, this.source)
    const length = zstd.l(this.encoder, this.target, BUFFER_BYTES, this.source, source.length, 0, 0, LEVEL)
    if (zstd.h(length) !== 0 || length > target.length) return 0
    target.set(this.bytes.subarray(this.target, this.target + length))
    return length
  }

  decode(source: Uint8Array, target: Uint8Array): number {
    const { zstd } = this
    if (source.length > BUFFER_BYTES || target.length > BUFFER_BYTES) return 0
    this.bytes.set(source, this.source)
    const size = Number(zstd.p(this.source, source.length))
    if (size === ZSTD_CONTENT_UNKNOWN || size === ZSTD_CONTENT_ERROR || size > target.length) return 0
    const length = zstd.q(this.decoder, this.target, target.length, this.source, source.length, 0, 0)
    if (zstd.h(length) !== 0 || length > target.length) return 0
    target.set(this.bytes.subarray(this.target, this.target + length))
    return length
  }
}
