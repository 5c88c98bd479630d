// Builds operators from an optimised logical plan, bottom-up, with estimates. One builder serves one
// statement and collects the operators of its subqueries.
import { CODE, DatabaseError } from '../../src/base/errors.ts'
import type { IndexAccess, TableAccess } from '../../storage/access.ts'
import { BATCH_ROWS } from '../../storage/column-buffers.ts'
import { AggregateOperator } from '../operators/aggregate.ts'
import { FilterOperator } from '../operators/filter.ts'
import { IndexOrScanOperator } from '../operators/index-or-scan.ts'
import { IndexScanOperator } from '../operators/index-scan.ts'
import { LimitOperator } from '../operators/limit.ts'
import { LockOperator } from '../operators/lock.ts'
import { OneRowOperator } from '../operators/one-row.ts'
import type { Operator } from '../operators/operator.ts'
import { PickOperator, ProjectOperator } from '../operators/project.ts'
import { ReverseOperator } from '../operators/reverse.ts'
import { RecursiveOperator, WorkingOperator } from '../operators/recursive.ts'
import { ScanOperator } from '../operators/scan.ts'
import type { ScanOrder } from '../operators/scan.ts'
import { SampleOperator } from '../operators/sample.ts'
import { SharedOperator } from '../operators/shared.ts'
import { SortOperator } from '../operators/sort.ts'
import { ValuesOperator } from '../operators/values.ts'
import { WindowOperator } from '../operators/window.ts'
import { buildJoin } from './build-join.ts'
import { buildSet } from './build-set.ts'
import { buildUnfold } from './build-unfold.ts'
import { buildWindow } from './build-window.ts'
import { chooseAccess } from './choose-access.ts'
import { splitMemberships, withMemberships } from './build-semi-join.ts'
import { extremeByOrder, extremeParts } from './extreme-of-key.ts'
import { conditionExpressions, conditionOf, nullTestOf } from './column-condition.ts'
import { digits, filterCost } from './cost.ts'
import type { CostModel } from './cost.ts'
import { andAll, columnsOf, conjuncts, operandsOf } from './expression.ts'
import { RowEstimates } from './estimate-rows.ts'
import { indexExpressions } from './index-path.ts'
import { indexOrderOf, keyOrderOf, scanBelow } from './key-order.ts'
import type {
  AggregatePlan, DistinctPlan, Expression, FilterPlan, LimitPlan, LockPlan, LogicalPlan, ProjectPlan, RecursivePlan,
  SamplePlan,
  ScanPlan, SharedSource, SortPlan, SubqueryExpression,
} from './logical.ts'
import type { Peek } from './peek.ts'
import type { ChosenAccess } from './scan-request.ts'
import { selectivityOf } from './selectivity.ts'

/** Rounds expected of a recursive query. */
const ROUNDS = 10

/** Builds the operators of one statement. */
export class OperatorBuilder {
  /** Operators of the subqueries met so far, by logical plan. */
  readonly subplans: Map<LogicalPlan, Operator> = new Map()
  readonly costs: CostModel
  readonly estimates: RowEstimates
  readonly #subqueries: Map<LogicalPlan, Operator> = new Map()
  readonly #shared: Map<SharedSource, Operator> = new Map()
  readonly #tables: (name: string) => TableAccess
  /** The index that a scan must be read through, for the order of its entries. */
  #via: { readonly scan: ScanPlan; readonly index: string } | null = null
  /** The scan of which a LIMIT takes so many rows, unless rows of it are left out. */
  #first: { readonly scan: ScanPlan; readonly rows: number } | null = null
  readonly #optimise: (plan: LogicalPlan) => LogicalPlan
  readonly #peek: Peek | null

  constructor(
    tables: (name: string) => TableAccess, costs: CostModel, optimise: (plan: LogicalPlan) => LogicalPlan,
    peek: Peek | null = null,
  ) {
    this.#tables = tables
    this.estimates = new RowEstimates(tables)
    this.#peek = peek
    this.costs = costs
    this.#optimise = optimise
  }

  /**
   * The operator of a plan. `order` is passed down to the scan through filters and plain projections;
   * `wanted` are the output columns that will be read, which joins do not gather otherwise.
   */
  build(plan: LogicalPlan, order: ScanOrder = 'none', wanted: ReadonlySet<number> = allOf(plan)): Operator {
    switch (plan.kind) {
      case 'scan': return this.#scan(plan, [], order)
      case 'filter': return this.#filter(plan, order, wanted)
      case 'project': return this.#project(plan, order)
      case 'aggregate': return this.#aggregate(plan)
      case 'distinct': return this.#distinct(plan)
      case 'sort': return this.#sort(plan, null)
      case 'limit': return this.#limit(plan)
      case 'lock': return this.#lock(plan, null)
      case 'join': return buildJoin(this, plan, wanted)
      case 'set': return buildSet(this, plan)
      case 'window': return buildWindow(this, plan)
      case 'unfold': return buildUnfold(this, plan)
      case 'sample': return this.#sample(plan, wanted)
      case 'shared': return new SharedOperator(this.#sharedInput(plan.source), plan.source, plan.output)
      case 'working': return new WorkingOperator(plan.table, plan.output)
      case 'recursive': return this.#recursive(plan)
      case 'values':
        for (const row of plan.rows) this.registerAll(row)
        return new ValuesOperator(plan.rows, plan.output)
      default: throw new DatabaseError(CODE.UNSUPPORTED, `${plan.kind} cannot be the input of another operation`)
    }
  }

  /** The indexes of a table. */
  indexesOf(table: string): readonly IndexAccess[] {
    return this.#tables(table).indexes()
  }

  /** Makes the subqueries of expressions that an operator evaluates known to the executions of the plan. */
  registerAll(expressions: readonly Expression[]): void {
    for (const e of expressions) {
      if (e.kind === 'subquery') this.subplans.set(e.plan, this.subqueryOperator(e))
      this.registerAll(operandsOf(e))
    }
  }

  /** The operator of a WITH query, planned once. */
  #sharedInput(source: SharedSource): Operator {
    let operator = this.#shared.get(source)
    if (operator === undefined) {
      operator = this.build(this.#optimise(source.plan))
      this.#shared.set(source, operator)
    }
    return operator
  }

  #sample(plan: SamplePlan, wanted: ReadonlySet<number>): Operator {
    this.registerAll([plan.percent, ...(plan.seed === null ? [] : [plan.seed])])
    const input = this.build(plan.input, 'none', wanted)
    const share = plan.percent.kind === 'constant' ? Number(plan.percent.value ?? 0) / 100 : 0.1
    return new SampleOperator(input, plan, { rows: input.estimate.rows * share, cost: input.estimate.cost })
  }

  #recursive(plan: RecursivePlan): Operator {
    const [seed, step] = [this.build(plan.seed), this.build(plan.step)]
    const estimate = {
      rows: seed.estimate.rows + ROUNDS * step.estimate.rows, cost: seed.estimate.cost + ROUNDS * step.estimate.cost,
    }
    return new RecursiveOperator([seed, step], plan, plan.output, estimate)
  }

  /** The operator of a subquery, planned once. */
  subqueryOperator(e: SubqueryExpression): Operator {
    let operator = this.#subqueries.get(e.plan)
    if (operator === undefined) {
      const plan: LogicalPlan = e.mode === 'exists'
        ? { kind: 'project', input: e.plan, expressions: [], output: [] } : e.plan
      operator = this.build(this.#optimise(plan))
      this.#subqueries.set(e.plan, operator)
    }
    return operator
  }

  /** A filter over any input; conditions on a scan choose its access path. */
  #filter({ input, predicate }: FilterPlan, order: ScanOrder, wanted: ReadonlySet<number>): Operator {
    const conditions = conjuncts(predicate)
    const { operator, remaining } = input.kind === 'scan' ? this.#scanWith(input, conditions, order)
      : { operator: this.build(input, order, columnsOf(predicate, new Set(wanted))), remaining: conditions }
    return this.withConditions(operator, remaining)
  }

  /** Filters and semi-joins above an operator, one for each kind of condition. */
  withConditions(input: Operator, conditions: readonly Expression[]): Operator {
    const { plain, memberships } = splitMemberships(conditions)
    return withMemberships(this, this.#filtered(input, plain), memberships)
  }

  /** A Filter above an operator, or the operator itself without conditions. */
  #filtered(input: Operator, conditions: readonly Expression[]): Operator {
    const predicate = andAll(conditions)
    if (predicate === null) return input
    this.registerAll(conditions)
    const { rows, cost } = input.estimate
    const estimate = {
      rows: Math.max(rows > 0 ? 1 : 0, rows * selectivityOf(conditions)),
      cost: cost + rows * filterCost(conditions, this.costs),
    }
    return new FilterOperator(input, predicate, estimate)
  }

  #scan(plan: ScanPlan, conditions: readonly Expression[], order: ScanOrder): Operator {
    return this.#scanWith(plan, conditions, order).operator
  }

  #scanWith(
    plan: ScanPlan, conditions: readonly Expression[], order: ScanOrder,
  ): { operator: Operator; remaining: readonly Expression[] } {
    const conjunctsWithConditions = conditions.map((expression) => {
      const condition = conditionOf(expression)
      const test = condition === null ? nullTestOf(expression) : null
      const column = condition?.column ?? test?.column ?? -1
      return { expression, condition, ordinal: column < 0 ? -1 : plan.columns[column]!, nullTest: test?.kind ?? null }
    })
    const chosen = chooseAccess({
      name: plan.table, table: this.#tables(plan.table), conjuncts: conjunctsWithConditions,
      columnCount: plan.columns.length, columns: plan.columns,
      order: this.#via?.scan === plan ? this.#via : order === 'none' ? 'none' : 'key',
      costs: this.costs, peek: this.#peek,
      subqueryRows: (condition) => condition.kind === 'in subquery'
        ? this.subqueryOperator(condition.subquery).estimate.rows : 1,
    })
    if (chosen.index !== null) {
      this.registerAll(indexExpressions(chosen.index))
      const { table, schema, columns } = plan
      const { remaining, otherwise } = chosen
      const spec = { table, schema, columns, path: chosen.index, order }
      const estimate = { rows: chosen.rows, cost: chosen.cost }
      const first = this.#first?.scan === plan && remaining.length === 0 ? { firstRows: this.#first.rows } : {}
      const operator = new IndexScanOperator({ ...spec, ...first }, plan.output, estimate)
      if (otherwise === null) return { operator, remaining }
      return { operator: this.#indexOr(operator, otherwise, remaining), remaining }
    }
    return { operator: this.#plainScan(plan, chosen, order), remaining: chosen.remaining }
  }

  #plainScan(plan: ScanPlan, chosen: ChosenAccess, order: ScanOrder): ScanOperator {
    for (const { conditions } of [...chosen.path.keys, ...chosen.path.zones]) {
      this.registerAll(conditions.flatMap(conditionExpressions))
    }
    const spec = { table: plan.table, schema: plan.schema, columns: plan.columns, path: chosen.path, order }
    return new ScanOperator(spec, plan.output, { rows: chosen.rows, cost: chosen.cost })
  }

  /** The index path or the other one with the conditions that only the index enforces; executions decide. */
  #indexOr(index: IndexScanOperator, other: ChosenAccess, remaining: readonly Expression[]): Operator {
    const { costs } = this
    const { table, schema, columns, path } = index.spec
    const scan = this.#plainScan({ kind: 'scan', table, schema, columns, output: index.output }, other, 'none')
    const filtered = this.withConditions(scan, other.remaining.filter((e) => !remaining.includes(e)))
    const choice = {
      indexRow: path.rowCost + filterCost(remaining, costs), other: other.path, costs,
      otherRow: Math.max(1, columns.length) * costs.columnRow + filterCost(other.remaining, costs),
    }
    const { rows, cost } = index.estimate
    return new IndexOrScanOperator(index, filtered, choice, { rows, cost: Math.min(cost, filtered.estimate.cost) })
  }

  #project(plan: ProjectPlan, order: ScanOrder): Operator {
    this.registerAll(plan.expressions)
    const input = this.build(plan.input, order, readBy(plan.expressions))
    const picks = plan.expressions.map((e) => e.kind === 'column' ? e.index : -1)
    if (!picks.includes(-1)) {
      const isIdentity = picks.length === input.output.length && picks.every((at, i) => at === i)
      return isIdentity ? input : new PickOperator(input, picks, plan.output)
    }
    const { rows, cost } = input.estimate
    const estimate = { rows, cost: cost + rows * plan.expressions.length * this.costs.expressionRow }
    return new ProjectOperator(input, plan.expressions, plan.output, estimate)
  }

  /** min or max of one column may be the first or last entry of an index; of several, each on its own. */
  #aggregate(plan: AggregatePlan): Operator {
    const whole = this.#aggregateAtOnce(plan)
    const divided = extremeParts(plan)
    if (divided === null) return whole
    const parts = divided.map(({ plan: part, places }) => ({ input: this.build(this.#optimise(part)), places }))
    const operator = new OneRowOperator(parts, plan.output)
    return operator.estimate.cost < whole.estimate.cost ? operator : whole
  }

  #aggregateAtOnce(plan: AggregatePlan): Operator {
    const all = this.#aggregateAll(plan)
    const first = extremeByOrder(plan)
    if (first === null || this.indexesOf(first.table).length === 0) return all
    const extreme = this.#aggregateAll(first.plan)
    return extreme.estimate.cost < all.estimate.cost ? extreme : all
  }

  #aggregateAll(plan: AggregatePlan): Operator {
    const read = [...plan.groups]
    for (const call of plan.aggregates) read.push(...call.args, ...(call.filter === null ? [] : [call.filter]))
    this.registerAll(read)
    const { input, filter } = this.#fusedInput(plan.input, readBy(read))
    const spec = { filter, groups: plan.groups, aggregates: plan.aggregates }
    const share = filter === null ? 1 : selectivityOf(conjuncts(filter))
    return new AggregateOperator(input, spec, plan.output,
      this.#aggregateEstimate(input, plan.groups.length, share, plan))
  }

  /** The input of an aggregate with the conditions directly below it handed over to its kernel. */
  #fusedInput(plan: LogicalPlan, read: Set<number>): { input: Operator; filter: Expression | null } {
    if (plan.kind !== 'filter') return { input: this.build(plan, 'none', read), filter: null }
    const conditions = conjuncts(plan.predicate)
    const { operator, remaining } = plan.input.kind === 'scan' ? this.#scanWith(plan.input, conditions, 'none')
      : { operator: this.build(plan.input, 'none', columnsOf(plan.predicate, read)), remaining: conditions }
    const { plain, memberships } = splitMemberships(remaining)
    this.registerAll(plain)
    return { input: withMemberships(this, operator, memberships), filter: andAll(plain) }
  }

  #aggregateEstimate(
    input: Operator, groups: number, share: number, plan: AggregatePlan | DistinctPlan,
  ): { rows: number; cost: number } {
    const { rows, cost } = input.estimate
    const selected = rows * share
    const calls = plan.kind === 'aggregate' ? plan.aggregates.length : 0
    const perRow = calls * this.costs.expressionRow + (groups > 0 ? this.costs.groupRow : 0)
    return { rows: groups === 0 ? 1 : Math.max(1, selected ** 0.75), cost: cost + selected * perRow }
  }

  #distinct(plan: DistinctPlan): Operator {
    const input = this.build(plan.input)
    const groups = plan.input.output.map((column, index): Expression => ({
      kind: 'column', index, name: column.name, nullable: column.nullable, type: column.type,
    }))
    const estimate = this.#aggregateEstimate(input, groups.length, 1, plan)
    return new AggregateOperator(input, { filter: null, groups, aggregates: [] }, plan.output, estimate)
  }

  /** A sort, a top-N, or nothing but an ordered scan. */
  #sort(plan: SortPlan, limit: LimitPlan | null): Operator {
    this.registerAll(plan.keys.map((key) => key.expression))
    const order = keyOrderOf(plan)
    const byKey = order === null ? null : this.#inOrder(plan, order, null)
    const scan = scanBelow(plan)
    const indexes = scan === null ? [] : this.indexesOf(scan.table)
    if (byKey !== null && indexes.length === 0) return byKey
    // With a limit only a share of an ordered input is read, but all of one that is sorted.
    const wanted = limit === null ? Infinity
      : limit.limit?.kind === 'constant' ? Number(limit.limit.value ?? Infinity) : 100
    const sorted = this.#sorted(plan, limit)
    // An index may know better than a scan how few rows pass the filter.
    const passing = Math.max(1, sorted.estimate.rows)
    const costOf = ({ estimate: { rows, cost } }: Operator): number =>
      cost * Math.min(1, wanted / Math.max(1, Math.min(rows, passing)))
    let best = byKey
    for (const index of indexes) {
      const found = indexOrderOf(plan, index.definition.columns)
      if (found === null) continue
      const operator = this.#inOrder(plan, found.direction, { scan: found.scan, index: index.name })
      if (best === null || costOf(operator) < costOf(best)) best = operator
    }
    return best !== null && costOf(best) <= sorted.estimate.cost ? best : sorted
  }

  /** The input of a sort read in its order, by the primary key or via an index. */
  #inOrder(plan: SortPlan, order: 'ascending' | 'descending', via: { scan: ScanPlan; index: string } | null): Operator {
    const before = this.#via
    this.#via = via
    const ordered = this.build(plan.input, order)
    this.#via = before
    return order === 'descending' ? new ReverseOperator(ordered) : ordered
  }

  #sorted(plan: SortPlan, limit: LimitPlan | null): Operator {
    const input = this.build(plan.input)
    const { operator, positions } = this.withColumns(input, plan.keys.map((key) => key.expression))
    const keys = plan.keys.map((key, i) => ({
      column: positions[i]!, descending: key.descending, nullsFirst: key.nullsFirst,
    }))
    const { rows, cost } = operator.estimate
    const estimate = { rows, cost: cost + rows * digits(rows) * this.costs.sortRow }
    const spec = { keys, written: plan.keys, limit: limit?.limit ?? null, offset: limit?.offset ?? null }
    const sort = new SortOperator(operator, spec, estimate)
    return operator === input ? sort : new PickOperator(sort, [...input.output.keys()], input.output)
  }

  /** The input with the given expressions as columns, computed ones appended. */
  withColumns(input: Operator, expressions: readonly Expression[]): { operator: Operator; positions: number[] } {
    const positions: number[] = []
    const computed: Expression[] = []
    for (const e of expressions) {
      if (e.kind === 'column') positions.push(e.index)
      else {
        positions.push(input.output.length + computed.length)
        computed.push(e)
      }
    }
    if (computed.length === 0) return { operator: input, positions }
    const kept = input.output.map((column, index): Expression => ({
      kind: 'column', index, name: column.name, nullable: column.nullable, type: column.type,
    }))
    const output = [...input.output, ...computed.map((e, i) => ({ name: `key${i + 1}`, type: e.type, nullable: true }))]
    const { rows, cost } = input.estimate
    const estimate = { rows, cost: cost + rows * computed.length * this.costs.expressionRow }
    return { operator: new ProjectOperator(input, [...kept, ...computed], output, estimate), positions }
  }

  // Rows are locked when they are read, so only as many as the limit above will take.
  #lock(plan: LockPlan, limit: LimitPlan | null): Operator {
    return new LockOperator(this.build(plan.input), plan.targets, limit)
  }

  #limit(plan: LimitPlan): Operator {
    this.registerAll([plan.limit, plan.offset].filter((e) => e !== null))
    this.#first = firstRowsOf(plan)
    const input = plan.input.kind === 'sort' && plan.limit !== null ? this.#sort(plan.input, plan)
      : plan.input.kind === 'lock' ? this.#lock(plan.input, plan) : this.build(plan.input)
    const wanted = plan.limit?.kind === 'constant' && plan.limit.value !== null ? Number(plan.limit.value) : 100
    const rows = plan.limit === null ? input.estimate.rows : Math.min(input.estimate.rows, wanted)
    const share = input.estimate.rows > 0 && !isBlocking(input) ? Math.min(1, rows / input.estimate.rows) : 1
    return new LimitOperator(input, plan.limit, plan.offset, { rows, cost: input.estimate.cost * share })
  }
}

/** All output columns of a plan. */
function allOf(plan: LogicalPlan): Set<number> {
  return new Set(plan.output.keys())
}

/** The scan that a LIMIT takes rows of and how many, when nothing but sorting and projecting stands between. */
function firstRowsOf({ input, limit, offset }: LimitPlan): { scan: ScanPlan; rows: number } | null {
  const rows = [limit, offset].reduce((sum, e) => e === null ? sum
    : sum + (e.kind === 'constant' && e.value !== null ? Number(e.value) : NaN), 0)
  let plan = input
  while (plan.kind === 'sort' || plan.kind === 'project' || plan.kind === 'filter') plan = plan.input
  if (limit === null || plan.kind !== 'scan' || !(rows >= 1)) return null
  return { scan: plan, rows: Math.min(rows, BATCH_ROWS) }
}

/** Columns that expressions read. */
function readBy(expressions: readonly Expression[]): Set<number> {
  const read = new Set<number>()
  for (const e of expressions) columnsOf(e, read)
  return read
}

/** True for operators that read all of their input before the first row. */
function isBlocking(operator: Operator): boolean {
  return operator instanceof SortOperator || operator instanceof AggregateOperator || operator instanceof WindowOperator
}
