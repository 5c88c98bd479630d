// The parameter block of a WebAssembly kernel: everything that differs from batch to batch or from query to
// query (column addresses, bases, constants, range bounds, tables) lies at fixed offsets of one block in
// linear memory, which the kernel loads into locals before its loop. So a module depends on shapes only.
//
//   column    valuesPtr i32, validityPtr i32, base i64          16 bytes
//   constant  i64 or f64                                         8
//   bytes     address i32, length i32                            8    (a constant of a match)
//   lookup    valuesPtr i32, nullsPtr i32, null index i32, -    16
//   out       valuesPtr i32, validityPtr i32                     8
//   leaf      low i32, width i32, enable i64, invert i64        24    (narrow range)
//             low i64, high i64, invert i64                           (64-bit range)
//   map       tablePtr i32, mask i32, keysPtr i32, count i32    16    (count is written back)
//   remap     tablePtr i32, -                                    8
//   pointer   ids, state                                         8
import { OP, TYPE } from '../../src/base/wasm-opcode.ts'
import { Code } from '../../src/base/wasm-module.ts'

export type ParameterKind = 'column' | 'constant' | 'bytes' | 'lookup' | 'out' | 'leaf' | 'map' | 'remap' | 'pointer'

/** One entry of the block: what the host must write, and where. */
export interface Parameter {
  readonly kind: ParameterKind
  readonly index: number
  readonly offset: number
  readonly isFloat: boolean
}

const SIZES: Record<ParameterKind, number> = {
  column: 16, constant: 8, bytes: 8, lookup: 16, out: 8, leaf: 24, map: 16, remap: 8, pointer: 8,
}

/** Pointers of kind 'pointer'. */
export const POINTER = { ids: 0, state: 1 } as const

/** Collects parameters while a kernel is printed, and prints the loads of its prologue. */
export class Parameters {
  readonly list: Parameter[] = []
  /** Instructions that fill the locals. */
  readonly prologue: Code
  /** Instructions after the loop. */
  readonly epilogue: Code
  /** The body: locals are declared here. */
  readonly code: Code
  bytes = 0
  private readonly locals = new Map<string, number>()
  private readonly offsets = new Map<string, number>()

  constructor(parameterCount: number) {
    this.code = new Code(parameterCount)
    this.prologue = new Code(parameterCount)
    this.epilogue = new Code(parameterCount)
  }

  /** Offset of an entry; made when there is none. */
  offset(kind: ParameterKind, index: number, isFloat = false): number {
    const key = `${kind}${index}`
    let offset = this.offsets.get(key)
    if (offset === undefined) {
      offset = this.bytes
      this.bytes += SIZES[kind]
      this.offsets.set(key, offset)
      this.list.push({ kind, index, offset, isFloat })
    }
    return offset
  }

  /** A local with the value at `at` bytes into an entry, loaded once. */
  load(kind: ParameterKind, index: number, at: number, type: number): number {
    const key = `${kind}${index}+${at}`
    let local = this.locals.get(key)
    if (local === undefined) {
      const offset = this.offset(kind, index, type === TYPE.f64) + at
      local = this.code.local(type)
      this.locals.set(key, local)
      const opcode = type === TYPE.i32 ? OP['i32.load'] : type === TYPE.i64 ? OP['i64.load'] : OP['f64.load']
      this.prologue.get(0).memory(opcode, offset).set(local)
    }
    return local
  }

  /** A local made once from others in the prologue (a splat, say). */
  derive(key: string, type: number, print: (prologue: Code) => void): number {
    let local = this.locals.get(key)
    if (local === undefined) {
      local = this.code.local(type)
      this.locals.set(key, local)
      print(this.prologue)
      this.prologue.set(local)
    }
    return local
  }

  /** The whole function body. */
  finish(): Code {
    const whole = new Code(0)
    for (const type of this.code.locals) whole.locals.push(type)
    for (const part of [this.prologue, this.code, this.epilogue]) for (const byte of part.bytes) whole.bytes.push(byte)
    return whole
  }
}
