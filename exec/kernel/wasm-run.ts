// Running a printed WebAssembly kernel: the instance, its parameter block, and what is written into it. Constants
// are written once per kernel object, columns, bounds and tables before every batch.
import type { Scalar } from '../../src/base/types.ts'
import type { Arena } from '../../storage/memory/arena.ts'
import type { LinearMemory } from '../../storage/memory/linear-memory.ts'
import { LAYOUT } from '../../storage/column-buffers.ts'
import type { Batch } from '../vector/batch.ts'
import { writeInt64 } from '../vector/memory-access.ts'
import type { Vector } from '../vector/vector.ts'
import { compiledOf } from './code-cache.ts'
import type { WordMap } from './id-map.ts'
import type { ColumnShape, Program } from './ir.ts'
import { programKey } from './ir.ts'
import type { Lowering } from './lower.ts'
import type { Constant } from './lowering-context.ts'
import { intervalOf } from './mask.ts'
import type { LeafSpec } from './mask.ts'
import type { LookupTable, Lookups } from './specialize.ts'
import type { Parameter } from './wasm-parameters.ts'
import { POINTER } from './wasm-parameters.ts'
import { printWebAssembly } from './webassembly.ts'
import type { WasmSource } from './webassembly.ts'

/** Things statements write to; each program uses some. */
export interface WasmTargets {
  outs?: readonly Vector[]
  ids?: number
  state?: number
  maps?: readonly unknown[]
  remaps?: readonly number[]
}

type WasmFunction = (parameters: number, begin: number, end: number, alive: number, out: number) => number

interface LookupBuffer { domain: string; valuesPtr: number; nullsPtr: number; capacity: number }

interface Compiled { readonly source: WasmSource; readonly module: WebAssembly.Module }

function compile(program: Program, pages: number): Compiled {
  const source = printWebAssembly(program)
  return { source, module: new WebAssembly.Module(source.module(pages)) }
}

/** One kernel bound to a memory. */
export class WasmKernel {
  private readonly memory: LinearMemory
  private readonly arena: Arena
  private readonly columns: readonly ColumnShape[]
  private readonly parameters: readonly Parameter[]
  private readonly leaves: readonly LeafSpec[]
  private readonly constants: readonly Constant[]
  private readonly lookups: Lookups
  private readonly buffers: LookupBuffer[] = []
  private readonly block: number
  private readonly call: WasmFunction

  constructor(program: Program, lowering: Lowering, lookups: Lookups, env: { memory: LinearMemory; arena: Arena }) {
    const { memory, arena } = env
    const key = `${memory.frameCount} ${programKey(program, lowering.graph)}`
    const compiled = compiledOf(key, () => compile(program, memory.frameCount))
    this.memory = memory
    this.arena = arena
    this.columns = program.columns
    this.parameters = compiled.source.parameters
    this.leaves = compiled.source.leaves
    this.constants = lowering.constants
    this.lookups = lookups
    this.block = arena.allocateZeroed(compiled.source.parameterBytes)
    const instance = new WebAssembly.Instance(compiled.module, { env: { memory: memory.memory } })
    this.call = instance.exports.run as unknown as WasmFunction
    for (const parameter of this.parameters) {
      if (parameter.kind === 'constant') this.writeConstant(parameter)
      else if (parameter.kind === 'bytes') this.writeBytes(parameter)
    }
  }

  /** Runs over a batch: rows kept or 0, or -1 when a row has an SQL error. */
  run(batch: Batch, alive: number, out: number, targets: WasmTargets): number {
    for (const parameter of this.parameters) this.write(parameter, batch, targets)
    const result = this.call(this.block, batch.begin, batch.end, alive, out)
    if (result >= 0) this.readMaps(targets)
    return result
  }

  private writeConstant({ index, offset, isFloat }: Parameter): void {
    const value = this.constants[index] as number | bigint
    if (isFloat) this.memory.f64[(this.block + offset) / 8] = value as number
    else writeInt64(this.memory, this.block + offset, value)
  }

  private writeBytes({ index, offset }: Parameter): void {
    const bytes = this.constants[index] as Uint8Array
    const address = this.arena.allocate(Math.max(8, bytes.length), 8)
    this.memory.u8.set(bytes, address)
    const at = (this.block + offset) >>> 2
    this.memory.u32[at] = address
    this.memory.u32[at + 1] = bytes.length
  }

  private write(parameter: Parameter, batch: Batch, targets: WasmTargets): void {
    const { index } = parameter
    const address = this.block + parameter.offset
    const at = address >>> 2
    const { u32 } = this.memory
    switch (parameter.kind) {
      case 'column': {
        const vector = batch.columns[index]!
        u32[at] = vector.valuesPtr
        u32[at + 1] = vector.validityPtr
        writeInt64(this.memory, address + 8, vector.base)
        break
      }
      case 'out':
        u32[at] = targets.outs![index]!.valuesPtr
        u32[at + 1] = targets.outs![index]!.validityPtr
        break
      case 'pointer': u32[at] = index === POINTER.ids ? targets.ids! : targets.state!; break
      case 'remap': u32[at] = targets.remaps![index]!; break
      case 'map': {
        const map = targets.maps![index] as WordMap
        u32[at] = map.tablePtr
        u32[at + 1] = map.mask
        u32[at + 2] = map.keysPtr
        u32[at + 3] = map.count
        break
      }
      case 'lookup': this.writeLookup(index, at); break
      case 'leaf': this.writeLeaf(this.leaves[index]!, batch, address); break
    }
  }

  private readMaps(targets: WasmTargets): void {
    for (const { kind, index, offset } of this.parameters) {
      if (kind === 'map') (targets.maps![index] as WordMap).count = this.memory.u32[((this.block + offset) >>> 2) + 3]!
    }
  }

  private writeLeaf(spec: LeafSpec, batch: Batch, address: number): void {
    const { layout } = this.columns[spec.column]!
    const { lo, hi } = intervalOf(spec, this.constants)
    const invert = spec.inverted ? -1 : 0
    if (layout === LAYOUT.I64) {
      const [min, max] = [-(2n ** 63n), 2n ** 63n - 1n]
      const isEmpty = lo > hi || lo > max || hi < min
      writeInt64(this.memory, address, isEmpty ? max : lo < min ? min : lo)
      writeInt64(this.memory, address + 8, isEmpty ? min : hi > max ? max : hi)
      writeInt64(this.memory, address + 16, invert)
      return
    }
    const base = BigInt(batch.columns[spec.column]!.base)
    const top = (1n << BigInt(8 << layout)) - 1n
    const low = lo - base < 0n ? 0n : lo - base
    const high = hi - base > top ? top : hi - base
    const isEmpty = low > high || low > top || high < 0n
    const at = address >>> 2
    this.memory.u32[at] = isEmpty ? 0 : Number(low)
    this.memory.u32[at + 1] = isEmpty ? 0 : Number(high - low)
    writeInt64(this.memory, address + 8, isEmpty ? 0 : -1)
    writeInt64(this.memory, address + 16, invert)
  }

  // Tables are rewritten in place when the domain of the batch's column is another one.
  private writeLookup(index: number, at: number): void {
    const table = this.lookups.tables[index]!
    const buffer = this.buffers[index] ??= { domain: '', valuesPtr: 0, nullsPtr: 0, capacity: 0 }
    if (table.length > buffer.capacity) {
      buffer.capacity = Math.max(64, table.length * 2)
      buffer.valuesPtr = this.arena.allocate(buffer.capacity * 8)
      buffer.nullsPtr = this.arena.allocate(buffer.capacity)
      buffer.domain = ''
    }
    if (buffer.domain !== this.lookups.domains[index]) {
      this.fillLookup(buffer, table, this.lookups.specs[index]!.rep === 'float')
      buffer.domain = this.lookups.domains[index]!
    }
    const { u32 } = this.memory
    u32[at] = buffer.valuesPtr
    u32[at + 1] = buffer.nullsPtr
    u32[at + 2] = table.length - 1
  }

  private fillLookup(buffer: LookupBuffer, table: LookupTable, isFloat: boolean): void {
    table.forEach((value: Scalar, code) => {
      this.memory.u8[buffer.nullsPtr + code] = value === null ? 1 : 0
      const known = (value ?? 0) as number | bigint
      if (isFloat) this.memory.f64[buffer.valuesPtr / 8 + code] = known as number
      else writeInt64(this.memory, buffer.valuesPtr + 8 * code, known)
    })
  }
}
