// Window functions of one query level. Like aggregates (grouping.ts), calls are collected while expressions are
// bound and stand in them as marker columns; afterwards place() puts Window nodes on top of the level's rows
// (after GROUP BY and HAVING) and maps the markers to their output.
//
// Calls share a node, and so a sort, when they partition by the same expressions and the ORDER BY of one begins
// with that of the other: the longest order comes first and the others use its leading keys.
import { CODE } from '../base/errors.ts'
import type {
  ColumnExpression, Expression, FrameBound, LogicalPlan, SortKey, WindowCall,
} from '../../exec/plan/logical.ts'
import { substitute } from '../../exec/plan/expression.ts'
import type { WindowDefinition } from './ast.ts'
import { bindError } from './bind-context.ts'
import { expressionKey } from './expression-key.ts'
import { WINDOW_MARKER } from './grouping.ts'

/** A window function call over the input row of its level. */
export interface CollectedCall extends Omit<WindowCall, 'partition' | 'order'> {
  readonly partition: readonly Expression[]
  readonly order: readonly SortKey[]
}

interface Sharing {
  readonly partition: ReadonlySet<string>
  readonly order: readonly string[]
  readonly keys: readonly SortKey[]
  readonly calls: { readonly place: number; readonly call: WindowCall }[]
}

const NEVER_NULL: ReadonlySet<string> = new Set([
  'count', 'count_star', 'row_number', 'rank', 'dense_rank', 'percent_rank', 'cume_dist',
])

/** Collects the window function calls of one query level. */
export class Windows {
  readonly calls: CollectedCall[] = []
  readonly #definitions = new Map<string, WindowDefinition>()
  readonly #used = new Set<string>()
  readonly #byKey = new Map<string, number>()

  /** Throws 42P20 for a name defined twice. */
  constructor(definitions: readonly WindowDefinition[]) {
    for (const definition of definitions) {
      const name = definition.name!
      if (this.#definitions.has(name)) {
        throw bindError(CODE.WINDOWING, `window "${name}" is already defined`, definition.position)
      }
      // Only windows before it can be meant by its own base.
      this.#definitions.set(name, this.#extend({ ...definition, name: null }))
    }
  }

  /** The window of an OVER clause with everything it takes over from others. Throws 42704, 42P20. */
  resolve(over: WindowDefinition): WindowDefinition {
    this.#used.add(over.name ?? over.base ?? '')
    return over.name !== null ? this.#named(over.name, over.position) : this.#extend(over)
  }

  /** Windows of the WINDOW clause that no OVER names. */
  unused(): WindowDefinition[] {
    return [...this.#definitions].filter(([name]) => !this.#used.has(name)).map(([, definition]) => definition)
  }

  /** What the calls read, over the input row of the level. */
  expressions(): Expression[] {
    return this.calls.flatMap(({ args, filter, partition, order }) => [
      ...args, ...(filter === null ? [] : [filter]), ...partition, ...order.map(key => key.expression),
    ])
  }

  #named(name: string, position?: number): WindowDefinition {
    const found = this.#definitions.get(name)
    if (found === undefined) throw bindError(CODE.UNDEFINED_OBJECT, `window "${name}" does not exist`, position)
    return found
  }

  #extend(definition: WindowDefinition): WindowDefinition {
    const { base: name, position } = definition
    if (name === null) return definition
    const base = this.#named(name, position)
    if (definition.partitionBy.length > 0) {
      throw bindError(CODE.WINDOWING, `cannot override PARTITION BY clause of window "${name}"`, position)
    }
    if (definition.orderBy.length > 0 && base.orderBy.length > 0) {
      throw bindError(CODE.WINDOWING, `cannot override ORDER BY clause of window "${name}"`, position)
    }
    if (base.frame !== null) {
      throw bindError(CODE.WINDOWING, `cannot copy window "${name}" because it has a frame clause`, position)
    }
    const orderBy = base.orderBy.length > 0 ? base.orderBy : definition.orderBy
    return { ...definition, partitionBy: base.partitionBy, orderBy }
  }

  /** The marker column of a call; equal calls share one. */
  add(call: CollectedCall, name: string): ColumnExpression {
    const key = callKey(call)
    const place = this.#byKey.get(key) ?? this.calls.push(call) - 1
    this.#byKey.set(key, place)
    const { type, position, fn } = call
    return {
      kind: 'column', index: WINDOW_MARKER + place, type, nullable: !NEVER_NULL.has(fn), name, position,
    }
  }

  /**
   * The Window nodes over `input`, whose columns expressions read after `regroup`, and the mapping of expressions
   * (regrouped too) onto their output.
   */
  place(
    input: LogicalPlan, regroup: (e: Expression) => Expression,
  ): { plan: LogicalPlan; map: (e: Expression) => Expression } {
    const places = new Map<number, number>()
    let plan = input
    for (const { keys, calls } of this.#shared(regroup)) {
      calls.forEach(({ place }, i) => places.set(WINDOW_MARKER + place, plan.output.length + i))
      const added = calls.map(({ call }) => ({ name: call.fn, type: call.type, nullable: !NEVER_NULL.has(call.fn) }))
      plan = {
        kind: 'window', input: plan, keys, calls: calls.map(({ call }) => call), output: [...plan.output, ...added],
      }
    }
    const map = (e: Expression): Expression => substitute(regroup(e), column => {
      const index = places.get(column.index)
      return index === undefined ? column : { ...column, index }
    })
    return { plan, map: this.calls.length === 0 ? regroup : map }
  }

  /** Calls by the sort they share, those with the longest orders first. */
  #shared(regroup: (e: Expression) => Expression): Sharing[] {
    const groups: Sharing[] = []
    const longestFirst = this.calls.map((call, place) => ({ call, place }))
      .sort((a, b) => b.call.order.length - a.call.order.length || a.place - b.place)
    for (const { call, place } of longestFirst) {
      const partition = new Map(call.partition.map(e => regroup(e)).map(e => [expressionKey(e), e]))
      const order = call.order.map(key => ({ ...key, expression: regroup(key.expression) }))
      const names = order.map(orderKey)
      let group = groups.find(other => other.partition.size === partition.size
        && [...partition.keys()].every(key => other.partition.has(key))
        && names.every((key, i) => other.order[i] === key))
      if (group === undefined) {
        const keys = [...partition.values()].map((expression): SortKey =>
          ({ expression, descending: false, nullsFirst: false }))
        group = { partition: new Set(partition.keys()), order: names, keys: [...keys, ...order], calls: [] }
        groups.push(group)
      }
      const filter = call.filter === null ? null : regroup(call.filter)
      group.calls.push({
        place,
        call: { ...call, args: call.args.map(regroup), filter, partition: partition.size, order: order.length },
      })
    }
    return groups
  }
}

function callKey({ fn, args, filter, partition, order, frame }: CollectedCall): string {
  const bound = ({ kind, side, offset }: FrameBound): string =>
    `${kind} ${side} ${offset === null ? '' : expressionKey(offset)}`
  return JSON.stringify([
    fn, args.map(expressionKey), filter === null ? '' : expressionKey(filter), partition.map(expressionKey),
    order.map(orderKey), frame.mode, bound(frame.start), bound(frame.end), frame.exclude,
  ])
}

function orderKey(key: SortKey): string {
  return `${expressionKey(key.expression)}${key.descending ? ' desc' : ''}${key.nullsFirst ? ' first' : ''}`
}
