// The JavaScript printer: programs as source for `new Function`. Complete for the whole language; the
// fall-back and the oracle of the WebAssembly printer. A printed kernel looks like
//
//   (M, H, F, E) => function run(C, K, T, begin, end, alive, X) {
//     const p0 = C[0].valuesPtr >>> 1, b0 = C[0].base, k0 = K[0]
//     <for every selected row> { const v1 = U16[p0 + row] + b0; … statements … }
//   }
//
// M memory views, H helpers, F catalogue closures, E checks, C columns, K constants, T lookup tables, X what
// the statements write to. Rows of `begin <= row < end` with their bit set in `alive` are selected, a byte
// of the bitmap at a time. Values are computed where they are first needed; those first needed inside a
// branch belong to that branch.
import { LAYOUT } from '../../storage/column-buffers.ts'
import type { LinearMemory } from '../../storage/memory/linear-memory.ts'
import type { ScalarFunction } from '../functions/entry.ts'
import { factoryOf } from './code-cache.ts'
import type { Helpers } from './helpers.ts'
import { helpersOf } from './helpers.ts'
import { JavaScriptExpressions } from './javascript-expression.ts'
import type { Check, Program, Statement } from './ir.ts'
import { programKey } from './ir.ts'
import type { Lowering } from './lower.ts'
import type { Run } from './run.ts'

/** The runnable JavaScript of a program, bound to a memory. */
export function bindJavaScript(program: Program, lowering: Lowering, memory: LinearMemory): Run {
  const key = programKey(program, lowering.graph)
  const factory = factoryOf<RunFactory>(key, () => printJavaScript(program))
  return factory(memory, helpersOf(memory), lowering.functions, program.checks)
}

type RunFactory = (
  memory: LinearMemory, helpers: Helpers, functions: readonly ScalarFunction[], checks: readonly Check[],
) => Run

/** Source of a factory: (M, H, F, E) => run. */
function printJavaScript(program: Program): string {
  const printer = new JavaScriptExpressions(program.columns)
  const body = program.kind === 'filter' ? filterBody(printer, program) : rowBody(printer, program)
  const loop = program.kind === 'filter' ? FILTER_LOOP(body) : ROW_LOOP(body)
  return `'use strict'
const { u8: U8, u16: U16, u32: U32, i32: I32, f32: F32, f64: F64 } = M
${printer.factoryLines.join('\n')}
return function run(C, K, T, begin, end, alive, X) {
${printer.prologue.join('\n')}
${prologueOf(program)}
${loop}
}`
}

function prologueOf(program: Program): string {
  if (program.kind === 'filter') return 'const out = X.out\nlet count = 0'
  const lines: string[] = []
  if (program.kind === 'project') lines.push('let n = 0')
  if (program.kind === 'identify') lines.push('const ids = X.ids >>> 2')
  if (program.kind === 'aggregate') {
    const isGrouped = program.grouping === 'ids'
    lines.push(isGrouped ? 'const ids = X.ids >>> 2, state = X.state / 8' : 'const g = 0, at = X.state / 8')
  }
  const outs = new Set<number>()
  for (const statement of program.statements) {
    if (statement.do === 'store' || statement.do === 'gather') outs.add(statement.out)
  }
  for (const out of outs) {
    lines.push(`const o${out} = X.outs[${out}].valuesPtr, q${out} = X.outs[${out}].validityPtr`)
  }
  return lines.join('\n')
}

const FIRST_ROW = '(at << 3) + 31 - Math.clz32(bit)'

// Only bytes of [begin, end) are visited; the rest of the window's bitmap is zeroed by the caller.
const FILTER_LOOP = (body: string): string => `
const last = (end - 1) >>> 3
for (let at = begin >>> 3; at <= last; at++) {
  let live = H.edge(at, begin, end)
  if (alive !== 0) live &= U8[alive + at]
  let kept = 0
  while (live !== 0) {
    const bit = live & -live
    live ^= bit
    const row = ${FIRST_ROW}
${body}
    kept |= bit
    count++
  }
  U8[out + at] = kept
}
return count`

const ROW_LOOP = (body: string): string => `
if (alive === 0) {
  for (let row = begin; row < end; row++) {
${body}
  }
} else {
  const last = (end - 1) >>> 3
  for (let byte = begin >>> 3; byte <= last; byte++) {
    let live = H.edge(byte, begin, end) & U8[alive + byte]
    while (live !== 0) {
      const bit = live & -live
      live ^= bit
      const row = ${FIRST_ROW.replace('at', 'byte')}
${body}
    }
  }
}
return 0`

function filterBody(printer: JavaScriptExpressions, program: Program): string {
  for (const test of program.tests) {
    const { value, isNull } = printer.print(test)
    const truth = isNull === '' ? `${value} !== 1` : `${isNull} || ${value} !== 1`
    printer.line(`if (${truth}) continue`)
  }
  return printer.takeBody()
}

function rowBody(printer: JavaScriptExpressions, program: Program): string {
  if (program.grouping === 'ids') printer.line(`const g = U32[ids + row], at = state + g * ${program.stride / 8}`)
  for (const statement of program.statements) printStatement(printer, statement, program)
  if (program.kind === 'project') printer.line('n++')
  return printer.takeBody()
}

function printStatement(printer: JavaScriptExpressions, statement: Statement, program: Program): void {
  switch (statement.do) {
    case 'gather': printGather(printer, statement, program); return
    case 'store': printStore(printer, statement); return
    case 'identify': {
      const { value, isNull } = printer.print(statement.value)
      const id = `X.maps[${statement.map}].identify(${value})`
      printer.line(`const g${statement.key} = ${isNull === '' ? id : `${isNull} ? 0 : ${id}`}`)
      return
    }
    case 'recode': {
      const id = `U32[(X.remaps[${statement.map}] >>> 2) + ${printer.codeOf(statement.column)}]`
      const isNull = program.columns[statement.column]!.nullable ? printer.columnNull(statement.column) : ''
      printer.line(`const g${statement.key} = ${isNull === '' ? id : `${isNull} ? 0 : ${id}`}`)
      return
    }
    case 'recall': {
      const { value, isNull } = printer.print(statement.value)
      const [id, slot] = [`g${statement.key}`, `r${statement.key}`]
      const { map } = statement
      printer.line(`let ${id} = 0`)
      printer.line(`if (${isNull === '' ? 'true' : `!${isNull}`}) {`)
      printer.line(`const ${slot} = (X.remaps[${map}] >>> 2) + ${printer.codeOf(statement.column)}`)
      printer.line(`${id} = U32[${slot}]`)
      printer.line(`if (${id} === 0) U32[${slot}] = ${id} = X.maps[${map}].identify(${value})`)
      printer.line('}')
      return
    }
    case 'group': printer.line(`const g${statement.key} = U32[ids + row]`); return
    case 'pair':
      printer.line(`const g${statement.key} = X.maps[${statement.map}].pair(g${statement.left}, g${statement.right})`)
      return
    case 'assign': printer.line(`U32[ids + row] = g${statement.key}`); return
    case 'feed': {
      printer.guarded(statement.when, () => {
        const values = statement.values.map(value => printer.scalar(value))
        printer.line(`X.targets[${statement.target}].add(g, ${values.join(', ')})`)
      })
      return
    }
    case 'update': printer.guarded(statement.when, () => printUpdate(printer, statement)); return
  }
}

function printGather(
  printer: JavaScriptExpressions, statement: Extract<Statement, { do: 'gather' }>, program: Program,
): void {
  const { out, column } = statement
  const shape = program.columns[column]!
  const source = printer.columnPointer(column)
  switch (shape.layout) {
    case LAYOUT.U8: printer.line(`U8[o${out} + n] = U8[${source} + row]`); break
    case LAYOUT.U16: printer.line(`U16[(o${out} >>> 1) + n] = U16[${source} + row]`); break
    case LAYOUT.U32: case LAYOUT.F32: printer.line(`U32[(o${out} >>> 2) + n] = U32[${source} + row]`); break
    case LAYOUT.I128:
      printer.line(`H.copy16(${source} + 16 * row, o${out} + 16 * n)`)
      break
    default: {
      const from = shape.layout === LAYOUT.F64 ? `2 * (${source} + row)` : `${source} + 2 * row`
      printer.line(`U32[(o${out} >>> 2) + 2 * n] = U32[${from}]`)
      printer.line(`U32[(o${out} >>> 2) + 2 * n + 1] = U32[${from} + 1]`)
    }
  }
  if (shape.nullable) {
    printer.line(`if (!(${printer.columnNull(column)})) U8[q${out} + (n >>> 3)] |= 1 << (n & 7)`)
  }
}

function printStore(printer: JavaScriptExpressions, statement: Extract<Statement, { do: 'store' }>): void {
  const { out, layout, base } = statement
  const { value, isNull } = printer.print(statement.value)
  if (isNull !== '') printer.line(`if (!${isNull}) {`)
  const relative = base === 0 ? value : `${value} - (${base})`
  switch (layout) {
    case LAYOUT.U8: printer.line(`U8[o${out} + n] = ${relative}`); break
    case LAYOUT.U16: printer.line(`U16[(o${out} >>> 1) + n] = ${relative}`); break
    case LAYOUT.U32: printer.line(`U32[(o${out} >>> 2) + n] = ${relative}`); break
    // Adding 0 turns -0 into 0.
    case LAYOUT.F32: printer.line(`F32[(o${out} >>> 2) + n] = ${value} + 0`); break
    case LAYOUT.F64: printer.line(`F64[o${out} / 8 + n] = ${value} + 0`); break
    case LAYOUT.I64: printer.line(`H.write64(o${out} + 8 * n, ${value})`); break
    case LAYOUT.I128: printer.line(`H.write128(o${out} + 16 * n, ${value})`); break
    default: {
      const write = statement.value.rep === 'text' ? 'writeText' : 'writeBytes'
      printer.line(`U32[(o${out} >>> 2) + 2 * n + 1] = X.heap.${write}(${value})`)
      printer.line(`U32[(o${out} >>> 2) + 2 * n] = X.heap.address`)
    }
  }
  if (isNull !== '') printer.line(`U8[q${out} + (n >>> 3)] |= 1 << (n & 7) }`)
}

function printUpdate(printer: JavaScriptExpressions, statement: Extract<Statement, { do: 'update' }>): void {
  const cell = `F64[at + ${statement.slot}]`
  if (statement.value === null) {
    printer.line(`${cell} += 1`)
    return
  }
  const { value, isNull } = printer.print(statement.value)
  if (statement.kind === 'nulls') {
    printer.line(isNull === '' ? '' : `if (${isNull}) ${cell} += 1`)
    return
  }
  const guard = isNull === '' ? '' : `if (!${isNull}) `
  switch (statement.kind) {
    case 'count': printer.line(`${guard}${cell} += 1`); break
    case 'sum': case 'fsum': printer.line(`${guard}${cell} += ${value}`); break
    case 'min': printer.line(`${guard}if (${value} < ${cell}) ${cell} = ${value}`); break
    case 'max': printer.line(`${guard}if (${value} > ${cell}) ${cell} = ${value}`); break
    case 'fmin':
      printer.line(`${guard}if (${value} < ${cell} || ${cell} !== ${cell}) ${cell} = ${value}`)
      break
    case 'fmax':
      printer.line(`${guard}if (${value} > ${cell} || ${value} !== ${value}) ${cell} = ${value}`)
      break
  }
}
