// The emitter is tested by running what it emits: control flow, locals, memory, SIMD, atomics, imports.
import { describe, expect, test } from 'vitest'
import { Code, WasmModule, pushI32, pushI64, pushU32 } from './wasm-module.ts'
import { OP, TYPE } from './wasm-opcode.ts'

function instantiate(module: WasmModule, imports: WebAssembly.Imports = {}): Record<string, CallableFunction> {
  const instance = new WebAssembly.Instance(new WebAssembly.Module(module.toBytes()), imports)
  return instance.exports as Record<string, CallableFunction>
}

describe('wasm module', () => {
  test('LEB128 boundaries', () => {
    const encoded = (push: (target: number[]) => void): number[] => {
      const target: number[] = []
      push(target)
      return target
    }
    expect(encoded((t) => pushU32(t, 624485))).toEqual([0xe5, 0x8e, 0x26])
    expect(encoded((t) => pushI32(t, -123456))).toEqual([0xc0, 0xbb, 0x78])
    expect(encoded((t) => pushI32(t, 63))).toEqual([0x3f])
    expect(encoded((t) => pushI32(t, 64))).toEqual([0xc0, 0x00])
    expect(encoded((t) => pushI64(t, -65n))).toEqual([0xbf, 0x7f])
  })

  test('constants survive for every width', () => {
    const module = new WasmModule()
    const values = [0, 1, -1, 63, 64, -64, -65, 8191, 8192, 0x7fffffff, -0x80000000]
    values.forEach((v, i) => {
      module.addFunction({ parameters: [], results: [TYPE.i32], name: `a${i}` }, new Code(0).i32(v))
      module.addFunction({ parameters: [], results: [TYPE.i64], name: `b${i}` }, new Code(0).i64(BigInt(v) << 31n))
      module.addFunction({ parameters: [], results: [TYPE.f64], name: `c${i}` }, new Code(0).f64(v / 3))
    })
    const e = instantiate(module)
    values.forEach((v, i) => {
      expect(e[`a${i}`]!()).toBe(v)
      expect(e[`b${i}`]!()).toBe(BigInt(v) << 31n)
      expect(e[`c${i}`]!()).toBe(v / 3)
    })
  })

  test('loop over shared memory with SIMD equals a JavaScript sum', () => {
    const module = new WasmModule()
    module.importMemory('env', 'memory', { min: 1, max: 1, shared: true })
    const code = new Code(2)
    const sum = code.local(TYPE.v128)
    code.open(OP.loop)
      .get(sum).get(0).memory(OP['v128.load']).op(OP['i32x4.add']).set(sum)
      .get(0).i32(16).op(OP['i32.add']).tee(0).get(1).op(OP['i32.lt_u']).op(OP.br_if, 0).end()
      .get(sum).op(OP['i32x4.extract_lane'], 0).get(sum).op(OP['i32x4.extract_lane'], 1).op(OP['i32.add'])
      .get(sum).op(OP['i32x4.extract_lane'], 2).get(sum).op(OP['i32x4.extract_lane'], 3).op(OP['i32.add'])
      .op(OP['i32.add'])
    module.addFunction({ parameters: [TYPE.i32, TYPE.i32], results: [TYPE.i32], name: 'sum' }, code)
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true })
    const values = new Int32Array(memory.buffer)
    for (let i = 0; i < 64; i++) values[i] = i * i
    expect(instantiate(module, { env: { memory } })['sum']!(0, 256)).toBe(85344)
  })

  test('atomics, bulk memory, imports, globals and br_table', () => {
    const module = new WasmModule()
    const twice = module.importFunction('env', 'twice', [TYPE.i32], [TYPE.i32])
    module.importMemory('env', 'memory', { min: 1, max: 1, shared: true })
    const global = module.addGlobal(TYPE.i32, new Code(0).i32(40))
    module.addFunction({ parameters: [], results: [TYPE.i32], name: 'add' },
      new Code(0).i32(8).i32(5).memory(OP['i32.atomic.rmw.add'], 0, 2))
    module.addFunction({ parameters: [], results: [], name: 'fill' },
      new Code(0).i32(100).i32(7).i32(3).bulk(OP['memory.fill']).i32(200).i32(100).i32(3).bulk(OP['memory.copy']))
    module.addFunction({ parameters: [], results: [TYPE.i32], name: 'call' },
      new Code(0).op(OP['global.get'], global).op(OP.call, twice))
    const pick = new Code(1).open(OP.block).open(OP.block).get(0).brTable([0], 1).end()
      .i32(10).op(OP.return).end().i32(20)
    module.addFunction({ parameters: [TYPE.i32], results: [TYPE.i32], name: 'pick' }, pick)
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true })
    const e = instantiate(module, { env: { memory, twice: (v: number) => 2 * v } })
    expect([e['add']!(), e['add']!()]).toEqual([0, 5])
    e['fill']!()
    expect(Array.from(new Uint8Array(memory.buffer, 200, 4))).toEqual([7, 7, 7, 0])
    expect(e['call']!()).toBe(80)
    expect([e['pick']!(0), e['pick']!(1)]).toEqual([10, 20])
  })

  test('every opcode is unique', () => {
    const codes = Object.values(OP)
    expect(new Set(codes).size).toBe(codes.length)
  })
})
