// Projection kernels: expressions → dense batch. Plain columns keep their layout, base and dictionary and are
// only compacted, or passed through when the batch is dense already.
import type { Arena } from '../../storage/memory/arena.ts'
import type { Expression } from '../plan/logical.ts'
import type { Batch } from '../vector/batch.ts'
import { countAlive, isDense } from '../vector/batch.ts'
import { ByteHeap } from '../vector/builder.ts'
import type { Vector } from '../vector/vector.ts'
import { emptyVector } from '../vector/vector.ts'
import type { ColumnShape, Node, Program, Statement } from './ir.ts'
import { bindJavaScript } from './javascript.ts'
import type { InputColumn, KernelEnv, ProjectionKernel } from './kernel.ts'
import { Lowering } from './lower.ts'
import type { OutputShape } from './outputs.ts'
import { allocateOutput, outputShape } from './outputs.ts'
import type { Run } from './run.ts'
import { Lookups, Signature, loweringEnv } from './specialize.ts'
import { Tier } from './tier.ts'
import { keepVariant, variantMemo } from './variant-memo.ts'
import { WasmKernel } from './wasm-run.ts'
import { isStatementPrintable } from './wasm-statement.ts'

interface Variant {
  /** Statements that only JavaScript has; null when there are none. */
  readonly run: Run | null
  readonly wasm: WasmKernel | null
  /** All statements in JavaScript, for a batch in which WebAssembly met an error. */
  readonly whole: () => Run
  readonly lowering: Lowering
  readonly lookups: Lookups
  /** Null for plain columns. */
  readonly shapes: readonly (OutputShape | null)[]
  readonly nodes: readonly (Node | null)[]
}

/** A list of expressions, specialised per input signature. */
export class CompiledProjection implements ProjectionKernel {
  private readonly expressions: readonly Expression[]
  private readonly env: KernelEnv
  private readonly signature: Signature
  private readonly variants = new Map<string, Variant>()
  private readonly memo: Map<string, Variant> | null
  private readonly output: Batch
  private readonly target: { outs: Vector[]; heap: ByteHeap | null }
  private readonly tier: Tier

  constructor(expressions: readonly Expression[], inputs: readonly InputColumn[], env: KernelEnv) {
    this.expressions = expressions
    this.env = env
    this.signature = new Signature(env.memory, inputs, expressions)
    this.memo = variantMemo(expressions, expressions, env)
    const columns = expressions.map(expression => emptyVector(expression.type))
    this.output = { windowRows: 0, begin: 0, end: 0, alivePtr: 0, columns }
    this.target = { outs: columns, heap: null }
    this.tier = new Tier(env.backend)
  }

  run(batch: Batch, arena: Arena): Batch {
    const { output, env } = this
    const rows = countAlive(env.memory, batch)
    output.windowRows = rows
    output.end = rows
    const variant = this.prepare(batch)
    const passes = isDense(batch)
    let isCopied = false
    variant.shapes.forEach((shape, i) => {
      const vector = output.columns[i]!
      if (shape === null) {
        isCopied = this.placeColumn(batch, vector, i, arena, passes) || isCopied
      } else {
        allocateOutput(vector, shape, arena, rows, variant.nodes[i]!.nullable)
        isCopied = true
      }
    })
    if (!isCopied || rows === 0) return output
    this.target.heap = new ByteHeap(env.memory, arena)
    this.runVariant(variant, batch, rows)
    return output
  }

  private runVariant(variant: Variant, batch: Batch, rows: number): void {
    const { counters } = this.env
    let run = variant.run
    if (variant.wasm !== null) {
      if (variant.wasm.run(batch, batch.alivePtr, 0, this.target) < 0) run = variant.whole()
      else counters.wasmRows += rows
    }
    if (run === null) return
    counters.jsRows += rows
    run(batch.columns, variant.lowering.constants, variant.lookups.tables, batch.begin, batch.end, batch.alivePtr,
      this.target)
  }

  // Returns true when the column must be copied row by row.
  private placeColumn(batch: Batch, vector: Vector, at: number, arena: Arena, passes: boolean): boolean {
    const source = batch.columns[(this.expressions[at] as { index: number }).index]!
    const { layout, base, valuesPtr, validityPtr, dictionary, min, max } = source
    if (passes) {
      Object.assign(vector, { layout, base, valuesPtr, validityPtr, dictionary, min, max })
      return false
    }
    allocateOutput(vector, { layout, base: 0 }, arena, this.output.windowRows, validityPtr !== 0)
    Object.assign(vector, { base, dictionary, min, max })
    return true
  }

  private prepare(batch: Batch): Variant {
    const passes = isDense(batch)
    const isWasm = this.tier.next(batch.end - batch.begin)
    const prefix = `${passes ? 'p' : ''}${isWasm ? 'w' : ''}`
    for (;;) {
      const { shapes, key } = this.signature.read(batch)
      const fullKey = prefix + key
      let variant = this.variants.get(fullKey) ?? this.memo?.get(fullKey)
      if (variant === undefined) {
        variant = this.specialize(shapes, passes, isWasm)
        this.variants.set(fullKey, variant)
        if (variant.wasm === null) keepVariant(this.memo, fullKey, variant)
      }
      const failed = variant.lookups.prepare(batch)
      if (failed === null) return variant
      this.signature.fail(failed)
    }
  }

  private specialize(columns: readonly ColumnShape[], passes: boolean, isWasm: boolean): Variant {
    const { memory } = this.env
    const env = loweringEnv(this.env)
    const lowering = new Lowering(columns, env)
    const statements: Statement[] = []
    const shapes: (OutputShape | null)[] = []
    const nodes: (Node | null)[] = []
    this.expressions.forEach((expression, out) => {
      if (expression.kind === 'column') {
        shapes.push(null)
        nodes.push(null)
        if (!passes) statements.push({ do: 'gather', out, column: expression.index })
        return
      }
      const value = lowering.lower(expression)
      const shape = outputShape(value, expression.type)
      shapes.push(shape)
      nodes.push(value)
      statements.push({ do: 'store', out, layout: shape.layout, base: shape.base, value })
    })
    const lookups = new Lookups(memory, lowering.lookups, columns, env)
    const print = (some: readonly Statement[]): Run =>
      bindJavaScript(projectProgram(lowering, columns, some), lowering, memory)
    const mine = statements.filter(statement => isWasm && isStatementPrintable(statement, columns))
    const rest = statements.filter(statement => !mine.includes(statement))
    const wasm = mine.length === 0 ? null
      : new WasmKernel(projectProgram(lowering, columns, mine), lowering, lookups, this.env)
    return {
      run: rest.length === 0 ? null : print(rest), wasm, whole: () => print(statements), lowering, lookups,
      shapes, nodes,
    }
  }
}

function projectProgram(
  lowering: Lowering, columns: readonly ColumnShape[], statements: readonly Statement[],
): Program {
  const { checks } = lowering.graph
  return { kind: 'project', columns, checks, tests: [], statements, grouping: 'none', stride: 0 }
}
