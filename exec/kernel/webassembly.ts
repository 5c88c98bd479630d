// The WebAssembly printer: programs as modules with one exported function
//
//   run(parameters, begin, end, alive, out) → rows kept or 0; -1 = an SQL error, run the batch in JavaScript
//
// All loops go by words of 64 rows, whose selection is one i64: the alive bitmap cut to [begin, end). A filter
// narrows it with SIMD masks (wasm-mask.ts), then with row tests on the bits that are left. The other
// programs visit the set bits; a full word runs a counted loop instead.
//
//   parameters 0   begin 1   end 2   alive 3   out 4
import { OP, TYPE } from '../../src/base/wasm-opcode.ts'
import { WasmModule } from '../../src/base/wasm-module.ts'
import type { Node, Program } from './ir.ts'
import { MaskBuilder } from './mask.ts'
import type { LeafSpec, Mask } from './mask.ts'
import { isPrintable } from './wasm-printable.ts'
import { WasmExpressions } from './wasm-expression.ts'
import { WasmMasks } from './wasm-mask.ts'
import { Parameters } from './wasm-parameters.ts'
import type { Parameter } from './wasm-parameters.ts'
import { WasmStatements } from './wasm-statement.ts'

/** A printed kernel before it is bound to a memory. */
export interface WasmSource {
  readonly module: (pages: number) => Uint8Array<ArrayBuffer>
  readonly parameters: readonly Parameter[]
  readonly parameterBytes: number
  readonly leaves: readonly LeafSpec[]
}

const [BEGIN, END, ALIVE, OUT] = [1, 2, 3, 4]

/** Splits conjuncts into what this printer can do and what must follow in JavaScript. */
export function splitTests(tests: readonly Node[], columns: Program['columns']): { mine: Node[]; rest: Node[] } {
  const mine = tests.filter(test => isPrintable(test, columns))
  return { mine, rest: tests.filter(test => !isPrintable(test, columns)) }
}

/** Prints a program all of whose tests and statements are printable. */
export function printWebAssembly(program: Program): WasmSource {
  const parameters = new Parameters(5)
  const leaves = program.kind === 'filter' ? printFilter(parameters, program) : printRows(parameters, program)
  const code = parameters.finish()
  return {
    parameters: parameters.list, parameterBytes: Math.max(16, parameters.bytes), leaves,
    module(pages) {
      const module = new WasmModule()
      module.importMemory('env', 'memory', { min: pages, max: pages, shared: true })
      module.addFunction({
        parameters: [TYPE.i32, TYPE.i32, TYPE.i32, TYPE.i32, TYPE.i32], results: [TYPE.i32], name: 'run',
      }, code)
      return module.toBytes()
    },
  }
}

interface WordLoop { readonly base: number; readonly live: number }

// for (base = begin & ~63; base < end; base += 64) { live = selection of the word; body }
function wordLoop(parameters: Parameters, body: (loop: WordLoop) => void): void {
  const { code } = parameters
  const base = code.local(TYPE.i32)
  const live = code.local(TYPE.i64)
  code.get(BEGIN).i32(-64).op(OP['i32.and']).set(base)
  code.open(OP.block).open(OP.loop)
  code.get(base).get(END).op(OP['i32.ge_s']).op(OP.br_if, 1)
  code.i64(-1n).set(live)
  code.get(ALIVE).open(OP.if)
  code.get(ALIVE).get(base).i32(3).op(OP['i32.shr_u']).op(OP['i32.add']).memory(OP['i64.load']).set(live).end()
  code.get(base).get(BEGIN).op(OP['i32.lt_s']).open(OP.if)
  code.get(live).i64(-1n).get(BEGIN).get(base).op(OP['i32.sub']).op(OP['i64.extend_i32_u']).op(OP['i64.shl'])
  code.op(OP['i64.and']).set(live).end()
  code.get(base).i32(64).op(OP['i32.add']).get(END).op(OP['i32.gt_s']).open(OP.if)
  code.get(live).i64(-1n).get(base).i32(64).op(OP['i32.add']).get(END).op(OP['i32.sub'])
  code.op(OP['i64.extend_i32_u']).op(OP['i64.shr_u']).op(OP['i64.and']).set(live).end()
  body({ base, live })
  code.get(base).i32(64).op(OP['i32.add']).set(base).op(OP.br, 0).end().end()
}

// while (rest != 0) { row = base + ctz(rest); rest &= rest - 1; body }
function bitLoop(parameters: Parameters, loop: WordLoop, row: number, body: () => void): void {
  const { code } = parameters
  const rest = code.local(TYPE.i64)
  code.get(loop.live).set(rest)
  code.open(OP.block).open(OP.loop)
  code.get(rest).op(OP['i64.eqz']).op(OP.br_if, 1)
  code.get(rest).op(OP['i64.ctz']).op(OP['i32.wrap_i64']).get(loop.base).op(OP['i32.add']).set(row)
  code.get(rest).get(rest).i64(1n).op(OP['i64.sub']).op(OP['i64.and']).set(rest)
  body()
  code.op(OP.br, 0).end().end()
}

function printFilter(parameters: Parameters, program: Program): LeafSpec[] {
  const { code } = parameters
  const builder = new MaskBuilder(program.columns)
  const { masks, tests } = builder.split(program.tests)
  const count = code.local(TYPE.i32)
  wordLoop(parameters, loop => {
    const simd = new WasmMasks(parameters, program.columns, loop.base)
    masks.forEach((mask, i) => {
      // Once nothing is left of the word, the other columns need not be read.
      if (i > 0 && i % 2 === 0) code.get(loop.live).op(OP['i64.eqz']).op(OP['i32.eqz']).open(OP.if)
      narrow(parameters, loop, simd, mask)
    })
    for (let i = 2; i < masks.length; i += 2) code.end()
    if (tests.length > 0) printTests(parameters, program, loop, tests)
    code.get(OUT).get(loop.base).i32(3).op(OP['i32.shr_u']).op(OP['i32.add'])
    code.get(loop.live).memory(OP['i64.store'])
    code.get(count).get(loop.live).op(OP['i64.popcnt']).op(OP['i32.wrap_i64']).op(OP['i32.add']).set(count)
  })
  parameters.epilogue.get(count)
  return builder.leaves
}

function narrow(parameters: Parameters, loop: WordLoop, simd: WasmMasks, mask: Mask): void {
  simd.push(mask, loop.live)
  parameters.code.get(loop.live).op(OP['i64.and']).set(loop.live)
}

// live loses the bit of every row for which a test is not TRUE.
function printTests(parameters: Parameters, program: Program, loop: WordLoop, tests: readonly Node[]): void {
  const { code } = parameters
  const printer = new WasmExpressions(parameters, program.columns, program.checks)
  printer.startWord(loop.base)
  const start = code.bytes.length
  bitLoop(parameters, loop, printer.row, () => {
    code.open(OP.block)
    code.open(OP.block)
    printer.reset()
    for (const test of tests) {
      printer.pushTruth(test)
      code.op(OP['i32.eqz']).op(OP.br_if, 0)
    }
    code.op(OP.br, 1).end()
    code.get(loop.live).i64(-2n).get(printer.row).op(OP['i64.extend_i32_u']).op(OP['i64.rotl'])
    code.op(OP['i64.and']).set(loop.live).end()
  })
  code.bytes.splice(start, 0, ...printer.wordCode.bytes)
}

function printRows(parameters: Parameters, program: Program): LeafSpec[] {
  const printer = new WasmExpressions(parameters, program.columns, program.checks)
  const statements = new WasmStatements(printer, program)
  const { code } = parameters
  wordLoop(parameters, loop => {
    printer.startWord(loop.base)
    const start = code.bytes.length
    code.get(loop.live).i64(-1n).op(OP['i64.eq']).open(OP.if)
    fullWord(parameters, loop, printer.row, () => {
      printer.reset()
      statements.printRow()
    })
    code.op(OP.else)
    bitLoop(parameters, loop, printer.row, () => {
      printer.reset()
      statements.printRow()
    })
    code.end()
    // What the rows of a word share was found while they were printed.
    code.bytes.splice(start, 0, ...printer.wordCode.bytes)
  })
  statements.printEpilogue()
  parameters.epilogue.i32(0)
  return []
}

function fullWord(parameters: Parameters, loop: WordLoop, row: number, body: () => void): void {
  const { code } = parameters
  const stop = code.local(TYPE.i32)
  code.get(loop.base).tee(row).i32(64).op(OP['i32.add']).set(stop)
  code.open(OP.loop)
  body()
  code.get(row).i32(1).op(OP['i32.add']).tee(row).get(stop).op(OP['i32.lt_s']).op(OP.br_if, 0).end()
}
