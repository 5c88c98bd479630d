// CRC-32C over linear memory in WebAssembly, slice-by-16: sixteen bytes are folded per round by sixteen
// lookups in tables of 1 KiB each, which the owner of the memory places at `tables` (src/base/checksum.ts
// makes them). WebAssembly has no CRC instruction; this runs at memory-like speed, the JavaScript one
// does not. Where a native body was found (native-checksum.ts) that one is used. SECANTDB_CHECKSUM=js, wasm or native
// in the environment forces a body, so that tests can compare.
import { CRC_TABLES, crc32cRange } from '../../src/base/checksum.ts'
import { Code, WasmModule } from '../../src/base/wasm-module.ts'
import { OP, TYPE } from '../../src/base/wasm-opcode.ts'
import { nativeChecksum } from './native-checksum.ts'

/** CRC-32C of `length` bytes at `address`, continuing from the CRC of what came before. */
export type ChecksumFunction = (address: number, length: number, seed: number) => number

// Parameters: 0 address, 1 length, 2 seed.
function emitChecksum(tables: number): Uint8Array<ArrayBuffer> {
  const module = new WasmModule()
  module.importMemory('env', 'memory', { min: 1, max: 65536, shared: true })
  const code = new Code(3)
  const rounds = code.local(TYPE.i32)
  const word = code.local(TYPE.i32)
  code.get(2).i32(-1).op(OP['i32.xor']).set(2)
  code.get(1).i32(4).op(OP['i32.shr_u']).set(rounds)
  code.open(OP.block).open(OP.loop).get(rounds).op(OP['i32.eqz']).op(OP.br_if, 1)
  for (let i = 0; i < 4; i++) {
    code.get(0).memory(OP['i32.load'], i * 4)
    if (i === 0) code.get(2).op(OP['i32.xor'])
    code.set(word)
    if (i > 0) code.get(2)
    for (let byte = 0; byte < 4; byte++) {
      pushTableIndex(code, word, byte)
      code.memory(OP['i32.load'], tables + (15 - i * 4 - byte) * 1024, 2)
      if (byte > 0) code.op(OP['i32.xor'])
    }
    if (i > 0) code.op(OP['i32.xor'])
    code.set(2)
  }
  code.get(0).i32(16).op(OP['i32.add']).set(0)
  code.get(rounds).i32(1).op(OP['i32.sub']).set(rounds).op(OP.br, 0).end().end()
  emitTail(code, tables)
  code.get(2).i32(-1).op(OP['i32.xor'])
  module.addFunction({ parameters: [TYPE.i32, TYPE.i32, TYPE.i32], results: [TYPE.i32], name: 'crc' }, code)
  return module.toBytes()
}

// Leaves 4 * (byte number `byte` of the word): the offset into a table.
function pushTableIndex(code: Code, word: number, byte: number): void {
  code.get(word)
  if (byte === 0) code.i32(2).op(OP['i32.shl'])
  else code.i32(byte * 8 - 2).op(OP['i32.shr_u'])
  code.i32(0x3fc).op(OP['i32.and'])
}

// The last length & 15 bytes, one by one.
function emitTail(code: Code, tables: number): void {
  code.get(1).i32(15).op(OP['i32.and']).set(1)
  code.open(OP.block).open(OP.loop).get(1).op(OP['i32.eqz']).op(OP.br_if, 1)
  code.get(0).memory(OP['i32.load8_u']).get(2).op(OP['i32.xor']).i32(255).op(OP['i32.and'])
  code.i32(2).op(OP['i32.shl']).memory(OP['i32.load'], tables, 2)
  code.get(2).i32(8).op(OP['i32.shr_u']).op(OP['i32.xor']).set(2)
  code.get(0).i32(1).op(OP['i32.add']).set(0)
  code.get(1).i32(1).op(OP['i32.sub']).set(1).op(OP.br, 0).end().end()
}

const modules = new Map<number, WebAssembly.Module>()

/** Puts the tables at `tables` (16-byte aligned) and returns the checksum function for this memory. */
export function checksumOver(memory: WebAssembly.Memory, tables: number): ChecksumFunction {
  const bytes = new Uint8Array(memory.buffer)
  const wanted = process.env['SECANTDB_CHECKSUM']
  if (wanted === 'js') return (address, length, seed) => crc32cRange(bytes, address, address + length, seed)
  const native = wanted === 'wasm' ? null : nativeChecksum()
  if (native !== null) return (address, length, seed) => native(bytes.subarray(address, address + length), seed)
  new Uint32Array(memory.buffer, tables, CRC_TABLES.length).set(CRC_TABLES)
  let module = modules.get(tables)
  if (module === undefined) {
    module = new WebAssembly.Module(emitChecksum(tables))
    modules.set(tables, module)
  }
  const crc = new WebAssembly.Instance(module, { env: { memory } }).exports['crc'] as ChecksumFunction
  return (address, length, seed) => crc(address, length, seed) >>> 0
}
