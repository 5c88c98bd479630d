// The planner: a bound logical plan in, an operator tree out.
//
//   WITH queries read once in place →
//   fold constants → drop unseen sorts → push filters down → order joins → extremes of keys
//   → limits below projections → prune columns → build operators bottom-up
//
// Building decides access paths by cost (choose-access.ts), join sides by estimated rows, top-N for
// ORDER BY with LIMIT, and drops sorts that the key order makes needless (key-order.ts). Cost of planning a
// point query: tens of microseconds; prepared statements pay it once.
import { CODE, DatabaseError } from '../../src/base/errors.ts'
import type { Scalar } from '../../src/base/types.ts'
import type { TableAccess } from '../../storage/access.ts'
import { DeleteOperator } from '../operators/delete.ts'
import { ChangedRowsOperator } from '../operators/changed-rows.ts'
import { InsertOperator } from '../operators/insert.ts'
import type { ChangeOperator } from '../operators/change.ts'
import type { Operator } from '../operators/operator.ts'
import { ProjectOperator } from '../operators/project.ts'
import { UpdateOperator } from '../operators/update.ts'
import { OperatorBuilder } from './build.ts'
import { DEFAULT_COSTS } from './cost.ts'
import type { CostModel } from './cost.ts'
import { dropDependentGroups } from './dependent-groups.ts'
import { dropSorts } from './drop-sorts.ts'
import { RowEstimates } from './estimate-rows.ts'
import { extremeOfKey } from './extreme-of-key.ts'
import { foldPlan } from './fold.ts'
import { hoistLimits } from './hoist-limits.ts'
import { orderJoins } from './join-order.ts'
import { pointPlanOf } from './point-plan.ts'
import { Peek } from './peek.ts'
import type { DeletePlan, InsertPlan, LogicalPlan, UpdatePlan } from './logical.ts'
import { physicalPlan } from './physical.ts'
import type { PhysicalPlan } from './physical.ts'
import { inlineShared, keptSources } from './shared.ts'
import { prunePlan } from './prune.ts'
import { pushDown } from './push-down.ts'

export interface PlanOptions {
  /** Constants of the cost model; the shipped ones when absent. */
  readonly costs?: CostModel
  /** Values of the parameters at hand: estimates are made for them (peek.ts). */
  readonly parameters?: readonly Scalar[]
}

/**
 * Plans a query or DML statement against the tables as they are now. The plan can be executed any number
 * of times, also when the data has changed; it must be made anew when a schema changes.
 */
export function planStatement(
  plan: LogicalPlan, tables: (name: string) => TableAccess, options: PlanOptions = {},
): PhysicalPlan {
  const { costs = DEFAULT_COSTS, parameters = [] } = options
  const kept = keptSources(plan)
  const rewrite = (part: LogicalPlan): LogicalPlan => optimise(inlineShared(part, kept), new RowEstimates(tables))
  const peek = parameters.length > 0 && isOpen(plan, tables) ? new Peek(tables, parameters) : null
  const builder = new OperatorBuilder(tables, costs, rewrite, peek)
  const root = buildRoot(rewrite(plan), builder)
  const point = 'change' in root ? null : pointPlanOf(root)
  const guesses = peek?.guesses ?? []
  return physicalPlan(root, { subplans: builder.subplans, point, output: plan.output, guesses })
}

/** True when more than the way into one table depends on how many rows parameters find. */
function isOpen(plan: LogicalPlan, tables: (name: string) => TableAccess, isSorted = false): boolean {
  switch (plan.kind) {
    case 'join': case 'recursive': return true
    case 'values': case 'working': return false
    case 'shared': return isOpen(plan.source.plan, tables, isSorted)
    case 'scan': return isSorted && tables(plan.table).indexes().length > 0
    case 'set': return plan.inputs.some((input) => isOpen(input, tables, isSorted))
    default: return isOpen(plan.input, tables, isSorted || plan.kind === 'sort')
  }
}

/** The rewrite rules in their order; without estimates joins stay as they are written. */
export function optimise(plan: LogicalPlan, estimates: RowEstimates | null = null): LogicalPlan {
  const pushed = pushDown(dropDependentGroups(dropSorts(foldPlan(plan))))
  return prunePlan(hoistLimits(extremeOfKey(orderJoins(pushed, estimates))))
}

function buildRoot(plan: LogicalPlan, builder: OperatorBuilder): Operator | ChangeOperator {
  if (plan.kind !== 'insert' && plan.kind !== 'update' && plan.kind !== 'delete') return builder.build(plan)
  const input = builder.build(plan.input)
  const { rows, cost } = input.estimate
  const estimate = { rows, cost: cost + rows * 2 }
  const returning = returningOf(plan, builder, rows)
  switch (plan.kind) {
    case 'insert': {
      const update = plan.conflict?.update ?? null
      if (update !== null) builder.registerAll([...update.values, ...(update.where === null ? [] : [update.where])])
      return new InsertOperator(input, plan, returning, estimate)
    }
    case 'update': return new UpdateOperator(input, plan, returning, estimate)
    case 'delete': return new DeleteOperator(input, plan, returning, estimate)
    default: throw new DatabaseError(CODE.INTERNAL, 'planner: unknown statement')
  }
}

/** The projection of RETURNING over the changed rows. */
function returningOf(
  plan: InsertPlan | UpdatePlan | DeletePlan, builder: OperatorBuilder, rows: number,
): Operator | null {
  if (plan.returning === undefined) return null
  const { input, expressions } = plan.returning
  builder.registerAll(expressions)
  const estimate = { rows, cost: rows }
  return new ProjectOperator(new ChangedRowsOperator(input, estimate), expressions, plan.output, estimate)
}
