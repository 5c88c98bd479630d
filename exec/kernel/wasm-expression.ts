// Expressions of the kernel language as WebAssembly: each node's value in a local (i64 for integers, i32 for
// booleans, f64 for floats) and, when it can be NULL, an i32 local that is 1 when it is. On any SQL error
// the kernel returns -1 and the batch runs again on the JavaScript printer, which throws the exact error.
import { OP, TYPE } from '../../src/base/wasm-opcode.ts'
import { Code } from '../../src/base/wasm-module.ts'
import { LAYOUT } from '../../storage/column-buffers.ts'
import type { Check, ColumnShape, Node } from './ir.ts'
import { pushMatch } from './wasm-match.ts'
import { failFloat, failIf, pushInteger, pushOperation } from './wasm-operation.ts'
import type { Parameters } from './wasm-parameters.ts'
import { FLOAT_OPS } from './wasm-printable.ts'

/** Locals of a value; isNull is -1 when it is never NULL. */
export interface Emitted { readonly value: number; readonly isNull: number }

/** WebAssembly type of a node's value. */
function wasmType(node: Node): number {
  return node.isBoolean ? TYPE.i32 : node.rep === 'float' ? TYPE.f64 : TYPE.i64
}

/** Prints nodes of one row. The owner sets `row` and keeps the validity words of the 64 rows around it. */
export class WasmExpressions {
  readonly parameters: Parameters
  readonly columns: readonly ColumnShape[]
  readonly code: Code
  /** i32 local: the window row. */
  readonly row: number
  /** What must run before the rows of the current word. */
  wordCode = new Code(0)
  private readonly checks: readonly Check[]
  private base = -1
  private readonly nullWords = new Map<number, number>()
  private scopes: Map<Node, Emitted>[] = [new Map()]

  constructor(parameters: Parameters, columns: readonly ColumnShape[], checks: readonly Check[]) {
    this.parameters = parameters
    this.columns = columns
    this.checks = checks
    this.code = parameters.code
    this.row = parameters.code.local(TYPE.i32)
  }

  /** Forgets what was computed: the next row body starts. */
  reset(): void {
    this.scopes = [new Map()]
  }

  /** Prints code of a branch: values computed in it are forgotten afterwards. */
  scoped(print: () => void): void {
    this.scopes.push(new Map())
    print()
    this.scopes.pop()
  }

  /** Runs `print` in an `if` that is entered when a boolean node is TRUE (always when null). */
  guarded(when: Node | null, print: () => void): void {
    if (when === null) {
      print()
      return
    }
    this.pushTruth(when)
    this.code.open(OP.if)
    this.scoped(print)
    this.code.end()
  }

  /** Pushes i32 1 when the boolean node is TRUE, 0 when it is FALSE or NULL. */
  pushTruth(node: Node): void {
    const { value, isNull } = this.emit(node)
    this.code.get(value)
    if (isNull >= 0) this.code.get(isNull).ops(OP['i32.eqz'], OP['i32.and'])
  }

  /** Makes sure the value of a node is in its locals. */
  emit(node: Node): Emitted {
    for (const scope of this.scopes) {
      const known = scope.get(node)
      if (known !== undefined) return known
    }
    const emitted = this.emitNew(node)
    this.scopes[this.scopes.length - 1]!.set(node, emitted)
    return emitted
  }

  private emitNew(node: Node): Emitted {
    switch (node.op) {
      case 'null': return { value: this.zero(node), isNull: this.one() }
      case 'literal': return this.emitLiteral(node)
      case 'constant': return { value: this.constantLocal(node), isNull: -1 }
      case 'column': return this.emitColumn(node)
      case 'lookup': return this.emitLookup(node)
      case 'and': case 'or': return this.emitConnective(node)
      case 'isnull': case 'notnull': return this.emitNullTest(node)
      case 'istrue': {
        this.pushTruth(node.args[0]!)
        return { value: this.keep(TYPE.i32), isNull: -1 }
      }
      case 'distinct': return this.emitDistinct(node)
      case 'match': return this.emitMatch(node)
      case 'case': return this.emitCase(node)
      case 'coalesce': return this.emitCoalesce(node)
      default: return this.emitStrict(node)
    }
  }

  private keep(type: number): number {
    const local = this.code.local(type)
    this.code.set(local)
    return local
  }

  private zero(node: Node): number {
    this.pushZero(wasmType(node))
    return this.keep(wasmType(node))
  }

  private pushZero(type: number): void {
    if (type === TYPE.i32) this.code.i32(0)
    else if (type === TYPE.i64) this.code.i64(0n)
    else this.code.f64(0)
  }

  private one(): number {
    this.code.i32(1)
    return this.keep(TYPE.i32)
  }

  private emitLiteral(node: Node): Emitted {
    this.code.i64(BigInt(node.value))
    return { value: this.keep(TYPE.i64), isNull: -1 }
  }

  private constantLocal(node: Node): number {
    if (node.rep === 'float') return this.parameters.load('constant', node.slot, 0, TYPE.f64)
    const wide = this.parameters.load('constant', node.slot, 0, TYPE.i64)
    if (!node.isBoolean) return wide
    return this.parameters.derive(`boolean${node.slot}`, TYPE.i32,
      prologue => prologue.get(wide).op(OP['i32.wrap_i64']))
  }

  /** Pushes the value of a node as i64. */
  pushInteger(node: Node): void {
    pushInteger(this.code, node, this.emit(node).value)
  }

  /** Starts a word of 64 rows; code in `wordCode` runs before the rows of the word. */
  startWord(base: number): void {
    this.base = base
    this.wordCode = new Code(0)
    this.nullWords.clear()
  }

  // The inverted validity word of a column, loaded once per 64 rows.
  private nullWord(column: number): number {
    let local = this.nullWords.get(column)
    if (local === undefined) {
      local = this.code.local(TYPE.i64)
      this.nullWords.set(column, local)
      const pointer = this.parameters.load('column', column, 4, TYPE.i32)
      this.wordCode.get(pointer).get(this.base).i32(3).op(OP['i32.shr_u']).op(OP['i32.add']).memory(OP['i64.load'])
      this.wordCode.i64(-1n).op(OP['i64.xor']).set(local)
    }
    return local
  }

  /** Pushes i32 1 when the row of a nullable column is NULL. */
  pushColumnNull(column: number): void {
    this.code.get(this.nullWord(column)).get(this.row).op(OP['i64.extend_i32_u']).op(OP['i64.shr_u'])
      .op(OP['i32.wrap_i64']).i32(1).op(OP['i32.and'])
  }

  /** Pushes the address of the row's value. */
  pushAddress(column: number): void {
    const shift = [0, 1, 2, 3, 2, 3, 4, 3][this.columns[column]!.layout]!
    this.code.get(this.parameters.load('column', column, 0, TYPE.i32)).get(this.row)
    if (shift > 0) this.code.i32(shift).op(OP['i32.shl'])
    this.code.op(OP['i32.add'])
  }

  private columnNull(column: number): number {
    if (!this.columns[column]!.nullable) return -1
    this.pushColumnNull(column)
    return this.keep(TYPE.i32)
  }

  private emitColumn(node: Node): Emitted {
    const column = node.slot
    const shape = this.columns[column]!
    const isNull = this.columnNull(column)
    this.pushAddress(column)
    if (node.isBoolean) {
      this.code.memory(OP['i32.load8_u'])
      // A window that holds nothing but TRUE is stored as 1 + 0.
      if (!shape.zeroBase) {
        this.code.get(this.parameters.load('column', column, 8, TYPE.i64)).op(OP['i32.wrap_i64']).op(OP['i32.add'])
      }
      return { value: this.keep(TYPE.i32), isNull }
    }
    switch (shape.layout) {
      case LAYOUT.U8: this.code.memory(OP['i64.load8_u']); break
      case LAYOUT.U16: this.code.memory(OP['i64.load16_u']); break
      case LAYOUT.U32: this.code.memory(OP['i64.load32_u']); break
      case LAYOUT.F32: this.code.memory(OP['f32.load']).op(OP['f64.promote_f32']); break
      case LAYOUT.F64: this.code.memory(OP['f64.load']); break
      default: this.code.memory(OP['i64.load'])
    }
    if (!shape.zeroBase && shape.layout <= LAYOUT.U32) {
      this.code.get(this.parameters.load('column', column, 8, TYPE.i64)).op(OP['i64.add'])
    }
    return { value: this.keep(wasmType(node)), isNull }
  }

  /** Pushes the dictionary code of the row as i32. */
  pushCode(column: number): void {
    this.pushAddress(column)
    const { layout } = this.columns[column]!
    this.code.memory([OP['i32.load8_u'], OP['i32.load16_u'], OP['i32.load']][layout]!)
  }

  // A NULL row's code is garbage: the entry for NULL stands at the end of the table.
  private pushEntry(node: Node): number {
    const column = node.args[0]!.slot
    const { code } = this
    if (!this.columns[column]!.nullable) this.pushCode(column)
    else {
      code.get(this.parameters.load('lookup', node.slot, 8, TYPE.i32))
      this.pushCode(column)
      this.pushColumnNull(column)
      code.op(OP.select)
    }
    return this.keep(TYPE.i32)
  }

  private emitLookup(node: Node): Emitted {
    const { code } = this
    const entry = this.pushEntry(node)
    const values = this.parameters.load('lookup', node.slot, 0, TYPE.i32)
    const nulls = this.parameters.load('lookup', node.slot, 4, TYPE.i32)
    code.get(nulls).get(entry).op(OP['i32.add']).memory(OP['i32.load8_u'])
    const isNull = this.keep(TYPE.i32)
    code.get(values).get(entry).i32(3).op(OP['i32.shl']).op(OP['i32.add'])
    if (node.rep === 'float') code.memory(OP['f64.load'])
    else code.memory(node.isBoolean ? OP['i32.load'] : OP['i64.load'])
    return { value: this.keep(wasmType(node)), isNull }
  }

  /** A local that is 1 when any of the arguments is NULL, or -1. */
  private anyNull(args: readonly Emitted[]): number {
    const nulls = [...new Set(args.map(arg => arg.isNull).filter(local => local >= 0))]
    if (nulls.length <= 1) return nulls[0] ?? -1
    nulls.forEach((local, i) => {
      this.code.get(local)
      if (i > 0) this.code.op(OP['i32.or'])
    })
    return this.keep(TYPE.i32)
  }

  private emitStrict(node: Node): Emitted {
    const args = node.args.map(arg => this.emit(arg))
    const isNull = this.anyNull(args)
    const { code } = this
    if (!this.canFail(node)) {
      pushOperation(code, node, args.map(arg => arg.value))
      return { value: this.keep(wasmType(node)), isNull }
    }
    const value = code.local(wasmType(node))
    if (isNull >= 0) {
      this.pushZero(wasmType(node))
      code.set(value).get(isNull).op(OP['i32.eqz']).open(OP.if)
    }
    this.failBefore(node)
    pushOperation(code, node, args.map(arg => arg.value))
    code.set(value)
    this.failAfter(node, value, args)
    if (isNull >= 0) code.end()
    return { value, isNull }
  }

  private canFail(node: Node): boolean {
    switch (node.op) {
      case 'quotient': case 'remainder': case 'check': case 'fadd': case 'fsub': case 'fmul': return true
      case 'fdiv': return node.value !== 2
      default: return false
    }
  }

  private failBefore(node: Node): void {
    if (node.op !== 'quotient' && node.op !== 'remainder') return
    this.pushInteger(node.args[1]!)
    this.code.op(OP['i64.eqz'])
    failIf(this.code)
  }

  // Float results that are not finite, or zero, are rare: JavaScript decides what they mean. When it finds
  // nothing wrong, the kernel could not go on, so the check here must be exact.
  private failAfter(node: Node, value: number, args: readonly Emitted[]): void {
    const { code } = this
    if (node.op === 'check') {
      const check = this.checks[node.value]!
      const [lo, hi] = [clampInt64(check.lo), clampInt64(check.hi)]
      code.get(value).i64(lo).op(OP['i64.lt_s']).get(value).i64(hi).op(OP['i64.gt_s']).op(OP['i32.or'])
      failIf(this.code)
    } else if (FLOAT_OPS.has(node.op)) {
      failFloat(code, node, value, args.map(arg => arg.value))
    }
  }

  // Decided by the first FALSE of AND (TRUE of OR): later arguments are not computed, as in JavaScript.
  private emitConnective(node: Node): Emitted {
    const { code } = this
    const isAnd = node.op === 'and'
    const value = code.local(TYPE.i32)
    const isNull = node.nullable ? code.local(TYPE.i32) : -1
    code.i32(isAnd ? 1 : 0).set(value)
    if (isNull >= 0) code.i32(0).set(isNull)
    const depth = this.scopes.length
    let opened = 0
    node.args.forEach((arg, i) => {
      const part = this.emit(arg)
      if (part.isNull >= 0) {
        // Known and decisive: value = known ? part : value; a NULL is remembered.
        code.get(part.isNull).get(isNull).op(OP['i32.or']).set(isNull)
        code.get(value).get(part.value).get(part.isNull).op(OP.select).set(value)
      } else code.get(part.value).set(value)
      if (i === node.args.length - 1) return
      code.get(value)
      if (!isAnd) code.op(OP['i32.eqz'])
      code.open(OP.if)
      this.scopes.push(new Map())
      opened++
    })
    for (; opened > 0; opened--) code.end()
    this.scopes.length = depth
    if (isNull < 0) return { value, isNull }
    code.get(isNull).get(value)
    if (!isAnd) code.op(OP['i32.eqz'])
    code.op(OP['i32.and']).set(isNull)
    return { value, isNull }
  }

  private emitNullTest(node: Node): Emitted {
    const [arg] = node.args as [Node]
    const { code } = this
    const isColumn = arg.op === 'column'
    if (isColumn && this.columns[arg.slot]!.nullable) this.pushColumnNull(arg.slot)
    else {
      const isNull = isColumn ? -1 : this.emit(arg).isNull
      if (isNull < 0) code.i32(0)
      else code.get(isNull)
    }
    if (node.op === 'notnull') code.op(OP['i32.eqz'])
    return { value: this.keep(TYPE.i32), isNull: -1 }
  }

  private emitDistinct(node: Node): Emitted {
    const { code } = this
    const [left, right, differ] = node.args.map(arg => this.emit(arg)) as [Emitted, Emitted, Emitted]
    const push = (part: Emitted): Code => part.isNull < 0 ? code.i32(0) : code.get(part.isNull)
    push(left)
    push(right)
    code.op(OP['i32.xor'])
    code.get(differ.value)
    push(left)
    code.ops(OP['i32.eqz'], OP['i32.and'])
    push(right)
    code.ops(OP['i32.eqz'], OP['i32.and'], OP['i32.or'])
    return { value: this.keep(TYPE.i32), isNull: -1 }
  }

  private emitMatch(node: Node): Emitted {
    const { code, parameters } = this
    const { slot } = node.args[0]!
    const isNull = this.columnNull(slot)
    const [result, address, length] = [code.local(TYPE.i32), code.local(TYPE.i32), code.local(TYPE.i32)]
    code.i32(0).set(result)
    if (isNull >= 0) code.get(isNull).op(OP['i32.eqz']).open(OP.if)
    this.pushAddress(slot)
    code.tee(address).memory(OP['i32.load'], 4).set(length).get(address).memory(OP['i32.load']).set(address)
    const part = parameters.load('bytes', node.slot, 0, TYPE.i32)
    const partLength = parameters.load('bytes', node.slot, 4, TYPE.i32)
    pushMatch(code, { address, length, part, partLength, result }, node.value)
    if (isNull >= 0) code.end()
    return { value: result, isNull }
  }

  // A bare NULL may have another representation than its siblings.
  private assign(target: Emitted, node: Node, source: Node): void {
    if (source.op === 'null') {
      this.pushZero(wasmType(node))
      this.code.set(target.value).i32(1).set(target.isNull)
      return
    }
    const { value, isNull } = this.emit(source)
    this.code.get(value)
    if (source.isBoolean && !node.isBoolean) this.code.op(OP['i64.extend_i32_u'])
    this.code.set(target.value)
    if (target.isNull < 0) return
    if (isNull < 0) this.code.i32(0)
    else this.code.get(isNull)
    this.code.set(target.isNull)
  }

  private emitCase(node: Node): Emitted {
    const { code } = this
    const target: Emitted = { value: code.local(wasmType(node)), isNull: node.nullable ? code.local(TYPE.i32) : -1 }
    const branches = (node.args.length - 1) / 2
    const depth = this.scopes.length
    for (let i = 0; i < branches; i++) {
      this.pushTruth(node.args[2 * i]!)
      code.open(OP.if)
      this.scoped(() => this.assign(target, node, node.args[2 * i + 1]!))
      code.op(OP.else)
      this.scopes.push(new Map())
    }
    this.assign(target, node, node.args[node.args.length - 1]!)
    for (let i = 0; i < branches; i++) code.end()
    this.scopes.length = depth
    return target
  }

  private emitCoalesce(node: Node): Emitted {
    const { code } = this
    const target: Emitted = { value: code.local(wasmType(node)), isNull: code.local(TYPE.i32) }
    const depth = this.scopes.length
    node.args.forEach((arg, i) => {
      this.assign(target, node, arg)
      if (i === node.args.length - 1) return
      code.get(target.isNull).open(OP.if)
      this.scopes.push(new Map())
    })
    for (let i = 1; i < node.args.length; i++) code.end()
    this.scopes.length = depth
    return { value: target.value, isNull: node.nullable ? target.isNull : -1 }
  }
}

function clampInt64(limit: number | bigint): bigint {
  const value = BigInt(limit)
  const max = 2n ** 63n - 1n
  return value > max ? max : value < -max - 1n ? -max - 1n : value
}
