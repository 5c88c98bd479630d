// Filter kernels: predicate → bitmap. The predicate's conjuncts run cheapest first, as PostgreSQL's planner
// orders quals by cost.
import type { Expression } from '../plan/logical.ts'
import { BATCH_ROWS } from '../../storage/column-buffers.ts'
import type { Batch } from '../vector/batch.ts'
import { bitmapBytes } from '../vector/batch.ts'
import type { Node, Program } from './ir.ts'
import { bindJavaScript } from './javascript.ts'
import { isPure } from './javascript-expression.ts'
import type { FilterKernel, InputColumn, KernelEnv } from './kernel.ts'
import { Lowering } from './lower.ts'
import { Lookups, Signature, loweringEnv } from './specialize.ts'
import type { Run } from './run.ts'
import { Tier } from './tier.ts'
import { keepVariant, variantMemo } from './variant-memo.ts'
import { isPrintable } from './wasm-printable.ts'
import { WasmKernel } from './wasm-run.ts'
import { splitTests } from './webassembly.ts'

const NO_TARGETS = {}

interface Variant {
  /** Everything in JavaScript: the only printer, or what to run when WebAssembly met an error. */
  readonly whole: () => Run
  /** The tests WebAssembly has, and the others for the rows these leave. */
  readonly wasm: WasmKernel | null
  readonly rest: Run | null
  readonly lowering: Lowering
  readonly lookups: Lookups
}

/** The parts of a predicate that all must be TRUE. */
function conjunctsOf(predicate: Expression): Expression[] {
  if (predicate.kind !== 'call' || predicate.fn !== 'and') return [predicate]
  return predicate.args.flatMap(conjunctsOf)
}

/**
 * Lowered conjuncts in the order both printers run them: first those that WebAssembly has, each part with the
 * infallible ones first. The order decides which errors a row can reach, so it must not depend on the back end.
 */
function lowerConjuncts(lowering: Lowering, predicate: Expression): Node[] {
  const rank = (node: Node): number => (isPrintable(node, lowering.columns) ? 0 : 2) + (isPure(node) ? 0 : 1)
  return conjunctsOf(predicate).map(part => lowering.lower(part)).sort((a, b) => rank(a) - rank(b))
}

/** A filter, specialised per input signature. */
export class CompiledFilter implements FilterKernel {
  private readonly predicate: Expression
  private readonly env: KernelEnv
  private readonly signature: Signature
  private readonly variants = new Map<string, Variant>()
  private readonly memo: Map<string, Variant> | null
  private readonly target = { out: 0 }
  private readonly tier: Tier
  private savedPtr = 0
  private savedBytes = 0

  constructor(predicate: Expression, inputs: readonly InputColumn[], env: KernelEnv) {
    this.predicate = predicate
    this.env = env
    this.signature = new Signature(env.memory, inputs, [predicate])
    this.memo = variantMemo(predicate, [predicate], env)
    this.tier = new Tier(env.backend)
  }

  run(batch: Batch, out: number): number {
    const { begin, end } = batch
    const { u8 } = this.env.memory
    const bytes = bitmapBytes(batch.windowRows)
    if (end <= begin) {
      u8.fill(0, out, out + bytes)
      return 0
    }
    const variant = this.prepare(batch)
    if (variant.wasm === null) return this.runJavaScript(variant.whole(), variant, batch, batch.alivePtr, out)
    const { counters } = this.env
    if (begin > 63) u8.fill(0, out, out + (begin >>> 6) * 8)
    u8.fill(0, out + Math.ceil(end / 64) * 8, out + bytes)
    const overlaps = out === batch.alivePtr
    const saved = overlaps ? this.saveBitmap(batch) : batch.alivePtr
    const kept = variant.wasm.run(batch, batch.alivePtr, out, NO_TARGETS)
    if (kept < 0) return this.runJavaScript(variant.whole(), variant, batch, saved, out)
    counters.wasmRows += end - begin
    if (variant.rest === null || kept === 0) return kept
    return this.runJavaScript(variant.rest, variant, batch, out, out, kept)
  }

  // The bitmap is about to be overwritten, but an error needs the rows as they were.
  private saveBitmap(batch: Batch): number {
    const bytes = bitmapBytes(batch.windowRows)
    if (bytes > this.savedBytes) {
      this.savedBytes = Math.max(bytes, bitmapBytes(BATCH_ROWS))
      this.savedPtr = this.env.arena.allocate(this.savedBytes)
    }
    this.env.memory.u8.copyWithin(this.savedPtr, batch.alivePtr, batch.alivePtr + bytes)
    return this.savedPtr
  }

  private runJavaScript(
    run: Run, variant: Variant, batch: Batch, alive: number, out: number, rows = batch.end - batch.begin,
  ): number {
    const { begin, end } = batch
    const { u8 } = this.env.memory
    u8.fill(0, out, out + (begin >>> 3))
    u8.fill(0, out + ((end - 1) >>> 3) + 1, out + bitmapBytes(batch.windowRows))
    this.target.out = out
    this.env.counters.jsRows += rows
    return run(batch.columns, variant.lowering.constants, variant.lookups.tables, begin, end, alive, this.target)
  }

  private prepare(batch: Batch): Variant {
    const isWasm = this.tier.next(batch.end - batch.begin)
    for (;;) {
      const { shapes, key } = this.signature.read(batch)
      const fullKey = isWasm ? `w${key}` : key
      let variant = this.variants.get(fullKey) ?? this.memo?.get(fullKey)
      if (variant === undefined) {
        variant = this.specialize(shapes, isWasm)
        this.variants.set(fullKey, variant)
        if (variant.wasm === null) keepVariant(this.memo, fullKey, variant)
      }
      const failed = variant.lookups.prepare(batch)
      if (failed === null) return variant
      this.signature.fail(failed)
    }
  }

  private specialize(shapes: Program['columns'], isWasm: boolean): Variant {
    const { memory } = this.env
    const env = loweringEnv(this.env)
    const lowering = new Lowering(shapes, env)
    const tests = lowerConjuncts(lowering, this.predicate)
    const lookups = new Lookups(memory, lowering.lookups, shapes, env)
    const print = (some: readonly Node[]): Run =>
      bindJavaScript(filterProgram(lowering, shapes, some), lowering, memory)
    let made: Run | null = null
    const whole = (): Run => made ??= print(tests)
    const { mine, rest } = splitTests(tests, shapes)
    if (!isWasm || mine.length === 0) return { whole, wasm: null, rest: null, lowering, lookups }
    const program = filterProgram(lowering, shapes, mine)
    const wasm = new WasmKernel(program, lowering, lookups, this.env)
    return { whole, wasm, rest: rest.length === 0 ? null : print(rest), lowering, lookups }
  }
}

function filterProgram(lowering: Lowering, columns: Program['columns'], tests: readonly Node[]): Program {
  return { kind: 'filter', columns, checks: lowering.graph.checks, tests, statements: [], grouping: 'none', stride: 0 }
}
