// Strict operations as WebAssembly: arithmetic, comparisons, and the checks for SQL errors. Arguments and results
// are in locals or on the stack; a kernel that meets an error returns -1 (wasm-expression.ts says what then).
import { unreachable } from '../../src/base/assert.ts'
import type { Code } from '../../src/base/wasm-module.ts'
import { OP, TYPE } from '../../src/base/wasm-opcode.ts'
import type { Node } from './ir.ts'
import { COMPARISONS, FLOAT_OPS } from './wasm-printable.ts'

/** Pushes the value of a node, which is in a local, as i64. */
export function pushInteger(code: Code, node: Node, local: number): void {
  code.get(local)
  if (node.isBoolean) code.op(OP['i64.extend_i32_u'])
}

/** Consumes an i32: returns -1 from the kernel when it is not 0. */
export function failIf(code: Code): void {
  code.open(OP.if).i32(-1).op(OP.return).end()
}

/** Leaves the kernel when a float result means overflow, underflow or division by zero. */
export function failFloat(code: Code, node: Node, value: number, args: readonly number[]): void {
  // Almost always finite and not zero, so the exact conditions are behind one branch.
  code.get(value).get(value).op(OP['f64.sub']).f64(0).op(OP['f64.ne'])
  if (node.op === 'fmul' || node.op === 'fdiv') code.get(value).f64(0).op(OP['f64.eq']).op(OP['i32.or'])
  code.open(OP.if)
  failFloatExactly(code, node, value, args)
  code.end()
}

function pushIsInfinite(code: Code, local: number): void {
  code.get(local).op(OP['f64.abs']).f64(Infinity).op(OP['f64.eq'])
}

function failFloatExactly(code: Code, node: Node, value: number, args: readonly number[]): void {
  const [a, b] = args as [number, number]
  if (node.op === 'fdiv') {
    code.get(b).f64(0).op(OP['f64.eq']).get(a).get(a).op(OP['f64.eq']).op(OP['i32.and'])
    failIf(code)
  }
  pushIsInfinite(code, value)
  pushIsInfinite(code, a)
  code.ops(OP['i32.eqz'], OP['i32.and'])
  if (node.op !== 'fdiv') {
    pushIsInfinite(code, b)
    code.ops(OP['i32.eqz'], OP['i32.and'])
  }
  failIf(code)
  if (node.op !== 'fmul' && node.op !== 'fdiv') return
  code.get(value).f64(0).op(OP['f64.eq']).get(a).f64(0).op(OP['f64.ne']).op(OP['i32.and'])
  if (node.op === 'fmul') code.get(b).f64(0).op(OP['f64.ne'])
  else {
    pushIsInfinite(code, b)
    code.op(OP['i32.eqz'])
  }
  code.op(OP['i32.and'])
  failIf(code)
}

/** Pushes the result of a strict operation on arguments in locals. */
export function pushOperation(code: Code, node: Node, args: readonly number[]): void {
  if (FLOAT_OPS.has(node.op)) {
    pushFloat(code, node, args)
    return
  }
  if (COMPARISONS.has(node.op)) {
    pushComparison(code, node, args)
    return
  }
  if (node.op === 'not') {
    code.get(args[0]!).op(OP['i32.eqz'])
    return
  }
  node.args.forEach((arg, i) => pushInteger(code, arg, args[i]!))
  switch (node.op) {
    case 'add': code.op(OP['i64.add']); break
    case 'sub': code.op(OP['i64.sub']); break
    case 'mul': code.op(OP['i64.mul']); break
    case 'quotient': code.op(OP['i64.div_s']); break
    case 'remainder': code.op(OP['i64.rem_s']); break
    case 'check': break
    case 'rounded': pushRounded(code, node); break
    case 'floored': pushFloored(code, node); break
    default: unreachable('an operation without WebAssembly')
  }
}

// (x + sign(x) * divisor / 2) / divisor, truncated: half away from zero for even divisors (powers of ten).
function pushRounded(code: Code, node: Node): void {
  const divisor = BigInt(node.value)
  const value = code.local(TYPE.i64)
  code.set(value)
  code.get(value).i64(divisor / 2n).i64(-divisor / 2n)
  code.get(value).i64(0n).op(OP['i64.ge_s']).op(OP.select).op(OP['i64.add']).i64(divisor).op(OP['i64.div_s'])
}

function pushFloored(code: Code, node: Node): void {
  const divisor = BigInt(node.value)
  const value = code.local(TYPE.i64)
  code.set(value)
  code.get(value).i64(divisor).op(OP['i64.div_s'])
  code.get(value).i64(divisor).op(OP['i64.rem_s']).i64(0n).op(OP['i64.lt_s']).op(OP['i64.extend_i32_u'])
  code.op(OP['i64.sub'])
}

function pushFloat(code: Code, node: Node, args: readonly number[]): void {
  if (node.op === 'tofloat') {
    pushInteger(code, node.args[0]!, args[0]!)
    code.op(OP['f64.convert_i64_s'])
    return
  }
  if (node.op === 'fneg') code.f64(0)
  for (const arg of args) code.get(arg)
  switch (node.op) {
    case 'fadd': code.op(OP['f64.add']); break
    case 'fsub': case 'fneg': code.op(OP['f64.sub']); break
    case 'fmul': code.op(OP['f64.mul']); break
    case 'fdiv': code.op(OP['f64.div']); break
    case 'fabs': code.op(OP['f64.abs']); break
    case 'fsqrt': code.op(OP['f64.sqrt']); break
    case 'ffloor': code.op(OP['f64.floor']); break
    case 'fceil': code.op(OP['f64.ceil']); break
    case 'ftrunc': code.op(OP['f64.trunc']); break
  }
  if (node.op === 'fround' || node.value === 1) code.ops(OP['f32.demote_f64'], OP['f64.promote_f32'])
}

function pushComparison(code: Code, node: Node, args: readonly number[]): void {
  if (node.args[0]!.rep === 'float') {
    pushFloatComparison(code, node.op, args[0]!, args[1]!)
    return
  }
  node.args.forEach((arg, i) => pushInteger(code, arg, args[i]!))
  const opcodes: Record<string, number> = {
    eq: OP['i64.eq'], ne: OP['i64.ne'], lt: OP['i64.lt_s'], le: OP['i64.le_s'], gt: OP['i64.gt_s'], ge: OP['i64.ge_s'],
  }
  code.op(opcodes[node.op]!)
}

// NaN equals itself and is larger than everything else.
function pushFloatComparison(code: Code, op: string, a: number, b: number): void {
  const isNaN = (local: number): Code => code.get(local).get(local).op(OP['f64.ne'])
  const isNumber = (local: number): Code => code.get(local).get(local).op(OP['f64.eq'])
  switch (op) {
    case 'eq': case 'ne':
      code.get(a).get(b).op(OP['f64.eq'])
      isNaN(a)
      isNaN(b)
      code.ops(OP['i32.and'], OP['i32.or'])
      break
    case 'lt': case 'ge':
      code.get(a).get(b).op(OP['f64.lt'])
      isNaN(b)
      isNumber(a)
      code.ops(OP['i32.and'], OP['i32.or'])
      break
    default:
      code.get(a).get(b).op(OP['f64.gt'])
      isNaN(a)
      isNumber(b)
      code.ops(OP['i32.and'], OP['i32.or'])
  }
  if (op === 'ne' || op === 'ge' || op === 'le') code.op(OP['i32.eqz'])
}
