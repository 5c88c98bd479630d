// Aggregation of one query level. While select items, HAVING and ORDER BY are bound over the input row,
// aggregate calls are collected here and stand in the expressions as marker columns. Afterwards regroup()
// maps every expression to the output of the aggregate node: group expressions first, then aggregates; an
// input column that is neither inside an aggregate nor grouped is 42803.
import { CODE } from '../base/errors.ts'
import { isCount } from '../../exec/functions/aggregates.ts'
import type { AggregateCall, ColumnExpression, Expression, LogicalPlan, OutputColumn } from '../../exec/plan/logical.ts'
import { mapOperands } from '../../exec/plan/expression.ts'
import { bindError } from './bind-context.ts'
import { aggregateKey, expressionKey } from './expression-key.ts'
import { GROUPING, groupedBySets } from './grouping-sets.ts'

/** Ordinals from here on are aggregate calls, not input columns. */
export const MARKER = 1_000_000
/** Ordinals from here on are window function calls (windows.ts), which stay as they are. */
export const WINDOW_MARKER = 2_000_000

/** Collects the aggregate calls of one query level. */
export class Aggregates {
  readonly calls: AggregateCall[] = []
  readonly #byKey = new Map<string, number>()

  /** The marker column of a call; equal calls share one. */
  add(call: AggregateCall, name: string): ColumnExpression {
    const key = aggregateKey(call)
    let index = this.#byKey.get(key)
    if (index === undefined) {
      index = this.calls.push(call) - 1
      this.#byKey.set(key, index)
    }
    const { type, fn, position } = call
    return { kind: 'column', index: MARKER + index, type, nullable: !isCount(fn), name, position }
  }
}

/** GROUPING SETS by place among the groups; `distinct`: equal sets count once. */
export interface GroupSets {
  readonly places: readonly (readonly number[])[]
  readonly distinct: boolean
}

/** The aggregate node of a query level and the mapping of expressions onto its output. */
export class Grouping {
  readonly plan: LogicalPlan
  readonly #groups: readonly Expression[]
  readonly #byKey: ReadonlyMap<string, number>
  readonly #output: readonly OutputColumn[]

  constructor(
    input: LogicalPlan, groups: readonly Expression[], calls: readonly AggregateCall[],
    sets: GroupSets | null = null,
  ) {
    this.#groups = groups
    const first = new Map<string, number>()
    groups.forEach((group, i) => {
      const key = expressionKey(group)
      if (!first.has(key)) first.set(key, i)
    })
    this.#byKey = first
    this.#output = [
      ...groups.map((group, i) => ({
        name: nameOf(group), type: group.type,
        nullable: isNullable(group) || (sets !== null && !sets.places.every(set => set.includes(i))),
      })),
      ...calls.map(call => ({ name: call.fn, type: call.type, nullable: !isCount(call.fn) && call.fn !== GROUPING })),
    ]
    const same = (at: number): number => first.get(expressionKey(groups[at]!))!
    const all = (sets?.places ?? [groups.map((_, i) => i)]).map(set => [...new Set(set.map(same))])
    const byKey = new Map(all.map(set => [[...set].sort((a, b) => a - b).join(), set]))
    const chosen = sets?.distinct === true ? [...byKey.values()] : all
    this.plan = sets === null && !calls.some(call => call.fn === GROUPING)
      ? { kind: 'aggregate', input, groups, aggregates: calls, output: this.#output }
      : groupedBySets(input, groups, calls, chosen, this.#output)
  }

  /** The expression over the aggregate's output. Throws 42803. */
  regroup(expression: Expression): Expression {
    const group = this.#byKey.get(expressionKey(expression))
    if (group !== undefined) return this.#column(group, expression)
    if (expression.kind === 'column') {
      if (expression.index >= WINDOW_MARKER) return expression
      if (expression.index < MARKER) {
        throw bindError(CODE.GROUPING, `column "${expression.name}" must appear in the GROUP BY clause or be used in ` +
          'an aggregate function', expression.position)
      }
      return this.#column(this.#groups.length + expression.index - MARKER, expression)
    }
    return mapOperands(expression, operand => this.regroup(operand))
  }

  #column(index: number, from: Expression): ColumnExpression {
    const { type, nullable, name } = this.#output[index]!
    return {
      kind: 'column', index, type, nullable, name: from.kind === 'column' ? from.name : name, position: from.position,
    }
  }
}

function nameOf(expression: Expression): string {
  return expression.kind === 'column' ? expression.name : 'group'
}

/** Whether an expression may be NULL, conservatively. */
export function isNullable(expression: Expression): boolean {
  switch (expression.kind) {
    case 'column': return expression.nullable
    case 'constant': return expression.value === null
    case 'cast': return isNullable(expression.arg)
    case 'call': return !NEVER_NULL.has(expression.fn)
      && !(STRICT.has(expression.fn) && !expression.args.some(isNullable))
    case 'subquery': return expression.mode !== 'exists'
    default: return true
  }
}

const NEVER_NULL = new Set(['is_null', 'is_not_null', 'is_distinct'])
const STRICT = new Set([
  'add', 'sub', 'mul', 'neg', 'eq', 'ne', 'lt', 'le', 'gt', 'ge', 'not', 'and', 'or', 'like', 'concat',
  'upper', 'lower', 'abs', 'length', 'char_length'])
