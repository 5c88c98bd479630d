// Stored integers as full-width ones, in WebAssembly: `base + unsigned narrow` of a run of rows becomes int32, int64 or
// (for decimals) 128-bit values at another address, eight rows a step. JavaScript has no 64-bit integers to do it with
// and needs ten times as long; results leave the engine through here.
//
//   from    values of 1, 2, 4 (rebased) or 8 bytes of eight rows ──► eight values of 4, 8 or 16 bytes at `target`
//
// Whole steps only: up to seven values are read past the last row wanted, which windows allow (column-buffers.ts: up to
// the next multiple of 64 rows) as long as `from` is a multiple of eight rows, and as many are written.
import { Code, WasmModule } from '../../src/base/wasm-module.ts'
import { OP, TYPE } from '../../src/base/wasm-opcode.ts'
import type { Layout } from '../../storage/column-buffers.ts'
import type { LinearMemory } from '../../storage/memory/linear-memory.ts'

/** Rows of one step. */
export const WIDEN_ROWS = 8

/** (from, steps, target, base's low word, base's high word) */
type WidenFunction = (from: number, steps: number, target: number, low: number, high: number) => void

const [FROM, STEPS, TARGET, LOW, HIGH] = [0, 1, 2, 3, 4]
const WIDTHS = [1, 2, 4, 8]
const TARGETS = [4, 8, 16]
const [LOWER_LANE, UPPER_LANE] = [[0, 1, 2, 3, 4, 5, 6, 7], [8, 9, 10, 11, 12, 13, 14, 15]] as const

// Pushes the values of rows 4 * half … 4 * half + 3 of the step as four 32-bit lanes.
function pushFour(code: Code, width: number, half: number): void {
  code.get(FROM)
  if (width === 8) {
    code.memory(OP['v128.load'], 32 * half).get(FROM).memory(OP['v128.load'], 32 * half + 16)
    code.v128(OP['i8x16.shuffle'], [0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27])
  } else if (width === 4) code.memory(OP['v128.load'], 16 * half)
  else if (width === 2) code.memory(OP['v128.load16x4_u'], 8 * half)
  else {
    code.memory(OP['v128.load32_zero'], 4 * half)
    code.ops(OP['i16x8.extend_low_i8x16_u'], OP['i32x4.extend_low_i16x8_u'])
  }
}

// Pushes the values of rows 2 * pair, 2 * pair + 1 as two 64-bit lanes; `four` holds the 32-bit lanes they are in.
function pushPair(code: Code, width: number, pair: number, four: number): void {
  if (width === 8) {
    code.get(FROM).memory(OP['v128.load'], 16 * pair)
    return
  }
  if (pair % 2 === 0) {
    pushFour(code, width, pair / 2)
    code.set(four)
  }
  code.get(four).op(pair % 2 === 0 ? OP['i64x2.extend_low_i32x4_u'] : OP['i64x2.extend_high_i32x4_u'])
}

function emitWiden(width: number, target: number): Code {
  const code = new Code(5)
  const base = code.local(TYPE.v128)
  const four = code.local(TYPE.v128)
  const wide = code.local(TYPE.v128)
  const sign = code.local(TYPE.v128)
  if (target === 4) code.get(LOW).op(OP['i32x4.splat']).set(base)
  else {
    code.get(LOW).op(OP['i64.extend_i32_u']).get(HIGH).op(OP['i64.extend_i32_u']).i64(32n).op(OP['i64.shl'])
    code.op(OP['i64.or']).op(OP['i64x2.splat']).set(base)
  }
  code.open(OP.loop)
  if (target === 4) {
    for (const half of [0, 1]) {
      code.get(TARGET)
      pushFour(code, width, half)
      code.get(base).op(OP['i32x4.add']).memory(OP['v128.store'], 16 * half)
    }
  } else for (const pair of [0, 1, 2, 3]) {
    pushPair(code, width, pair, four)
    code.get(base).op(OP['i64x2.add']).set(wide)
    if (target === 8) code.get(TARGET).get(wide).memory(OP['v128.store'], 16 * pair)
    else pushSigned(code, wide, sign, 32 * pair)
  }
  code.get(FROM).i32(WIDEN_ROWS * width).op(OP['i32.add']).set(FROM)
  code.get(TARGET).i32(WIDEN_ROWS * target).op(OP['i32.add']).set(TARGET)
  code.get(STEPS).i32(1).op(OP['i32.sub']).tee(STEPS).op(OP.br_if, 0).end()
  return code
}

// Stores both 64-bit lanes with their sign as 128-bit values.
function pushSigned(code: Code, wide: number, sign: number, offset: number): void {
  code.get(wide).i32(63).op(OP['i64x2.shr_s']).set(sign)
  for (const [lane, bytes] of [LOWER_LANE, UPPER_LANE].entries()) {
    code.get(TARGET).get(wide).get(sign).v128(OP['i8x16.shuffle'], [...bytes, ...bytes.map((at) => at + 16)])
    code.memory(OP['v128.store'], offset + 16 * lane)
  }
}

function nameOf(width: number, target: number): string {
  return `w${width}_${target}`
}

function emitModule(): WebAssembly.Module {
  const module = new WasmModule()
  module.importMemory('env', 'memory', { min: 1, max: 65536, shared: true })
  const parameters = [TYPE.i32, TYPE.i32, TYPE.i32, TYPE.i32, TYPE.i32]
  for (const width of WIDTHS) {
    for (const target of TARGETS) {
      const name = nameOf(width, target)
      module.addFunction({ parameters, results: [], name }, emitWiden(width, target))
    }
  }
  return new WebAssembly.Module(module.toBytes())
}

let compiled: WebAssembly.Module | null = null
const wideners = new WeakMap<LinearMemory, Widener>()

/** The functions over one memory. */
export class Widener {
  // By layout U8 to I64, then by target.
  readonly #functions: readonly WidenFunction[]

  private constructor(memory: LinearMemory) {
    compiled ??= emitModule()
    const { exports } = new WebAssembly.Instance(compiled, { env: { memory: memory.memory } })
    this.#functions = WIDTHS.flatMap((width) =>
      TARGETS.map((target) => exports[nameOf(width, target)] as WidenFunction))
  }

  /** The widener of a memory; compiled on first use, in less than a millisecond. */
  static of(memory: LinearMemory): Widener {
    let widener = wideners.get(memory)
    if (widener === undefined) wideners.set(memory, widener = new Widener(memory))
    return widener
  }

  /** The function from a layout up to I64 to values of `target` bytes. I64 to int32 keeps the low words. */
  from(layout: Layout, target: 4 | 8 | 16): WidenFunction {
    return this.#functions[layout * TARGETS.length + (target === 4 ? 0 : target === 8 ? 1 : 2)]!
  }
}
