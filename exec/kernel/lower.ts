// Lowers bound expressions to kernel nodes for one input signature. Types disappear here: decimals become
// scaled integers with explicit rescaling, dates integers, and every overflow that the ranges do not rule
// out becomes a `check`. What the language has no node for becomes a `call` of the function catalogue.
//
// Constants are kernel parameters (slots of `constants`), so their values are not part of the code; only
// their quantised magnitude is. A subtree that depends on a single dictionary-coded column becomes a
// `lookup`: it is evaluated once per dictionary entry (and once for NULL) instead of once per row.
import { assert } from '../../src/base/assert.ts'
import { CODE, DatabaseError } from '../../src/base/errors.ts'
import type { Scalar, SqlType } from '../../src/base/types.ts'
import { physicalOf } from '../../src/base/types.ts'
import type {
  CaseExpression, Expression, InExpression, SubqueryExpression,
} from '../plan/logical.ts'
import { findImplementation } from '../functions/catalog.ts'
import type { ScalarFunction } from '../functions/entry.ts'
import type { SubqueryResult } from './kernel.ts'
import { arithmetic, fromScalarResult, negate } from './lower-arithmetic.ts'
import { castNode } from './lower-cast.ts'
import { COMPARISON_OPS, compareNodes, conjunction, literalLike, membership } from './lower-logic.ts'
import { lowerNumericCall } from './lower-numeric.ts'
import type { ColumnShape, Node, Rep } from './ir.ts'
import { Graph, SAFE, quantize } from './ir.ts'
import type { CallTraits, Constant, LoweringContext } from './lowering-context.ts'
import { repOf } from './lowering-context.ts'
import { columnsOf, hasSubquery, isStable, needsCatalog } from './expression-facts.ts'

/** Values that lowering needs from the execution. */
export interface LoweringEnv {
  readonly parameters: readonly Scalar[]
  readonly now: number
  readonly subqueries: ReadonlyMap<SubqueryExpression, SubqueryResult>
  /** Evaluates an expression without columns; may throw the statement's errors. null: nothing is folded. */
  readonly fold: ((expression: Expression) => Scalar) | null
}

/** An expression over one column with a small domain. */
export interface LookupSpec { readonly column: number; readonly expression: Expression; readonly rep: Rep }

/** Turns expressions into nodes of one graph and collects what the nodes refer to. */
export class Lowering implements LoweringContext {
  readonly graph = new Graph()
  readonly columns: readonly ColumnShape[]
  readonly env: LoweringEnv
  readonly constants: Constant[] = []
  readonly functions: ScalarFunction[] = []
  readonly lookups: LookupSpec[] = []
  /** In entry evaluators, the column whose value is the function's argument. */
  private readonly argument: number
  private readonly cache = new Map<Expression, Node>()
  private readonly slots = new Map<string, number>()

  constructor(columns: readonly ColumnShape[], env: LoweringEnv, argument = -1) {
    this.columns = columns
    this.env = env
    this.argument = argument
  }

  /** The node of an expression. */
  lower(expression: Expression): Node {
    const known = this.cache.get(expression)
    if (known !== undefined) return known
    const node = this.lowerNew(expression)
    this.cache.set(expression, node)
    return node
  }

  private lowerNew(expression: Expression): Node {
    switch (expression.kind) {
      case 'column': return this.column(expression.index, expression.type)
      case 'constant': return this.constant(expression.value, expression.type)
      case 'parameter': return this.constant(this.env.parameters[expression.index] ?? null, expression.type)
      default: return this.folded(expression) ?? this.lookup(expression) ?? this.lowerComposite(expression)
    }
  }

  private lowerComposite(expression: Expression): Node {
    switch (expression.kind) {
      case 'call': return this.call(expression.fn, expression.args, expression.type)
      case 'cast': return castNode(this, this.lower(expression.arg), expression.arg.type, expression.type)
      case 'case': return this.caseNode(expression)
      case 'in': return this.inNode(expression)
      case 'subquery': return this.subquery(expression)
      default: throw new DatabaseError(CODE.INTERNAL, 'lowered an unknown expression')
    }
  }

  private column(index: number, type: SqlType): Node {
    if (index === this.argument) return this.argumentNode(index, type)
    const shape = this.columns[index]
    assert(shape !== undefined, 'expression refers to a column the input does not have')
    if (shape.type.kind === 'null') return this.graph.nothing(repOf(type, shape))
    const rep = repOf(shape.type, shape)
    return this.graph.make('column', rep, [], {
      slot: index, lo: shape.lo, hi: shape.hi, nullable: shape.nullable, isBoolean: shape.type.kind === 'boolean',
    })
  }

  private argumentNode(index: number, type: SqlType): Node {
    return this.graph.make('argument', repOf(type, this.columns[index]!), [], { slot: index, nullable: true })
  }

  /** A kernel parameter with the range its magnitude has. */
  constant(value: Scalar, type: SqlType): Node {
    const isBoolean = type.kind === 'boolean'
    const rep = type.kind === 'null' ? 'int' : repOf(type, { lo: 0, hi: 0 })
    if (value === null) return this.graph.nothing(rep, isBoolean)
    const physical = physicalOf(type)
    const slot = this.constantSlot(value, physical === 'float')
    if (physical !== 'int' && physical !== 'wide') {
      // value 1 marks a float that is no NaN, which makes comparisons with it cheaper.
      const plain = physical === 'float' && !Number.isNaN(value) ? 1 : 0
      return this.graph.make('constant', rep, [], { slot, nullable: false, value: plain })
    }
    const magnitude = Number(value)
    const lo = Math.min(0, quantize(magnitude, -1))
    const hi = Math.max(0, quantize(magnitude, 1))
    if (typeof value === 'number') {
      const range = { lo: Math.max(lo, -SAFE), hi: Math.min(hi, SAFE) }
      return this.graph.make('constant', 'int', [], { slot, nullable: false, isBoolean, ...range })
    }
    // The magnitude itself was rounded.
    return this.graph.make('constant', 'big', [], { slot, nullable: false, lo: lo * 2, hi: hi * 2 })
  }

  // Equal constants share a slot, but floats and integers have different bytes in WebAssembly's parameters.
  private constantSlot(value: Scalar, isFloat: boolean): number {
    const key = value instanceof Uint8Array ? null : `${isFloat ? 'float' : typeof value} ${value}`
    const known = key === null ? undefined : this.slots.get(key)
    if (known !== undefined) return known
    const slot = this.constants.push(value) - 1
    if (key !== null) this.slots.set(key, slot)
    return slot
  }

  /** A constant for what the expression is worth when it has no columns; null when it must stay as it is. */
  private folded(expression: Expression): Node | null {
    if (this.env.fold === null || columnsOf(expression).size > 0) return null
    if (hasSubquery(expression) || !isStable(expression)) return null
    let value: Scalar
    try {
      value = this.env.fold(expression)
    } catch (error) {
      // Evaluated per row instead, so that the error appears only when a row reaches it.
      if (error instanceof DatabaseError) return null
      throw error
    }
    return this.constant(value, expression.type)
  }

  private lookup(expression: Expression): Node | null {
    const used = columnsOf(expression)
    if (used.size !== 1 || !isStable(expression) || isNullTest(expression)) return null
    const column = used.values().next().value!
    const shape = this.columns[column]
    if (shape === undefined || column === this.argument || !shape.lookups) return null
    // Integers are looked up only where the alternative is a call per row.
    if (!shape.coded && !needsCatalog(expression)) return null
    const slot = this.lookups.length
    const { type } = expression
    const range = fromScalarResult(type)
    const rep = repOf(type, range)
    this.lookups.push({ column, expression, rep })
    return this.graph.make('lookup', rep, [this.column(column, shape.type)], {
      slot, nullable: true, isBoolean: type.kind === 'boolean', ...(rep === 'int' || rep === 'big' ? range : {}),
    })
  }

  private call(fn: string, args: readonly Expression[], type: SqlType): Node {
    const { graph } = this
    const types = args.map(arg => arg.type)
    const nodes = args.map(arg => this.lower(arg))
    if (COMPARISON_OPS.has(fn) || fn === 'is_distinct' || fn === 'is_not_distinct') {
      return compareNodes(this, fn, nodes, types)
    }
    switch (fn) {
      case 'and': case 'or': return conjunction(graph, fn, nodes)
      case 'not': return graph.test('not', nodes)
      case 'is_null': return graph.test('isnull', nodes, { nullable: false })
      case 'is_not_null': return graph.test('notnull', nodes, { nullable: false })
      case 'is_true': return graph.test('istrue', nodes, { nullable: false })
      case 'is_false': return graph.test('istrue', [graph.test('not', nodes)], { nullable: false })
      case 'is_not_true': return graph.test('not', [graph.test('istrue', nodes, { nullable: false })])
      case 'is_not_false':
        return graph.test('not', [graph.test('istrue', [graph.test('not', nodes)], { nullable: false })])
      case 'is_unknown': return graph.test('isnull', nodes, { nullable: false })
      case 'is_not_unknown': return graph.test('notnull', nodes, { nullable: false })
      case 'coalesce': return this.coalesce(nodes, type)
      case 'nullif': return this.nullif(nodes, types, type)
      case 'plus': return nodes[0]!
      case 'neg': if (physicalOf(type) !== 'bytes') return negate(this, nodes[0]!, type); break
      case 'add': case 'sub': case 'mul': case 'div': case 'mod': {
        const node = arithmetic(this, fn, nodes, types, type)
        if (node !== null) return node
      }
    }
    return literalLike(this, fn, nodes) ?? lowerNumericCall(this, fn, nodes, types, type)
      ?? this.catalogCall(fn, nodes, types, type)
  }

  /** A call into the function catalogue. */
  catalogCall(fn: string, nodes: readonly Node[], types: readonly SqlType[], type: SqlType): Node {
    const entry = findImplementation(fn, types)
    if (entry === null) {
      throw new DatabaseError(CODE.INTERNAL, `no implementation of ${fn}(${types.map(t => t.kind).join(', ')})`)
    }
    const run = entry.make({ args: types, result: type, now: this.env.now })
    return this.closureCall(run, nodes, type, { strict: entry.strict, stable: entry.stable })
  }

  /** A call of a function over Scalars. A strict one is NULL when an argument is; any may return null. */
  closureCall(
    run: ScalarFunction, nodes: readonly Node[], type: SqlType, traits: CallTraits,
  ): Node {
    const slot = this.functions.push(run) - 1
    const range = fromScalarResult(type)
    const rep = repOf(type, range)
    // value: 1 = strict; a volatile call gets an identity of its own through its function slot.
    return this.graph.make('call', rep, nodes, {
      slot, nullable: true, value: traits.strict ? 1 : 0, isBoolean: type.kind === 'boolean',
      ...(rep === 'int' || rep === 'big' ? range : {}),
    })
  }

  private coalesce(nodes: readonly Node[], type: SqlType): Node {
    const used: Node[] = []
    for (const node of nodes) {
      if (node.op === 'null') continue
      used.push(node)
      if (!node.nullable) break
    }
    if (used.length === 0) return nodes[0]!
    if (used.length === 1) return used[0]!
    return this.choice('coalesce', used, used, type, used.every(node => node.nullable))
  }

  /** A node that picks one of several values, with the union of their ranges. */
  private choice(op: 'case' | 'coalesce', args: readonly Node[], values: readonly Node[], type: SqlType,
    nullable: boolean): Node {
    const live = values.filter(value => value.op !== 'null')
    const lo = Math.min(...live.map(value => value.lo), ...(live.length === 0 ? [0] : []))
    const hi = Math.max(...live.map(value => value.hi), ...(live.length === 0 ? [0] : []))
    const isBig = live.some(value => value.rep === 'big')
    const rep = live.length === 0 ? values[0]!.rep : isBig ? 'big' : live[0]!.rep
    const isNumber = rep === 'int' || rep === 'big'
    return this.graph.make(op, rep, args, {
      nullable, isBoolean: type.kind === 'boolean', ...(isNumber ? { lo, hi } : {}),
    })
  }

  private nullif(nodes: readonly Node[], types: readonly SqlType[], type: SqlType): Node {
    const equal = compareNodes(this, 'eq', nodes, types)
    const nothing = this.graph.nothing(nodes[0]!.rep, type.kind === 'boolean')
    return this.choice('case', [equal, nothing, nodes[0]!], [nothing, nodes[0]!], type, true)
  }

  // args: when, then, when, then, …, otherwise
  private caseNode(expression: CaseExpression): Node {
    const args: Node[] = []
    const values: Node[] = []
    for (const branch of expression.branches) {
      const value = this.lower(branch.then)
      args.push(this.lower(branch.when), value)
      values.push(value)
    }
    const otherwise = expression.otherwise === null
      ? this.graph.nothing(values[0]!.rep, expression.type.kind === 'boolean') : this.lower(expression.otherwise)
    args.push(otherwise)
    values.push(otherwise)
    return this.choice('case', args, values, expression.type, values.some(value => value.nullable))
  }

  private inNode(expression: InExpression): Node {
    const arg = this.lower(expression.arg)
    const values = expression.items.map(item =>
      columnsOf(item).size === 0 && isStable(item) ? this.tryFold(item) : undefined)
    if (values.every(value => value !== undefined)) {
      return membership(this, arg, expression.arg.type, values as Scalar[], expression.negated)
    }
    const types = [expression.arg.type, expression.arg.type]
    const tests = expression.items.map(item =>
      compareNodes(this, expression.negated ? 'ne' : 'eq', [arg, this.lower(item)], [types[0]!, item.type]))
    return conjunction(this.graph, expression.negated ? 'and' : 'or', tests)
  }

  private tryFold(expression: Expression): Scalar | undefined {
    if (expression.kind === 'constant') return expression.value
    if (expression.kind === 'parameter') return this.env.parameters[expression.index] ?? null
    if (this.env.fold === null || hasSubquery(expression)) return undefined
    try {
      return this.env.fold(expression)
    } catch (error) {
      if (error instanceof DatabaseError) return undefined
      throw error
    }
  }

  private subquery(expression: SubqueryExpression): Node {
    const result = this.env.subqueries.get(expression)
    assert(result !== undefined, 'subquery was not run before the kernel was made')
    if (result.mode === 'scalar') return this.constant(result.value, expression.type)
    if (result.mode === 'exists') {
      return this.constant((result.value !== (expression.negated ?? false)) ? 1 : 0, expression.type)
    }
    const values: Scalar[] = result.hasNull ? [...result.values, null] : [...result.values]
    return membership(this, this.lower(expression.arg!), expression.arg!.type, values, expression.negated ?? false)
  }
}

// Asking the validity bitmap is cheaper than looking anything up.
function isNullTest(expression: Expression): boolean {
  return expression.kind === 'call' && (expression.fn === 'is_null' || expression.fn === 'is_not_null')
    && expression.args[0]!.kind === 'column'
}
