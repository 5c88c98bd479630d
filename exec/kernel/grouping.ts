// Group ids: which group each selected row belongs to. Every key gets dense ids of its own (id-map.ts), pairs
// of ids get ids again, and the last is the group. Dictionary-coded keys go through a table from code to
// id, so text is hashed once per dictionary entry and not once per row.
//
//   keys      k0 k1 k2           ids     0 = NULL, 1 …
//   pairs     (k0, k1) → p0      (p0, k2) → p1 = the group
import type { Scalar, SqlType } from '../../src/base/types.ts'
import type { ColumnExpression, Expression } from '../plan/logical.ts'
import type { Batch } from '../vector/batch.ts'
import { IdCache } from './id-cache.ts'
import { ObjectMap, Recoder, WordMap, makeIdMap } from './id-map.ts'
import type { ColumnShape, Program, Statement } from './ir.ts'
import { bindJavaScript } from './javascript.ts'
import type { InputColumn, KernelEnv } from './kernel.ts'
import { Lowering } from './lower.ts'
import type { Run } from './run.ts'
import { Lookups, Signature, loweringEnv } from './specialize.ts'
import { Tier } from './tier.ts'
import { WasmKernel } from './wasm-run.ts'
import { isStatementPrintable } from './wasm-statement.ts'

interface Variant {
  readonly run: () => Run
  readonly wasm: WasmKernel | null
  readonly lowering: Lowering
  readonly lookups: Lookups
  /** Columns whose dictionary must be recoded before the run, by key. */
  readonly recoded: readonly { key: number; column: number }[]
}

/** Rows to group ids, for one list of key expressions (at least one). */
export class Grouping {
  readonly maps: (WordMap | ObjectMap)[]
  private readonly keys: readonly Expression[]
  private readonly mode: 'groups' | 'within'
  private readonly env: KernelEnv
  private readonly signature: Signature
  private readonly tier: Tier
  private readonly variants = new Map<string, Variant>()
  private readonly recoders: (Recoder | null)[]
  private readonly caches: (IdCache | null)[]
  private readonly target: { ids: number; maps: (WordMap | ObjectMap)[]; remaps: number[] }

  /**
   * 'groups': the keys make the groups, whose ids are written. 'within': rows have group ids already, and pairs of
   * the only key and the group get ids in the last map (DISTINCT).
   */
  constructor(
    keys: readonly Expression[], inputs: readonly InputColumn[], env: KernelEnv, mode: 'groups' | 'within' = 'groups',
  ) {
    this.keys = keys
    this.mode = mode
    this.env = env
    this.signature = new Signature(env.memory, inputs, keys)
    this.tier = new Tier(env.backend)
    const keyMaps = keys.map(key => makeIdMap(env.memory, env.arena, key.type))
    const pairs = mode === 'within' ? 1 : keys.length - 1
    const pairMaps = Array.from({ length: pairs }, () => new WordMap(env.memory, env.arena))
    this.maps = [...keyMaps, ...pairMaps]
    this.recoders = keyMaps.map((map, i) => recoderOf(map, keys[i]!.type, env))
    this.caches = keyMaps.map((map, i) =>
      map instanceof WordMap && keys[i]!.kind === 'column' ? new IdCache(env.memory, env.arena) : null)
    this.target = { ids: 0, maps: this.maps, remaps: [] }
  }

  /** Ids given so far, id 0 included. */
  get groupCount(): number {
    return this.maps[this.maps.length - 1]!.count + 1
  }

  /** Writes the group id of every selected row of the batch to `ids` (u32 by window row). */
  assign(batch: Batch, alive: number, ids: number): void {
    const recalled = this.caches.map((cache, key) =>
      cache !== null && cache.cover(batch.columns[this.columnOf(key)]!, batch.end - batch.begin))
    const variant = this.prepare(batch, recalled)
    for (const { key, column } of variant.recoded) {
      const recoder = this.recoders[key]!
      recoder.prepare(batch.columns[column]!.dictionary!)
      this.target.remaps[key] = recoder.tablePtr
    }
    recalled.forEach((isRecalled, key) => {
      if (isRecalled) this.target.remaps[key] = this.caches[key]!.pointer(batch.columns[this.columnOf(key)]!)
    })
    this.target.ids = ids
    if (variant.wasm !== null) {
      const rows = batch.end - batch.begin
      for (const map of this.maps) if (map instanceof WordMap) map.reserve(rows)
      if (variant.wasm.run(batch, alive, 0, this.target) >= 0) return
    }
    variant.run()(batch.columns, variant.lowering.constants, variant.lookups.tables, batch.begin, batch.end, alive,
      this.target)
  }

  /** Value of key `key` of a group. */
  keyOf(group: number, key: number): Scalar {
    const count = this.keys.length
    let id = group
    for (let pair = count - 2; pair >= 0; pair--) {
      const map = this.maps[count + pair] as WordMap
      if (key === pair + 1) return this.maps[key]!.valueOf(map.highOf(id))
      id = map.lowOf(id)
    }
    return this.maps[0]!.valueOf(id)
  }

  private columnOf(key: number): number {
    return (this.keys[key] as ColumnExpression).index
  }

  private prepare(batch: Batch, recalled: readonly boolean[]): Variant {
    const mayWasm = this.tier.next(batch.end - batch.begin)
    for (;;) {
      const read = this.signature.read(batch)
      const { shapes } = read
      const key = `${mayWasm} ${recalled.join()} ${read.key}`
      let variant = this.variants.get(key)
      if (variant === undefined) {
        variant = this.specialize(shapes, recalled, mayWasm)
        this.variants.set(key, variant)
      }
      const failed = variant.lookups.prepare(batch)
      if (failed === null) return variant
      this.signature.fail(failed)
    }
  }

  private specialize(columns: readonly ColumnShape[], recalled: readonly boolean[], mayWasm: boolean): Variant {
    const { memory } = this.env
    const env = loweringEnv(this.env)
    const lowering = new Lowering(columns, env)
    const recoded: { key: number; column: number }[] = []
    const statements: Statement[] = this.keys.map((expression, key): Statement => {
      if (expression.kind === 'column' && this.recoders[key] !== null && columns[expression.index]!.lookups) {
        recoded.push({ key, column: expression.index })
        return { do: 'recode', key, map: key, column: expression.index }
      }
      const value = lowering.lower(expression)
      if (recalled[key]) return { do: 'recall', key, map: key, column: this.columnOf(key), value }
      return { do: 'identify', key, map: key, value }
    })
    statements.push(...this.combine())
    const program: Program = {
      kind: 'identify', columns, checks: lowering.graph.checks, tests: [], statements, grouping: 'none', stride: 0,
    }
    const lookups = new Lookups(memory, lowering.lookups, columns, env)
    let made: Run | null = null
    const run = (): Run => made ??= bindJavaScript(program, lowering, memory)
    const isWasm = mayWasm && statements.every(statement => this.isWasm(statement, columns))
    const wasm = isWasm ? new WasmKernel(program, lowering, lookups, this.env) : null
    return { run, wasm, lowering, lookups, recoded }
  }

  // Ids of pairs, from the keys' ids to the group's.
  private combine(): Statement[] {
    if (this.mode === 'within') {
      return [{ do: 'group', key: 1 }, { do: 'pair', key: 2, map: 1, left: 0, right: 1 }]
    }
    const statements: Statement[] = []
    const count = this.keys.length
    for (let pair = 0; pair < count - 1; pair++) {
      const left = pair === 0 ? 0 : count + pair - 1
      statements.push({ do: 'pair', key: count + pair, map: count + pair, left, right: pair + 1 })
    }
    return [...statements, { do: 'assign', key: this.maps.length - 1 }]
  }

  private isWasm(statement: Statement, columns: readonly ColumnShape[]): boolean {
    if (!isStatementPrintable(statement, columns)) return false
    return (statement.do !== 'identify' && statement.do !== 'recall') || this.maps[statement.map] instanceof WordMap
  }
}

function recoderOf(map: WordMap | ObjectMap, type: SqlType, env: KernelEnv): Recoder | null {
  return map instanceof ObjectMap ? new Recoder(env.memory, env.arena, map, type) : null
}
