// The executor's public door: plan a bound statement, run it, explain it. The layers above import from
// here and from plan/logical.ts only. A plan is planned once and run many times; see plan/physical.ts.
export { planStatement } from './plan/planner.ts'
export { isGuessRight } from './plan/peek.ts'
export { evaluateConstant } from './kernel/compile.ts'
export type { PlanOptions } from './plan/planner.ts'
export type { PhysicalPlan, PointPlan, ReturnedRows } from './plan/physical.ts'
export type { BatchSource, ExecutionContext, PoolCounters } from './context.ts'
export { SPILL_DEFAULTS, spillBudget } from './spill/spill.ts'
export type { SpillSpace } from './spill/spill.ts'
export type { OperatorProfile, Profile } from './run.ts'
export type { Backend } from './kernel/kernel.ts'
export type { Batch } from './vector/batch.ts'
export type { Vector } from './vector/vector.ts'
