// Masks as SIMD code: each prints an i64 with one bit per row for the 64 rows that start at `base`. Sixteen
// lanes of 8 bits give 16 bits by i8x16.bitmask; wider lanes are compared and narrowed to 8 bits first
// (comparison results are all ones or all zeros, which signed narrowing keeps).
import { OP, TYPE } from '../../src/base/wasm-opcode.ts'
import type { Code } from '../../src/base/wasm-module.ts'
import { LAYOUT } from '../../storage/column-buffers.ts'
import type { ColumnShape } from './ir.ts'
import type { Mask } from './mask.ts'
import type { Parameters } from './wasm-parameters.ts'

// Low words of two pairs of 64-bit lanes.
const EVEN_WORDS = [0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27]

/** Prints the masks of one kernel. */
export class WasmMasks {
  private readonly parameters: Parameters
  private readonly columns: readonly ColumnShape[]
  private readonly code: Code
  /** i32 local: first row of the word. */
  private readonly base: number

  constructor(parameters: Parameters, columns: readonly ColumnShape[], base: number) {
    this.parameters = parameters
    this.columns = columns
    this.code = parameters.code
    this.base = base
  }

  /** Pushes the mask of the word; `live` is an i64 local with the rows still wanted. */
  push(mask: Mask, live: number): void {
    const { code } = this
    switch (mask.kind) {
      case 'and': case 'or':
        mask.parts.forEach((part, i) => {
          this.push(part, live)
          if (i > 0) code.op(mask.kind === 'and' ? OP['i64.and'] : OP['i64.or'])
        })
        return
      case 'valid':
        if (this.columns[mask.column]!.nullable) this.pushValidity(mask.column)
        else code.i64(-1n)
        if (!mask.wanted) code.i64(-1n).op(OP['i64.xor'])
        return
      case 'table': this.pushTable(mask, live); break
      case 'float': this.pushFloat(mask); break
      default: this.pushRange(mask)
    }
    if (mask.kind !== 'table' && this.columns[mask.column]!.nullable) {
      this.pushValidity(mask.column)
      code.op(OP['i64.and'])
    }
  }

  private pushValidity(column: number): void {
    const pointer = this.parameters.load('column', column, 4, TYPE.i32)
    this.code.get(pointer).get(this.base).i32(3).op(OP['i32.shr_u']).op(OP['i32.add']).memory(OP['i64.load'])
  }

  private address(column: number, shift: number): number {
    const { code } = this
    code.get(this.parameters.load('column', column, 0, TYPE.i32)).get(this.base)
    if (shift > 0) code.i32(shift).op(OP['i32.shl'])
    code.op(OP['i32.add'])
    const local = code.local(TYPE.i32)
    code.set(local)
    return local
  }

  private pushRange(mask: Extract<Mask, { kind: 'range' | 'range64' }>): void {
    const { code, parameters } = this
    const { layout } = this.columns[mask.column]!
    if (mask.kind === 'range64') this.pushRange64(mask)
    else {
      const at = this.address(mask.column, layout)
      const shape = layout === LAYOUT.U8 ? 'i8x16' : layout === LAYOUT.U16 ? 'i16x8' : 'i32x4'
      const splat = (offset: number, name: string): number => {
        const scalar = parameters.load('leaf', mask.leaf, offset, TYPE.i32)
        return parameters.derive(`${name}${mask.leaf}`, TYPE.v128, p => p.get(scalar).op(OP[`${shape}.splat`]))
      }
      const low = splat(0, 'low')
      const width = splat(4, 'width')
      this.pushBits(1 << layout, offset => {
        code.get(at).memory(OP['v128.load'], offset).get(low).op(OP[`${shape}.sub`]).get(width).op(OP[`${shape}.le_u`])
      })
    }
    const enable = parameters.load('leaf', mask.leaf, mask.kind === 'range' ? 8 : 16, TYPE.i64)
    if (mask.kind === 'range') {
      code.get(enable).op(OP['i64.and']).get(parameters.load('leaf', mask.leaf, 16, TYPE.i64)).op(OP['i64.xor'])
    } else code.get(enable).op(OP['i64.xor'])
  }

  private pushRange64(mask: Extract<Mask, { kind: 'range' | 'range64' }>): void {
    const { code, parameters } = this
    const at = this.address(mask.column, 3)
    const splat = (offset: number, name: string): number => {
      const scalar = parameters.load('leaf', mask.leaf, offset, TYPE.i64)
      return parameters.derive(`${name}${mask.leaf}`, TYPE.v128, p => p.get(scalar).op(OP['i64x2.splat']))
    }
    const low = splat(0, 'low64')
    const high = splat(8, 'high64')
    const value = code.local(TYPE.v128)
    this.pushBits(8, offset => {
      code.get(at).memory(OP['v128.load'], offset).tee(value).get(low).op(OP['i64x2.ge_s'])
      code.get(value).get(high).op(OP['i64x2.le_s']).op(OP['v128.and'])
    })
  }

  private pushFloat(mask: Extract<Mask, { kind: 'float' }>): void {
    const { code, parameters } = this
    const at = this.address(mask.column, 3)
    const scalar = parameters.load('constant', mask.slot, 0, TYPE.f64)
    const constant = parameters.derive(`float${mask.slot}`, TYPE.v128, p => p.get(scalar).op(OP['f64x2.splat']))
    // NaN is larger than the constant: > is "not <=".
    const opcodes: Record<string, number> = {
      eq: OP['f64x2.eq'], ne: OP['f64x2.ne'], lt: OP['f64x2.lt'], le: OP['f64x2.le'], gt: OP['f64x2.le'],
      ge: OP['f64x2.lt'],
    }
    this.pushBits(8, offset => {
      code.get(at).memory(OP['v128.load'], offset).get(constant).op(opcodes[mask.op]!)
    })
    if (mask.op === 'gt' || mask.op === 'ge') code.i64(-1n).op(OP['i64.xor'])
  }

  // 64 rows of lanes `width` bytes wide; `lane` pushes one vector of comparison results by byte offset.
  private pushBits(width: number, lane: (offset: number) => void): void {
    const { code } = this
    for (let part = 0; part < 4; part++) {
      this.pushBytes(width, part * 16 * width, lane)
      code.op(OP['i8x16.bitmask']).op(OP['i64.extend_i32_u'])
      if (part > 0) code.i64(BigInt(16 * part)).op(OP['i64.shl']).op(OP['i64.or'])
    }
  }

  // Sixteen rows as sixteen 8-bit lanes.
  private pushBytes(width: number, offset: number, lane: (offset: number) => void): void {
    const { code } = this
    switch (width) {
      case 1: lane(offset); return
      case 2:
        lane(offset)
        lane(offset + 16)
        code.op(OP['i8x16.narrow_i16x8_s'])
        return
      default:
        this.pushHalves(width, offset, lane)
        this.pushHalves(width, offset + 8 * width, lane)
        code.op(OP['i8x16.narrow_i16x8_s'])
    }
  }

  // Eight rows as eight 16-bit lanes.
  private pushHalves(width: number, offset: number, lane: (offset: number) => void): void {
    for (let half = 0; half < 2; half++) {
      const at = offset + half * 4 * width
      lane(at)
      if (width === 8) {
        lane(at + 16)
        this.code.v128(OP['i8x16.shuffle'], EVEN_WORDS)
      }
    }
    this.code.op(OP['i16x8.narrow_i32x4_s'])
  }

  // Only rows still wanted are looked up, bit by bit.
  private pushTable(mask: Extract<Mask, { kind: 'table' }>, live: number): void {
    const { code, parameters, base } = this
    const { layout, nullable } = this.columns[mask.column]!
    const values = parameters.load('lookup', mask.lookup, 0, TYPE.i32)
    const nulls = parameters.load('lookup', mask.lookup, 4, TYPE.i32)
    const nullIndex = parameters.load('lookup', mask.lookup, 8, TYPE.i32)
    const [rest, found, bit] = [code.local(TYPE.i64), code.local(TYPE.i64), code.local(TYPE.i64)]
    const [row, entry] = [code.local(TYPE.i32), code.local(TYPE.i32)]
    const pointer = parameters.load('column', mask.column, 0, TYPE.i32)
    code.i64(0n).set(found).get(live).set(rest)
    code.open(OP.block).open(OP.loop)
    code.get(rest).op(OP['i64.eqz']).op(OP.br_if, 1)
    code.get(rest).op(OP['i64.ctz']).tee(bit).op(OP['i32.wrap_i64']).get(base).op(OP['i32.add']).set(row)
    code.get(pointer).get(row)
    if (layout > 0) code.i32(layout).op(OP['i32.shl'])
    code.op(OP['i32.add'])
    code.memory(layout === LAYOUT.U8 ? OP['i32.load8_u'] : layout === LAYOUT.U16 ? OP['i32.load16_u'] : OP['i32.load'])
    code.set(entry)
    if (nullable) {
      code.get(entry).get(nullIndex)
      this.pushRowValid(mask.column, row)
      code.op(OP.select).set(entry)
    }
    code.get(values).get(entry).i32(3).op(OP['i32.shl']).op(OP['i32.add']).memory(OP['i32.load'])
    code.i32(mask.truth).op(OP['i32.eq'])
    code.get(nulls).get(entry).op(OP['i32.add']).memory(OP['i32.load8_u']).ops(OP['i32.eqz'], OP['i32.and'])
    code.ops(OP['i64.extend_i32_u']).get(bit).op(OP['i64.shl']).get(found).op(OP['i64.or']).set(found)
    code.get(rest).get(rest).i64(1n).op(OP['i64.sub']).op(OP['i64.and']).set(rest)
    code.op(OP.br, 0).end().end().get(found)
  }

  private pushRowValid(column: number, row: number): void {
    const pointer = this.parameters.load('column', column, 4, TYPE.i32)
    this.code.get(pointer).get(row).i32(3).op(OP['i32.shr_u']).op(OP['i32.add']).memory(OP['i32.load8_u'])
      .get(row).i32(7).op(OP['i32.and']).op(OP['i32.shr_u']).i32(1).op(OP['i32.and'])
  }
}
