// Statements of row loops as WebAssembly: stores, gathers, slot updates, group ids. Without groups the slots
// are locals during the call; with groups a row's slots are at state + id * stride.
import { OP, TYPE } from '../../src/base/wasm-opcode.ts'
import type { Code } from '../../src/base/wasm-module.ts'
import { LAYOUT, LAYOUT_WIDTH } from '../../storage/column-buffers.ts'
import { HASH_HIGH, HASH_MULTIPLIER } from './id-map.ts'
import type { ColumnShape, Program, Statement, UpdateKind } from './ir.ts'
import type { WasmExpressions } from './wasm-expression.ts'
import { isPrintable } from './wasm-printable.ts'
import { POINTER } from './wasm-parameters.ts'

/** True when the statement and its values can be printed. */
export function isStatementPrintable(statement: Statement, columns: readonly ColumnShape[]): boolean {
  switch (statement.do) {
    case 'gather': case 'recode': case 'pair': case 'assign': case 'group': return true
    case 'feed': return false
    case 'store': return isPrintable(statement.value, columns)
    case 'identify': case 'recall': return isPrintable(statement.value, columns)
    case 'update':
      return (statement.value === null || isPrintable(statement.value, columns))
        && (statement.when === null || isPrintable(statement.when, columns))
  }
}

const isFloatSlot = (kind: UpdateKind): boolean => kind !== 'count' && kind !== 'nulls' && kind !== 'sum'

/** Prints the statements of one row; the same object prints every copy of the row's body. */
export class WasmStatements {
  private readonly printer: WasmExpressions
  private readonly program: Program
  private readonly code: Code
  /** project: i32 local, the next output position. */
  private readonly position: number
  /** aggregate: i32 local, address of the group's slots. */
  private readonly group: number
  private readonly slotLocals = new Map<number, number>()
  private readonly keyLocals = new Map<number, number>()

  constructor(printer: WasmExpressions, program: Program) {
    this.printer = printer
    this.program = program
    this.code = printer.code
    this.position = this.code.local(TYPE.i32)
    this.group = this.code.local(TYPE.i32)
  }

  /** The body for the row in printer.row. */
  printRow(): void {
    const { code, printer, program } = this
    if (program.grouping === 'ids') {
      this.pushIdAddress()
      code.memory(OP['i32.load']).i32(program.stride).op(OP['i32.mul'])
      code.get(printer.parameters.load('pointer', POINTER.state, 0, TYPE.i32)).op(OP['i32.add']).set(this.group)
    }
    for (const statement of program.statements) this.printStatement(statement)
    if (program.kind === 'project') code.get(this.position).i32(1).op(OP['i32.add']).set(this.position)
  }

  /** Writes local slots and the sizes of hash tables back. */
  printEpilogue(): void {
    const { parameters } = this.printer
    const { epilogue } = parameters
    for (const [slot, local] of this.slotLocals) {
      epilogue.get(parameters.load('pointer', POINTER.state, 0, TYPE.i32)).get(local)
      epilogue.memory(this.isFloatSlot(slot) ? OP['f64.store'] : OP['i64.store'], slot * 8)
    }
    for (const parameter of parameters.list) {
      if (parameter.kind !== 'map') continue
      const count = parameters.load('map', parameter.index, 12, TYPE.i32)
      epilogue.get(0).get(count).memory(OP['i32.store'], parameter.offset + 12)
    }
  }

  private isFloatSlot(slot: number): boolean {
    return this.program.statements.some(s => s.do === 'update' && s.slot === slot && isFloatSlot(s.kind))
  }

  private pushIdAddress(): void {
    const ids = this.printer.parameters.load('pointer', POINTER.ids, 0, TYPE.i32)
    this.code.get(ids).get(this.printer.row).i32(2).op(OP['i32.shl']).op(OP['i32.add'])
  }

  private printStatement(statement: Statement): void {
    switch (statement.do) {
      case 'store': this.printStore(statement); break
      case 'gather': this.printGather(statement.out, statement.column); break
      case 'update': this.printer.guarded(statement.when, () => this.printUpdate(statement)); break
      case 'identify': this.printIdentify(statement); break
      case 'recode': this.printRecode(statement); break
      case 'recall': this.printRecall(statement); break
      case 'group':
        this.pushIdAddress()
        this.code.memory(OP['i32.load']).set(this.key(statement.key))
        break
      case 'pair': {
        const [left, right] = [this.key(statement.left), this.key(statement.right)]
        this.probe(statement.map, left, right, this.key(statement.key))
        break
      }
      case 'assign':
        this.pushIdAddress()
        this.code.get(this.key(statement.key)).memory(OP['i32.store'])
        break
    }
  }

  private key(key: number): number {
    let local = this.keyLocals.get(key)
    if (local === undefined) {
      local = this.code.local(TYPE.i32)
      this.keyLocals.set(key, local)
    }
    return local
  }

  private pushOut(out: number, width: number): void {
    this.code.get(this.printer.parameters.load('out', out, 0, TYPE.i32)).get(this.position)
    if (width > 1) this.code.i32(Math.log2(width)).op(OP['i32.shl'])
    this.code.op(OP['i32.add'])
  }

  // Sets the output's validity bit to an i32 0 or 1 that `push` pushes. The bitmap starts all zero.
  private setValid(out: number, push: () => void): void {
    const { code, printer } = this
    const address = code.local(TYPE.i32)
    code.get(printer.parameters.load('out', out, 4, TYPE.i32)).get(this.position).i32(3).op(OP['i32.shr_u'])
    code.op(OP['i32.add']).tee(address).get(address).memory(OP['i32.load8_u'])
    push()
    code.get(this.position).i32(7).op(OP['i32.and']).op(OP['i32.shl']).op(OP['i32.or']).memory(OP['i32.store8'])
  }

  private printStore(statement: Extract<Statement, { do: 'store' }>): void {
    const { code, printer } = this
    const { out, layout, base, value: node } = statement
    const { value, isNull } = printer.emit(node)
    this.pushOut(out, LAYOUT_WIDTH[layout]!)
    switch (layout) {
      case LAYOUT.F64: code.get(value).f64(0).op(OP['f64.add']).memory(OP['f64.store']); break
      case LAYOUT.F32: code.get(value).f64(0).op(OP['f64.add']).op(OP['f32.demote_f64']).memory(OP['f32.store']); break
      default: {
        printer.pushInteger(node)
        if (base !== 0) code.i64(BigInt(base)).op(OP['i64.sub'])
        const opcode = [OP['i64.store8'], OP['i64.store16'], OP['i64.store32'], OP['i64.store']][Math.min(layout, 3)]!
        code.memory(opcode)
        if (layout === LAYOUT.I128) {
          this.pushOut(out, 16)
          printer.pushInteger(node)
          code.i64(63n).op(OP['i64.shr_s']).memory(OP['i64.store'], 8)
        }
      }
    }
    if (isNull >= 0) this.setValid(out, () => code.get(isNull).op(OP['i32.eqz']))
  }

  private printGather(out: number, column: number): void {
    const { code, printer, program } = this
    const shape = program.columns[column]!
    const width = LAYOUT_WIDTH[shape.layout]!
    const [load, store] = width === 1 ? [OP['i32.load8_u'], OP['i32.store8']]
      : width === 2 ? [OP['i32.load16_u'], OP['i32.store16']]
      : width === 4 ? [OP['i32.load'], OP['i32.store']] : [OP['i64.load'], OP['i64.store']]
    for (let part = 0; part < Math.max(8, width); part += 8) {
      this.pushOut(out, width)
      printer.pushAddress(column)
      code.memory(load, part).memory(store, part)
    }
    if (!shape.nullable) return
    this.setValid(out, () => {
      printer.pushColumnNull(column)
      code.op(OP['i32.eqz'])
    })
  }

  // A slot as a place: pushes its value, then stores what `change` leaves on the stack.
  private changeSlot(slot: number, isFloat: boolean, change: () => void): void {
    const { code, printer, program } = this
    const type = isFloat ? TYPE.f64 : TYPE.i64
    if (program.grouping === 'none') {
      let local = this.slotLocals.get(slot)
      if (local === undefined) {
        const state = printer.parameters.load('pointer', POINTER.state, 0, TYPE.i32)
        local = printer.parameters.derive(`slot${slot}`, type, prologue => {
          prologue.get(state).memory(isFloat ? OP['f64.load'] : OP['i64.load'], slot * 8)
        })
        this.slotLocals.set(slot, local)
      }
      code.get(local)
      change()
      code.set(local)
      return
    }
    code.get(this.group).get(this.group).memory(isFloat ? OP['f64.load'] : OP['i64.load'], slot * 8)
    change()
    code.memory(isFloat ? OP['f64.store'] : OP['i64.store'], slot * 8)
  }

  private printUpdate(statement: Extract<Statement, { do: 'update' }>): void {
    const { code, printer } = this
    const { kind, slot, value: node } = statement
    if (node === null) {
      this.changeSlot(slot, false, () => code.i64(1n).op(OP['i64.add']))
      return
    }
    const { value, isNull } = printer.emit(node)
    switch (kind) {
      case 'nulls':
        if (isNull < 0) return
        this.changeSlot(slot, false, () => code.get(isNull).op(OP['i64.extend_i32_u']).op(OP['i64.add']))
        return
      case 'count':
        this.changeSlot(slot, false, () => {
          if (isNull < 0) code.i64(1n)
          else code.get(isNull).op(OP['i32.eqz']).op(OP['i64.extend_i32_u'])
          code.op(OP['i64.add'])
        })
        return
      case 'sum':
        this.changeSlot(slot, false, () => {
          if (isNull >= 0) code.i64(0n)
          printer.pushInteger(node)
          if (isNull >= 0) code.get(isNull).op(OP.select)
          code.op(OP['i64.add'])
        })
        return
      default: this.printFloatUpdate(kind, slot, () => {
        if (kind === 'fsum' || kind === 'fmin' || kind === 'fmax') code.get(value)
        else {
          printer.pushInteger(node)
          code.op(OP['f64.convert_i64_s'])
        }
      }, isNull)
    }
  }

  private printFloatUpdate(kind: UpdateKind, slot: number, push: () => void, isNull: number): void {
    const { code } = this
    if (isNull >= 0 && kind === 'fsum') {
      this.addUnlessNull(slot, push, isNull)
      return
    }
    if (isNull >= 0) code.get(isNull).op(OP['i32.eqz']).open(OP.if)
    push()
    const value = code.local(TYPE.f64)
    code.set(value)
    this.changeSlot(slot, true, () => {
      if (kind === 'fsum') {
        code.get(value).op(OP['f64.add'])
        return
      }
      const held = code.local(TYPE.f64)
      code.set(held).get(value).get(held)
      code.get(value).get(held).op(kind === 'min' || kind === 'fmin' ? OP['f64.lt'] : OP['f64.gt'])
      // NaN is the largest: it gives way to any minimum and wins every maximum.
      if (kind === 'fmin') code.get(held).get(held).op(OP['f64.ne']).op(OP['i32.or'])
      if (kind === 'fmax') code.get(value).get(value).op(OP['f64.ne']).op(OP['i32.or'])
      code.op(OP.select)
    })
    if (isNull >= 0) code.end()
  }

  // A NULL row adds 0, by a mask over the bits of whatever its slot holds: a branch on one row in ten being NULL would
  // be mispredicted at most of them. The sum is the same to the bit: it begins as 0, so it is never -0.
  private addUnlessNull(slot: number, push: () => void, isNull: number): void {
    const { code } = this
    this.changeSlot(slot, true, () => {
      push()
      code.op(OP['i64.reinterpret_f64']).get(isNull).op(OP['i64.extend_i32_u']).i64(1n).op(OP['i64.sub'])
      code.op(OP['i64.and']).op(OP['f64.reinterpret_i64']).op(OP['f64.add'])
    })
  }

  private printRecode(statement: Extract<Statement, { do: 'recode' }>): void {
    const { code, printer, program } = this
    const { column, map, key } = statement
    const table = printer.parameters.load('remap', map, 0, TYPE.i32)
    const isNullable = program.columns[column]!.nullable
    if (isNullable) {
      printer.pushColumnNull(column)
      code.open(OP.if, TYPE.i32).i32(0).op(OP.else)
    }
    code.get(table)
    printer.pushCode(column)
    code.i32(2).op(OP['i32.shl']).op(OP['i32.add']).memory(OP['i32.load'])
    if (isNullable) code.end()
    code.set(this.key(key))
  }

  // The id from the cache; on a miss from the map, and into the cache.
  private printRecall(statement: Extract<Statement, { do: 'recall' }>): void {
    const { code, printer, program } = this
    const { column, map, key, value } = statement
    const target = this.key(key)
    const isNullable = program.columns[column]!.nullable
    if (isNullable) {
      code.i32(0).set(target)
      printer.pushColumnNull(column)
      code.op(OP['i32.eqz']).open(OP.if)
    }
    const address = code.local(TYPE.i32)
    code.get(printer.parameters.load('remap', map, 0, TYPE.i32))
    printer.pushCode(column)
    code.i32(2).op(OP['i32.shl']).op(OP['i32.add']).tee(address)
    code.memory(OP['i32.load']).tee(target).op(OP['i32.eqz']).open(OP.if)
    printer.scoped(() => {
      printer.pushInteger(value)
      this.probeWord(map, target)
    })
    code.get(address).get(target).memory(OP['i32.store']).end()
    if (isNullable) code.end()
  }

  private printIdentify(statement: Extract<Statement, { do: 'identify' }>): void {
    const { code, printer } = this
    const { value: node, map, key } = statement
    const { isNull } = printer.emit(node)
    const target = this.key(key)
    if (isNull >= 0) code.i32(0).set(target).get(isNull).op(OP['i32.eqz']).open(OP.if)
    this.pushWord(statement)
    this.probeWord(map, target)
    if (isNull >= 0) code.end()
  }

  // Consumes an i64 key and sets `target` to its id.
  private probeWord(map: number, target: number): void {
    const { code } = this
    const word = code.local(TYPE.i64)
    const [low, high] = [code.local(TYPE.i32), code.local(TYPE.i32)]
    code.tee(word).op(OP['i32.wrap_i64']).set(low)
    code.get(word).i64(32n).op(OP['i64.shr_u']).op(OP['i32.wrap_i64']).set(high)
    this.probe(map, low, high, target)
  }

  // The 64 bits of a key; -0 becomes 0 and every NaN the same one.
  private pushWord(statement: Extract<Statement, { do: 'identify' }>): void {
    const { code, printer } = this
    const node = statement.value
    if (node.rep !== 'float') {
      printer.pushInteger(node)
      return
    }
    const { value } = printer.emit(node)
    code.i64(0x7ff8000000000000n).get(value).f64(0).op(OP['f64.add']).op(OP['i64.reinterpret_f64'])
    code.get(value).get(value).op(OP['f64.ne']).op(OP.select)
  }

  // WordMap.pair (id-map.ts) in the same table; the caller has reserved room for every row of the batch.
  private probe(map: number, low: number, high: number, target: number): void {
    const { code } = this
    const { parameters } = this.printer
    const field = (at: number): number => parameters.load('map', map, at, TYPE.i32)
    const [table, mask, keys, count] = [field(0), field(4), field(8), field(12)]
    const [slot, at] = [code.local(TYPE.i32), code.local(TYPE.i32)]
    code.get(low).get(high).i32(HASH_HIGH).op(OP['i32.mul']).op(OP['i32.xor']).i32(HASH_MULTIPLIER).op(OP['i32.mul'])
    code.tee(slot).get(slot).i32(15).op(OP['i32.shr_u']).op(OP['i32.xor']).set(slot)
    code.open(OP.block).open(OP.loop)
    code.get(table).get(slot).get(mask).op(OP['i32.and']).i32(4).op(OP['i32.shl']).op(OP['i32.add']).tee(at)
    code.memory(OP['i32.load'], 8).tee(target).op(OP['i32.eqz']).open(OP.if)
    code.get(count).i32(1).op(OP['i32.add']).tee(count).set(target)
    for (const offset of [0, 4]) code.get(at).get(offset === 0 ? low : high).memory(OP['i32.store'], offset)
    code.get(at).get(target).memory(OP['i32.store'], 8)
    for (const offset of [0, 4]) {
      code.get(keys).get(target).i32(3).op(OP['i32.shl']).op(OP['i32.add'])
      code.get(offset === 0 ? low : high).memory(OP['i32.store'], offset)
    }
    code.op(OP.br, 2).end()
    code.get(at).memory(OP['i32.load']).get(low).op(OP['i32.eq'])
    code.get(at).memory(OP['i32.load'], 4).get(high).op(OP['i32.eq']).op(OP['i32.and']).op(OP.br_if, 1)
    code.get(slot).i32(1).op(OP['i32.add']).set(slot).op(OP.br, 0).end().end()
  }
}
