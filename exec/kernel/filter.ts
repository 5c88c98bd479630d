// Filter kernels: predicate → bitmap. The predicate's conjuncts run in order, those that can neither fail nor
// call a function first, as PostgreSQL's planner orders quals by cost.
import type { Expression } from '../plan/logical.ts'
import type { Batch } from '../vector/batch.ts'
import { bitmapBytes } from '../vector/batch.ts'
import { factoryOf } from './code-cache.ts'
import { helpersOf } from './helpers.ts'
import type { Node, Program } from './ir.ts'
import { printJavaScript } from './javascript.ts'
import { isPure } from './javascript-expression.ts'
import type { FilterKernel, InputColumn, KernelEnv } from './kernel.ts'
import { Lowering } from './lower.ts'
import { Lookups, Signature, loweringEnv } from './specialize.ts'
import type { Run } from './run.ts'

interface Variant {
  readonly run: Run
  readonly lowering: Lowering
  readonly lookups: Lookups
}

/** The parts of a predicate that all must be TRUE. */
export function conjunctsOf(predicate: Expression): Expression[] {
  if (predicate.kind !== 'call' || predicate.fn !== 'and') return [predicate]
  return predicate.args.flatMap(conjunctsOf)
}

/** Lowered conjuncts, cheap and infallible ones first. */
export function lowerConjuncts(lowering: Lowering, predicate: Expression): Node[] {
  const nodes = conjunctsOf(predicate).map(part => lowering.lower(part))
  return [...nodes.filter(isPure), ...nodes.filter(node => !isPure(node))]
}

export class CompiledFilter implements FilterKernel {
  private readonly predicate: Expression
  private readonly env: KernelEnv
  private readonly signature: Signature
  private readonly variants = new Map<string, Variant>()
  private readonly target = { out: 0 }

  constructor(predicate: Expression, inputs: readonly InputColumn[], env: KernelEnv) {
    this.predicate = predicate
    this.env = env
    this.signature = new Signature(env.memory, inputs, [predicate])
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
    u8.fill(0, out, out + (begin >>> 3))
    u8.fill(0, out + ((end - 1) >>> 3) + 1, out + bytes)
    this.target.out = out
    this.env.counters.jsRows += end - begin
    return variant.run(batch.columns, variant.lowering.constants, variant.lookups.tables, begin, end,
      batch.alivePtr, this.target)
  }

  private prepare(batch: Batch): Variant {
    for (;;) {
      const { shapes, key } = this.signature.read(batch)
      let variant = this.variants.get(key)
      if (variant === undefined) {
        variant = this.specialize(shapes)
        this.variants.set(key, variant)
      }
      const failed = variant.lookups.prepare(batch)
      if (failed === null) return variant
      this.signature.fail(failed)
    }
  }

  private specialize(shapes: Program['columns']): Variant {
    const { memory } = this.env
    const env = loweringEnv(this.env)
    const lowering = new Lowering(shapes, env)
    const program: Program = {
      kind: 'filter', columns: shapes, checks: lowering.graph.checks, tests: lowerConjuncts(lowering, this.predicate),
      statements: [], grouping: 'none', stride: 0,
    }
    const lookups = new Lookups(memory, lowering.lookups, shapes, env)
    const factory = factoryOf<(...parts: unknown[]) => Run>(printJavaScript(program))
    const run = factory(memory, helpersOf(memory), lowering.functions, program.checks)
    return { run, lowering, lookups }
  }
}
