// Writes WebAssembly modules byte by byte: what the checksum kernel and the executor's back end share.
// A `Code` is one function body in order of execution; a `WasmModule` numbers types and functions
// and lays out the sections. Nothing is checked here: the engine's validator does that at compile time.
//
//   magic version | type | import | function | global | export | code
//   section = id, LEB length, LEB count, entries
//
// Imported functions are numbered before defined ones, so all imports precede the first addFunction.
// Reference: WebAssembly Core Specification 2.0, chapter 5 "Binary Format".
import { assert } from './assert.ts'
import { OP, TYPE } from './wasm-opcode.ts'

const encoder = new TextEncoder()
const scratch = new DataView(new ArrayBuffer(8))

/** Appends an unsigned LEB128 of a value below 2^53. */
export function pushU32(target: number[], value: number): void {
  let rest = value
  while (rest >= 0x80) {
    target.push((rest % 0x80) | 0x80)
    rest = Math.floor(rest / 0x80)
  }
  target.push(rest)
}

/** Appends a signed LEB128 of a 32-bit value. */
export function pushI32(target: number[], value: number): void {
  let rest = value | 0
  for (;;) {
    const low = rest & 0x7f
    rest >>= 7
    if ((rest === 0 && (low & 0x40) === 0) || (rest === -1 && (low & 0x40) !== 0)) {
      target.push(low)
      return
    }
    target.push(low | 0x80)
  }
}

/** Appends a signed LEB128 of a 64-bit value. */
export function pushI64(target: number[], value: bigint): void {
  let rest = BigInt.asIntN(64, value)
  for (;;) {
    const low = Number(rest & 0x7fn)
    rest >>= 7n
    if ((rest === 0n && (low & 0x40) === 0) || (rest === -1n && (low & 0x40) !== 0)) {
      target.push(low)
      return
    }
    target.push(low | 0x80)
  }
}

function pushName(target: number[], name: string): void {
  const bytes = encoder.encode(name)
  pushU32(target, bytes.length)
  for (const byte of bytes) target.push(byte)
}

function pushAll(target: number[], source: readonly number[]): void {
  for (let i = 0; i < source.length; i++) target.push(source[i]!)
}

/** One function body: instructions in order, locals numbered after the parameters. */
export class Code {
  readonly bytes: number[] = []
  readonly locals: number[] = []
  private readonly parameterCount: number

  constructor(parameterCount: number) {
    this.parameterCount = parameterCount
  }

  /** Declares a local of a value type and returns its index. */
  local(type: number): number {
    this.locals.push(type)
    return this.parameterCount + this.locals.length - 1
  }

  /** Instruction, with up to any number of unsigned LEB immediates (local, label or lane indexes). */
  op(opcode: number, ...immediates: number[]): this {
    if (opcode > 0xff) {
      this.bytes.push(opcode >> 8)
      pushU32(this.bytes, opcode & 0xff)
    } else this.bytes.push(opcode)
    for (let i = 0; i < immediates.length; i++) pushU32(this.bytes, immediates[i]!)
    return this
  }

  /** Several instructions without immediates. */
  ops(...opcodes: number[]): this {
    for (const opcode of opcodes) this.op(opcode)
    return this
  }

  get(local: number): this {
    return this.op(OP['local.get'], local)
  }

  set(local: number): this {
    return this.op(OP['local.set'], local)
  }

  tee(local: number): this {
    return this.op(OP['local.tee'], local)
  }

  i32(value: number): this {
    this.bytes.push(OP['i32.const'])
    pushI32(this.bytes, value)
    return this
  }

  i64(value: bigint): this {
    this.bytes.push(OP['i64.const'])
    pushI64(this.bytes, value)
    return this
  }

  f32(value: number): this {
    scratch.setFloat32(0, value, true)
    this.bytes.push(OP['f32.const'])
    for (let i = 0; i < 4; i++) this.bytes.push(scratch.getUint8(i))
    return this
  }

  f64(value: number): this {
    scratch.setFloat64(0, value, true)
    this.bytes.push(OP['f64.const'])
    for (let i = 0; i < 8; i++) this.bytes.push(scratch.getUint8(i))
    return this
  }

  /** v128.const or i8x16.shuffle: opcode followed by 16 immediate bytes. */
  v128(opcode: number, lanes: ArrayLike<number>): this {
    assert(lanes.length === 16, 'a 128-bit immediate has 16 bytes')
    this.op(opcode)
    for (let i = 0; i < 16; i++) this.bytes.push(lanes[i]! & 0xff)
    return this
  }

  /** Load or store: `alignLog2` is a hint (0 is always right, atomics need the natural one); lane last. */
  memory(opcode: number, offset = 0, alignLog2 = 0, lane = -1): this {
    this.op(opcode, alignLog2, offset)
    if (lane >= 0) this.bytes.push(lane)
    return this
  }

  /** block, loop or if, with a result type (default none); close it with `end`. */
  open(opcode: number, result: number = TYPE.void): this {
    this.bytes.push(opcode, result)
    return this
  }

  end(): this {
    return this.op(OP.end)
  }

  /** br_table: labels, then the default label. */
  brTable(labels: readonly number[], otherwise: number): this {
    return this.op(OP.br_table, labels.length, ...labels, otherwise)
  }

  /** memory.copy or memory.fill (their memory indexes are zero). */
  bulk(opcode: number): this {
    return opcode === OP['memory.copy'] ? this.op(opcode, 0, 0) : this.op(opcode, 0)
  }
}

/** A module under construction. */
export class WasmModule {
  private readonly typeKeys = new Map<string, number>()
  private readonly types: number[] = []
  private readonly imports: number[] = []
  private importCount = 0
  private functionImports = 0
  private readonly functions: { type: number; code: Code }[] = []
  private readonly globals: number[] = []
  private globalCount = 0
  private readonly exports: number[] = []
  private exportCount = 0

  private typeIndex(parameters: readonly number[], results: readonly number[]): number {
    const key = `${parameters.join()}:${results.join()}`
    const known = this.typeKeys.get(key)
    if (known !== undefined) return known
    const index = this.typeKeys.size
    this.typeKeys.set(key, index)
    this.types.push(0x60)
    pushU32(this.types, parameters.length)
    pushAll(this.types, parameters)
    pushU32(this.types, results.length)
    pushAll(this.types, results)
    return index
  }

  /** Imports the one memory; page counts must match those it was created with (min <=, max >=). */
  importMemory(module: string, name: string, pages: { min: number; max: number; shared: boolean }): void {
    pushName(this.imports, module)
    pushName(this.imports, name)
    this.imports.push(0x02, pages.shared ? 0x03 : 0x01)
    pushU32(this.imports, pages.min)
    pushU32(this.imports, pages.max)
    this.importCount++
  }

  /** Imports a function and returns its index. */
  importFunction(module: string, name: string, parameters: readonly number[], results: readonly number[]): number {
    assert(this.functions.length === 0, 'function imports come before the first function')
    pushName(this.imports, module)
    pushName(this.imports, name)
    this.imports.push(0x00)
    pushU32(this.imports, this.typeIndex(parameters, results))
    this.importCount++
    return this.functionImports++
  }

  /** Adds a mutable global with a constant start value and returns its index. */
  addGlobal(type: number, start: Code): number {
    this.globals.push(type, 0x01)
    pushAll(this.globals, start.bytes)
    this.globals.push(OP.end)
    return this.globalCount++
  }

  /** Adds a function (its final `end` is added here) and returns its index; exported when named. */
  addFunction(
    signature: { parameters: readonly number[]; results: readonly number[]; name?: string }, code: Code,
  ): number {
    const index = this.functionImports + this.functions.length
    this.functions.push({ type: this.typeIndex(signature.parameters, signature.results), code })
    if (signature.name !== undefined) {
      pushName(this.exports, signature.name)
      this.exports.push(0x00)
      pushU32(this.exports, index)
      this.exportCount++
    }
    return index
  }

  /** The module's bytes, ready for `new WebAssembly.Module`. */
  toBytes(): Uint8Array<ArrayBuffer> {
    const target = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]
    pushSection(target, 1, this.typeKeys.size, this.types)
    pushSection(target, 2, this.importCount, this.imports)
    const signatures: number[] = []
    const bodies: number[] = []
    for (const { type, code } of this.functions) {
      pushU32(signatures, type)
      pushBody(bodies, code)
    }
    pushSection(target, 3, this.functions.length, signatures)
    pushSection(target, 6, this.globalCount, this.globals)
    pushSection(target, 7, this.exportCount, this.exports)
    pushSection(target, 10, this.functions.length, bodies)
    return Uint8Array.from(target)
  }
}

function pushSection(target: number[], id: number, count: number, entries: readonly number[]): void {
  if (count === 0) return
  const counted: number[] = []
  pushU32(counted, count)
  target.push(id)
  pushU32(target, counted.length + entries.length)
  pushAll(target, counted)
  pushAll(target, entries)
}

// Locals are declared in runs of one type.
function pushBody(target: number[], code: Code): void {
  const body: number[] = []
  const runs: number[] = []
  let runCount = 0
  for (let i = 0; i < code.locals.length;) {
    let end = i + 1
    while (end < code.locals.length && code.locals[end] === code.locals[i]) end++
    pushU32(runs, end - i)
    runs.push(code.locals[i]!)
    runCount++
    i = end
  }
  pushU32(body, runCount)
  pushAll(body, runs)
  pushAll(body, code.bytes)
  body.push(OP.end)
  pushU32(target, body.length)
  pushAll(target, body)
}
