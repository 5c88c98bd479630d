// Byte comparison of a text value with a constant as WebAssembly: whole, at the start, at the end, or anywhere.
// Most candidates fail at their length or first byte, so the loops are plain.
import type { Code } from '../../src/base/wasm-module.ts'
import { OP, TYPE } from '../../src/base/wasm-opcode.ts'
import { MATCH } from './ir.ts'

/** i32 locals: the value's address and length, the constant's, and the result (0 on entry). */
export interface MatchLocals {
  readonly address: number
  readonly length: number
  readonly part: number
  readonly partLength: number
  readonly result: number
}

/** Sets `result` to 1 when the value matches. Changes `address`. */
export function pushMatch(code: Code, locals: MatchLocals, kind: number): void {
  const { address, length, part, partLength, result } = locals
  const last = code.local(TYPE.i32)
  const i = code.local(TYPE.i32)
  code.get(length).get(partLength).op(kind === MATCH.whole ? OP['i32.eq'] : OP['i32.ge_u']).open(OP.if)
  // `address` is the candidate position, `last` the last one.
  code.get(address).get(length).op(OP['i32.add']).get(partLength).op(OP['i32.sub']).set(last)
  if (kind === MATCH.end) code.get(last).set(address)
  else if (kind !== MATCH.anywhere) code.get(address).set(last)
  code.open(OP.block).open(OP.loop)
  code.i32(0).set(i)
  code.open(OP.block).open(OP.loop)
  // All bytes equal: found. An unequal byte: next position.
  code.get(i).get(partLength).op(OP['i32.eq']).open(OP.if).i32(1).set(result).op(OP.br, 4).end()
  code.get(address).get(i).op(OP['i32.add']).memory(OP['i32.load8_u'])
  code.get(part).get(i).op(OP['i32.add']).memory(OP['i32.load8_u']).op(OP['i32.ne']).op(OP.br_if, 1)
  code.get(i).i32(1).op(OP['i32.add']).set(i).op(OP.br, 0).end().end()
  code.get(address).get(last).op(OP['i32.eq']).op(OP.br_if, 1)
  code.get(address).i32(1).op(OP['i32.add']).set(address).op(OP.br, 0).end().end()
  code.end()
}
