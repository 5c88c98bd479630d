// From a numeric key to the values of its row in one call of WebAssembly, over the image of warm-base.ts: model, last
// mile, one load per column. JavaScript does the same with four times the instructions (bounds checks, overflow
// checks, conversions), and the processor only overlaps the cache misses of one lookup with the next when both fit
// into its window of some 450 instructions and no branch waits for memory:
//
//   key ─ grid ─ segment: two comparisons added up ─► rows [lo, hi) around the predicted row
//       ─ early: one byte of every column at the predicted row, so that all misses start now
//       ─ halving by selects down to 33 rows, then 32 keys compared at once: bit mask, count of trailing zeros ─► row
//       ─ one load per column ─► slot of the image; counted (index-counters.ts)
//
// Many keys at once (`many`): first all of them go the way to the predicted row and touch one byte of the key column
// and of every column there, then each is looked for in the caches. So the misses of several keys overlap, which they
// hardly do between calls.
//
// Answers: part << 16 | row when found (both below 2^15 and 2^16), else one of FIND. The code has the addresses of one
// image and the columns of one reader as constants; it is a few hundred bytes.
import { Code, WasmModule } from '../../src/base/wasm-module.ts'
import { OP, TYPE } from '../../src/base/wasm-opcode.ts'
import {
  COLUMN, KEY_ABSENT, KEY_KIND_MASK, KIND, KIND_SHIFT, PLACE, SEGMENT, SLICE_SHIFT, SLOT, absentBit,
} from './warm-base.ts'
import { COUNTER } from './index-counters.ts'
import type { Kind, WarmBase, WarmColumn } from './warm-base.ts'

/**
 * What `find` answers when there is no row: looked for and absent; a page is not in memory; before all keys; the window
 * lies in two slices. After ELSEWHERE the scratch says which slice.
 */
export const FIND = { ABSENT: -1, ELSEWHERE: -2, BEFORE: -3, ASTRIDE: -4 } as const

/** See the file header. `slot`: offset of the slot that the values go to, 0 = the first. */
export type Find = (key: number, slot: number) => number

/** Rows that are compared at once. */
const LANES = 32

/** The bodies over one image. */
export interface Finds {
  /** Reads columns early, at the predicted row. */
  readonly early: Find
  readonly late: Find
  /** Looks up the first `count` keys of the image, each into its slot, with the answer in SLOT.FOUND. */
  readonly many: (count: number) => void
}

/** Compiles `find` for the columns (ordinals) of a reader. A fraction of a millisecond. */
export function compileFinds(base: WarmBase, columns: readonly number[]): Finds {
  const module = new WasmModule()
  module.importMemory('env', 'memory', { min: 1, max: 65536, shared: true })
  const read = columns.map((c) => base.columns[c]!)
  const needed = columns.reduce((bits, c) => bits | absentBit(c), KEY_ABSENT)
  const signature = { parameters: [TYPE.f64, TYPE.i32], results: [TYPE.i32] }
  const add = (name: string, code: Code): number => module.addFunction({ ...signature, name }, code)
  add('early', new FindEmitter(base, read, needed, true).emit())
  const late = add('late', new FindEmitter(base, read, needed, false).emit())
  const touch = add('touch', new FindEmitter(base, read, needed, true).emitTouch())
  module.addFunction({ parameters: [TYPE.i32], results: [], name: 'many' }, emitMany(base, touch, late))
  const { memory } = base.memory
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(module.toBytes()), { env: { memory } })
  return { early: exports['early'] as Find, late: exports['late'] as Find, many: exports['many'] as Finds['many'] }
}

// Parameter 0 is the number of keys.
function emitMany(base: WarmBase, touch: number, find: number): Code {
  const code = new Code(1)
  const at = code.local(TYPE.i32)
  const slot = code.local(TYPE.i32)
  code.get(0).i32(3).op(OP['i32.shl']).set(0)
  for (const isLook of [false, true]) {
    code.i32(0).set(at).i32(0).set(slot)
    code.open(OP.block).open(OP.loop).get(at).get(0).op(OP['i32.ge_u']).op(OP.br_if, 1)
    if (isLook) code.get(slot)
    code.get(at).memory(OP['f64.load'], base.keysAt, 3).get(slot).op(OP.call, isLook ? find : touch)
    if (isLook) code.memory(OP['i32.store'], base.slotsAt + SLOT.FOUND, 2)
    else code.op(OP.drop)
    code.get(slot).i32(base.slotBytes).op(OP['i32.add']).set(slot)
    code.get(at).i32(8).op(OP['i32.add']).set(at).op(OP.br, 0).end().end()
  }
  return code
}

const KEY = 0
const OUT = 1

class FindEmitter {
  private readonly base: WarmBase
  private readonly columns: readonly WarmColumn[]
  private readonly needed: number
  private readonly isEarly: boolean
  private readonly code = new Code(2)
  private readonly segment: number = this.code.local(TYPE.i32)
  private readonly last: number = this.code.local(TYPE.i32)
  private readonly begin: number = this.code.local(TYPE.i32)
  private readonly limit: number = this.code.local(TYPE.i32)
  private readonly pos: number = this.code.local(TYPE.i32)
  private readonly lo: number = this.code.local(TYPE.i32)
  private readonly hi: number = this.code.local(TYPE.i32)
  private readonly place: number = this.code.local(TYPE.i32)
  private readonly origin: number = this.code.local(TYPE.i32)
  private readonly row: number = this.code.local(TYPE.i32)
  private readonly word: number = this.code.local(TYPE.i32)
  private readonly half: number = this.code.local(TYPE.i32)
  private readonly distance: number = this.code.local(TYPE.f64)
  private readonly number: number = this.code.local(TYPE.f64)
  private readonly wide: number = this.code.local(TYPE.i64)
  private readonly wanted: number = this.code.local(TYPE.i32)
  private readonly splat: number = this.code.local(TYPE.v128)
  private readonly lanes: number = this.code.local(TYPE.v128)

  /** `needed`: the bits of a place's state that have to be clear. */
  constructor(base: WarmBase, columns: readonly WarmColumn[], needed: number, isEarly: boolean) {
    this.base = base
    this.columns = columns
    this.needed = needed
    this.isEarly = isEarly
  }

  emit(): Code {
    const { code } = this
    this.findSegment()
    this.predict()
    this.findPlace()
    if (this.isEarly) for (const column of this.columns) this.touch(column)
    this.chooseKind(this.base.key.kinds, () => {
      code.get(this.place).memory(OP['i32.load'], PLACE.STATE, 2).i32(KEY_KIND_MASK).op(OP['i32.and'])
    }, (kind) => this.search(kind))
    if (!this.isEarly) this.leaveUnlessHere(this.needed)
    this.count()
    for (const column of this.columns) this.readColumn(column)
    code.get(this.segment).memory(OP['i32.load'], SEGMENT.PART, 2).i32(16).op(OP['i32.shl'])
    code.get(this.row).op(OP['i32.or'])
    return code
  }

  /** As far as the predicted row, for the sake of what that brings into the caches. The answer means nothing. */
  emitTouch(): Code {
    const { code } = this
    this.findSegment()
    this.predict()
    this.findPlace()
    const { kinds } = this.base.key
    if (kinds.length === 1 && kinds[0] !== KIND.OTHER) {
      code.get(this.place).memory(OP['i32.load'], PLACE.ORIGIN, 2).set(this.origin)
      for (const row of [this.lo, this.pos, this.hi]) {
        this.pushAddress(kinds[0]!, row)
        code.memory(OP['i32.load8_u']).op(OP.drop)
      }
    }
    for (const column of this.columns) this.touch(column)
    return code.i32(0)
  }

  private give(answer: number): void {
    this.code.i32(answer).op(OP.return)
  }

  // segment = address of the record of the last segment whose first key is <= key.
  private findSegment(): void {
    const { code, base, segment, last } = this
    code.get(KEY).f64(base.first).op(OP['f64.sub']).tee(this.distance)
    code.f64(0).op(OP['f64.ge']).op(OP['i32.eqz']).open(OP.if)
    this.give(FIND.BEFORE)
    code.end()
    code.get(this.distance).f64(base.scale).op(OP['f64.mul']).tee(this.number).op(OP['i32.trunc_sat_f64_s'])
    code.i32(base.cells - 1).get(this.number).f64(base.cells).op(OP['f64.lt']).op(OP.select)
    code.i32(2).op(OP['i32.shl']).tee(this.word).memory(OP['i32.load'], base.gridAt, 2).set(segment)
    code.get(this.word).memory(OP['i32.load'], base.gridAt + 4, 2).set(last)
    code.get(last).get(segment).op(OP['i32.sub']).i32(2).op(OP['i32.gt_s']).open(OP.if)
    this.halveSegments()
    code.get(segment).i32(5).op(OP['i32.shl']).set(segment).op(OP.else)
    code.get(segment).i32(5).op(OP['i32.shl']).tee(segment)
    for (const next of [1, 2]) {
      code.get(segment).memory(OP['f64.load'], base.segmentsAt + next * SEGMENT.BYTES + SEGMENT.KEY, 3)
      code.get(KEY).op(OP['f64.le'])
      if (next === 2) code.op(OP['i32.add'])
    }
    code.i32(5).op(OP['i32.shl']).op(OP['i32.add']).set(segment).end()
    code.get(segment).i32(base.segmentsAt).op(OP['i32.add']).set(segment)
  }

  private halveSegments(): void {
    const { code, segment, last, word } = this
    code.open(OP.block).open(OP.loop).get(segment).get(last).op(OP['i32.ge_s']).op(OP.br_if, 1)
    code.get(segment).get(last).op(OP['i32.add']).i32(1).op(OP['i32.add']).i32(1).op(OP['i32.shr_u']).tee(word)
    code.i32(5).op(OP['i32.shl']).memory(OP['f64.load'], this.base.segmentsAt + SEGMENT.KEY, 3).get(KEY)
    code.op(OP['f64.le']).open(OP.if).get(word).set(segment)
    code.op(OP.else).get(word).i32(1).op(OP['i32.sub']).set(last).end().op(OP.br, 0).end().end()
  }

  // pos, and [lo, hi): bit for bit predictRow() and what searchBound() makes of it.
  private predict(): void {
    const { code, segment, begin, limit, pos, lo, hi, word } = this
    code.get(segment).memory(OP['i32.load'], SEGMENT.ROWS, 2).tee(word).i32(0xffff).op(OP['i32.and']).set(begin)
    code.get(word).i32(16).op(OP['i32.shr_u']).i32(1).op(OP['i32.add']).set(limit)
    code.get(begin).op(OP['f64.convert_i32_s'])
    code.get(segment).memory(OP['f64.load'], SEGMENT.SLOPE, 3)
    code.get(KEY).get(segment).memory(OP['f64.load'], SEGMENT.KEY, 3).op(OP['f64.sub']).op(OP['f64.mul'])
    code.op(OP['f64.add']).f64(0.5).op(OP['f64.add']).tee(this.number).op(OP['i32.trunc_sat_f64_s'])
    code.get(limit).i32(1).op(OP['i32.sub'])
    code.get(this.number).get(limit).op(OP['f64.convert_i32_s']).op(OP['f64.lt']).op(OP.select).set(pos)
    code.get(segment).memory(OP['i32.load'], SEGMENT.ERRORS, 2).set(word)
    code.get(pos).get(word).i32(0xffff).op(OP['i32.and']).op(OP['i32.sub']).tee(lo)
    code.get(begin).get(lo).get(begin).op(OP['i32.gt_s']).op(OP.select).set(lo)
    code.get(pos).get(word).i32(16).op(OP['i32.shr_u']).op(OP['i32.add']).i32(1).op(OP['i32.add']).tee(hi)
    code.get(limit).get(hi).get(limit).op(OP['i32.lt_s']).op(OP.select).set(hi)
    code.get(OUT).get(pos).memory(OP['i32.store'], this.base.slotsAt + SLOT.POS, 2)
    code.get(OUT).get(hi).get(lo).op(OP['i32.sub']).memory(OP['i32.store'], this.base.slotsAt + SLOT.WINDOW, 2)
  }

  // place = address of the record of the slice; leaves when the window crosses slices or the slice is not here.
  private findPlace(): void {
    const { code, base, place } = this
    code.get(this.segment).memory(OP['i32.load'], SEGMENT.PLACES, 2)
    code.get(this.pos).i32(SLICE_SHIFT).op(OP['i32.shr_u']).i32(base.placeBytes).op(OP['i32.mul']).op(OP['i32.add'])
    code.set(place)
    code.get(this.lo).get(this.hi).i32(1).op(OP['i32.sub']).op(OP['i32.xor']).i32(SLICE_SHIFT).op(OP['i32.shr_u'])
    code.open(OP.if)
    this.give(FIND.ASTRIDE)
    code.end()
    this.leaveUnlessHere(this.isEarly ? this.needed : KEY_ABSENT)
  }

  private leaveUnlessHere(bits: number): void {
    const { code } = this
    if (bits === 0) return
    code.get(this.place).memory(OP['i32.load'], PLACE.STATE, 2).i32(bits).op(OP['i32.and']).open(OP.if)
    code.get(OUT).get(this.segment).memory(OP['i32.load'], SEGMENT.PART, 2)
    code.memory(OP['i32.store'], this.base.slotsAt + SLOT.PART, 2)
    this.give(FIND.ELSEWHERE)
    code.end()
  }

  private touch(column: WarmColumn): void {
    const { code } = this
    if (column.kinds.length > 1 || column.kinds[0] === KIND.OTHER) return
    code.get(this.place).memory(OP['i32.load'], column.at + COLUMN.ORIGIN, 2)
    code.get(this.pos).i32(KIND_SHIFT[column.kinds[0]!]!).op(OP['i32.shl']).op(OP['i32.add'])
    code.memory(OP['i32.load8_u']).op(OP.drop)
  }

  private chooseKind(kinds: readonly Kind[], push: () => void, emit: (kind: Kind) => void): void {
    const { code } = this
    kinds.forEach((kind, i) => {
      if (i === kinds.length - 1) return emit(kind)
      push()
      code.i32(kind).op(OP['i32.eq']).open(OP.if)
      emit(kind)
      code.op(OP.else)
    })
    for (let i = 1; i < kinds.length; i++) code.end()
  }

  // row = the key's row; leaves with ABSENT.
  private search(kind: Kind): void {
    const { code, lo, hi, row, half, word } = this
    if (kind === KIND.OTHER) return this.give(FIND.ASTRIDE)
    this.convertKey(kind)
    code.get(this.place).memory(OP['i32.load'], PLACE.ORIGIN, 2).set(this.origin)
    // Halving: the first row whose key is not below the wanted one stays in [lo, lo + word].
    code.get(hi).get(lo).op(OP['i32.sub']).set(word)
    code.open(OP.block).open(OP.loop).get(word).i32(LANES + 1).op(OP['i32.le_s']).op(OP.br_if, 1)
    code.get(word).i32(1).op(OP['i32.shr_u']).set(half)
    code.get(lo).get(half).op(OP['i32.add']).tee(row).get(lo)
    this.pushAddress(kind, row)
    this.compareOne(kind, -1 << KIND_SHIFT[kind]!, 'lt')
    code.op(OP.select).set(lo).get(word).get(half).op(OP['i32.sub']).set(word).op(OP.br, 0).end().end()
    this.pushMask(kind)
    code.op(OP['i32.ctz']).get(lo).op(OP['i32.add']).tee(row)
    code.get(hi).op(OP['i32.ge_s'])
    this.pushAddress(kind, row)
    this.compareOne(kind, 0, 'eq')
    code.op(OP['i32.eqz']).op(OP['i32.or']).open(OP.if)
    this.countWindow()
    this.give(FIND.ABSENT)
    code.end()
  }

  // A lookup in a window, found or not.
  private countWindow(): void {
    const { code } = this
    for (const counter of [COUNTER.PROBES, COUNTER.KEY_PAGES]) {
      code.i32(0).i32(0).memory(OP['f64.load'], counter, 3).f64(1).op(OP['f64.add']).memory(OP['f64.store'], counter, 3)
    }
    code.i32(0).i32(0).memory(OP['f64.load'], COUNTER.WINDOW_ROWS, 3)
    code.get(OUT).memory(OP['i32.load'], this.base.slotsAt + SLOT.WINDOW, 2).op(OP['f64.convert_i32_s'])
    code.op(OP['f64.add']).memory(OP['f64.store'], COUNTER.WINDOW_ROWS, 3)
  }

  // A row that was found, and how far from the prediction.
  private count(): void {
    const { code, row, pos, word, half } = this
    this.countWindow()
    code.get(row).get(pos).op(OP['i32.sub']).tee(word).i32(0).get(word).op(OP['i32.sub']).tee(half)
    code.get(word).i32(0).op(OP['i32.gt_s']).op(OP.select).set(word)
    code.i32(0).get(word).i32(0).memory(OP['i32.load'], COUNTER.MAX_ERROR, 2).tee(half)
    code.get(word).get(half).op(OP['i32.gt_s']).op(OP.select).memory(OP['i32.store'], COUNTER.MAX_ERROR, 2)
  }

  // The key as the chunk stores it, in `wanted`, `number` or `wide`; leaves when the chunk cannot have it.
  private convertKey(kind: Kind): void {
    const { code, number, wanted, wide } = this
    code.get(KEY).get(this.place).memory(OP['f64.load'], PLACE.KEY_BASE, 3).op(OP['f64.sub']).set(number)
    if (kind === KIND.F64) return
    if (kind === KIND.I64) {
      code.get(number).op(OP['i64.trunc_sat_f64_s']).tee(wide).op(OP['f64.convert_i64_s'])
    } else code.get(number).op(OP['i32.trunc_sat_f64_u']).tee(wanted).op(OP['f64.convert_i32_u'])
    code.get(number).op(OP['f64.ne'])
    if (kind === KIND.U8 || kind === KIND.U16) {
      code.get(wanted).i32(kind === KIND.U8 ? 0xff : 0xffff).op(OP['i32.gt_u']).op(OP['i32.or'])
    }
    code.open(OP.if)
    this.countWindow()
    this.give(FIND.ABSENT)
    code.end()
  }

  private pushAddress(kind: Kind, row: number): void {
    const { code } = this
    code.get(this.origin).get(row).i32(KIND_SHIFT[kind]!).op(OP['i32.shl']).op(OP['i32.add'])
  }

  // Stack: address -> whether the key there, `offset` (0 or minus one key) further, is below or equal to the wanted.
  private compareOne(kind: Kind, offset: number, how: 'lt' | 'eq'): void {
    const { code } = this
    if (offset !== 0) code.i32(offset).op(OP['i32.add'])
    switch (kind) {
      case KIND.F64: return void code.memory(OP['f64.load']).get(this.number).op(OP[`f64.${how}`])
      case KIND.I64:
        return void code.memory(OP['i64.load']).get(this.wide).op(how === 'lt' ? OP['i64.lt_s'] : OP['i64.eq'])
      default: {
        const load = kind === KIND.U8 ? OP['i32.load8_u'] : kind === KIND.U16 ? OP['i32.load16_u'] : OP['i32.load']
        code.memory(load).get(this.wanted).op(how === 'lt' ? OP['i32.lt_u'] : OP['i32.eq'])
      }
    }
  }

  // Pushes 32 bits: bit i is set when the key of row lo + i is not below the wanted one. Keys behind the window are
  // compared too; the caller looks at the first bit only.
  private pushMask(kind: Kind): void {
    const { code } = this
    this.pushAddress(kind, this.lo)
    code.set(this.word)
    if (kind === KIND.U8) code.get(this.wanted).op(OP['i8x16.splat'])
    else if (kind === KIND.U16) code.get(this.wanted).op(OP['i16x8.splat'])
    else if (kind === KIND.U32) code.get(this.wanted).op(OP['i32x4.splat'])
    else if (kind === KIND.F64) code.get(this.number).op(OP['f64x2.splat'])
    else code.get(this.wide).op(OP['i64x2.splat'])
    code.set(this.splat)
    for (const part of [0, 1]) {
      this.pushBytes(kind, part * LANES / 2)
      code.op(OP['i8x16.bitmask'])
      if (part === 1) code.i32(16).op(OP['i32.shl']).op(OP['i32.or'])
    }
    if (kind === KIND.F64 || kind === KIND.I64) code.i32(-1).op(OP['i32.xor'])
  }

  // Pushes 16 comparisons from row lo + first on as bytes.
  private pushBytes(kind: Kind, first: number): void {
    const { code } = this
    if (kind === KIND.U8) return this.compareLanes(kind, first)
    for (const half of [0, 8]) {
      if (kind === KIND.U16) this.compareLanes(kind, first + half)
      else {
        for (const quarter of [0, 4]) this.pushWords(kind, first + half + quarter)
        code.op(OP['i16x8.narrow_i32x4_s'])
      }
    }
    code.op(OP['i8x16.narrow_i16x8_s'])
  }

  // Pushes four comparisons as 32-bit lanes.
  private pushWords(kind: Kind, first: number): void {
    if (kind === KIND.U32) return this.compareLanes(kind, first)
    this.compareLanes(kind, first)
    this.compareLanes(kind, first + 2)
    this.code.v128(OP['i8x16.shuffle'], EVEN_WORDS)
  }

  private compareLanes(kind: Kind, first: number): void {
    const { code, lanes, splat } = this
    code.get(this.word).memory(OP['v128.load'], first << KIND_SHIFT[kind]!)
    if (kind === KIND.F64) return void code.get(splat).op(OP['f64x2.lt'])
    if (kind === KIND.I64) return void code.get(splat).op(OP['i64x2.lt_s'])
    const type = kind === KIND.U8 ? 'i8x16' : kind === KIND.U16 ? 'i16x8' : 'i32x4'
    code.tee(lanes).get(splat).op(OP[`${type}.max_u`]).get(lanes).op(OP[`${type}.eq`])
  }

  private readColumn(column: WarmColumn): void {
    const { code, base } = this
    const to = base.slotsAt + column.slot
    const load = (word: number): void => void code.get(this.place).memory(OP['i32.load'], column.at + word, 2)
    if (column.kinds.length > 1) {
      code.get(OUT)
      load(COLUMN.KIND)
      code.memory(OP['i32.store'], to + SLOT.KIND, 2)
    }
    this.chooseKind(column.kinds, () => load(COLUMN.KIND), (kind) => {
      if (kind === KIND.OTHER) return
      code.get(OUT)
      load(COLUMN.ORIGIN)
      code.get(this.row).i32(KIND_SHIFT[kind]!).op(OP['i32.shl']).op(OP['i32.add'])
      if (kind === KIND.F64 || kind === KIND.I64) return void code.memory(OP['i64.load']).memory(OP['i64.store'], to, 3)
      code.memory(kind === KIND.U32 ? OP['i32.load'] : KIND_SHIFT[kind] === 0 ? OP['i32.load8_u'] : OP['i32.load16_u'])
      load(COLUMN.EXTRA)
      code.op(OP['i32.add']).memory(OP['i32.store'], to, 2)
    })
    if (!column.hasNulls) return
    // Without NULLs in the chunk the origin is 0, and the byte that is read there of no interest.
    code.get(OUT)
    load(COLUMN.VALIDITY)
    code.tee(this.word).op(OP['i32.eqz']).get(this.word).get(this.row).i32(3).op(OP['i32.shr_u']).op(OP['i32.add'])
    code.memory(OP['i32.load8_u']).get(this.row).i32(7).op(OP['i32.and']).op(OP['i32.shr_u'])
    code.op(OP['i32.or']).i32(1).op(OP['i32.and']).memory(OP['i32.store'], to + SLOT.VALID, 2)
  }
}

/** Lanes 0 and 2 of two vectors of 32-bit words. */
const EVEN_WORDS: readonly number[] = [0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27]
