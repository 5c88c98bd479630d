// What an execution of a prepared plan learnt about its expressions, for the executions after it: specialisations
// (lowered programs with their constants, lookup tables and bound JavaScript) by input signature. Lowering costs
// microseconds per expression, which a query of ten rows notices. WebAssembly variants are not kept: their instances
// have parameters in the execution's arena.
//
// A specialisation holds the values of parameters, so those are part of the key. Expressions with subqueries, volatile
// functions or the statement's time are specialised anew by every execution.
import type { LinearMemory } from '../../storage/memory/linear-memory.ts'
import { operandsOf } from '../plan/expression.ts'
import type { Expression } from '../plan/logical.ts'
import { hasSubquery, isStable } from './expression-facts.ts'
import type { KernelEnv } from './kernel.ts'

/** Functions whose code holds the time of the statement; variant-memo.test.ts compares them with the catalogue. */
export const CLOCK_FUNCTIONS: ReadonlySet<string> = new Set([
  'now', 'localtimestamp', 'current_date', 'current_time', 'age',
])

const VARIANTS_MAX = 32
const VALUES_MAX = 16
const TEXT_MAX = 64

interface Memo {
  /** Ordinals of the parameters inside; null when nothing can be kept. */
  readonly parameters: readonly number[] | null
  readonly byValues: Map<string, Map<string, unknown>>
}

// By memory, which bound code holds, then by owner.
const memories = new WeakMap<LinearMemory, WeakMap<object, Memo>>()

function memosOf(memory: LinearMemory): WeakMap<object, Memo> {
  let memos = memories.get(memory)
  if (memos === undefined) memories.set(memory, memos = new WeakMap())
  return memos
}

/**
 * Variants of earlier executions by signature; null when these expressions have none. `owner` is an object that all
 * executions of a plan share and no other plan has.
 */
export function variantMemo<V>(
  owner: object, expressions: readonly Expression[], env: KernelEnv,
): Map<string, V> | null {
  const memos = memosOf(env.memory)
  let memo = memos.get(owner)
  if (memo === undefined) {
    const isReusable = expressions.every((e) => isStable(e) && !hasSubquery(e) && !readsClock(e))
    memo = { parameters: isReusable ? [...parametersOf(expressions)] : null, byValues: new Map() }
    memos.set(owner, memo)
  }
  if (memo.parameters === null) return null
  let key = ''
  for (const at of memo.parameters) {
    const value = env.parameters[at] ?? null
    if (value instanceof Uint8Array || (typeof value === 'string' && value.length > TEXT_MAX)) return null
    key += `${typeof value} ${Object.is(value, -0) ? '-0' : String(value)}\0`
  }
  let variants = memo.byValues.get(key)
  if (variants === undefined) {
    if (memo.byValues.size >= VALUES_MAX) memo.byValues.clear()
    memo.byValues.set(key, variants = new Map())
  }
  return variants as Map<string, V>
}

/** Keeps a variant for later executions. */
export function keepVariant<V>(memo: Map<string, V> | null, key: string, variant: V): void {
  if (memo === null) return
  if (memo.size >= VARIANTS_MAX) memo.clear()
  memo.set(key, variant)
}

function readsClock(e: Expression): boolean {
  return (e.kind === 'call' && CLOCK_FUNCTIONS.has(e.fn)) || operandsOf(e).some(readsClock)
}

function parametersOf(expressions: readonly Expression[], into: Set<number> = new Set()): Set<number> {
  for (const e of expressions) {
    if (e.kind === 'parameter') into.add(e.index)
    parametersOf(operandsOf(e), into)
  }
  return into
}
