// Aggregate kernels: filter → bitmap, keys → group ids, then one fused loop that evaluates all arguments and
// updates all slots of a row's group. Batches are independent: each runs on the printer that can do it.
import { unreachable } from '../../src/base/assert.ts'
import type { Scalar } from '../../src/base/types.ts'
import { BATCH_ROWS } from '../../storage/column-buffers.ts'
import type { Arena } from '../../storage/memory/arena.ts'
import type { AggregateCall, Expression } from '../plan/logical.ts'
import type { Batch } from '../vector/batch.ts'
import { bitmapBytes, countAlive } from '../vector/batch.ts'
import { VectorBuilder } from '../vector/builder.ts'
import type { PlannedAggregate } from './aggregate-plan.ts'
import { ignoresDistinct, planAggregate } from './aggregate-plan.ts'
import { SlotState } from './aggregate-slots.ts'
import type { SlotMode } from './aggregate-slots.ts'
import { DistinctAggregate } from './distinct.ts'
import { CompiledFilter } from './filter.ts'
import { Grouping } from './grouping.ts'
import type { ColumnShape, Node, Program, Statement } from './ir.ts'
import { bindJavaScript } from './javascript.ts'
import type { AggregateKernel, AggregateSpec, InputColumn, KernelEnv } from './kernel.ts'
import { Lowering } from './lower.ts'
import type { Run } from './run.ts'
import { Lookups, Signature, loweringEnv } from './specialize.ts'
import { Tier } from './tier.ts'
import { keepVariant, variantMemo } from './variant-memo.ts'
import { WasmKernel } from './wasm-run.ts'
import { isStatementPrintable } from './wasm-statement.ts'

interface Variant {
  readonly mode: SlotMode
  /** Statements that only JavaScript has; null when there are none. */
  readonly run: Run | null
  readonly wasm: WasmKernel | null
  /** All statements in JavaScript, to throw the error that WebAssembly met. */
  readonly whole: () => Run
  readonly lowering: Lowering
  readonly lookups: Lookups
  /** Largest magnitude one row can add, by slot. */
  readonly growth: readonly number[]
  /** Rows after which the sums may have to move to the totals: a batch is run in slices of as many. */
  readonly slice: number
}

/** Filter, grouping and aggregates of one pipeline. */
export class CompiledAggregate implements AggregateKernel {
  private readonly spec: AggregateSpec
  private readonly env: KernelEnv
  private readonly filter: CompiledFilter | null
  private readonly grouping: Grouping | null
  private readonly state: SlotState
  private readonly planned: readonly PlannedAggregate[]
  private readonly distinct: DistinctAggregate[] = []
  private readonly signature: Signature
  private readonly tier: Tier
  private readonly variants = new Map<string, Variant>()
  private readonly memo: Map<string, Variant> | null
  private readonly target: { ids: number; state: number; targets: unknown[] }
  private maskPtr = 0
  private idsPtr = 0
  private scratchRows = 0

  constructor(spec: AggregateSpec, inputs: readonly InputColumn[], env: KernelEnv) {
    this.spec = spec
    this.env = env
    this.filter = spec.filter === null ? null : new CompiledFilter(spec.filter, inputs, env)
    this.grouping = spec.groups.length === 0 ? null : new Grouping(spec.groups, inputs, env)
    this.state = new SlotState(env.memory, env.arena)
    this.tier = new Tier(env.backend)
    this.planned = spec.aggregates.map(call => this.plan(call, inputs))
    const looped = spec.aggregates.filter(call => !isSet(call))
    const evaluated = looped.flatMap(argumentsOf)
    this.signature = new Signature(env.memory, inputs, evaluated)
    this.memo = variantMemo(spec, evaluated, env)
    const targets: unknown[] = this.state.slots.map((_, slot) => this.state.target(slot))
    for (const { accumulator } of this.planned) targets.push(accumulator)
    this.target = { ids: 0, state: 0, targets }
  }

  private plan(call: AggregateCall, inputs: readonly InputColumn[]): PlannedAggregate {
    if (!isSet(call)) {
      const plain = ignoresDistinct(call) ? { ...call, distinct: false } : call
      return planAggregate(plain, this.state, this.env.memory, this.env.arena)
    }
    const set = new DistinctAggregate(call, inputs, this.env, this.grouping !== null)
    this.distinct.push(set)
    return { call, accumulator: null, result: group => set.result(group) }
  }

  get groupCount(): number {
    return this.grouping === null ? 1 : this.grouping.groupCount
  }

  consume(batch: Batch): void {
    const { state, target, env } = this
    this.reserveScratch(batch.windowRows)
    let alive = batch.alivePtr
    let rows = batch.end - batch.begin
    if (this.filter !== null) {
      alive = this.maskPtr
      rows = this.filter.run(batch, alive)
      if (rows === 0) return
      if (rows === batch.windowRows) alive = 0
    } else if (rows <= 0 || (alive !== 0 && (rows = countAlive(env.memory, batch)) === 0)) return
    this.grouping?.assign(batch, alive, this.idsPtr)
    for (const set of this.distinct) set.consume(batch, alive, this.idsPtr)
    state.reserve(this.groupCount)
    const variant = this.prepare(batch, this.tier.next(rows))
    target.ids = this.idsPtr
    target.state = state.statePtr
    if (batch.windowRows <= variant.slice) {
      state.admit(variant.mode, variant.growth.map(growth => growth * rows), this.groupCount)
      this.runVariant(variant, batch, alive, rows)
    } else this.runSlices(variant, batch, alive, rows)
  }

  // The rows of the batch count once, with the first slice.
  private runSlices(variant: Variant, batch: Batch, alive: number, rows: number): void {
    const { slice, growth, mode } = variant
    for (let begin = batch.begin; begin < batch.end; begin += slice) {
      const end = Math.min(begin + slice, batch.end)
      this.state.admit(mode, growth.map(one => one * (end - begin)), this.groupCount)
      this.runVariant(variant, { ...batch, begin, end }, alive, begin === batch.begin ? rows : 0)
    }
  }

  private runVariant(variant: Variant, batch: Batch, alive: number, rows: number): void {
    const { counters } = this.env
    const runJavaScript = (run: Run): void => {
      run(batch.columns, variant.lowering.constants, variant.lookups.tables, batch.begin, batch.end, alive, this.target)
    }
    if (variant.wasm !== null) {
      if (variant.wasm.run(batch, alive, 0, this.target) < 0) {
        runJavaScript(variant.whole())
        unreachable('JavaScript found no error where WebAssembly did')
      }
      counters.wasmRows += rows
    }
    if (variant.run === null) return
    counters.jsRows += rows
    runJavaScript(variant.run)
  }

  private reserveScratch(rows: number): void {
    if (rows <= this.scratchRows) return
    this.scratchRows = Math.max(rows, BATCH_ROWS)
    this.maskPtr = this.env.arena.allocate(bitmapBytes(this.scratchRows))
    this.idsPtr = this.env.arena.allocate(this.scratchRows * 4)
  }

  private prepare(batch: Batch, isWasm: boolean): Variant {
    for (;;) {
      const { shapes, key } = this.signature.read(batch)
      const rows = Math.max(BATCH_ROWS, batch.windowRows)
      // With many groups a flush costs as much as a batch, so sums that fill up soon take the slow path at once.
      const headroom = this.groupCount > CROWD ? CROWDED_BATCHES : 1
      const maySlice = this.groupCount <= SLICED_GROUPS
      const fullKey = `${isWasm}/${rows}/${headroom}/${maySlice}/${key}`
      let variant = this.variants.get(fullKey) ?? this.memo?.get(fullKey)
      if (variant === undefined) {
        variant = this.specialize(shapes, rows * headroom, isWasm, maySlice)
        this.variants.set(fullKey, variant)
        if (variant.wasm === null) keepVariant(this.memo, fullKey, variant)
      }
      const failed = variant.lookups.prepare(batch)
      if (failed === null) return variant
      this.signature.fail(failed)
    }
  }

  private specialize(
    columns: readonly ColumnShape[], wanted: number, isWasm: boolean, maySlice: boolean,
  ): Variant {
    const { memory } = this.env
    const env = loweringEnv(this.env)
    const lowering = new Lowering(columns, env)
    const mode: SlotMode = isWasm ? 'int64' : 'float64'
    const rows = maySlice ? this.sliceRows(lowering, wanted, mode) : wanted
    const made = this.statements(lowering, rows, mode)
    let { statements, growth } = made
    let mine = mode === 'int64' ? statements.filter(statement => isStatementPrintable(statement, columns)) : []
    // Slots have one number format: when JavaScript must write some, it writes all.
    const isMixed = statements.some(statement => statement.do === 'update' && !mine.includes(statement))
    if (mode === 'int64' && isMixed) {
      ({ statements, growth } = this.statements(lowering, rows, 'float64'))
      mine = []
    }
    const lookups = new Lookups(memory, lowering.lookups, columns, env)
    const program = (some: readonly Statement[]): Program => ({
      kind: 'aggregate', columns, checks: lowering.graph.checks, tests: [], statements: some,
      grouping: this.grouping === null ? 'none' : 'ids', stride: this.state.stride,
    })
    const print = (some: readonly Statement[]): Run => bindJavaScript(program(some), lowering, memory)
    const rest = statements.filter(statement => !mine.includes(statement))
    const wasm = mine.length === 0 ? null
      : new WasmKernel(program(mine), lowering, lookups, this.env)
    const all = statements
    return {
      mode: wasm === null ? 'float64' : 'int64', run: rest.length === 0 ? null : print(rest), wasm,
      whole: () => print(all), lowering, lookups, growth, slice: rows,
    }
  }

  // With few groups it is cheap to move sums to the totals, more often than once per batch if that keeps them in slots.
  private sliceRows(lowering: Lowering, wanted: number, mode: SlotMode): number {
    let rows = wanted
    for (const { kind, argument } of this.state.slots) {
      if (kind !== 'sum') continue
      const fit = SlotState.limit(mode) / magnitudeOf(lowering.lower(argument!))
      if (fit >= SLICE_ROWS_MIN) while (rows > fit) rows /= 2
    }
    return rows
  }

  private statements(
    lowering: Lowering, rows: number, mode: SlotMode,
  ): { statements: Statement[]; growth: number[] } {
    const growth: number[] = []
    const statements = this.state.slots.map((_, slot) => this.slotStatement(lowering, slot, { rows, mode, growth }))
    this.planned.forEach(({ call, accumulator }, i) => {
      if (accumulator !== null) statements.push(feedStatement(lowering, call, this.state.slots.length + i))
    })
    return { statements, growth }
  }

  // Sums whose batch could leave the safe numbers, and values that are none, take the exact slow path.
  private slotStatement(
    lowering: Lowering, slot: number, plan: { rows: number; mode: SlotMode; growth: number[] },
  ): Statement {
    const { rows, mode, growth } = plan
    const { kind, argument, filter } = this.state.slots[slot]!
    const value = argument === null ? null : lowering.lower(argument)
    const when = filter === null ? null : lowering.lower(filter)
    growth[slot] = kind === 'count' || kind === 'nulls' ? 1 : 0
    if (value !== null && (kind === 'sum' || kind === 'min' || kind === 'max')) {
      const magnitude = magnitudeOf(value)
      const isExact = value.rep === 'int' || (kind === 'sum' && mode === 'int64')
      const isWide = !isExact || (kind === 'sum' && !SlotState.fits(mode, magnitude * rows))
      if (isWide) return { do: 'feed', target: slot, values: [value], when }
      if (kind === 'sum') growth[slot] = magnitude
    }
    return { do: 'update', kind, slot, value, when }
  }

  * finish(arena: Arena): Iterable<Batch> {
    const { groupCount, grouping, state } = this
    state.reserve(groupCount)
    const types = [...this.spec.groups.map(group => group.type), ...this.spec.aggregates.map(call => call.type)]
    for (let group = 0; group < groupCount;) {
      const capacity = Math.min(groupCount, BATCH_ROWS)
      const builders = types.map(type => new VectorBuilder(this.env.memory, arena, type, capacity))
      let rows = 0
      for (; group < groupCount && rows < BATCH_ROWS; group++) {
        if (grouping !== null && state.total(0, group) === 0) continue
        this.groupRow(group, builders)
        rows++
      }
      if (rows === 0) return
      yield { windowRows: rows, begin: 0, end: rows, alivePtr: 0, columns: builders.map(builder => builder.finish()) }
    }
  }

  private groupRow(group: number, builders: readonly VectorBuilder[]): void {
    const keys = this.spec.groups.length
    for (let key = 0; key < keys; key++) builders[key]!.append(this.grouping!.keyOf(group, key))
    this.planned.forEach((aggregate, i) => {
      const value: Scalar = aggregate.result(group)
      builders[keys + i]!.append(value)
    })
  }
}

// Up to this many groups, batches may be run in slices of at least so many rows.
const SLICED_GROUPS = 32
const SLICE_ROWS_MIN = 128

// Groups from which on the slots of one batch must leave room for many more.
const CROWD = 65536
const CROWDED_BATCHES = 64

/** A DISTINCT call that is collected as a set instead of in the fused loop. */
function isSet(call: AggregateCall): boolean {
  return call.distinct && call.args.length === 1 && !ignoresDistinct(call)
}

function magnitudeOf(node: Node): number {
  return Math.max(Math.abs(node.lo), Math.abs(node.hi), 1)
}

function argumentsOf(call: AggregateCall): Expression[] {
  return call.filter === null ? [...call.args] : [...call.args, call.filter]
}

function feedStatement(lowering: Lowering, call: AggregateCall, target: number): Statement {
  return {
    do: 'feed', target, values: call.args.map(arg => lowering.lower(arg)),
    when: call.filter === null ? null : lowering.lower(call.filter),
  }
}
